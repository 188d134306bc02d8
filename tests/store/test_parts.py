"""A case that is folded in parts, as it grew, is the case that is folded whole."""

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from attrs import frozen
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from klimaflow import History, Procedure
from klimaflow.commands import Command
from klimaflow.errors import HistoryError, StoreError
from klimaflow.store import Store, folding, prepare
from klimaflow.store.schema import TABLES
from klimaflow.testing import author
from klimaflow.testing.author import script
from tests.conftest import command
from tests.reliability.tampering import bits, flipped, rows_of
from tests.store.databases import registering
from tests.strategies import commands

PROCEDURES = (registering(60), registering(90), registering(60, "binding"))
BY = "secretariat:kl/Bo"
CASE = "a"

Rows = tuple[dict[str, Any], ...]
_MOST = settings().max_examples
drawn = (Phase.explicit, Phase.generate)  # a smaller example would take minutes and say no more
fewer = settings(max_examples=_MOST // 20, phases=drawn)  # each writes a database
fewest = settings(max_examples=_MOST // 40, phases=drawn)  # and folds it for each of its rows


@frozen
class State:
    """The row of a case and those of its entries at one moment."""

    proposal: dict[str, Any]
    entries: Rows

    def folded(self) -> History:
        return folding.folded(self.proposal, self.entries, PROCEDURES)

    def whole(self) -> History:
        """Return what is folded by somebody who has seen nothing of the case."""
        folding._last.cache_clear()
        return self.folded()


@frozen
class Course:
    """A case that is recorded so late, its steps, and what is done to it after some of them."""

    late: timedelta
    steps: list[Command]
    between: dict[int, Command | Procedure | int]

    def states(self) -> list[State]:
        """Return what is stored after each step, in a database of its own."""
        engine, idea = create_engine("sqlite://"), command("register-idea", by="proposer:0751/Ann")
        prepare(engine)
        clock = idea.at + self.late
        store = Store(engine, *PROCEDURES, clock=lambda: clock, records_refusals=True)
        store.create()
        states: list[State] = []
        for number, step in enumerate([idea, *self.steps]):
            store.execute(CASE, step)
            states.append(_seen(store))
            if number in self.between:
                _done(store, self.between[number])
                states.append(_seen(store))
        assert store.verify() == []
        engine.dispose()
        return states


def _seen(store: Store) -> State:
    (proposal,) = rows_of(store, TABLES.proposal)
    return State(proposal, tuple(rows_of(store, TABLES.event)))


def _done(store: Store, what: Command | Procedure | int) -> None:
    """Ask something, move the case to a procedure, or erase what an entry says of persons."""
    if isinstance(what, Command):
        store.execute(CASE, what)
    elif isinstance(what, Procedure):
        history = store.history(CASE)
        since = [history.proposal.since, *(change.at for change in history.changes)]
        at = max(each for each in since if each is not None)
        if what != history.procedure:
            refused = [each.name for each in history.verdicts(what) if each.after]
            store.move(CASE, what, BY, "Nyt halvår.", at, refused)
    else:
        position = 1 + what % len(store.trail(CASE))
        store.erase(CASE, [position], BY, "Efter anmodning.", "2024-07-01 10:00")


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Draw a likely course of at most a dozen steps, recorded in time or late."""
    steps, _ = script(Random(draw(st.integers(0, 2**32))), PROCEDURES[0], 12)
    anything = commands | st.sampled_from(PROCEDURES) | st.integers(0, 20)
    between = draw(st.dictionaries(st.integers(0, 12), anything, max_size=6))
    late = timedelta(hours=draw(st.sampled_from([0, 2])))
    return Course(late, [author.command(step) for step in steps], between)


@fewer
@given(courses())
def test_a_case_folded_as_it_grows_is_the_one_that_is_folded_whole(course: Course) -> None:
    states = course.states()
    whole = [state.whole() for state in states]
    folding._last.cache_clear()
    assert [state.folded() for state in states] == whole
    for state in states:
        state.whole()
        last = states[-1].folded()
        assert last == whole[-1]
        assert last.to_records() == whole[-1].to_records()


def refused(known: State, changed: State) -> None:
    """Hold that what was changed is refused by who has seen nothing and by who has seen some."""
    with pytest.raises((StoreError, HistoryError)):
        changed.whole()
    known.whole()
    with pytest.raises((StoreError, HistoryError)):
        changed.folded()


@fewest
@given(courses(), st.integers(0, 2**32))
def test_a_changed_value_is_refused_by_whoever_has_folded_a_part(course: Course, seed: int) -> None:
    states, random = course.states(), Random(seed)
    last, known = states[-1], random.choice(states)
    for number, row in enumerate(last.entries):
        name = random.choice([name for name, value in row.items() if bits(value)])
        other = {**row, name: flipped(row[name], random.randrange(bits(row[name])))}
        refused(known, State(last.proposal, _replaced(last.entries, number, other)))
    others = {each.sha256 for each in PROCEDURES}
    for name in ("procedure", "opened_under"):
        for sha256 in others - {last.proposal[name]}:
            refused(known, State({**last.proposal, name: sha256}, last.entries))


def _replaced(rows: Rows, number: int, *others: dict[str, Any]) -> Rows:
    return (*rows[:number], *others, *rows[number + 1 :])


@fewest
@given(courses(), st.integers(0, 2**32))
def test_a_row_out_of_its_place_is_refused_by_whoever_has_folded_a_part(
    course: Course, seed: int
) -> None:
    states, random = course.states(), Random(seed)
    last, known = states[-1], random.choice(states)
    rows = last.entries
    for number, (row, following) in enumerate(pairwise(rows)):
        removed = _replaced(rows, number)
        doubled = _replaced(rows, number, row, row)
        swapped = (*rows[:number], following, row, *rows[number + 2 :])
        for entries in (removed, doubled, swapped):
            refused(known, State(last.proposal, entries))
