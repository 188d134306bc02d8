"""The columns that a table may have: what each says, its type and unit; every mistake at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
from attrs import frozen

from klimaflow.errors import FrameError, MomentError
from klimaflow.fields import MOST_KRONER
from klimaflow.frames.terms import Condition, Fact, Timed, Value, both, either, negated, timed
from klimaflow.moments import moment

__all__ = ["OF_A_COURSE", "SAYS", "Column", "Columns", "Kind", "Text", "described"]


class Kind(StrEnum):
    """What the values of a column are."""

    MOMENT = "moment"
    COUNT = "count"
    KRONER = "kroner"
    FLAG = "flag"
    TEXT = "text"

    @property
    def expected(self) -> str:
        """The type that a column must have."""
        return _EXPECTED[self]


_EXPECTED = {
    Kind.MOMENT: "datetimes with a zone, in microseconds or nanoseconds",
    Kind.COUNT: "whole numbers",
    Kind.KRONER: "whole kroner",
    Kind.FLAG: "true or false",
    Kind.TEXT: "text",
}
_PYTHON = {Kind.COUNT: int, Kind.KRONER: int, Kind.FLAG: bool, Kind.TEXT: str}

SAYS: Mapping[str, tuple[Kind, str]] = {
    "at": (Kind.MOMENT, "when the command was received"),
    "since": (Kind.MOMENT, "when the proposal entered its phase"),
    "phase": (Kind.TEXT, "the phase that the proposal is in"),
    "role": (Kind.TEXT, "the role of the actor"),
    "of_the_track": (Kind.FLAG, "whether the actor's organisation proposes or participates"),
    "organisation": (Kind.TEXT, "the actor's organisation"),
    "round": (Kind.TEXT, "the round that the command names"),
    "own_round": (Kind.TEXT, "the proposal's own round; the empty text if it has none"),
    "authorities": (Kind.COUNT, "how many distinct participants are of a kind that counts"),
    "met_{criterion}": (Kind.FLAG, "whether the criterion is assessed as met"),
    "budget_stated": (Kind.FLAG, "whether a budget is proposed"),
    "cofinancing_stated": (Kind.FLAG, "whether the budget says something of co-financing"),
    "granted_{funder}": (Kind.KRONER, "what is granted from the funder"),
    "asked_{funder}": (Kind.KRONER, "what is asked of the funder"),
    "consented_at_{funder}": (Kind.MOMENT, "when the funder gave the consent that stands"),
    "consent_ends_at_{funder}": (
        Kind.MOMENT,
        "the first moment at which that consent is no longer in force",
    ),
    "conditions_unmet": (Kind.COUNT, "how many conditions of the grant and of the consents wait"),
    "funder": (Kind.TEXT, "the funder that the command names"),
    "amount": (Kind.KRONER, "what the command consents to"),
    "granted": (Kind.KRONER, "what is granted from that funder"),
    "consent": (Kind.TEXT, "how it stands with that funder's consent at the time"),
}
"""Every column by its name; one that there is for each funder, or criterion, by its pattern."""

OF_A_COURSE: Mapping[str, tuple[Kind, str]] = {
    "submit_for_qualification_at": (
        Kind.MOMENT,
        "when the proposal is ready to be submitted for professional qualification",
    ),
    "submit_for_approval_at": (
        Kind.MOMENT,
        "when it is ready to be submitted for the approval process",
    ),
    "put_before_committee_at": (Kind.MOMENT, "when it is ready to be put before the committee"),
    "approve_at": (Kind.MOMENT, "when the committee is ready to decide"),
    "start_at": (Kind.MOMENT, "when everything else is ready for the start"),
    "first_round": (Kind.TEXT, "the round in which qualification is tried first"),
    "authorities": (
        Kind.COUNT,
        "how many distinct participants are of a kind that counts, at the submissions",
    ),
    "authorities_at_start": (Kind.COUNT, "how many there are at the start"),
    "consented_at_{funder}": (
        Kind.MOMENT,
        "when the funder's consent arrives; null: never",
    ),
    "consent_ends_at_{funder}": (
        Kind.MOMENT,
        "the first moment at which that consent is no longer in force",
    ),
    "consented_{funder}": (Kind.KRONER, "what the funder consents to"),
    "conditions_unmet": (
        Kind.COUNT,
        "how many conditions of the grant still wait at the start",
    ),
}
"""What a course reads otherwise than a screen does."""


@frozen
class Column:
    """A column that the rules of a command read. `optional` says what holds without it, if it may.

    `of` is the funder, or the criterion, that it is about; empty where there is one column only.
    A null says that the value is not known; what is not known is never permitted.
    """

    name: str
    kind: Kind
    says: str
    of: str = ""
    optional: str = ""


def described(
    name: str, of: str = "", optional: str = "", says: Mapping[str, tuple[Kind, str]] = SAYS
) -> Column:
    """Return the column of a name, or of a pattern (`granted_{funder}`) for one `of` its kind."""
    kind, said = says[name]
    return Column(name.partition("{")[0] + of, kind, said, of, optional)


class Text:
    """A column of text, asked which of some texts it says."""

    def __init__(self, columns: Columns, column: nw.Expr | str) -> None:
        self._columns, self._column = columns, column
        self._one: dict[str, Condition] = {}

    def among(self, texts: Iterable[str]) -> Condition:
        """Return whether it says one of them; false where it is not known."""
        if not isinstance(self._column, nw.Expr):
            return self._column in {*texts}
        return either(*(self._is(text) for text in dict.fromkeys(texts)))

    def other_than(self, texts: Iterable[str]) -> Condition:
        """Return whether it says anything else; false where it is not known."""
        if not isinstance(self._column, nw.Expr):
            return self._column not in {*texts}
        known = self._columns.let(~self._column.is_null())
        return both(known, negated(self.among(texts)))

    def same_as(self, other: Text) -> Condition:
        """Return whether both say the same."""
        mine, others = self._column, other._column
        same: Condition = mine == others if isinstance(mine, nw.Expr) else others == mine
        return same

    def _is(self, text: str) -> Condition:
        if text not in self._one:
            assert isinstance(self._column, nw.Expr), "a constant is compared in Python"
            said = (self._column == text).fill_null(value=False)
            self._one[text] = self._columns.let(said)
        return self._one[text]


class Columns:
    """The columns of one frame, with the constants that stand for others; every mistake noted.

    `asked` collects the columns that are read, `stages` the columns that are made on the way, each
    of those before it. Without a schema every column is there.
    """

    def __init__(
        self, schema: Mapping[str, Any] | None, constants: Mapping[str, object] | None = None
    ) -> None:
        self._schema, self._constants = schema, dict(constants or {})
        self.asked: dict[str, Column] = {}
        self.stages: list[dict[str, nw.Expr]] = []
        self._problems: dict[str, str] = {}

    def let(self, expr: Condition, stage: int = 0) -> Condition:
        """Return a column that is made of an expression once, however often it is read."""
        if isinstance(expr, bool):
            return expr
        return nw.col(self.made(expr, stage))

    def made(self, expr: nw.Expr, stage: int = 0) -> str:
        """Return the name of a column that is made in a stage, of those made in stages before."""
        while len(self.stages) <= stage:
            self.stages.append({})
        name = f"klimaflow {stage} {len(self.stages[stage])}"
        self.stages[stage][name] = expr
        return name

    def has(self, name: str) -> bool:
        """Tell whether there is such a column, or a constant for it."""
        return self._schema is None or name in self._schema or name in self._constants

    def moment(self, column: Column) -> Fact:
        """Return a column of moments."""
        return timed((True, self.value(column)))

    def number(self, column: Column) -> nw.Expr | int:
        """Return a column of counts or kroner."""
        found: nw.Expr | int = self.value(column)
        return found

    def amount(self, column: Column) -> tuple[Condition, nw.Expr | int]:
        """Return where a column has an amount that may be, and the amount."""
        found = self.number(column)
        if isinstance(found, int):
            return 0 <= found <= MOST_KRONER, found
        return self.let((found >= 0) & (found <= MOST_KRONER)), found

    def flag(self, column: Column) -> Condition:
        """Return a column of what is or is not so."""
        found: Condition = self.value(column)
        return found

    def text(self, column: Column) -> Text:
        """Return a column of text."""
        return Text(self, self.value(column))

    def value(self, column: Column) -> Any:
        """Return what a column, or the constant that stands for it, holds; note what is wrong.

        It is an expression, a `Timed`, or Python's.
        """
        name = column.name
        self.asked[name] = column
        if name in self._constants:
            return self._constant(column, self._constants[name])
        if self._schema is None:
            return _unread(column)
        if name not in self._schema:
            near = get_close_matches(name, self._schema, n=1)
            hint = f"; is it {near[0]}?" if near else ""
            self._problems[name] = f"is missing: {column.says} ({column.kind.expected}){hint}"
            return _unread(column)
        return self._typed(column, self._schema[name])

    def _constant(self, column: Column, value: object) -> Any:
        if column.kind is Kind.MOMENT:
            try:
                return moment(value)  # type: ignore[arg-type]  # judges whatever it is
            except MomentError as error:
                self._problems[column.name] = str(error)
        elif type(value) is _PYTHON[column.kind]:
            return value
        else:
            self._problems[column.name] = f"expected {column.kind.expected}, not {value!r}"
        return _unread(column)

    def _typed(self, column: Column, dtype: Any) -> Value:
        expr = nw.col(column.name)
        if column.kind is Kind.MOMENT:
            return self._timed(column.name, expr, dtype)
        if column.kind is Kind.FLAG and dtype == nw.Boolean:
            return expr
        if column.kind is Kind.TEXT and dtype in (nw.String, nw.Categorical, nw.Enum):
            return expr if dtype == nw.String else expr.cast(nw.String)
        if column.kind in (Kind.COUNT, Kind.KRONER) and dtype.is_integer():
            return expr if dtype == nw.Int64 else expr.cast(nw.Int64)
        self._problems[column.name] = _mistaken(column, dtype)
        return _unread(column)

    def _timed(self, name: str, expr: nw.Expr, dtype: Any) -> Timed:
        zone = getattr(dtype, "time_zone", None)
        if dtype == nw.Unknown:  # nanoseconds in duckdb; a zone with an underscore in pandas
            hint = "convert it to microseconds in UTC"
            self._problems[name] = f"expected {Kind.MOMENT.expected}; this type is not read: {hint}"
        elif dtype != nw.Datetime:
            self._problems[name] = f"expected {Kind.MOMENT.expected}, not {dtype}"
        elif zone is None:
            self._problems[name] = "has no zone: say on whose clock these times are"
        elif dtype.time_unit not in ("us", "ns"):
            self._problems[name] = (
                f"is in {dtype.time_unit}, and late by less would be in time:"
                " cast what is there to microseconds"
            )
        elif not _is_zone(zone):
            self._problems[name] = f"has the zone {zone}: convert it to one such as UTC"
        else:
            return Timed(expr, zone, dtype.time_unit)
        return Timed(expr, "UTC", "us")

    def no_others(self, prefix: str, those: Iterable[str]) -> None:
        """Note each column of a prefix that is for nobody the procedure knows."""
        allowed = [prefix + each for each in those]
        for name in (*(self._schema or ()), *self._constants):
            if name.startswith(prefix) and name not in allowed:
                near = get_close_matches(name, allowed, n=1)
                hint = f"did you mean {near[0]}?" if near else f"those are {', '.join(allowed)}"
                self._problems[name] = f"is for none that the procedure names; {hint}"

    @property
    def stated(self) -> Mapping[str, object]:
        """The constants that stand for columns."""
        return self._constants

    def note(self, name: str, problem: str) -> None:
        """Note a mistake."""
        self._problems[name] = problem

    def note_all(self, problems: Iterable[tuple[str, str]]) -> None:
        """Note several mistakes."""
        self._problems |= dict(problems)

    def check(self, added: Iterable[str]) -> None:
        """Raise `FrameError` with every mistake; `added` are the columns that are to be added."""
        for name in self._constants:
            if self._schema is not None and name in self._schema:
                self._problems[name] = "is a column and a constant; drop one"
            elif name not in self.asked and name not in self._problems:
                near = get_close_matches(name, self.asked, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self._problems[name] = f"is asked for by no rule{hint}"
        made = [name for stage in self.stages for name in stage]
        for name in (*added, *made):
            if self._schema is not None and name in self._schema:
                self._problems[name] = "is there already, and is to be added: rename or drop it"
        if self._problems:
            raise FrameError(f"{name}: {said}" for name, said in self._problems.items())


def _unread(column: Column) -> Value:
    """Return what stands for a column that cannot be read, or is only listed."""
    expr = nw.col(column.name)
    return Timed(expr, "UTC", "us") if column.kind is Kind.MOMENT else expr


def _mistaken(column: Column, dtype: Any) -> str:
    found = f"expected {column.kind.expected}, not {dtype}"
    whole = column.kind in (Kind.COUNT, Kind.KRONER)
    if whole and dtype.is_float():
        return f"{found}: cast it; in pandas to Int64, which has room for what is not known"
    if column.kind is Kind.FLAG and dtype == nw.Object:
        return f"{found}: cast it; in pandas to boolean, which has room for what is not known"
    return found


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return False
