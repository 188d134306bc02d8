"""The budgets and grants that matter: under, at and over each fund by one krone, and odd ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from klimaflow.fields import MOST_KRONER
from klimaflow.frozenmap import FrozenMap
from klimaflow.procedure import Fund, Procedure

__all__ = ["NO_FUNDER", "Amounts", "Money", "symbolic"]

Amounts = FrozenMap[str, int]

NO_FUNDER = "no-such-funder"


def symbolic(procedure: Procedure, count: int) -> tuple[str, ...]:
    """Return funders that stand for all: as many as asked, and as many funds' as there are.

    Raises `ValueError` if the procedure has not that many.
    """
    names = [each.id for each in procedure.funders]
    if not 1 <= count <= len(names):
        raise ValueError(f"{count} funders: the procedure has {len(names)}")
    chosen: list[str] = []
    for fund in procedure.funds:
        fresh = [each for each in names if each in fund.funders]
        if fresh and not set(fresh) & set(chosen):
            chosen.append(fresh[0])
    rest = [each for each in names if each not in chosen]
    order = (*chosen, *rest)[:count]
    return tuple(each for each in names if each in order)


@frozen
class Money:
    """The amounts that some funders of a procedure are asked for and grant."""

    procedure: Procedure
    funders: tuple[str, ...]
    full: Amounts
    """What the funds can just carry that are open from the start, of their funders in equal parts.

    Of funders that have only locked funds, what these can carry.
    """

    @classmethod
    def of(cls, procedure: Procedure, funders: tuple[str, ...]) -> Money:
        """Return the money matters of these funders."""
        full = dict.fromkeys(funders, 0)
        for fund in sorted(procedure.funds, key=_lockable):
            drawing = [each for each in funders if each in fund.funders]
            if drawing and not (_lockable(fund) and any(full[each] for each in drawing)):
                part, rest = divmod(fund.amount, len(drawing))
                for funder in drawing:
                    full[funder] += part
                full[drawing[0]] += rest
        return cls(procedure, funders, FrozenMap(full))

    @property
    def locked(self) -> Iterator[tuple[str, int]]:
        """A funder, and the amount, of each fund that is or was locked."""
        for fund in self.procedure.funds:
            drawing = [each for each in self.funders if each in fund.funders]
            if drawing and _lockable(fund):
                yield drawing[0], fund.amount

    def heads(self) -> tuple[str, ...]:
        """Return a funder for each fund."""
        drawing = [
            [each for each in self.funders if each in fund.funders] for fund in self.procedure.funds
        ]
        found = dict.fromkeys(each[0] for each in drawing if each)
        return tuple(found) or self.funders[:1]

    def budgets(self, *, few: bool) -> Iterator[tuple[str, Amounts, int | None]]:
        """Yield a name, what is asked of each funder, and the co-financing."""
        yield "all that the funds have", self.full, 0
        yield "nothing of co-financing", self.full, None
        for number, funder in enumerate(self.heads()):
            yield f"one krone over, {funder}", self.plus(self.full, funder, 1), 0
            if not few or number == 0:
                yield f"one krone under, {funder}", self.plus(self.full, funder, -1), 0
        for funder, amount in self.locked:
            yield f"the locked fund, {funder}", self.plus(self.full, funder, amount), 0
            if not few:
                more = self.plus(self.full, funder, amount + 1)
                yield f"more than the locked fund, {funder}", more, 0
        yield "a stranger's", FrozenMap({**self.full, NO_FUNDER: 1}), 0
        if not few:
            first = self.funders[0]
            yield "of one funder", FrozenMap({first: self.full[first] or 1}), 0
            yield "of nothing", FrozenMap({first: 0}), 0

    @staticmethod
    def plus(amounts: Mapping[str, int], funder: str, kroner: int) -> Amounts:
        """Return the amounts with some kroner more, or fewer, of one funder, as far as it goes."""
        changed = min(max(amounts.get(funder, 0) + kroner, 0), MOST_KRONER)
        return FrozenMap({**amounts, funder: changed})

    def within(self, asked: Mapping[str, int]) -> Amounts:
        """Return as much of what is asked as the open funds can carry."""
        known = {each: kr for each, kr in asked.items() if each in self.full}
        return FrozenMap({each: min(kr, self.full[each]) for each, kr in known.items()})


def _lockable(fund: Fund) -> bool:
    return fund.awaits is not None or fund.released_on is not None
