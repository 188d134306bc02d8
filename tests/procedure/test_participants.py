"""Hvem kan være med? Who may propose and take part, and the three who must."""

from typing import Any

import pytest

from klimaflow import Phase, Procedure
from klimaflow.parties import Kind
from tests.conftest import THREE, command, consent, found, in_phase, policy, told, unsaid

COMPANY = {"id": "cvr:12345678", "name": "Vand A/S", "kind": "company"}
KL = {"id": "kl", "name": "KL", "kind": "association"}
UNIVERSITY = {"id": "dtu", "name": "DTU", "kind": "knowledge-institution"}
OTHER = {"id": "borgerne", "name": "Borgergruppen", "kind": "other"}

MIXES: list[tuple[list[Any], int]] = [
    ([], 0),
    (["0751"], 1),
    (["0751", "0461"], 2),
    (["0751", "0461", "0751"], 2),
    (["0751", "0461", COMPANY], 2),
    (["0751", "0461", KL], 2),
    (["0751", "0461", COMPANY, KL, UNIVERSITY, OTHER], 2),
    (["0751", "0461", "0101"], 3),
    (["0751", "0461", "1083"], 3),
    (["1081", "1082", "1083"], 3),
    (["0751", "0461", "0101", COMPANY], 3),
    (["0751", "0461", "0101", "1083"], 4),
]
EVERY_MIX = pytest.mark.parametrize(("participants", "authorities"), MIXES)


class TestAnyoneMayProposeAndTakePart:
    """Derfor kan alle foreslå og deltage i et klimaudviklingsspor i Klimaalliancen."""

    @pytest.mark.parametrize(
        "by",
        [
            "proposer:0751",
            "proposer:cvr:12345678/Ann Hansen",
            "participant:dtu",
            "dgo:fyn",
            "secretariat:kl",
            "committee:klimaalliancen",
            "funder:realdania",
        ],
    )
    def test_anyone_may_register_an_idea(self, procedure: Procedure, by: str) -> None:
        decision = in_phase(None, procedure).decide(command("register-idea", by=by))
        assert decision.refused_by == ()
        organisation = in_phase(Phase.IDEA, procedure, enlist_participants=None)
        assert organisation.proposal.proposer == "0751"

    def test_where_only_proposers_may_whoever_registers_it_proposes_it(self) -> None:
        proposers = policy(('register-idea = ["anyone"]', 'register-idea = ["proposer"]'))
        nobody_yet = in_phase(None, proposers)
        assert nobody_yet.decide(command("register-idea")).refused_by == ()
        by_the_dgo = nobody_yet.decide(command("register-idea", by="dgo:fyn"))
        assert by_the_dgo.refused_by == ("authorised",)

    def test_who_proposed_goes_on_with_it_and_another_does_not(self, procedure: Procedure) -> None:
        idea = in_phase(
            Phase.IDEA,
            procedure,
            register_idea={"by": "proposer:cvr:12345678"},
            enlist_participants=None,
            describe=None,
            propose_budget=None,
        )
        own = command("describe", by="proposer:cvr:12345678/Ann")
        assert idea.decide(own).refused_by == ()
        others = idea.decide(command("describe", by="proposer:0461"))
        assert others.refused_by == ("authorised",)
        assert found(others, "authorised").margin == -1
        finding = found(others, "authorised")
        assert not unsaid(finding.because, "proposer:0461", "proposes or takes part")
        assert not unsaid(finding.because_da, "proposer:0461", "foreslår eller deltager")

    def test_who_takes_part_may_speak_as_proposer(self, procedure: Procedure) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        assert idea.decide(command("describe", by="proposer:0461")).refused_by == ()
        gone = idea.then(command("release-participant", at="2024-03-01 10:00"))
        assert gone.decide(command("describe", by="proposer:0461")).refused_by == ("authorised",)

    @pytest.mark.parametrize("gone", THREE)
    def test_whoever_goes_the_others_stay(self, procedure: Procedure, gone: str) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        left = idea.then(command("release-participant", participant=gone)).proposal.participants
        assert [each.id for each in left] == [each for each in THREE if each != gone]

    @pytest.mark.parametrize("kind", [k for k in Kind if k not in ("municipality", "region")])
    def test_every_kind_of_organisation_can_take_part(
        self, procedure: Procedure, kind: Kind
    ) -> None:
        them = {"id": "dem", "name": "Dem", "kind": str(kind)}
        idea = in_phase(Phase.IDEA, procedure, enlist_participants={"participants": [them]})
        assert [each.kind for each in idea.proposal.participants] == [kind]


