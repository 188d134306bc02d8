"""What a policy file may demand of itself, and which steps fit a demand."""

from collections.abc import Mapping
from typing import Any

import pytest

from klimaflow import History, Phase, Procedure
from klimaflow.commands import Command
from klimaflow.errors import PolicyError
from klimaflow.lifecycle import BY_PHASE_AND_DEED
from klimaflow.moments import MICROSECOND, copenhagen
from klimaflow.policy import parse_procedure
from klimaflow.requirements import Pattern
from klimaflow.verify.demands import Demand, may_fit
from tests.conftest import ASKED, POLICY, command, consent, in_phase

END = "# What was left out on purpose."


def demanding(table: str) -> Procedure:
    """Return the shipped procedure with one more requirement."""
    more = f'[[requirements]]\nid = "more"\nbecause = "A test."\n{table}\n\n'
    return parse_procedure(POLICY.replace(END, more + END))


def problems(table: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        demanding(table)
    return list(caught.value.problems)


class TestReading:
    def test_the_shipped_file_demands_32_things_each_with_its_words(
        self, procedure: Procedure
    ) -> None:
        assert len(procedure.requirements) == 32
        assert all(each.source is not None for each in procedure.requirements)
        kinds = [each.demand[0] for each in procedure.requirements]
        assert {kind: kinds.count(kind) for kind in kinds} == {
            "never": 20,
            "possible": 10,
            "until_possible": 2,
        }

    def test_they_belong_to_the_content(self, procedure: Procedure) -> None:
        more = demanding('never = { do = "start" }')
        assert more.sha256 != procedure.sha256
        stated = more.to_dict()["requirements"][-1]
        assert stated == {"because": "A test.", "id": "more", "never": {"do": "start"}}

    def test_without_any_there_is_no_such_key(self) -> None:
        head, _, rest = POLICY.partition("# What must hold of all this")
        bare = parse_procedure(head + rest[rest.index(END) :])
        assert bare.requirements == ()
        assert "requirements" not in bare.to_dict()

    def test_a_demand_gives_the_times_that_it_states_by_their_keys(self) -> None:
        later = 'never = { do = "approve", later_than = "{}" }'
        until = 'until_possible = { starting_in = "idea", do = "start", until = "{}" }'
        at = "onsdag 2024-05-22 23:59"
        for table, key in ((later, "later_than"), (until, "until")):
            ((name, clock),) = (
                demanding(table.replace("{}", at)).requirements[-1].demand[1].clocks()
            )
            assert (name, str(clock.naive)) == (key, "2024-05-22 23:59:00")

    @pytest.mark.parametrize(
        ("table", "problem"),
        [
            ("", "requirements[32]: needs one of never, possible, until_possible"),
            (
                'never = { do = "start" }\npossible = { do = "start" }',
                "requirements[32]: needs one of never, possible, until_possible",
            ),
            ("never = {}", "requirements[32].never: names nothing, and so means every step"),
            (
                'never = { doo = "start" }',
                "requirements[32].never.doo: is not a key here; did you mean do?",
            ),
            (
                'never = { do = "begin" }',
                "requirements[32].never.do: 'begin' is not among the commands",
            ),
            (
                'possible = { round = "2025-spring" }',
                "requirements[32].possible.round: '2025-spring' is not among the rounds",
            ),
            (
                'never = { funder = "danske-bank" }',
                "requirements[32].never.funder: 'danske-bank' is not among the funders",
            ),
            (
                'never = { phase = "dream" }',
                "requirements[32].never.phase: 'dream' is none of idea",
            ),
            (
                'never = { later_than = "fredag 2024-04-25 09:00" }',
                "requirements[32].never.later_than: 2024-04-25 is a torsdag, not a fredag",
            ),
            (
                'never = { at = "søndag 2024-03-31 02:30" }',
                "requirements[32].never.at: 2024-03-31 02:30:00 does not exist",
            ),
            (
                "never = { criteria_unmet = false }",
                "requirements[32].never.criteria_unmet: is true or left out",
            ),
            (
                'until_possible = { do = "reject" }',
                "requirements[32].until_possible.starting_in: is missing",
            ),
            (
                "never = { granted_above = -1 }",
                "requirements[32].never.granted_above: expected a number from 0",
            ),
        ],
    )
    def test_what_cannot_be_meant_is_named(self, table: str, problem: str) -> None:
        found = problems(table)
        assert any(each.startswith(problem) for each in found), found

    def test_one_id_stands_once(self) -> None:
        twice = '[[requirements]]\nid = "three-to-start"\nbecause = "A test."\n'
        text = POLICY.replace(END, f'{twice}never = {{ do = "start" }}\n\n{END}')
        with pytest.raises(PolicyError) as caught:
            parse_procedure(text)
        assert caught.value.problems == ("requirements[32].id: three-to-start stands twice",)


def fits(history: History, asked: Command, **stated: Any) -> bool:
    """Tell whether a permitted command fits a pattern that is stated as a file does."""
    procedure = history.procedure
    pattern = demanding(f"never = {_inline(stated)}").requirements[-1].never
    assert isinstance(pattern, Pattern)
    decision = history.decide(asked)
    assert decision.permitted, decision
    move = BY_PHASE_AND_DEED[history.proposal.phase, type(asked)]
    demand = Demand(pattern, procedure)
    return may_fit(pattern, move) and demand.met_by(history.proposal, asked, decision.events[0])


def _inline(stated: Mapping[str, Any]) -> str:
    values = {True: "true"}
    pairs = [
        f"{key} = {values.get(value, value) if not isinstance(value, str) else repr(value)}"
        for key, value in stated.items()
    ]
    return "{ " + ", ".join(pairs) + " }"


DEADLINE = "torsdag 2024-04-25 09:00"


class TestFitting:
    @pytest.mark.parametrize(
        ("key", "before", "at", "after"),
        [
            ("at", False, True, False),
            ("earlier_than", True, False, False),
            ("not_earlier_than", False, True, True),
            ("later_than", False, False, True),
        ],
    )
    def test_a_time_to_the_microsecond(
        self, procedure: Procedure, key: str, before: bool, at: bool, after: bool
    ) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        then = copenhagen("2024-04-24 12:00")
        stated = {key: "onsdag 2024-04-24 12:00"}
        moments = (then - MICROSECOND, then, then + MICROSECOND)
        found = [
            fits(history, command("submit-for-approval", at=each), **stated) for each in moments
        ]
        assert found == [before, at, after]

    def test_the_times_are_danish_whatever_the_zone_of_the_file(self) -> None:
        text = POLICY.replace('zone = "Europe/Copenhagen"', 'zone = "Europe/London"')
        history = in_phase(Phase.QUALIFICATION, parse_procedure(text))
        asked = command("submit-for-approval", at=copenhagen("2024-04-25 09:00"))
        assert fits(history, asked, at=DEADLINE)

    @pytest.mark.parametrize(
        ("stated", "fitting"),
        [
            ({"do": "submit-for-approval"}, True),
            ({"do": "submit-for-qualification"}, False),
            ({"phase": "qualification"}, True),
            ({"phase": "sparring"}, False),
            ({"leads_to": "approval_process"}, True),
            ({"leads_to": "qualification"}, False),
            ({"by": "proposer"}, True),
            ({"by": "secretariat"}, False),
            ({"by_other_than": "proposer"}, False),
            ({"by_other_than": "secretariat"}, True),
            ({"round": "2024-spring"}, True),
            ({"round": "2024-autumn"}, False),
            ({"authorities_below": 4}, True),
            ({"authorities_below": 3}, False),
            ({"criteria_unmet": True}, False),
            ({"granted_above": 0}, False),
            ({"funder": "realdania"}, False),
            ({"do": "submit-for-approval", "round": "2024-autumn"}, False),
        ],
    )
    def test_all_that_is_named_must_be_so(
        self, procedure: Procedure, stated: Mapping[str, Any], fitting: bool
    ) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        assert fits(history, command("submit-for-approval"), **stated) is fitting

    def test_a_round_that_the_command_names_counts(self, procedure: Procedure) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        asked = command("submit-for-approval", round="2024-autumn")
        assert fits(history, asked, round="2024-autumn")
        assert not fits(history, asked, round="2024-spring")

    def test_a_criterion_that_is_not_met(self, procedure: Procedure) -> None:
        unmet = in_phase(Phase.QUALIFICATION, procedure, assess_criterion={"met": False})
        met = in_phase(Phase.QUALIFICATION, procedure)
        asked = command("withdraw", at="2024-04-24 10:00")
        assert fits(unmet, asked, criteria_unmet=True)
        assert not fits(met, asked, criteria_unmet=True)

    def test_what_is_granted_in_sum_and_of_one_funder(self, procedure: Procedure) -> None:
        history, asked = in_phase(Phase.COMMITTEE_DECISION, procedure), command("approve")
        total = sum(ASKED.values())
        assert fits(history, asked, granted_above=total - 1)
        assert not fits(history, asked, granted_above=total)
        assert fits(history, asked, funder="realdania", granted_above=1_499_999)
        assert not fits(history, asked, funder="realdania", granted_above=1_500_000)
        assert fits(history, asked, funder="region-syddanmark")
        assert not fits(history, asked, funder="region-nordjylland")

    def test_whose_consent_it_is(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure)
        asked = consent("realdania", ASKED["realdania"])
        assert fits(history, asked, funder="realdania")
        assert not fits(history, asked, funder="region-syddanmark")

    def test_a_consent_is_missing_until_the_last_is_in_force(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure)
        withdraw = command("withdraw", at="2024-06-12 10:00")
        assert fits(history, withdraw, consents_missing=True)
        history = history.then(consent("realdania", ASKED["realdania"]))
        assert fits(history, withdraw, consents_missing=True)
        last = consent("region-syddanmark", 500_000, valid_until="2024-06-12")
        history = history.then(last)
        assert not fits(history, withdraw, consents_missing=True)
        run_out = command("withdraw", at="2024-06-13 00:00")
        assert fits(history, run_out, consents_missing=True)
