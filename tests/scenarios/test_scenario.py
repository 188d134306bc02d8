"""One scenario: nothing changed, one thing changed, and what that comes to, step by step."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from klimaflow import CaseError, History, Phase, Procedure
from klimaflow.case import load_case, parse_case
from klimaflow.moments import shown
from klimaflow.proposal import Proposal
from klimaflow.report import Course
from klimaflow.scenarios import Scenario, compare, row_of
from tests.conftest import in_phase, policy

EXAMPLES = sorted(Path("examples").glob("*.toml"))
DEMO = "examples/skybrud-paa-tvaers.toml"


@pytest.fixture
def demo() -> Scenario:
    return Scenario.of(DEMO)


@pytest.fixture
def started(procedure: Procedure) -> Scenario:
    return Scenario.of(in_phase(Phase.STARTED, procedure))


def events(history: History, do: str) -> list[str]:
    return [shown(row["at"]) for row in history.rows() if row["do"] == do]


class TestNothingChanged:
    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    def test_a_case_comes_to_what_follow_says(self, path: Path) -> None:
        course, found = Course.of(load_case(path)), Scenario.of(path).run()
        assert found.history == course.history
        assert found.to_dict() == course.to_dict()

    @pytest.mark.parametrize("phase", Phase)
    def test_a_history_is_itself_in_every_phase(self, phase: Phase, procedure: Procedure) -> None:
        history = in_phase(phase, procedure)
        assert Scenario.of(history).run().history == history

    def test_so_is_one_with_nearly_every_event(self, eventful: History) -> None:
        assert Scenario.of(eventful).run().history == eventful

    def test_is_said_aloud(self, demo: Scenario) -> None:
        found = compare(demo, demo)
        assert found.changes_nothing
        assert found.sentences() == (
            "This changes nothing: it comes to “Started”, autumn 2024, all the same.",
        )
        assert found.sentences("da") == (
            "Det ændrer intet: det når alligevel til »Igangsat«, efteråret 2024.",
        )


class TestLateBy:
    @pytest.mark.parametrize(
        ("days", "rounds"), [(2, "2024-spring"), (3, "2024-autumn")]
    )  # from Monday 22 April 12:00 to Thursday 25 April 09:00
    def test_what_misses_the_deadline_is_submitted_in_the_next_round(
        self, days: int, rounds: str, started: Scenario
    ) -> None:
        found = started.late_by("submit-for-approval", days=days).run()
        assert (found.proposal.phase, found.proposal.round) == (Phase.STARTED, rounds)

    def test_what_comes_after_it_waits_for_the_meeting(self, started: Scenario) -> None:
        found = started.late_by("submit-for-approval", days=3).history
        assert events(found, "put-before-committee") == ["2024-05-20T12:00:00+02:00"]
        for do in ("approve", "give-consent", "start"):
            assert set(events(found, do)) == {"2024-11-21T00:00:00+01:00"}

    def test_a_missed_meeting_puts_it_off(self, started: Scenario) -> None:
        found = started.late_by("put-before-committee", days=11).history
        assert events(found, "defer") == ["2024-05-31T12:00:00+02:00"]
        assert events(found, "approve") == ["2024-11-21T00:00:00+01:00"]
        on_the_day = started.late_by("put-before-committee", days=10).history
        assert events(on_the_day, "defer") == []

    def test_nine_o_clock_is_nine_o_clock_after_the_clocks_change(self, demo: Scenario) -> None:
        found = demo.late_by("enlist-participants", days=70).history
        assert events(found, "enlist-participants")[0] == "2024-04-22T09:30:00+02:00"

    def test_a_step_to_another_phase_waits_for_what_is_late(self, started: Scenario) -> None:
        found = started.late_by("assess-criterion", days=5).history
        assert set(events(found, "assess-criterion")) == {"2024-04-23T12:00:00+02:00"}
        assert events(found, "submit-for-approval") == ["2024-04-23T12:00:00+02:00"]

    def test_the_consents_of_others_do_not_wait(self, started: Scenario) -> None:
        late = started.late_by("give-consent", days=90, funder="realdania").history
        assert sorted(events(late, "give-consent")) == [
            "2024-06-10T10:00:00+02:00",
            "2024-09-08T10:00:00+02:00",
        ]
        assert events(late, "start") == ["2024-09-08T10:00:00+02:00"]

    def test_it_may_be_sooner(self, started: Scenario) -> None:
        found = started.late_by("start", timedelta(days=-30))
        assert events(found.history, "start") == ["2024-06-10T10:00:00+02:00"]
        assert found.explained() == ("Start the track: 30 days sooner",)

    def test_the_last_round_missed_is_where_it_stops(self, started: Scenario) -> None:
        found = started.late_by("submit-for-approval", days=200).run()
        assert found.proposal.phase is Phase.QUALIFICATION
        assert [step.decision.refused_by for step in found.steps[-2:]] == [
            ("before-approval-deadline",),
            ("before-approval-deadline",),
        ]


class TestOtherChanges:
    def test_without_a_party_there_are_too_few(self, started: Scenario) -> None:
        found = compare(started, started.without_party("1083"))
        assert found.after.proposal.phase is Phase.QUALIFICATION
        assert [each.rule for each in found.new] == ["enough-authorities"] * 2
        assert "1 short" in str(found)

    def test_who_was_enlisted_alone_is_not_enlisted(self, demo: Scenario) -> None:
        found = demo.without_party("0630").run().history
        assert len(events(found, "enlist-participants")) == 1

    def test_a_funder_that_refuses_is_waited_for(self, started: Scenario) -> None:
        found = compare(started, started.refuses("realdania"))
        assert found.after.consents()["realdania"] == "refused"
        (why,) = found.new
        assert why.rule == "every-party-consents"
        assert "Realdania" in found.sentences()[-1]

    def test_another_amount_is_asked_granted_and_agreed_to(self, started: Scenario) -> None:
        found = started.amount("realdania", 2_000_000).run().proposal
        assert found.phase is Phase.STARTED
        assert found.granted["realdania"] == 2_000_000
        assert found.consents["realdania"].amount == 2_000_000

    def test_an_amount_that_the_funds_cannot_carry_is_refused(self, started: Scenario) -> None:
        found = compare(started, started.amount("realdania", 10_000_001))
        assert {each.rule for each in found.new} == {"within-fund", "fund-released"}
        assert found.after.proposal.phase is Phase.COMMITTEE_DECISION

    def test_another_procedure_decides_from_the_beginning(self, started: Scenario) -> None:
        four = policy(("minimum = 3", "minimum = 4"))
        found = compare(started, started.under(four))
        assert found.after.history.procedure is four
        assert found.after.proposal.phase is Phase.QUALIFICATION
        assert four.sha256[:8] in str(found)

    def test_another_procedure_that_asks_the_same_changes_nothing(self, started: Scenario) -> None:
        same = policy(("checked = {", "checked = {"))
        assert compare(started, started.under(same)).changes_nothing

    def test_changes_add_up(self, started: Scenario) -> None:
        both = started.without_party("1083").late_by("submit-for-approval", days=3)
        assert len(both.explained("da")) == 2
        assert len(started.changes) == 0
        refused = both.run().steps[-1].decision.refused_by
        assert refused == ("enough-authorities",)


class TestWhatIsNotThere:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda s: s.late_by("aprove", days=1), "late_by: no step is aprove"),
            (lambda s: s.late_by("give-consent", days=1, funder="x"), "give-consent (funder x)"),
            (lambda s: s.without_party("0101"), "without_party: 0101 is not enlisted"),
            (lambda s: s.refuses("nobody"), "refuses: nobody is no funder"),
            (lambda s: s.amount("nobody", 5), "nobody is no funder"),
        ],
    )
    def test_is_an_error(self, change: Any, says: str, started: Scenario) -> None:
        with pytest.raises(CaseError) as raised:
            change(started)
        assert says in str(raised.value)

    def test_so_is_a_file_that_is_no_case(self) -> None:
        with pytest.raises(CaseError, match="is not a file"):
            Scenario.of("nowhere.toml")


class TestARow:
    def test_of_a_history_comes_to_what_the_history_does(self, started: Scenario) -> None:
        history = started.history
        again = Scenario.of_row(row_of(history), history.procedure).run().proposal
        assert outcome(again) == outcome(history.proposal)

    @pytest.mark.parametrize(
        "change",
        [
            lambda s: s.late_by("submit-for-approval", days=3),
            lambda s: s.late_by("put-before-committee", days=11),
            lambda s: s.late_by("give-consent", days=90, funder="realdania"),
            lambda s: s.late_by("submit-for-qualification", days=6),
            lambda s: s.refuses("realdania"),
            lambda s: s.amount("realdania", 10_000_001),
            lambda s: s.amount("realdania", 2_000_000),
            lambda s: s.without_party("1083"),
        ],
    )
    def test_changed_comes_to_what_the_history_does_changed(
        self, change: Any, started: Scenario
    ) -> None:
        row = Scenario.of_row(row_of(started.history), started.procedure)
        assert outcome(change(row).run().proposal) == outcome(change(started).run().proposal)

    @pytest.mark.parametrize("phase", [Phase.IDEA, Phase.QUALIFICATION, Phase.FUNDER_CONSENT])
    def test_of_an_open_history_has_what_is_still_to_come_as_soon_as_it_can_be(
        self, phase: Phase, procedure: Procedure
    ) -> None:
        row = row_of(in_phase(phase, procedure))
        found = Scenario.of_row(row, procedure).run().proposal
        assert (found.phase, found.round) == (Phase.STARTED, "2024-spring")

    def test_that_lacks_what_is_changed_is_an_error(self, procedure: Procedure) -> None:
        row = Scenario.of_row({}, procedure)
        with pytest.raises(CaseError, match="the row has no start_at"):
            row.late_by("start", days=1)
        with pytest.raises(CaseError, match="the row has no authorities"):
            row.without_party("0751")


def outcome(proposal: Proposal) -> tuple[Any, ...]:
    since = proposal.since if proposal.phase is Phase.STARTED else None
    return proposal.phase, proposal.round, since, dict(proposal.granted)


class TestReadAndReplayed:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_a_comparison_is_shown_as_text_and_as_a_table(self, lang: str, demo: Scenario) -> None:
        found = compare(demo, demo.without_party("0461"))
        text = found.explained(lang)
        assert all(sentence in text for sentence in found.sentences(lang))
        assert "<table " in found._repr_html_()
        assert str(found) == found.explained("en")

    def test_a_case_of_it_is_followed_to_the_same_end(self, demo: Scenario) -> None:
        changed = demo.late_by("give-consent", days=60, funder="realdania").refuses("realdania")
        again = Course.of(parse_case(changed.case()))
        assert again.history == changed.run().history
        assert changed.case().startswith("# Give consent (Realdania): 60 days later\n# Realdania")

    def test_a_new_start_is_told_with_how_much_later(self, demo: Scenario) -> None:
        late = demo.late_by("give-consent", days=60, funder="realdania")
        assert compare(demo, late).sentences() == (
            "It starts Friday 31 January 2025 at 09:05: 18 days later.",
        )
        assert compare(late, demo).sentences() == (
            "It starts Monday 13 January 2025 at 08:00: 18 days sooner.",
        )
