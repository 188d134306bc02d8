"""The exported event log: every event once, with its time, its actor and what it came to."""

from xml.etree import ElementTree

import pytest

from klimaflow import History, Procedure
from klimaflow import commands as do
from klimaflow.exports import xes
from klimaflow.moments import moment
from tests.conftest import command, in_phase, policy, told

XES = "{http://www.xes-standard.org/}"
Said = dict[str | None, str | None]


def traces(text: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(text).findall(f"{XES}trace")


def said(of: ElementTree.Element) -> Said:
    return {each.get("key"): each.get("value") for each in of if each.get("key")}


def events(history: History, lang: str = "en") -> list[Said]:
    (trace,) = traces(xes({"case": history}, lang))
    return [said(each) for each in trace.findall(f"{XES}event")]


def test_a_trace_has_an_event_for_each_event_recorded(eventful: History) -> None:
    found = events(eventful)
    assert [each["do"] for each in found] == [row["do"] for row in eventful.rows()]
    assert [each["phase"] for each in found] == [row["phase"] for row in eventful.rows()]
    assert [moment(str(each["time:timestamp"])) for each in found] == [
        each.at for each in eventful.events
    ]
    assert {each["lifecycle:transition"] for each in found} == {"complete"}


def test_an_event_says_what_was_done_when_by_whom_and_what_it_came_to(eventful: History) -> None:
    found = {each["concept:name"]: each for each in events(eventful)}
    assert found["Give consent: Realdania"] == {
        "concept:name": "Give consent: Realdania",
        "lifecycle:transition": "complete",
        "org:role": "funder",
        "org:resource": "realdania",
        "do": "give-consent",
        "phase": "funder_consent",
        "round": "2024-autumn",
        "funder": "realdania",
        "time:timestamp": "2024-12-03T10:00:00+01:00",
    }
    assert "Put before the committee: autumn 2024" in found
    assert "round" not in found["Register the idea"]
    assert "Forelæg forretningsudvalget: efteråret 2024" in [
        each["concept:name"] for each in events(eventful, "da")
    ]


def test_a_trace_names_its_case_and_its_procedure(eventful: History, procedure: Procedure) -> None:
    one, other = traces(xes({"a": eventful, "b": History(procedure)}))
    assert said(one) == {
        "concept:name": "a",
        "title": "Skybrud på tværs",
        "procedure": "klimaalliancen-2024",
        "sha256": procedure.sha256,
    }
    assert other.findall(f"{XES}event") == []


def test_a_person_is_named_with_the_organisation(procedure: Procedure) -> None:
    idea = command("register-idea", by="proposer:0751/Mette <&\"'>")
    assert events(told(History(procedure), idea))[0]["org:resource"] == "0751/Mette <&\"'>"


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("</string><script>alert(1)</script>", "</string><script>alert(1)</script>"),
        ('" key="x"/>]]><![CDATA[ &lt; &#0;', '" key="x"/>]]><![CDATA[ &lt; &#0;'),
        ("a\x00b\x1bc\ufffed", "a\ufffdb\ufffdc\ufffdd"),
        ("\u202eleft", "\ufffdleft"),
    ],
)
def test_a_hostile_title_stays_text(procedure: Procedure, title: str, read: str) -> None:
    idea = do.RegisterIdea(title=title, by="proposer:0751", at="2024-02-01 10:00")
    (trace,) = traces(xes({title: told(History(procedure), idea)}))
    assert (said(trace)["title"], said(trace)["concept:name"]) == (read, read)


def test_a_moved_case_is_named_by_the_procedure_that_held(procedure: Procedure) -> None:
    renamed = policy(('label = "spring 2024"', 'label = "the new spring"'))
    first = in_phase(None, procedure)
    moved = told(first, *(command(each) for each in ("register-idea", "enlist-participants"))).then(
        command("submit-for-qualification")
    )
    moved = moved.under(renamed, "secretariat:kl", "Ny udgave.", "2024-04-11 09:00")
    again = told(
        moved,
        command("return", at="2024-04-12 09:00", by="dgo:midtjylland"),
        command("submit-for-qualification", at="2024-04-13 09:00"),
    )
    names = [
        each["concept:name"] for each in events(again) if each["do"] == "submit-for-qualification"
    ]
    assert names == [
        "Submit for professional qualification: spring 2024",
        "Submit for professional qualification: the new spring",
    ]
