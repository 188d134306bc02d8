"""The state of a case as OIO Sag and SF1470 have it: the laws of both, and whole examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klimaflow import CaseError, History, HistoryError, Phase, Procedure
from klimaflow.exports.oio import OIO, SF1470, Outcome, oio_sag, outcome, sf1470
from klimaflow.moments import MICROSECOND, Moment, moment
from klimaflow.parties import Actor
from klimaflow.phrases import label
from tests.conftest import ASKED, command, consent, in_phase
from tests.strategies import asked, lived

MILLISECOND = timedelta(milliseconds=1)
UUID = "1111aaaa-11aa-22bb-33cc-111111aaaaaa"
SYSTEM = f"urn:oio:it-system-uuid:{UUID}"
LONGEST = "urn:" + "x" * 251
LATER = "2025-01-01 10:00"
VARIANTS = pytest.mark.parametrize(
    ("export", "states"), [(oio_sag, OIO), (sf1470, SF1470)], ids=["OIO Sag", "SF1470"]
)
Export = Callable[..., dict[str, Any]]
FOUR = {"Opstaaet", "Oplyst", "Afgjort", "Afsluttet"}
SIX = FOUR | {"Bestilt", "Udfoert"}


def urn(actor: Actor) -> str:
    return f"urn:oio:klimaalliancen:bruger:{actor.role}-{actor.organisation}"


def exported(export: Export, history: History, now: str | Moment, **more: Any) -> dict[str, Any]:
    return export(history, now, **{"reference": urn, "kle": "01.00.00", **more})


def fremdrift(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Return each state with its beginning and its end."""
    return [
        (each["FremdriftStatusKode"], *period(each)) for each in found["TilstandListe"]["Fremdrift"]
    ]


