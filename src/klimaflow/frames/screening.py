"""One command, put to every row of a table: a column for each rule, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from types import CodeType
from typing import Any

import narwhals.stable.v2 as nw
from attrs import frozen
from narwhals.stable.v2.typing import IntoFrameT

from klimaflow.commands import COMMANDS, Command
from klimaflow.decider import NOTHING_COMMITTED
from klimaflow.errors import FrameError
from klimaflow.frames.columns import Column, Columns
from klimaflow.frames.engines import opened, unfit
from klimaflow.frames.facts import ColumnFacts
from klimaflow.frames.terms import Comparison, Condition, both, negated, sure
from klimaflow.frames.texts import column, joined
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import MOVES
from klimaflow.procedure import Procedure, Strength
from klimaflow.proposal import Phase
from klimaflow.rules import KNOWN_MOVE, Rule

__all__ = ["ADDED", "SCREENED", "columns", "reasons", "screen"]

SCREENED = (
    "submit-for-qualification",
    "submit-for-approval",
    "put-before-committee",
    "approve",
    "give-consent",
    "start",
)
"""The commands whose rules ask for numbers, times and what is so, and not for names and texts."""

ADDED = ("rules", "permitted", "refused_by", "margins")
"""What `screen` adds unless told otherwise; `reason` may be added too."""

GROUPS = ("rules", "permitted", "refused_by", "reason", "margins")


@frozen(eq=False)
class Question:
    """What a command asks of every row: the phases it is possible in, and its rules by strength."""

    command: type[Command]
    phases: tuple[Phase, ...]
    rules: tuple[tuple[Rule, Strength], ...]

    @property
    def binding(self) -> tuple[str, ...]:
        """The ids of the rules that refuse, in the lifecycle's order."""
        binding = (rule.id for rule, strength in self.rules if strength is Strength.BINDING)
        return (KNOWN_MOVE.id, *binding)


def question(procedure: Procedure, do: str) -> Question:
    """Return what a command asks under a procedure; raise `FrameError` for others than these."""
    if do not in SCREENED:
        raise FrameError([_not_screened(do)])
    moves = [move for move in MOVES if move.command.do == do and move.source is not None]
    (rules,) = {move.rules for move in moves}  # the same from every phase
    strengths = ((rule, procedure.strength(rule.id, do)) for rule in rules)
    return Question(
        COMMANDS[do],
        tuple(move.source for move in moves if move.source is not None),
        tuple((rule, strength) for rule, strength in strengths if strength is not None),
    )


