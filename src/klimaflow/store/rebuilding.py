"""The row of a proposal is made of its entries, and can be made anew from them."""

from __future__ import annotations

from klimaflow.errors import StoreError
from klimaflow.history import History, continued
from klimaflow.store import chain, projection
from klimaflow.store.writing import Writer

__all__ = ["rebuild"]


def rebuild(writer: Writer, case_id: str) -> None:
    """Write the row of a case anew; see `Histories.rebuild`."""
    row = writer.row(case_id, lock=True)
    entries = [] if row is None else [*chain.unbroken(case_id, writer.rows.entries(case_id))]
    if row is None or not entries:
        raise StoreError(f"{case_id}: there is no such case")
    opened_under = chain.procedure_of(entries[0].body["procedure"], writer.procedures)
    records = [each.record for each in entries if each.record is not None]
    history = continued(History(opened_under), records, writer.procedures)
    writer.rows.moved_on(projection.rebuilt(entries, history), row["length"])