class TestThreeMunicipalitiesOrRegions:
    """Da et klimaudviklingsspor skal tage afsæt i og finde løsninger på udfordringer og behov i
    kommunernes klimahandlingsplaner, skal et klimaudviklingsspor i Klimaalliancen have minimum
    tre kommuner/regioner som deltagere i projektet."""

    RULE = "enough-authorities"

    @EVERY_MIX
    def test_two_are_not_enough_for_the_approval_process_and_three_are(
        self, procedure: Procedure, participants: list[Any], authorities: int
    ) -> None:
        qualified = in_phase(
            Phase.QUALIFICATION, procedure, enlist_participants={"participants": participants}
        )
        decision = qualified.decide(command("submit-for-approval"))
        assert decision.refused_by == ((self.RULE,) if authorities < 3 else ())
        assert decision.remarks == ()
        assert found(decision, self.RULE).margin == authorities - 3

    @EVERY_MIX
    def test_before_that_it_is_a_remark(
        self, procedure: Procedure, participants: list[Any], authorities: int
    ) -> None:
        sparring = in_phase(
            Phase.SPARRING, procedure, enlist_participants={"participants": participants}
        )
        decision = sparring.decide(command("submit-for-qualification"))
        assert decision.refused_by == ()
        assert decision.remarks == ((self.RULE,) if authorities < 3 else ())
        assert found(decision, self.RULE).strength == "advisory"
        assert found(decision, self.RULE).margin == authorities - 3

    def test_one_more_than_enough_is_one_to_spare(self, procedure: Procedure) -> None:
        four = {"participants": ["0751", "0461", "0101", "1083"]}
        qualified = in_phase(Phase.QUALIFICATION, procedure, enlist_participants=four)
        finding = found(qualified.decide(command("submit-for-approval")), self.RULE)
        assert not unsaid(finding.because, "4 municipalities or regions", "1 to spare")
        assert not unsaid(finding.because_da, "4 kommuner/regioner", "1 til overs")

    def test_one_who_leaves_before_the_start_keeps_the_track_from_it(
        self, procedure: Procedure
    ) -> None:
        consented = told(
            in_phase(Phase.FUNDER_CONSENT, procedure),
            consent("realdania", 1_500_000),
            consent("region-syddanmark", 500_000),
        )
        assert consented.decide(command("start")).refused_by == ()
        two = consented.then(command("release-participant", at="2024-06-11 10:00"))
        assert two.decide(command("start")).refused_by == (self.RULE,)
        another = command("enlist-participants", at="2024-06-12 10:00", participants=["0101"])
        assert two.then(another).decide(command("start")).refused_by == ()

    def test_the_proposing_organisation_counts_only_when_it_is_enlisted(
        self, procedure: Procedure
    ) -> None:
        qualified = in_phase(
            Phase.QUALIFICATION,
            procedure,
            register_idea={"by": "proposer:0101"},
            enlist_participants={"by": "proposer:0101", "participants": ["0751", "0461"]},
        )
        decision = qualified.decide(command("submit-for-approval"))
        assert decision.refused_by == (self.RULE,)

    def test_the_same_authority_enlisted_on_another_day_counts_once(
        self, procedure: Procedure
    ) -> None:
        two = in_phase(
            Phase.QUALIFICATION, procedure, enlist_participants={"participants": ["0751", "0461"]}
        )
        again = command("enlist-participants", at="2024-04-19 10:00", participants=["0461"])
        as_a_table = {"id": "0461", "name": "Odense Kommune", "kind": "municipality"}
        once_more = command("enlist-participants", at="2024-04-19 11:00", participants=[as_a_table])
        same = told(two, again, once_more)
        assert same.decide(command("submit-for-approval")).refused_by == (self.RULE,)

    def test_who_is_enlisted_again_stays_as_first_named(self, procedure: Procedure) -> None:
        idea = in_phase(Phase.IDEA, procedure, enlist_participants={"participants": [COMPANY]})
        renamed = command("enlist-participants", participants=[{**COMPANY, "name": "Regn A/S"}])
        assert [each.name for each in told(idea, renamed).proposal.participants] == ["Vand A/S"]

    def test_it_says_who_takes_part_and_how_many_are_lacking(self, procedure: Procedure) -> None:
        two = in_phase(
            Phase.QUALIFICATION,
            procedure,
            enlist_participants={"participants": ["0751", "1083", COMPANY]},
        )
        finding = found(two.decide(command("submit-for-approval")), self.RULE)
        figures = ("2 municipalities or regions", "3 must", "1 short", "Enlist 1 more")
        assert not unsaid(finding.because, *figures, "Aarhus and Region Syddanmark")
        figures = ("2 kommuner/regioner", "mindst 3", "1 for lidt", "mangler 1")
        assert not unsaid(finding.because_da, *figures, "Aarhus og Region Syddanmark")
        assert "Vand A/S" not in finding.because + finding.because_da
        assert finding.source.quote in " ".join((type(self).__doc__ or "").split())


class TestTakingPartInDifferentWays:
    """Deltagelse i klimaudviklingsspor kan foregå på forskellig vis, og muligheder for deltagelse
    defineres i det enkelte klimaudviklingsspor."""

    @pytest.mark.parametrize("phase", [phase for phase in Phase if not phase.final])
    def test_participants_come_and_go_in_every_open_phase(
        self, procedure: Procedure, phase: Phase
    ) -> None:
        history = in_phase(phase, procedure)
        later = "2024-06-01 10:00"
        more = command("enlist-participants", at=later, participants=[COMPANY])
        fewer = command("release-participant", at=later)
        after = told(history, more, fewer)
        assert after.proposal.phase is phase
        assert [each.id for each in after.proposal.participants] == ["0751", "1083", COMPANY["id"]]

    def test_only_who_takes_part_can_be_let_go(self, procedure: Procedure) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        decision = idea.decide(command("release-participant", participant="0101"))
        assert decision.refused_by == ("known-participant",)
        finding = found(decision, "known-participant")
        assert finding.margin == -1
        three = "0751 (Aarhus), 0461 (Odense)"
        assert not unsaid(finding.because, "“0101”", f"{three} and 1083 (Region Syddanmark)")
        assert not unsaid(finding.because_da, "»0101«", f"{three} og 1083 (Region Syddanmark)")
