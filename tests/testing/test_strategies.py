"""The strategies for policy authors: they vary, they make sense, and they come everywhere."""

from collections import Counter
from functools import reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from klimaflow import History, PolicyError, Procedure, Proposal, decide, evolve, load_procedure
from klimaflow.commands import COMMANDS, Command
from klimaflow.proposal import Phase
from klimaflow.testing import strategies
from klimaflow.testing.strategies import courses, histories, lived, procedures
from tests.conftest import SHIPPED

PROCEDURE = load_procedure(SHIPPED)
MANY = settings(
    max_examples=500,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
FEW = settings(MANY, max_examples=100)


def phases(history: History) -> set[Phase | None]:
    """Return every phase that a history passes through."""
    passed: set[Phase | None] = set()
    proposal = Proposal()
    for event in history.events:
        proposal = evolve(proposal, event)
        passed.add(proposal.phase)
    return passed


@pytest.mark.parametrize(
    ("of", "least"),
    [(histories(PROCEDURE), 25), (procedures().flatmap(histories), 10)],
    ids=["of one procedure", "of any"],
)
def test_of_500_histories_enough_come_to_every_phase(
    of: SearchStrategy[History], least: int
) -> None:
    seen: Counter[Phase | None] = Counter()

    @MANY
    @given(of)
    def count(history: History) -> None:
        seen.update(phases(history))

    count()
    assert {phase: seen[phase] for phase in Phase if seen[phase] < least} == {}


@FEW
@given(histories(PROCEDURE))
def test_a_history_is_what_its_events_leave(history: History) -> None:
    assert history.procedure is PROCEDURE
    assert reduce(evolve, history.events, Proposal()) == history.proposal


@FEW
@given(courses(PROCEDURE, longest=7))
def test_a_course_is_no_longer_than_asked(course: strategies.Course) -> None:
    commands, committed = course
    assert 1 <= len(commands) <= 7
    assert set(committed) <= PROCEDURE.fund_ids
    assert lived(PROCEDURE, commands, committed).procedure is PROCEDURE


def test_courses_are_refused_at_times_and_permitted_mostly() -> None:
    verdicts: Counter[bool] = Counter()

    @FEW
    @given(courses(PROCEDURE))
    def count(course: strategies.Course) -> None:
        commands, committed = course
        history = History(PROCEDURE)
        for command in commands:
            decision = history.decide(command, committed=committed)
            verdicts[decision.permitted] += 1
            history = history.record(decision) if decision.permitted else history

    count()
    assert verdicts[True] > verdicts[False] > 0


def test_every_part_of_a_policy_is_varied_at_times() -> None:
    varied: Counter[str] = Counter()
    plain = {key: each for key, each in PROCEDURE.to_dict().items() if key != "requirements"}

    @FEW
    @given(procedures())
    def count(procedure: Procedure) -> None:
        found = procedure.to_dict()
        varied.update(key for key in plain if found[key] != plain[key])
        varied["nothing"] += all(found[key] == plain[key] for key in plain)

    count()
    parts = ["zone", "readings", "participants", "consent", "authority"]
    parts += ["rounds", "criteria", "funds", "nothing"]
    assert {part: varied[part] for part in parts if not varied[part]} == {}
    assert not varied["funders"]


def test_what_is_no_policy_file_is_an_error_at_once() -> None:
    with pytest.raises(PolicyError, match="neither a file nor a shipped procedure"):
        procedures("no-such-policy")


@FEW
@given(procedures().flatmap(lambda p: st.tuples(st.just(p), strategies.commands(p))), st.data())
def test_anything_can_be_decided(asked: tuple[Procedure, Command], data: st.DataObject) -> None:
    procedure, command = asked
    proposal = data.draw(strategies.proposals(procedure))
    promised = data.draw(strategies.promises(procedure))
    decision = decide(procedure, proposal, command, committed=promised)
    assert decision.permitted is not bool(decision.refused_by)


@pytest.mark.parametrize("kind", COMMANDS.values(), ids=list(COMMANDS))
def test_commands_of_one_kind_are_of_that_kind(kind: type[Command]) -> None:
    @settings(FEW, max_examples=5)
    @given(strategies.commands_of(kind, PROCEDURE))
    def check(command: Command) -> None:
        assert type(command) is kind

    check()


def test_the_lines_of_a_procedure_are_among_its_moments() -> None:
    lines = set(strategies._lines(PROCEDURE))
    for gates in PROCEDURE.gates.values():
        assert {gates.approval_closes_at, gates.meeting.begins_at, gates.meeting.ends_at} <= lines
