"""What a store holds of a history: written, read again, and refused where it is not that."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from klimaflow import History, HistoryError, Phase, Procedure, copenhagen
from klimaflow.events import EVENTS
from klimaflow.history import SCHEMA, continued
from klimaflow.moments import moment
from klimaflow.policy import parse_procedure
from tests.conftest import SECRETARIAT, SHIPPED, command, in_phase, policy

HERE = Path(__file__).parent
Records = list[dict[str, Any]]
HUGE = 10**5000  # of more digits than Python writes out


def written(history: History) -> Records:
    """Return the records as they come back from a JSON store."""
    records: Records = json.loads(json.dumps(history.to_records()))
    return records


@pytest.fixture
def records(procedure: Procedure) -> Records:
    """A head, and after it: registered, enlisted, described, budget proposed."""
    return written(in_phase(Phase.IDEA, procedure))


def refusal(records: Any, procedure: Procedure) -> str:
    with pytest.raises(HistoryError) as error:
        History.from_records(records, procedure)
    return str(error.value)


class TestWriting:
    def test_a_head_names_the_procedure_and_counts_the_events(
        self, procedure: Procedure, eventful: History
    ) -> None:
        head, *rest = eventful.to_records()
        assert head == {
            "schema": SCHEMA,
            "procedure": {
                "id": SHIPPED,
                "edition": procedure.edition,
                "sha256": procedure.sha256,
            },
            "events": len(rest),
        }

    def test_each_event_follows_with_its_number(self, eventful: History) -> None:
        _, *rest = eventful.to_records()
        assert [each["number"] for each in rest] == list(range(1, len(eventful.events) + 1))
        assert rest[0] == {
            "schema": SCHEMA,
            "number": 1,
            "event": "IdeaRegistered",
            "at": "2024-02-01T09:00:00+00:00",
            "by": "proposer:0751",
            "said": {"title": "Skybrud på tværs", "summary": ""},
        }

    def test_they_are_json_and_come_back_as_they_were(self, eventful: History) -> None:
        text = json.dumps(eventful.to_records(), allow_nan=False)
        assert json.loads(text) == eventful.to_records()

    def test_an_empty_history_is_a_head(self, procedure: Procedure) -> None:
        (head,) = History(procedure).to_records()
        assert head["events"] == 0
        assert History.from_records([head], procedure) == History(procedure)


class TestReading:
    @pytest.mark.parametrize("phase", [None, *Phase])
    def test_the_same_history_comes_back(self, procedure: Procedure, phase: Phase | None) -> None:
        history = in_phase(phase, procedure)
        again = History.from_records(written(history), procedure)
        assert again == history
        assert again.proposal == history.proposal
        assert again.to_records() == history.to_records()

    def test_so_does_one_with_nearly_every_event(
        self, procedure: Procedure, eventful: History
    ) -> None:
        again = History.from_records(written(eventful), procedure)
        assert again == eventful
        missing = set(EVENTS) - {type(each).__name__ for each in again.events}
        assert missing == {"Started", "Rejected"}

    def test_it_goes_on_from_there(self, procedure: Procedure, records: Records) -> None:
        again = History.from_records(tuple(records), procedure)
        assert again.then(command("hold-sparring")).proposal.phase is Phase.SPARRING

    def test_microseconds_and_the_fold_hour_come_back(self, procedure: Procedure) -> None:
        at = copenhagen("2024-10-27 02:30:00.000001+01:00")
        history = in_phase(Phase.IDEA, procedure).then(command("hold-sparring", at=at))
        again = History.from_records(written(history), procedure)
        assert again.proposal.since == moment(at)
        assert history.to_records()[-1]["at"] == "2024-10-27T01:30:00.000001+00:00"

    def test_a_participant_of_an_older_register_still_loads_and_counts(
        self, procedure: Procedure
    ) -> None:
        records = written(in_phase(Phase.QUALIFICATION, procedure))
        old = {"id": "0199", "name": "Gammelkøbing", "kind": "municipality"}
        records[2]["said"]["participants"][0] = old
        again = History.from_records(records, procedure)
        assert again.proposal.participants[0].name == "Gammelkøbing"
        assert again.decide(command("submit-for-approval")).refused_by == ()
        assert all(each.permitted for each in again.decisions())
        assert again.to_records() == records

    def test_no_rule_is_asked_again(self, procedure: Procedure) -> None:
        records = written(in_phase(Phase.QUALIFICATION, procedure))
        late = next(each for each in records[1:] if each["event"] == "SubmittedForQualification")
        late["at"] = "2024-04-15T07:00:00.000001+00:00"
        again = History.from_records(records, procedure)
        assert again.proposal.phase is Phase.QUALIFICATION
        assert [each.permitted for each in again.decisions()].count(False) == 1


Damage = Callable[[list[Any]], object]

TAMPERED: list[tuple[str, Damage, str]] = [
    ("cut at the head", lambda r: r.pop(0), "records[0]: expected the head: schema, procedure"),
    ("cut in the middle", lambda r: r.pop(2), "records[2].number: 3 is not 2: a record is missing"),
    ("cut at the tail", lambda r: r.pop(), "records: 3 of 4 events are here: some are cut off"),
    ("nothing but the head", lambda r: r.__delitem__(slice(1, None)), "records: 0 of 4 events"),
    ("empty", lambda r: r.clear(), "records: expected a list that begins with a head"),
    ("doubled", lambda r: r.insert(2, dict(r[1])), "records[2].number: 1 is not 2: a record is mi"),
    ("doubled at the end", lambda r: r.append(dict(r[-1])), "records[5].number: 4 is not 5"),
    ("reordered", lambda r: r.insert(1, r.pop(2)), "records[1].number: 2 is not 1: a record is"),
    ("a second head", lambda r: r.insert(1, dict(r[0])), "records[1].number: None is not 1"),
    ("no version", lambda r: r[2].pop("schema"), "records[2].schema: None is not 1"),
    ("an unknown version", lambda r: r[0].update(schema=2), "records[0].schema: 2 is not 1"),
    ("an older version", lambda r: r[3].update(schema=0), "records[3].schema: 0 is not 1"),
    ("a version as text", lambda r: r[0].update(schema="1"), "records[0].schema: '1' is not 1"),
    ("a true version", lambda r: r[0].update(schema=True), "records[0].schema: True is not 1"),
    ("a fraction", lambda r: r[0].update(schema=1.0), "records[0].schema: 1.0 is not 1"),
    ("NaN", lambda r: r[1].update(number=float("nan")), "records[1].number: nan is not 1"),
    ("infinity", lambda r: r[1].update(schema=float("inf")), "records[1].schema: inf is not 1"),
    ("a true number", lambda r: r[1].update(number=True), "records[1].number: True is not 1"),
    ("a huge version", lambda r: r[0].update(schema=HUGE), "records[0].schema: … is not 1"),
    ("a huge number", lambda r: r[1].update(number=HUGE), "records[1].number: … is not 1"),
    ("a huge count", lambda r: r[0].update(events=HUGE), "records: 4 of … events are here"),
    ("a count as fraction", lambda r: r[0].update(events=4.0), "records: 4 of 4.0 events are her"),
    ("another procedure", lambda r: r[0]["procedure"].update(id="x"), "records[0].procedure: is n"),
    ("another edition", lambda r: r[0]["procedure"].update(edition=2), "records[0].procedure: is"),
    ("a true edition", lambda r: r[0]["procedure"].update(edition=True), "records[0].procedure: "),
    ("another hash", lambda r: r[0]["procedure"].update(sha256="0" * 64), "records[0].procedure: "),
    ("no procedure", lambda r: r[0].update(procedure=None), "records[0].procedure: is not {'id': "),
    ("more in the head", lambda r: r[0].update(by="x"), "records[0]: expected the head: schema,"),
    ("no head", lambda r: r.__setitem__(slice(0, 1), [5]), "records[0]: expected a table"),
    ("less in the head", lambda r: r[0].pop("events"), "records[0]: expected the head: schema, "),
    ("no table", lambda r: r.__setitem__(slice(2, 3), [5]), "records[2]: expected a table"),
    ("more in a record", lambda r: r[2].update(x=1), "records[2]: expected schema, number, event,"),
    ("less in a record", lambda r: r[2].pop("by"), "records[2]: expected schema, number, event, "),
    ("an unknown event", lambda r: r[2].update(event="Moved"), "records[2].event: 'Moved' is no"),
    ("a nameless event", lambda r: r[2].update(event=["a"]), "records[2].event: \"['a']\" is no e"),
    ("an abstract event", lambda r: r[2].update(event="Event"), "records[2].event: 'Event' is no "),
    ("no such move", lambda r: r[2].update(event="Started", said={}),
     "records[2].event: the lifecycle has no Started in idea"),
    ("a first step out of nothing", lambda r: r[1].update(event="Started", said={}),
     "records[1].event: the lifecycle has no Started before there is any phase"),
    ("a time before its phase", lambda r: r[2].update(at="2024-02-01T08:59:59.999999+00:00"),
     "records[2].at: comes before its phase was entered"),
    ("no time", lambda r: r[2].update(at="i går"), "records[2].at: 'i går' is not a time"),
    ("a time as a number", lambda r: r[2].update(at=0), "records[2].at: 0 is not a time"),
    ("no actor", lambda r: r[2].update(by="0751"), "records[2].by: '0751' is no actor"),
    ("nothing said", lambda r: r[2].update(said=None), "records[2].said: expected a table"),
    ("a time twice", lambda r: r[2]["said"].update(at="x"), "records[2].said: expected a table"),
    ("too much said", lambda r: r[1]["said"].update(name="x"), "records[1].said.name: is not a k"),
    ("a huge key", lambda r: r[1]["said"].update({HUGE: 1}), "records[1].said.…: is not a key"),
    ("too little said", lambda r: r[1]["said"].pop("title"), "records[1].said.title: is missing"),
    ("a wrong type", lambda r: r[1]["said"].update(title=5), "records[1].said.title: expected"),
    ("no kroner", lambda r: r[4]["said"].update(cofinancing=float("nan")),
     "records[4].said.cofinancing: expected a whole number"),
    ("negative kroner", lambda r: r[4]["said"]["contributions"].update(realdania=-1),
     "records[4].said.contributions.realdania: expected a number from 0"),
    ("an unknown kind", lambda r: r[2]["said"]["participants"][1].update(kind="city"),
     "records[2].said.participants[1].kind: 'city' is none of municipality"),
    ("a huge element", lambda r: r[3]["said"].update(elements=[HUGE]),
     "records[3].said.elements[0]: '…' is none of development"),
]  # fmt: skip


class TestRefusing:
    @pytest.mark.parametrize(
        ("damage", "says"), [row[1:] for row in TAMPERED], ids=[row[0] for row in TAMPERED]
    )
    def test_what_was_tampered_with_says_where(
        self, procedure: Procedure, records: Records, damage: Damage, says: str
    ) -> None:
        damage(records)
        refused = refusal(records, procedure)
        assert refused.startswith(says)
        assert len(refused) < 500

    def test_all_that_is_wrong_with_the_events_is_said_at_once(
        self, procedure: Procedure, records: Records
    ) -> None:
        records[1]["said"]["title"] = ""
        records[2]["by"] = records[4]["at"] = "x"
        lines = refusal(records, procedure).splitlines()
        places = [line.partition(": ")[0] for line in lines]
        assert places == ["records[1].said.title", "records[2].by", "records[4].at"]

    @pytest.mark.parametrize("no_list", [None, {}, "", "records", 1, iter([])], ids=repr)
    def test_what_is_no_list_is_no_history(self, procedure: Procedure, no_list: Any) -> None:
        assert refusal(no_list, procedure) == "records: expected a list that begins with a head"

    def test_the_same_records_under_another_edition_are_refused(self, records: Records) -> None:
        other = policy(("edition = 1", "edition = 2"))
        assert "records[0].procedure: is not" in refusal(records, other)
        reworded = policy(('title = "Procedure for', 'title = "Proceduren for'))
        assert reworded.sha256 in refusal(records, reworded)

    def test_a_move_out_of_a_final_phase_is_refused(self, procedure: Procedure) -> None:
        records = written(in_phase(Phase.WITHDRAWN, procedure))
        records[0]["events"] += 1
        again = {**records[-1], "number": records[-1]["number"] + 1}
        assert refusal([*records, again], procedure) == (
            f"records[{len(records)}].event: the lifecycle has no Withdrawn in withdrawn"
        )


class TestTheRest:
    """A history goes on with the records that come after those that it has."""

    @pytest.mark.parametrize("known", [0, 1, 3])
    def test_leaves_the_same_history(
        self, procedure: Procedure, records: Records, known: int
    ) -> None:
        whole = History.from_records(records, procedure)
        some = [{**records[0], "events": known}, *records[1 : known + 1]]
        history = History.from_records(some, procedure)
        assert continued(history, records[known + 1 :], [procedure]) == whole

    def test_that_does_not_continue_it_is_refused_with_the_number(
        self, procedure: Procedure, records: Records
    ) -> None:
        history = History.from_records(records, procedure)
        with pytest.raises(HistoryError, match=r"records\[5\].number: 1 is not 5"):
            continued(history, records[1:2], [procedure])


@pytest.fixture(scope="module")
def of_then() -> Procedure:
    """The procedure of then, whose SHA-256 stands in the records."""
    return parse_procedure((HERE / f"golden/{SHIPPED}.toml").read_text("utf-8"))


class TestSchemaOne:
    """Records of the first schema, as they were written before cases could be moved."""

    KEPT: dict[str, Records] = json.loads(HERE.joinpath("records/schema-1.json").read_text("utf-8"))

    @pytest.mark.parametrize("name", KEPT)
    def test_are_read_and_written_as_they_were(self, of_then: Procedure, name: str) -> None:
        records = self.KEPT[name]
        assert {record["schema"] for record in records} == {1}
        history = History.from_records(records, of_then)
        assert history.to_records() == records
        assert history.changes == ()

    def test_have_every_event(self) -> None:
        names = {each.get("event") for records in self.KEPT.values() for each in records}
        assert names - {None} == set(EVENTS)


@pytest.fixture(scope="module")
def second() -> Procedure:
    return policy(("edition = 1", "edition = 2"))


@pytest.fixture(scope="module")
def third() -> Procedure:
    return policy(("edition = 1", "edition = 3"))


@pytest.fixture(scope="module")
def moved(procedure: Procedure, second: Procedure, third: Procedure) -> History:
    """Four events, a change, one event, a change, one event: records 1-4, 5, 6, 7 and 8."""
    history = in_phase(Phase.IDEA, procedure)
    history = history.under(second, SECRETARIAT, "Ny udgave.", "2024-02-10 10:00")
    history = history.then(command("hold-sparring"))
    history = history.under(third, SECRETARIAT, "Igen.", "2024-02-20 10:00")
    return history.then(command("submit-for-qualification"))


class TestWritingAMovedHistory:
    def test_the_head_names_the_procedure_that_holds_and_counts_the_changes(
        self, moved: History, procedure: Procedure, third: Procedure
    ) -> None:
        head = written(moved)[0]
        identity = {"id": SHIPPED, "edition": 3, "sha256": third.sha256}
        assert head == {
            "schema": 2,
            "procedure": identity,
            "opened_under": {"id": SHIPPED, "edition": 1, "sha256": procedure.sha256},
            "events": 6,
            "changes": 2,
        }

    def test_a_change_is_a_record_of_its_own_in_sequence(
        self, moved: History, procedure: Procedure, second: Procedure
    ) -> None:
        _, *rest = written(moved)
        assert [each["number"] for each in rest] == list(range(1, 9))
        change = rest[4]
        verdicts = change["said"].pop("verdicts")
        assert change == {
            "schema": 2,
            "number": 5,
            "event": "ProcedureChanged",
            "at": "2024-02-10T09:00:00+00:00",
            "by": SECRETARIAT,
            "said": {
                "reason": "Ny udgave.",
                "before": {"id": SHIPPED, "edition": 1, "sha256": procedure.sha256},
                "after": {"id": SHIPPED, "edition": 2, "sha256": second.sha256},
            },
        }
        assert [each["number"] for each in verdicts] == [1, 2, 3, 4]
        assert verdicts[0] == {"number": 1, "do": "register-idea", "before": [], "after": []}

    def test_the_records_of_events_stay_as_they_were(self, moved: History) -> None:
        before = next(stage for stage in moved.stages() if len(stage.events) == 3)
        assert written(moved)[1:4] == written(before)[1:]
        assert [each["schema"] for each in written(moved)] == [2, 1, 1, 1, 1, 2, 1, 2, 1]


class TestReadingAMovedHistory:
    def test_the_same_history_comes_back(
        self, moved: History, procedure: Procedure, second: Procedure, third: Procedure
    ) -> None:
        for given in ((third, second, procedure), (procedure, second, third)):
            again = History.from_records(written(moved), *given)
            assert again == moved
            assert again.changes == moved.changes
            assert again.to_records() == moved.to_records()
            assert [each.procedure for each in again.decisions()] == [
                *[procedure] * 4,
                second,
                third,
            ]

    def test_no_rule_is_asked_again(
        self, moved: History, procedure: Procedure, second: Procedure, third: Procedure
    ) -> None:
        records = written(moved)
        records[7]["said"]["verdicts"][0]["after"] = ["a-later-rule"]
        again = History.from_records(records, third, second, procedure)
        assert again.changes[1].accepted == ("1 register-idea",)
        assert again.to_records() == records

    def test_it_goes_on_under_the_procedure_that_holds(
        self, moved: History, procedure: Procedure, second: Procedure, third: Procedure
    ) -> None:
        again = History.from_records(written(moved), third, procedure, second)
        assert again.procedure is third
        assert again.then(command("withdraw")).proposal.phase is Phase.WITHDRAWN

    def test_one_that_was_never_moved_takes_more_than_its_own_procedure_too(
        self, records: Records, procedure: Procedure, second: Procedure
    ) -> None:
        assert History.from_records(records, second, procedure).procedure is procedure

    @pytest.mark.parametrize(
        ("missing", "places"),
        [
            (1, ["records[0].opened_under", "records[5].said.before"]),
            (2, ["records[5].said.after", "records[7].said.before"]),
            (3, ["records[0].procedure", "records[7].said.after"]),
        ],
    )
    def test_a_procedure_that_is_not_handed_in_is_named(
        self,
        moved: History,
        procedure: Procedure,
        second: Procedure,
        third: Procedure,
        missing: int,
        places: list[str],
    ) -> None:
        given = [each for each in (procedure, second, third) if each.edition != missing]
        lacking = next(each for each in (procedure, second, third) if each.edition == missing)
        with pytest.raises(HistoryError) as error:
            History.from_records(written(moved), *given)
        lines = str(error.value).splitlines()
        assert [line.partition(": ")[0] for line in lines] == places
        wanted = f": hand in {SHIPPED}, edition {missing}, of SHA-256 {lacking.sha256}"
        assert all(line.endswith(wanted) for line in lines)
        known = " nor ".join(f"{{'id': '{each.id}', 'edition': {each.edition}, " for each in given)
        assert all(re.sub(r"'sha256': '\w+'}", "", line).count(known) for line in lines)
        assert not any("more of those" in line for line in lines)

    @pytest.mark.parametrize("more", [1, 5])
    def test_of_many_procedures_not_all_are_listed(
        self, moved: History, procedure: Procedure, second: Procedure, more: int
    ) -> None:
        others = [policy(("edition = 1", f"edition = {4 + number}")) for number in range(more)]
        with pytest.raises(HistoryError) as error:
            History.from_records(written(moved), procedure, second, *others)
        for line in str(error.value).splitlines():
            assert (line.count("{'id'"), line.count(" nor ")) == (2, 2)
            assert f" nor {more} more of those given: hand in" in line
        assert all(len(line) < 600 for line in str(error.value).splitlines())


def renumbered(records: Records) -> Records:
    for number, record in enumerate(records[1:], start=1):
        record["number"] = number
    return records


def doubled(records: Records) -> Records:
    records.insert(6, dict(records[5]))
    return renumbered(records)


def shifted(records: Records, place: int, to: int | None) -> Records:
    """Put a record elsewhere, or nowhere, as somebody would who covers the tracks."""
    record = records.pop(place)
    if to is not None:
        records.insert(to, record)
    return renumbered(records)


def left_out(records: Records) -> Records:
    records[0]["changes"] = 1
    return shifted(records, 5, None)


TAMPERED_CHANGES: list[tuple[str, Damage, str]] = [
    ("missing", lambda r: r.pop(5), "records[5].number: 6 is not 5: a record is missing"),
    ("missing, all renumbered", left_out, "records[6].said.before: is not the procedure that held"),
    ("cut off", lambda r: r.__delitem__(slice(7, 9)), "records: 5 of 6 events are here: some are"),
    ("only changes cut off", lambda r: shifted(r, 7, None), "records: 1 of 2 changes of proc"),
    ("doubled", doubled, "records: 3 of 2 changes of pr"),
    ("doubled and counted", lambda r: (doubled(r), r[0].update(changes=3)),
     "records[6].said.before: is not the procedure that held"),
    ("reordered", lambda r: shifted(r, 6, 5), "records[6].at: comes before its phase was entered"),
    ("brought forward", lambda r: shifted(r, 5, 3),
     "records[3].said.verdicts: are not one for each event until then, in order"),
    ("put off to the end", lambda r: (shifted(r, 7, 8), r[8].update(at=r[7]["at"])),
     "records[8].said.verdicts: are not one for each event until then, in order"),
    ("before any event", lambda r: shifted(r, 5, 1),
     "records[1].said.verdicts: are not one for each event until then, in order"),
    ("before any event, with no verdict",
     lambda r: (shifted(r, 5, 1), r[1]["said"].update(verdicts=[])),
     "records[1].said.verdicts: are not one for each event until then, in order"),
    ("the head of before", lambda r: r[0].update(procedure=r[7]["said"]["before"]),
     "records[0].procedure: is not what the last change moves to: "),
    ("the head of one never moved",
     lambda r: (r[0].pop("changes"), r[0].pop("opened_under"), r[0].update(schema=1)),
     "records: 2 of 0 changes of procedure are here"),
    ("not opened under any", lambda r: r[0].pop("opened_under"), "records[0]: expected the head: "),
    ("opened under another", lambda r: r[0].update(opened_under=r[0]["procedure"]),
     "records[5].said.before: is not the procedure that held: klimaalliancen-2024, edition 3 ("),
    ("no change counted", lambda r: r[0].update(changes=0), "records: 2 of 0 changes of procedure"),
    ("a true count", lambda r: r[0].update(changes=True), "records: 2 of True changes of procedu"),
    ("a huge count", lambda r: r[0].update(changes=HUGE), "records: 2 of … changes of procedure"),
    ("the head of schema 1", lambda r: r[0].update(schema=1), "records[0].schema: 1 is not 2"),
    ("a head of schema 3", lambda r: r[0].update(schema=3), "records[0].schema: 3 is not 2"),
    ("more in the head", lambda r: r[0].update(x=1), "records[0]: expected the head: schema, proc"),
    ("a change of schema 1", lambda r: r[5].update(schema=1), "records[5].schema: 1 is not 2"),
    ("an event of schema 2", lambda r: r[4].update(schema=2), "records[4].schema: 2 is not 1"),
    ("renamed", lambda r: r[5].update(event="Returned"), "records[5].schema: 2 is not 1\n"),
    ("renamed, without its words",
     lambda r: r[5].update(event="Returned", schema=1, said={"reason": "x"}),
     "records: 7 of 6 events are here"),
    ("more in the record", lambda r: r[5].update(x=1), "records[5]: expected schema, number, eve"),
    ("less in the record", lambda r: r[5].pop("by"), "records[5]: expected schema, number, event"),
    ("nothing said", lambda r: r[5].update(said=None), "records[5].said: expected reason, before"),
    ("no reason", lambda r: r[5]["said"].pop("reason"), "records[5].said: expected reason, before"),
    ("more said", lambda r: r[5]["said"].update(x=1), "records[5].said: expected reason, before, "),
    ("a blank reason", lambda r: r[5]["said"].update(reason=" "),
     "records[5].said.reason: is blank"),
    ("no actor", lambda r: r[5].update(by="kl"), "records[5].by: 'kl' is no actor"),
    ("no time", lambda r: r[5].update(at="i går"), "records[5].at: 'i går' is not a time"),
    ("a time before its phase", lambda r: r[5].update(at="2024-02-01T08:59:59.999999+00:00"),
     "records[5].at: comes before its phase was entered"),
    ("a time before the other change",
     lambda r: (r[5].update(at="2024-02-20T09:00:00.000001+00:00")),
     "records[7].at: comes before the change before it"),
    ("another edition", lambda r: r[5]["said"]["after"].update(edition=7),
     "records[5].said.after: is not {'id': "),
    ("another hash", lambda r: r[5]["said"]["before"].update(sha256="0" * 64),
     "records[5].said.before: is not {'id': "),
    ("a true edition", lambda r: r[5]["said"]["before"].update(edition=True),
     "records[5].said.before: is not {'id': "),
    ("a procedure as text", lambda r: r[5]["said"].update(after="x"),
     "records[5].said.after: is not {'id': "),
    ("to another one that is given",
     lambda r: r[5]["said"].update(after=r[7]["said"]["after"]),
     "records[7].said.before: is not the procedure that held: klimaalliancen-2024, edition 3 ("),
    ("to the one that held", lambda r: r[5]["said"].update(after=r[5]["said"]["before"]),
     "records[5].said.after: is the procedure that held"),
    ("verdicts as text", lambda r: r[5]["said"].update(verdicts="x"),
     "records[5].said.verdicts: expected a list"),
    ("a verdict as text", lambda r: r[5]["said"]["verdicts"].insert(1, "x"),
     "records[5].said.verdicts[1]: expected a table, not a text"),
    ("a verdict less", lambda r: r[5]["said"]["verdicts"].pop(),
     "records[5].said.verdicts: are not one for each event until then, in order"),
    ("verdicts swapped", lambda r: r[5]["said"]["verdicts"].reverse(),
     "records[5].said.verdicts: are not one for each event until then, in order"),
    ("a verdict of another command", lambda r: r[5]["said"]["verdicts"][1].update(do="start"),
     "records[5].said.verdicts: are not one for each event until then, in order"),
    ("a verdict misspelt", lambda r: r[5]["said"]["verdicts"][1].update(aftr=[]),
     "records[5].said.verdicts[1].aftr: is not a key here; did you mean after?"),
    ("a verdict by no rule", lambda r: r[5]["said"]["verdicts"][1].update(after=[""]),
     "records[5].said.verdicts[1].after[0]: '' is no id"),
]  # fmt: skip


class TestRefusingAMovedHistory:
    @pytest.mark.parametrize(
        ("damage", "says"),
        [row[1:] for row in TAMPERED_CHANGES],
        ids=[row[0] for row in TAMPERED_CHANGES],
    )
    def test_what_was_tampered_with_says_where(
        self,
        moved: History,
        procedure: Procedure,
        second: Procedure,
        third: Procedure,
        damage: Damage,
        says: str,
    ) -> None:
        records = written(moved)
        damage(records)
        with pytest.raises(HistoryError) as error:
            History.from_records(records, third, second, procedure)
        assert f"{error.value}\n".startswith(says)
        assert all(len(line) < 600 for line in str(error.value).splitlines())

    def test_at_the_same_moment_as_its_phase_and_as_the_other_change_it_stands(
        self, moved: History, procedure: Procedure, second: Procedure, third: Procedure
    ) -> None:
        records = written(moved)
        records[5]["at"] = records[1]["at"]
        History.from_records(records, third, second, procedure)
        records[5]["at"] = records[7]["at"]
        History.from_records(records, third, second, procedure)