def _not_screened(do: str) -> str:
    can = f"a table can be screened for {', '.join(SCREENED)}"
    if do in COMMANDS:
        return f"command: {do} turns on names and reasons, not on columns; {can}"
    near = get_close_matches(str(do), COMMANDS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"command: {do!r} is none{hint}; {can}"


def tested(rule: Rule, facts: ColumnFacts) -> Comparison:
    """Return the comparison that a rule's own text makes of facts."""
    comparison: Comparison = eval(_compiled(rule.test), {}, {"f": facts})
    return comparison


@cache
def _compiled(test: str) -> CodeType:
    return compile(test, "<rule>", "eval")


class Screening:
    """The rules of a command over the columns of one frame."""

    def __init__(
        self,
        asked: Question,
        procedure: Procedure,
        columns: Columns,
        committed: Mapping[str, int],
    ) -> None:
        self.columns = columns
        facts = ColumnFacts(procedure, asked.command, columns, committed)
        self.possible = facts.in_phase(asked.phases)
        self.binding = asked.binding
        self.comparisons: dict[str, Comparison] = {
            rule.id: tested(rule, facts) for rule, _ in asked.rules
        }

    @cached_property
    def holds(self) -> dict[str, Condition]:
        """Whether each rule holds, by its id; that there is such a move first."""
        rules = {id: comparison.holds for id, comparison in self.comparisons.items()}
        return {KNOWN_MOVE.id: self.possible, **rules}

    @cached_property
    def margins(self) -> dict[str, nw.Expr]:
        """The margins that are measured, by rule id."""
        found = {id: comparison.margin for id, comparison in self.comparisons.items()}
        return {id: margin for id, margin in found.items() if margin is not None}


def columns(procedure: Procedure, command: str = "submit-for-approval") -> tuple[Column, ...]:
    """Return the columns that the rules of a command read, under a procedure.

    Raises `FrameError` for a command that cannot be screened.
    """
    reading = Columns(None)
    _ = Screening(question(procedure, command), procedure, reading, NOTHING_COMMITTED)
    return tuple(reading.asked.values())


def reasons(procedure: Procedure, command: str = "submit-for-approval") -> tuple[str, ...]:
    """Return what the numbers of the column `reason` mean, from 1: the ids of the binding rules."""
    return question(procedure, command).binding


def screen(
    frame: IntoFrameT,
    procedure: Procedure,
    command: str = "submit-for-approval",
    *,
    constants: Mapping[str, object] = FrozenMap(),
    committed: Mapping[str, int] = NOTHING_COMMITTED,
    add: Collection[str] = ADDED,
) -> IntoFrameT:
    """Return the frame with what the procedure says of a command in every row.

    Each row is one proposal and one command; `columns` lists what is expected of a row. What is the
    same in all of them may stand in `constants` instead of a column: `{"phase": "qualification"}`.
    `committed` is what each fund has promised to other tracks, in kroner.

    What is added, by `add`:

    * `rules`: a Boolean column for each rule, named by its id: whether the rule holds by itself;
    * `permitted`: whether no binding rule refuses;
    * `refused_by`: the ids of the binding rules that refuse, in the lifecycle's order, with a blank
      between them; `known-move` alone where the command is not possible in the phase;
    * `reason`: the number of the first of them in `reasons`, 0 where none does;
    * `margins`: a column `margin_<rule>` for each rule that measures time, kroner or a count.

    What is null is not known: it never permits, and its margin is null.

    The frame may be of pandas, polars, pyarrow or duckdb; what is lazy stays lazy.
    Raises `FrameError` with every mistake in the columns.
    """
    native = opened(frame)
    asked = question(procedure, command)
    reading = Columns(native.collect_schema(), constants)
    screening = Screening(asked, procedure, reading, committed)
    adding = Adding(screening, add)
    promised(reading, committed, procedure)
    reading.note_all(unfit(native, reading.asked, measured="margins" in add))
    reading.check(adding.names)
    return adding.to(native).to_native()  # type: ignore[no-any-return]


def promised(reading: Columns, committed: Mapping[str, int], procedure: Procedure) -> None:
    """Note each promise that is of no fund, or no amount."""
    for fund, kroner in committed.items():
        if fund not in procedure.fund_ids:
            reading.note(f"committed.{fund}", "is no fund of the procedure")
        elif type(kroner) is not int or kroner < 0:
            reading.note(f"committed.{fund}", f"expected whole kroner, not {kroner!r}")


class Adding:
    """The columns that a screening adds to a frame, after its own, in the order of `GROUPS`."""

    def __init__(self, screening: Screening, add: Collection[str]) -> None:
        if strange := [each for each in add if each not in GROUPS]:
            raise FrameError(f"add: {each!r} is none of {', '.join(GROUPS)}" for each in strange)
        self._screening, self._binding = screening, screening.binding
        self._groups = [group for group in GROUPS if group in add]

    @property
    def names(self) -> Iterator[str]:
        """The names of the columns that are added."""
        for group in self._groups:
            if group == "rules":
                yield from self._screening.holds
            elif group == "margins":
                yield from map(_margin, self._screening.margins)
            else:
                yield group

    def to(self, frame: Any) -> Any:
        """Return a frame with them."""
        holds, dropped = self._screening.holds, list[str]()
        for stage in self._screening.columns.stages:
            frame = _with(frame, stage)
            dropped += stage
        if self._groups == ["permitted"]:
            permitted = both(*(holds[id] for id in self._binding))
            frame = frame.with_columns(permitted=filled(permitted))
        else:  # as columns, without nulls, the rules are asked only once
            asked = holds if "rules" in self._groups else _varying(holds)
            frame = _with(frame, {id: filled(each) for id, each in asked.items()})
            dropped += () if "rules" in self._groups else asked
            frame = _with(frame, self._made(frame))
        return frame.drop(*dropped) if dropped else frame

    def _made(self, frame: Any) -> dict[str, nw.Expr]:
        """Return what is added beside the rules' own columns, which are there."""
        holds = self._screening.holds
        binding = {id: nw.col(id) if id in _varying(holds) else holds[id] for id in self._binding}
        make: Mapping[str, Callable[[], nw.Expr]] = {
            "permitted": lambda: column(both(*binding.values())),
            "refused_by": lambda: joined(frame, _broken(binding)),
            "reason": lambda: _first(binding),
        }
        made = {group: make[group]() for group in self._groups if group in make}
        if "margins" in self._groups:
            margins = self._screening.margins.items()
            made |= {_margin(id): margin for id, margin in margins}
        return made


def _with(frame: Any, made: Mapping[str, nw.Expr]) -> Any:
    """Return a frame with further columns; what is lazy cannot be given none."""
    return frame.with_columns(**made) if made else frame


def filled(condition: Condition) -> nw.Expr:
    """Return a condition as a column without nulls: what is not known does not hold."""
    return column(sure(condition))


def _varying(holds: Mapping[str, Condition]) -> dict[str, Condition]:
    return {id: each for id, each in holds.items() if isinstance(each, nw.Expr)}


def _margin(rule: str) -> str:
    return f"margin_{rule}"


def _first(binding: Mapping[str, Condition]) -> Any:
    """Return the number of the first rule that is broken, from 1; 0 if none is."""
    found: Any = nw.lit(0, dtype=nw.Int8)
    for number, holds in reversed([*enumerate(binding.values(), start=1)]):
        broken = nw.lit(number, dtype=nw.Int8)
        if holds is False:
            found = broken
        elif holds is not True:
            found = nw.when(holds).then(found).otherwise(broken)
    return found


def _broken(binding: Mapping[str, Condition]) -> dict[str, Condition]:
    """Return which rules refuse; where the move is not possible no other one is asked."""
    possible = binding[KNOWN_MOVE.id]
    broken = {id: both(possible, negated(holds)) for id, holds in binding.items()}
    broken[KNOWN_MOVE.id] = negated(possible)
    return broken
