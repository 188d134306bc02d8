"""A plan as text, as JSON and as iCalendar."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest
from icalendar import Calendar

from klimaflow import History, Phase, Procedure, copenhagen
from klimaflow.moments import moment
from klimaflow.planning import Plan, plan
from klimaflow.planning.calendar import calendar
from klimaflow.planning.page import plan_dict, plan_page
from klimaflow.procedure import Quotes
from klimaflow.report import plain
from tests.conftest import ASKED, command, in_phase, policy, told

EARLY = "2024-03-01 10:00"
MAUNDY_THURSDAY = (
    'qualification = "mandag 2024-04-15 09:00"',
    'qualification = "torsdag 2024-03-28 09:00"',
)
SATURDAY = ('approval = "torsdag 2024-04-25 09:00"', 'approval = "lørdag 2024-04-27 09:00"')


def text(found: Plan, lang: str = "en", name: str | None = None) -> str:
    return " ".join(plain(plan_page(found, lang, name), 100).split())


class TestPage:
    def test_a_step_says_what_who_and_by_when(self, procedure: Procedure) -> None:
        said = text(plan(History(procedure), EARLY))
        assert (
            "2 Submit for professional qualification proposer · "
            "by Monday 15 April 2024 at 09:00 · 29 working days"
        ) in said
        assert "“Seneste mulighed for indsendelse af forslag til faglig kvalificering" in said
        assert "committee · from Thursday 30 May 2024 · by the end of Friday 31" in said
        assert "Slack 44 days, 29 working days" in said

    def test_in_danish(self, procedure: Procedure) -> None:
        said = text(plan(History(procedure), EARLY), "da")
        assert "forslagsstilleren · senest mandag den 15. april 2024 kl. 9.00 · 29" in said
        assert "Ikke arbejdsdag: torsdag den 28. marts 2024, Skærtorsdag." in said
        assert "Den næste er efteråret 2024: Registrér ideen, senest mandag den 7. okt" in said

    def test_the_days_until_the_meeting(self, procedure: Procedure) -> None:
        said = text(plan(History(procedure), "2024-05-29 10:00", "2024-spring"))
        assert "2 working days, the first and the last day included." in said
        assert "No working day" not in said
        said = text(plan(History(procedure), "2024-05-30 10:00", "2024-spring"))
        assert "1 working day, the first and the last day included." in said
        said = text(plan(History(procedure), "2024-05-31 00:00", "2024-spring"))
        assert "Days until the meeting" not in said

    def test_a_day_off_does_not_move_a_moment_and_the_page_says_so(self) -> None:
        said = text(plan(History(policy(MAUNDY_THURSDAY, SATURDAY)), EARLY))
        assert "by Thursday 28 March 2024 at 09:00" in said
        assert (
            "Thursday 28 March 2024 is no working day (Maundy Thursday), "
            "and the moment does not move for it."
        ) in said
        assert "Saturday 27 April 2024 is no working day (weekend)" in said

    def test_a_lost_round_says_by_how_much_and_what_comes_next(self, procedure: Procedure) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        said = text(plan(history, "2024-04-25 09:12", "2024-spring"))
        assert "Slack 12 minutes too late: the round is lost" in said
        assert "by Thursday 25 April 2024 at 09:00 · 12 minutes too late" in said
        assert "before-approval-deadline: Received Thursday 25 April 2024 at 09:12" in said
        assert "The next one is autumn 2024: Submit for the approval process, by Thur" in said

    def test_the_last_round_has_no_next_one(self, procedure: Procedure) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        assert "No later round can be met." in text(plan(history, EARLY, "2024-autumn"))
        decided = text(plan(in_phase(Phase.FUNDER_CONSENT, procedure), "2024-06-20 10:00"))
        assert "If this round is lost" not in decided

    def test_what_stands_in_the_way(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure).then(command("refuse-consent"))
        said = text(plan(history, "2024-06-20 10:00"))
        assert "✗ Give consent Realdania" in said
        assert "consent-open: The consent of Realdania is not open: it is refused." in said

    def test_parties_that_no_budget_names_are_not_named(self, procedure: Procedure) -> None:
        said = text(plan(History(procedure), EARLY))
        assert "Give consent the funder itself · by" in said
        assert "Realdania" not in said

    def test_a_last_moment_of_which_the_working_days_are_not_known(
        self, procedure: Procedure
    ) -> None:
        far = attrs.evolve(
            procedure, valid_until=attrs.evolve(procedure.valid_until, value=date(2150, 1, 1))
        )
        said = text(plan(in_phase(Phase.FUNDER_CONSENT, far), "2024-06-20 10:00"))
        assert "secretariat · by the end of Thursday 1 January 2150 “" in said

    def test_days_of_years_that_are_not_known(self) -> None:
        changed = [
            ('"mandag 2024-10-07 09:00"', '"lørdag 2124-10-07 09:00"'),
            ('"torsdag 2024-10-24 09:00"', '"tirsdag 2124-10-24 09:00"'),
            ('"torsdag 2024-11-21"', '"tirsdag 2124-11-21"'),
            ("value = 2027-12-31", "value = 2127-12-31"),
        ]
        found = plan(History(policy(*changed)), EARLY, "2024-autumn")
        assert "it is not known which days are working days" in text(found)
        assert plan_dict(found)["days"] == {"working": None, "holidays": None}

    def test_words_of_the_policy_file_are_no_words_of_the_document(
        self, procedure: Procedure
    ) -> None:
        said: dict[str, Any] = {"source": None, "because": "So it is.", "sources": Quotes()}
        rounds = tuple(attrs.evolve(each, **said) for each in procedure.rounds)
        history = in_phase(Phase.QUALIFICATION, attrs.evolve(procedure, rounds=rounds))
        found = plan(history, "2024-04-20 10:00")
        assert found.steps[0].closed_by is not None
        assert found.steps[0].closed_by.source.quote == "So it is."
        assert "So it is." not in text(found)
        assert "So it is." not in str(read(calendar(found))[0]["description"])

    def test_what_nothing_hurries(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure).then(command("refuse-consent"))
        assert "Slack nothing hurries the next step" in text(plan(history, "2024-06-20 10:00"))
        assert "Realdania · at any time" in text(plan(history, "2024-06-20 10:00"))

    def test_a_final_phase(self, procedure: Procedure) -> None:
        said = text(plan(in_phase(Phase.WITHDRAWN, procedure), "2025-01-01 10:00"))
        assert "Plan for no round: Skybrud på tværs" in said
        assert "What has still to happen Nothing: the phase is final." in said

    def test_a_role_that_nobody_has_and_conditions(self, procedure: Procedure) -> None:
        nobody = policy(('approve = ["committee"]', "approve = []"))
        assert "Approve nobody · from" in text(plan(History(nobody), EARLY))
        history = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["En plan"]})
        assert "Meet a condition: “En plan”" in text(plan(history, "2024-06-20 10:00"))

    def test_what_a_title_says_is_not_obeyed(self, procedure: Procedure) -> None:
        history = in_phase(Phase.IDEA, procedure, register_idea={"title": "A\n\x1b[31m"})
        assert "Plan for spring 2024: A \\x1b[31m" in text(plan(history, EARLY))


class TestJson:
    def test_moments_are_those_of_the_plan(self, procedure: Procedure) -> None:
        found = plan(History(procedure), EARLY)
        told = json.loads(json.dumps(plan_dict(found, "en", "a-case")))
        assert [told["case"], told["round"], told["meeting"]] == [
            *("a-case", "2024-spring", "2024-05-30")
        ]
        assert [step["last"] and moment(step["last"]) for step in told["steps"]] == [
            step.last for step in found.steps
        ]
        assert told["steps"][1]["last"] == "2024-04-15T09:00:00+02:00"
        assert (told["slack"], told["steps"][0]["slack"]) == ("P44DT22H", "P44DT22H")

    def test_the_working_days_between(self, procedure: Procedure) -> None:
        told = plan_dict(plan(History(procedure), "2024-04-12 10:00"))
        first = told["steps"][0]
        assert first["working_days"] == 2
        assert told["days"]["working"][:2] == ["2024-04-12", "2024-04-15"]
        assert told["days"]["working"][-1] == "2024-05-30"
        assert told["days"]["holidays"] == {
            "2024-05-09": "Ascension Day",
            "2024-05-20": "Whit Monday",
        }

    def test_what_closes_a_step_is_told_with_its_words(self, procedure: Procedure) -> None:
        step = plan_dict(plan(History(procedure), EARLY))["steps"][0]
        assert step["closed_by"] == "before-qualification-deadline"
        assert step["source"]["quote"].endswith("Mandag 15. april kl. 9.00")

    def test_the_next_round(self, procedure: Procedure) -> None:
        assert plan_dict(plan(History(procedure), EARLY))["if_lost"] == {
            "round": "2024-autumn",
            "do": "register-idea",
            "last": "2024-10-07T09:00:00+02:00",
            "slack": "P219DT22H",
        }

    def test_where_nothing_follows(self, procedure: Procedure) -> None:
        told = plan_dict(plan(in_phase(Phase.WITHDRAWN, procedure), "2025-01-01 10:00"))
        keys = ("round", "meeting", "slack", "steps", "days", "if_lost")
        assert [told[key] for key in keys] == [None, None, None, [], None, None]


def read(content: bytes) -> list[Any]:
    return [*Calendar.from_ical(content).walk("VEVENT")]


def plans(procedure: Procedure) -> Iterator[Plan]:
    yield plan(History(procedure), EARLY)
    yield plan(in_phase(Phase.QUALIFICATION, procedure), "2024-04-26 10:00", "2024-spring")
    yield plan(in_phase(Phase.FUNDER_CONSENT, procedure), "2024-06-20 10:00")


class TestCalendar:
    def test_each_last_moment_is_read_back_and_the_meeting_lasts_the_day(
        self, procedure: Procedure
    ) -> None:
        for found in plans(procedure):
            events = iter(read(calendar(found)))
            for step in found.steps:
                event = next(events)
                if step.do == "approve":
                    assert event["dtstart"].dt == copenhagen("2024-05-30 00:00")
                    assert event["dtend"].dt == copenhagen("2024-05-31 00:00")
                else:
                    late = step.last - event["dtstart"].dt
                    assert timedelta(0) <= late < timedelta(seconds=1)
            assert next(events, None) is None

    def test_a_deadline_is_that_instant_in_utc(self, procedure: Procedure) -> None:
        first, *_ = read(calendar(plan(History(procedure), EARLY)))
        assert first["dtstart"].dt == datetime(2024, 4, 15, 7, tzinfo=UTC)

    def test_times_are_written_in_utc_without_a_zone_of_their_own(
        self, procedure: Procedure
    ) -> None:
        for found in plans(procedure):
            lines = calendar(found, "da").decode().splitlines()
            times = [line for line in lines if line.startswith(("DTSTART", "DTEND", "DTSTAMP"))]
            assert times
            assert all(line.partition(":")[2].endswith("Z") for line in times)
            assert all(":" in line and ";" not in line.partition(":")[0] for line in times)
            assert not [line for line in lines if "TZID" in line or "VTIMEZONE" in line]

    def test_an_exclusive_deadline_is_not_told_a_second_late(self) -> None:
        found = policy(('value = "inclusive"', 'value = "exclusive"'))
        first, *_ = read(calendar(plan(History(found), EARLY)))
        assert first["dtstart"].dt == datetime(2024, 4, 15, 6, 59, 59, tzinfo=UTC)

    def test_the_same_plan_has_the_same_bytes_at_any_time(self, procedure: Procedure) -> None:
        one, other = (plan(History(procedure), at) for at in (EARLY, "2024-03-02 11:00"))
        assert calendar(one) == calendar(other)
        stamps = {event["dtstamp"].dt for event in read(calendar(one))}
        assert stamps == {copenhagen("2026-11-24 00:00")}

    def test_uids_differ_within_a_calendar_and_stay_from_run_to_run(
        self, procedure: Procedure
    ) -> None:
        def uids(found: Plan, name: str | None = None) -> list[str]:
            return [str(event["uid"]) for event in read(calendar(found, "en", name))]

        found = plan(History(procedure), EARLY)
        assert len(set(uids(found))) == len(found.steps)
        assert uids(found)[0] == "2c31a9b4-a5b8-54cd-ab33-5874c1664368"
        later = attrs.evolve(procedure, edition=2)
        assert uids(plan(History(later), EARLY)) == uids(found)
        assert not set(uids(found)) & set(uids(found, "a-case"))
        assert not set(uids(found)) & set(uids(plan(History(procedure), EARLY, "2024-autumn")))

    def test_a_new_edition_supersedes_the_old_one(self, procedure: Procedure) -> None:
        later = attrs.evolve(procedure, edition=2)
        sequences = [event["sequence"] for event in read(calendar(plan(History(later), EARLY)))]
        assert set(sequences) == {2}

    def test_each_criterion_and_each_party_has_its_own(self, procedure: Procedure) -> None:
        history = told(in_phase(Phase.SPARRING, procedure))
        found = plan(history, "2024-04-14 10:00")
        uids = {str(event["uid"]) for event in read(calendar(found))}
        assert len(uids) == len(found.steps)
        assert {found.about(s) for s in found.steps if s.do == "give-consent"} == set(ASKED)

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_what_a_title_holds_is_escaped(self, procedure: Procedure, lang: str) -> None:
        title = "A;B,C\\n\r\nBEGIN:VEVENT\nx:\x1b[31m æøå"
        history = in_phase(Phase.IDEA, procedure, register_idea={"title": title})
        written = calendar(plan(history, EARLY), lang)
        events = read(written)
        assert len(events) == len(plan(history, EARLY).steps)
        said = "A;B,C\\n BEGIN:VEVENT x:\\x1b[31m æøå"
        assert all(str(event["summary"]).endswith(said) for event in events)
        assert max(map(len, written.split(b"\r\n"))) <= 75

    def test_what_nothing_closes_is_no_entry(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure).then(command("refuse-consent"))
        (refused,) = plan(history, "2024-06-20 10:00").steps
        assert refused.last is None
        assert read(calendar(plan(history, "2024-06-20 10:00"))) == []