def statuses(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    listed = found["AttributListe"]["LokalUdvidelseListe"]["SagIndeksEgenskaber"]
    return [(each["Sagsstatus"], *period(each)) for each in listed]


def period(each: dict[str, Any]) -> tuple[str, str | None]:
    begins, ends = each["Virkning"]["FraTidspunkt"], each["Virkning"]["TilTidspunkt"]
    assert begins.keys() == {"TidsstempelDatoTid"}, "it never begins at the beginning of time"
    assert ends == {"GraenseIndikator": True} or ends.keys() == {"TidsstempelDatoTid"}
    return begins["TidsstempelDatoTid"], ends.get("TidsstempelDatoTid")


def floor(at: Moment) -> Moment:
    return at.replace(microsecond=at.microsecond - at.microsecond % 1000)


def expected(history: History, now: Moment, names: dict[Phase, str]) -> list[tuple[str, Moment]]:
    """Return each name with its beginning, by asking the history how it stood when."""
    instants = sorted({floor(each.at) for each in history.as_of(now).events})
    found: list[tuple[str, Moment]] = []
    for at in instants:
        stood = history.as_of(min(now, at + (MILLISECOND - MICROSECOND)))
        phase = stood.proposal.phase
        assert phase is not None
        found.append((names[phase], at))
    first = names[Phase.IDEA]
    if found[0][0] != first:
        name, at = found[0]
        follows = at + MILLISECOND
        later = [(name, follows)] if follows not in instants and follows <= now else []
        found = [(first, at), *later, *found[1:]]
    return [each for n, each in enumerate(found) if n == 0 or found[n - 1][0] != each[0]]


@st.composite
def told(draw: st.DrawFn) -> tuple[History, Moment]:
    """Draw a history in which something happened, and a moment at which that is seen."""
    history = lived(*draw(asked()))
    if not history.events:
        history = in_phase(Phase.IDEA, history.procedure)
    seen = [each.at for each in history.events]
    nudge = draw(st.sampled_from([timedelta(0), MICROSECOND, MILLISECOND, timedelta(days=9)]))
    at = draw(st.sampled_from(seen))
    return history, at if at.year == 9999 else moment(at + nudge)


@VARIANTS
class TestTheLaws:
    @settings(max_examples=60)
    @given(told())
    def test_of_states_and_of_finer_states(
        self, export: Export, states: dict[Phase, str], case: tuple[History, Moment]
    ) -> None:
        history, now = case
        found = exported(export, history, now)
        labels = {phase: label("phases", phase, "da") for phase in Phase}
        for periods, names in ((fremdrift(found), states), (statuses(found), labels)):
            named, begin, end = zip(*periods, strict=True)
            assert named[0] == names[Phase.IDEA]
            assert [*begin[1:], None] == [*end], "one begins where the one before it ends"
            assert all(moment(one) < moment(other) for one, other in pairwise(begin))
            assert moment(begin[-1]) <= now
            assert all(one != other for one, other in pairwise(named))
            assert list(zip(named, map(moment, begin), strict=True)) == expected(
                history, now, names
            )
        assert json.loads(json.dumps(found)) == found

    @settings(max_examples=60)
    @given(told(), st.dictionaries(st.sampled_from(list(Phase)[1:]), st.sampled_from(sorted(FOUR))))
    def test_of_any_other_states(
        self,
        export: Export,
        states: dict[Phase, str],
        case: tuple[History, Moment],
        other: dict[Phase, str],
    ) -> None:
        history, now = case
        found = fremdrift(exported(export, history, now, states=other))
        names = {**states, **other}
        assert [(name, moment(at)) for name, at, _ in found] == expected(history, now, names)

    def test_every_phase_has_a_state_of_its_standard(
        self, export: Export, states: dict[Phase, str]
    ) -> None:
        assert states.keys() == {*Phase}
        assert {*states.values()} <= (SIX if export is oio_sag else FOUR)

    @pytest.mark.parametrize("phase", Phase)
    def test_a_finer_state_is_one_line_of_at_most_255_characters(
        self, export: Export, states: dict[Phase, str], phase: Phase, procedure: Procedure
    ) -> None:
        for name, *_ in statuses(exported(export, in_phase(phase, procedure), LATER)):
            assert 0 < len(name) <= 255
            assert name.isprintable()


class TestExamples:
    def test_a_case_that_was_started(self, procedure: Procedure) -> None:
        history = in_phase(Phase.STARTED, procedure)
        begun = [
            ("Opstaaet", "2024-02-01T09:00:00.000+00:00", "2024-04-22T10:00:00.000+00:00"),
            ("Oplyst", "2024-04-22T10:00:00.000+00:00", "2024-05-30T11:00:00.000+00:00"),
            ("Afgjort", "2024-05-30T11:00:00.000+00:00", "2024-07-01T06:00:00.000+00:00"),
        ]
        since = "2024-07-01T06:00:00.000+00:00"
        assert fremdrift(exported(oio_sag, history, LATER)) == [*begun, ("Udfoert", since, None)]
        assert fremdrift(exported(sf1470, history, LATER)) == [*begun, ("Afsluttet", since, None)]
        assert [name for name, *_ in statuses(exported(sf1470, history, LATER))] == [
            "Idé",
            "Sparring",
            "Faglig kvalificering",
            "Godkendelsesforløb",
            "Behandling i forretningsudvalget",
            "Afventer bidragende parter",
            "Igangsat",
        ]

    def test_the_whole_of_an_idea(self, procedure: Procedure) -> None:
        virkning = {
            "FraTidspunkt": {"TidsstempelDatoTid": "2024-02-01T09:00:00.000+00:00"},
            "TilTidspunkt": {"GraenseIndikator": True},
            "AktoerRef": {"URNIdentifikator": "urn:oio:klimaalliancen:bruger:proposer-0751"},
            "AktoerTypeKode": "Bruger",
        }
        assert exported(sf1470, in_phase(Phase.IDEA, procedure), LATER) == {
            "AttributListe": {
                "LokalUdvidelseListe": {
                    "SagIndeksEgenskaber": [{"Virkning": virkning, "Sagsstatus": "Idé"}]
                }
            },
            "TilstandListe": {
                "Fremdrift": [{"Virkning": virkning, "FremdriftStatusKode": "Opstaaet"}]
            },
            "RelationListe": {
                "Sagsklasse": [
                    {
                        "Virkning": virkning,
                        "LokalUdvidelseListe": {
                            "SagsklasseLokalUdvidelse": {"BrugervendtNoegle": "01.00.00"}
                        },
                    }
                ]
            },
        }

    def test_a_case_that_was_returned_has_its_first_state_again(self, procedure: Procedure) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure).then(command("return"))
        names = [name for name, *_ in fremdrift(exported(sf1470, history, LATER))]
        assert names == ["Opstaaet", "Oplyst", "Opstaaet"]

    def test_what_is_still_to_come_is_left_out(self, procedure: Procedure) -> None:
        history = in_phase(Phase.STARTED, procedure)
        names = [n for n, *_ in fremdrift(exported(sf1470, history, "2024-05-30 12:59:59.999999"))]
        assert names == ["Opstaaet", "Oplyst"]
        names = [n for n, *_ in fremdrift(exported(sf1470, history, "2024-05-30 13:00"))]
        assert names == ["Opstaaet", "Oplyst", "Afgjort"]

    @pytest.mark.parametrize("microsecond", ["000000", "000999"])
    def test_a_case_that_leaves_its_first_phase_at_once_was_in_it(
        self, procedure: Procedure, microsecond: str
    ) -> None:
        at = f"2024-02-01 10:00:00.{microsecond}"
        history = History(procedure).then(command("register-idea", at="2024-02-01 10:00"))
        history = history.then(command("withdraw", at=at))
        assert fremdrift(exported(sf1470, history, LATER)) == [
            ("Opstaaet", "2024-02-01T09:00:00.000+00:00", "2024-02-01T09:00:00.001+00:00"),
            ("Afsluttet", "2024-02-01T09:00:00.001+00:00", None),
        ]
        (only,) = fremdrift(exported(sf1470, history, at))
        assert only[0] == "Opstaaet"

    def test_at_the_end_of_the_calendar_too(self, procedure: Procedure) -> None:
        at = "9999-12-30T23:59:59.999999Z"
        history = History(procedure).then(command("register-idea", at=at))
        history = history.then(command("withdraw", at=at))
        assert fremdrift(exported(sf1470, history, at)) == [
            ("Opstaaet", "9999-12-30T23:59:59.999+00:00", None)
        ]

    @pytest.mark.parametrize("now", ["2024-02-01 09:59", "0001-01-02T00:00:00Z"])
    def test_before_anything_happened_there_is_nothing_to_say(
        self, procedure: Procedure, now: str
    ) -> None:
        for history in (History(procedure), in_phase(Phase.IDEA, procedure)):
            with pytest.raises(HistoryError, match="events: nothing had happened by"):
                exported(sf1470, history, now)


