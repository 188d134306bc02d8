"""What persons are named can be erased: the commitment stays in the chain, the value goes.

Who erased what, when and why is an entry of the chain itself, so that a value that is missing
without one is a value that somebody removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from klimaflow import fields
from klimaflow.errors import CaseError, StoreError
from klimaflow.fields import Unreadable, each, reads, visible, whole
from klimaflow.moments import Moment
from klimaflow.parties import Actor
from klimaflow.store import chain, sealing
from klimaflow.store.chain import Kept
from klimaflow.store.writing import Case, Writer

__all__ = ["Asked", "erase", "erased_in"]


@frozen(kw_only=True)
class Asked:
    """Which entries of a case are to be erased, by whom, when and why."""

    positions: tuple[int, ...] = field(metadata=reads(each(whole)))
    by: Actor = field(metadata=reads(fields.actor))
    reason: str = field(metadata=reads(visible))
    at: Moment = field(metadata=reads(fields.at))

    @classmethod
    def read(cls, **said: object) -> Asked:
        """Return what is asked; raise `CaseError` with each problem and its path."""
        try:
            return fields.read(cls, said)
        except Unreadable as error:
            raise CaseError(error.lines()) from None


def erase(writer: Writer, case_id: str, asked: Asked, entered_at: Moment) -> int:
    """Erase the values of some entries; see `Store.erase`."""
    case = writer.existing(case_id, lock=True)
    chosen = _chosen(case, asked.positions)
    erased = {str(entry.position): sorted(entry.beside) for entry in chosen if entry.beside}
    if not erased:
        return 0
    for entry in chosen:
        writer.rows.disclose(case_id, entry.position, sealing.written({}))
    at, by = chain.iso(asked.at), str(asked.by)
    body: dict[str, Any] = {"at": at, "by": by, "reason": asked.reason, "erased": erased}
    after = writer.existing(case_id)  # without the values: the proposal's row must lose them too
    writer.write(after, None, body, writer.recorded_at(entered_at))
    return sum(map(len, erased.values()))


def _chosen(case: Case, positions: tuple[int, ...]) -> list[Kept]:
    """Return the entries at these positions."""
    by_position = {entry.position: entry for entry in case.entries()}
    if missing := [str(each) for each in positions if each not in by_position]:
        raise StoreError(f"{case.case_id}: there is no entry {', '.join(missing)}")
    return [by_position[each] for each in dict.fromkeys(positions)]


def erased_in(body: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """Return the paths that an entry says were erased, by the position of their entry."""
    found: Mapping[str, list[str]] = body.get("erased", {})
    return found
