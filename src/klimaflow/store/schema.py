"""The tables of a store, on the host's own MetaData, and the type of their times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from klimaflow.moments import Moment, moment
from klimaflow.store.door import NAME

__all__ = ["PREFIX", "TABLES", "Instant", "Tables", "include_name", "tables"]

PREFIX: Final = "klimaflow_"
"""What the name of each table of a store begins with."""


class Instant(TypeDecorator[datetime]):
    """A moment, kept in UTC to the microsecond; what has no zone is refused with `MomentError`.

    PostgreSQL keeps it as `timestamp with time zone`, SQLite as text in the order of time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        text = moment(value).isoformat()
        utc = datetime.fromisoformat(text)  # a driver that subtracts moments would round them
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Moment | None]:
        """Return what reads the value of a driver; a case is read anew for each request."""
        read = self.impl_instance.result_processor(dialect, coltype)

        @lru_cache(maxsize=4096)
        def to_moment(value: Any) -> Moment | None:  # a text in SQLite, a datetime elsewhere
            at: datetime | None = value if read is None else read(value)
            if at is None:
                return None
            return moment(at.replace(tzinfo=UTC) if at.tzinfo is None else at)

        return to_moment


class Tables(NamedTuple):
    """The tables of a store; see the reference of the tables for what stands in them."""

    procedure: Table
    proposal: Table
    event: Table
    idempotency: Table
    fund: Table
    outbox: Table
    timer: Table


HASH = 64  # hexadecimal digits of SHA-256

# SQLite counts up by itself only what it calls INTEGER.
_COUNTER = BigInteger().with_variant(Integer, "sqlite")


def tables(metadata: MetaData) -> Tables:
    """Put the tables of a store on a host's MetaData and return them."""
    procedure = _procedure(metadata)
    proposal = _proposal(metadata, procedure)
    event = _event(metadata, proposal)
    idempotency = Table(
        f"{PREFIX}idempotency",
        metadata,
        Column("key", String(HASH), primary_key=True),
        Column("request", String(HASH), nullable=False),
        Column("case_id", String(NAME), nullable=False),
        Column("position", BigInteger, nullable=False),
    )
    fund = Table(
        f"{PREFIX}fund",
        metadata,
        Column("fund", String(NAME), primary_key=True),
        Column("promised", BigInteger, nullable=False),
    )
    outbox = Table(
        f"{PREFIX}outbox",
        metadata,
        Column("sequence", _COUNTER, primary_key=True, autoincrement=True),
        Column("case_id", String(NAME), nullable=False),
        Column("position", BigInteger, nullable=False),
        sqlite_autoincrement=True,  # what was delivered may be named again, and is nothing new
    )
    timer = Table(
        f"{PREFIX}timer",
        metadata,
        Column("case_id", String(NAME), primary_key=True),
        Column("name", String(NAME), primary_key=True),
        Column("due_at", Instant, nullable=False),
    )
    Index(f"{PREFIX}timer_due_at", timer.c.due_at)
    return Tables(procedure, proposal, event, idempotency, fund, outbox, timer)


def _procedure(metadata: MetaData) -> Table:
    return Table(
        f"{PREFIX}procedure",
        metadata,
        Column("sha256", String(HASH), primary_key=True),
        Column("id", String(NAME), nullable=False),
        Column("edition", BigInteger, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )


def _proposal(metadata: MetaData, procedure: Table) -> Table:
    sha256 = procedure.c.sha256
    proposal = Table(
        f"{PREFIX}proposal",
        metadata,
        Column("case_id", String(NAME), primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("length", BigInteger, nullable=False),
        Column("head", String(HASH), nullable=False),
        Column("procedure", String(HASH), ForeignKey(sha256), nullable=False),
        Column("opened_under", String(HASH), ForeignKey(sha256), nullable=False),
        Column("recorded_at", Instant, nullable=False),
        Column("phase", String(50)),
        Column("since", Instant),
        Column("round", Text),
        Column("revision", BigInteger, nullable=False),
        Column("proposer", Text),
        Column("title", Text, nullable=False),
        Column("granted", Text, nullable=False),
        Column("promised", Text, nullable=False),
    )
    Index(f"{PREFIX}proposal_phase", proposal.c.phase)
    return proposal


def _event(metadata: MetaData, proposal: Table) -> Table:
    event = Table(
        f"{PREFIX}event",
        metadata,
        Column("case_id", String(NAME), ForeignKey(proposal.c.case_id), primary_key=True),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("kind", String(20), nullable=False),
        Column("number", BigInteger),
        Column("name", String(50), nullable=False),
        Column("at", Instant, nullable=False),
        Column("recorded_at", Instant, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("beside", LargeBinary, nullable=False),
        Column("hash", String(HASH), nullable=False),
    )
    Index(f"{PREFIX}event_recorded_at", event.c.recorded_at)
    return event


TABLES: Final = tables(MetaData())
"""The tables of a store that no host put anywhere."""


def include_name(name: str | None, type_: str, parents: dict[str, str | None]) -> bool:
    """Tell Alembic whether a name is the host's, for hosts that autogenerate.

    Handed to `context.configure(include_name=...)` it leaves the tables of a store to the
    revisions of the store. It is for a `target_metadata` on which they are not: Alembic asks it of
    what is in the database only, and would make anew what is on the MetaData.
    """
    table = name if type_ == "table" else parents.get("table_name")
    return not (table or "").startswith(PREFIX)