class TestWhoItWas:
    @pytest.mark.parametrize(
        ("reference", "form"),
        [
            (UUID, {"AktoerRef": {"UUIDIdentifikator": UUID}, "AktoerTypeKode": "Bruger"}),
            (SYSTEM, {"AktoerRef": {"URNIdentifikator": SYSTEM}, "AktoerTypeKode": "ItSystem"}),
            ("urn:x:y", {"AktoerRef": {"URNIdentifikator": "urn:x:y"}, "AktoerTypeKode": "Bruger"}),
            (LONGEST, {"AktoerRef": {"URNIdentifikator": LONGEST}, "AktoerTypeKode": "Bruger"}),
        ],
    )
    def test_a_user_or_a_system(
        self, procedure: Procedure, reference: str, form: dict[str, Any]
    ) -> None:
        found = exported(
            sf1470, in_phase(Phase.IDEA, procedure), LATER, reference=lambda _: reference
        )
        virkning = found["TilstandListe"]["Fremdrift"][0]["Virkning"]
        assert {key: virkning[key] for key in form} == form

    def test_it_is_who_brought_the_state_about(self, procedure: Procedure) -> None:
        found = exported(sf1470, in_phase(Phase.FUNDER_CONSENT, procedure), LATER)
        refs = [each["Virkning"]["AktoerRef"] for each in found["TilstandListe"]["Fremdrift"]]
        assert [each["URNIdentifikator"].rpartition(":")[2] for each in refs] == [
            "proposer-0751",
            "proposer-0751",
            "committee-klimaalliancen",
        ]

    @pytest.mark.parametrize("reference", ["", "Ann", UUID[1:], "urn:" + "x" * 252])
    def test_anything_else_is_refused(self, procedure: Procedure, reference: str) -> None:
        with pytest.raises(CaseError, match=r"reference of proposer:0751: .* neither a UUID nor"):
            exported(sf1470, in_phase(Phase.IDEA, procedure), LATER, reference=lambda _: reference)


class TestWhatIsWrong:
    @pytest.mark.parametrize("kle", ["", "01.00", "01.00.00\n", "a1.00.00", "001.00.00"])
    def test_a_kle_number(self, procedure: Procedure, kle: str) -> None:
        with pytest.raises(CaseError, match=r"kle: .* is no KLE number: write it as 00\.00\.00"):
            exported(oio_sag, in_phase(Phase.IDEA, procedure), LATER, kle=kle)

    def test_every_state_that_is_none_is_named(self, procedure: Procedure) -> None:
        states: dict[Any, Any] = {"started": "Bestilt", "idea": "Oplyst", "x": "Oplyst"}
        with pytest.raises(CaseError) as error:
            exported(sf1470, in_phase(Phase.IDEA, procedure), LATER, states=states, kle="?")
        paths = [each.partition(":")[0] for each in error.value.problems]
        assert sorted(paths) == ["kle", "states", "states.idea", "states.started"]
        found = exported(
            oio_sag, in_phase(Phase.STARTED, procedure), LATER, states={Phase.STARTED: "Bestilt"}
        )
        assert fremdrift(found)[-1][0] == "Bestilt"


class TestTheOutcome:
    @pytest.mark.parametrize(
        ("phase", "expected"),
        [
            (None, None),
            (Phase.COMMITTEE_DECISION, None),
            (Phase.FUNDER_CONSENT, Outcome.FOR),
            (Phase.STARTED, Outcome.FOR),
            (Phase.REJECTED, Outcome.AGAINST),
            (Phase.WITHDRAWN, Outcome.ANNULLED),
        ],
    )
    def test_of_each_end(
        self, procedure: Procedure, phase: Phase | None, expected: Outcome | None
    ) -> None:
        assert outcome(in_phase(phase, procedure)) is expected

    def test_a_krone_less_is_partly_for(self, procedure: Procedure) -> None:
        less = {**ASKED, "realdania": ASKED["realdania"] - 1}
        granted = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"granted": less})
        assert outcome(granted) is Outcome.PARTLY
        without = {"realdania": ASKED["realdania"]}
        granted = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"granted": without})
        assert outcome(granted) is Outcome.PARTLY
        whole = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["En plan"]})
        assert outcome(whole) is Outcome.FOR

    def test_what_was_returned_is_not_decided(self, procedure: Procedure) -> None:
        consenting = in_phase(Phase.FUNDER_CONSENT, procedure)
        consenting = consenting.then(consent("realdania", ASKED["realdania"]))
        assert outcome(consenting.then(command("return", at="2024-06-20 10:00"))) is None
