"""The entries of one case as they are stored: what is sealed, and how it is read again.

An entry is an `event` (a record of the history, a change of procedure among them), a `refusal` or
an `erasure`. Its position counts all of them, its number only the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import frozen

from klimaflow.errors import StoreError
from klimaflow.history import History, continued
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment, moment
from klimaflow.procedure import Procedure
from klimaflow.store import sealing
from klimaflow.store.door import Row
from klimaflow.store.sealing import Beside

__all__ = ["ERASURE", "EVENT", "REFUSAL", "Kept", "history_of", "kept", "sealed", "unbroken"]

EVENT: Final = "event"
REFUSAL: Final = "refusal"
ERASURE: Final = "erasure"
KIND_OF: Final = {"record": EVENT, "command": REFUSAL, "erased": ERASURE}
"""The kind of an entry by what its body has."""


@frozen
class Kept(Sheet):
    """One entry of a case: an `event`, a `refusal` or an `erasure`, as `kind` says.

    `position` counts the entries of a case from 1, `recorded_at` is the store's time. `body` is
    what the reference of the tables lists, with the values that were not erased; its `procedure`
    is the SHA-256 of the one that held. `beside` has the salts, `hash` is the head of the chain.
    """

    case_id: str
    position: int
    kind: str
    recorded_at: Moment
    body: Mapping[str, Any]
    beside: Beside
    hash: str
    missing: tuple[str, ...] = ()
    """The paths of the values that are not beside the entry any more."""

    @property
    def record(self) -> Mapping[str, Any] | None:
        """The record of the history, if the entry is one."""
        return self.body.get("record")


def iso(at: Moment) -> str:
    """Return a moment as it stands in a body."""
    return at.isoformat()


def sealed(head: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an entry that comes after a head of the chain; the body is changed."""
    beside = sealing.sealed(body)
    stored = sealing.canonical(body)
    return {
        **_columns(body),
        "body": stored,
        "beside": sealing.written(beside),
        "hash": sealing.chained(head, stored),
    }


def _columns(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands in columns too, so that it can be searched."""
    record = body.get("record", {})
    said = record or body.get("command") or body
    return {
        "case_id": body["case"],
        "position": body["position"],
        "kind": body["kind"],
        "number": record.get("number"),
        "name": record.get("event") or said.get("do") or body["kind"],
        "at": moment(said["at"]),
        "recorded_at": moment(body["recorded_at"]),
    }


def kept(row: Row) -> Kept:
    """Return the entry in a row; raise `StoreError` if what stands in it does not agree."""
    columns, body, beside, missing = _read(row["body"], row["beside"])
    for name, value in columns.items():
        if row[name] != value:
            raise StoreError(f"{name} is {row[name]} in the column and {value} in the body")
    place = (row["case_id"], row["position"], row["kind"], row["recorded_at"])
    return Kept(*place, body, beside, row["hash"], missing)


_Read = tuple[Mapping[str, Any], Mapping[str, Any], Beside, tuple[str, ...]]


@lru_cache(maxsize=4096)  # a case is read anew for each request, and its octets say all there is
def _read(stored: bytes, stored_beside: bytes) -> _Read:
    """Return the columns, the body with its values, what is beside it, and what is missing."""
    body, beside = sealing.read(stored), sealing.read_beside(stored_beside)
    try:
        columns = _columns(body)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise StoreError("the body is not of the form that a store writes") from None
    missing = tuple(sealing.disclosed(body, beside))
    return columns, body, beside, missing


def unbroken(case_id: str, rows: Iterable[Row], after: Row | None = None) -> Iterator[Kept]:
    """Yield the entries of a case; raise `StoreError` at the first that does not continue them.

    With `after` they are those that come after this row, which is as it should be.
    """
    head, last = (
        (sealing.genesis(case_id), 0) if after is None else (after["hash"], after["position"])
    )
    for position, row in enumerate(rows, start=last + 1):
        where = f"{case_id}, position {row['position']}"
        if row["position"] != position:
            raise StoreError(f"{where}: position {position} is missing")
        head = sealing.chained(head, row["body"])
        if head != row["hash"]:
            raise StoreError(f"{where}: the hash is not that of what is stored")
        try:
            entry = kept(row)
        except StoreError as error:
            raise StoreError(f"{where}: {error}") from None
        yield entry


def procedure_of(sha256: str, procedures: Iterable[Procedure]) -> Procedure:
    """Return the procedure with a hash; raise `StoreError` if it was not handed in."""
    for procedure in procedures:
        if procedure.sha256 == sha256:
            return procedure
    raise StoreError(f"a procedure is missing: hand in the one of SHA-256 {sha256}")


def history_of(
    entries: Iterable[Kept],
    proposal: Row,
    procedures: Sequence[Procedure],
    before: History | None = None,
) -> History:
    """Return the history that the entries of a proposal record; with `before` they come after it.

    Raises `HistoryError` as `from_records` does, and `StoreError` for a procedure that is missing,
    and for a proposal that is under another one than its entries lead to.
    """
    held, opened_under = (
        procedure_of(proposal[name], procedures) for name in ("procedure", "opened_under")
    )
    records = [entry.record for entry in entries if entry.record is not None]
    history = continued(before or History(opened_under), records, procedures)
    if (history.procedure, history.opened_under) != (held, opened_under):
        raise StoreError("the proposal is under another procedure than its entries lead to")
    return history
