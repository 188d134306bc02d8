"""The tables of a store, as they were first."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "downgrade", "revision", "upgrade"]

revision = "klimaflow_0001"
down_revision = None
branch_labels = ("klimaflow",)
depends_on = None

_NAME = sa.String(200)
_HASH = sa.String(64)
_INSTANT = sa.DateTime(timezone=True)
_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "klimaflow_procedure",
        sa.Column("sha256", _HASH, primary_key=True),
        sa.Column("id", _NAME, nullable=False),
        sa.Column("edition", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "klimaflow_proposal",
        sa.Column("case_id", _NAME, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("head", _HASH, nullable=False),
        *(
            sa.Column(name, _HASH, sa.ForeignKey("klimaflow_procedure.sha256"), nullable=False)
            for name in ("procedure", "opened_under")
        ),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("phase", sa.String(50)),
        sa.Column("since", _INSTANT),
        sa.Column("round", sa.Text),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("proposer", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("granted", sa.Text, nullable=False),
        sa.Column("promised", sa.Text, nullable=False),
    )
    op.create_index("klimaflow_proposal_phase", "klimaflow_proposal", ["phase"])
    op.create_table(
        "klimaflow_event",
        sa.Column("case_id", _NAME, sa.ForeignKey("klimaflow_proposal.case_id"), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("beside", sa.LargeBinary, nullable=False),
        sa.Column("hash", _HASH, nullable=False),
    )
    op.create_index("klimaflow_event_recorded_at", "klimaflow_event", ["recorded_at"])
    op.create_table(
        "klimaflow_idempotency",
        sa.Column("key", _HASH, primary_key=True),
        sa.Column("request", _HASH, nullable=False),
        sa.Column("case_id", _NAME, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "klimaflow_fund",
        sa.Column("fund", _NAME, primary_key=True),
        sa.Column("promised", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "klimaflow_outbox",
        sa.Column("sequence", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("case_id", _NAME, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "klimaflow_timer",
        sa.Column("case_id", _NAME, primary_key=True),
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("due_at", _INSTANT, nullable=False),
    )
    op.create_index("klimaflow_timer_due_at", "klimaflow_timer", ["due_at"])


def downgrade() -> None:
    """Drop the tables, with all that stands in them."""
    for name in ("timer", "outbox", "fund", "idempotency", "event", "proposal", "procedure"):
        op.drop_table(f"klimaflow_{name}")
