"""The activities: every move that a procedure allows, in each round and for each funder."""

from string import ascii_letters, digits

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klimaflow import Phase, Procedure
from klimaflow.commands import COMMANDS
from klimaflow.exports.activities import Activity, activities, identifier
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import MOVES
from klimaflow.moments import moment
from klimaflow.proposal import Proposal
from klimaflow.seen.words import Words
from tests.conftest import policy

NOT_QUALIFIED = (
    "[readings.qualification_required]\nvalue = true",
    "[readings.qualification_required]\nvalue = false",
)
BY_FUNDER = {"give-consent", "refuse-consent", "withdraw-consent"}


def of(procedure: Procedure, do: str) -> list[Activity]:
    return [each for each in activities(procedure) if each.move.command.do == do]


def test_every_move_is_one_but_what_skips_the_qualification(procedure: Procedure) -> None:
    left_out = [each for each in MOVES if each not in {a.move for a in activities(procedure)}]
    assert [(each.source, each.command.do) for each in left_out] == [
        (Phase.IDEA, "submit-for-approval"),
        (Phase.SPARRING, "submit-for-approval"),
    ]
    assert {a.move for a in activities(policy(NOT_QUALIFIED))} == {*MOVES}


def test_a_consent_is_one_for_each_funder_and_a_deadline_one_for_each_round(
    procedure: Procedure,
) -> None:
    for do in BY_FUNDER:
        assert [each.funder for each in of(procedure, do)] == [f.id for f in procedure.funders]
    by_round = {each.move.command.do for each in activities(procedure) if each.round}
    assert by_round == {
        "submit-for-qualification",
        "submit-for-approval",
        "put-before-committee",
        "defer",
    }
    assert [each.round for each in of(procedure, "submit-for-approval")] == [*procedure.gates]
    assert {each.move.command.do for each in activities(procedure) if each.funder} == BY_FUNDER


def test_it_closes_when_the_rules_begin_to_refuse_it(procedure: Procedure) -> None:
    spring, _autumn = of(procedure, "submit-for-approval")
    assert spring.late_from == moment("2024-04-25 09:00:00.000001")
    assert of(procedure, "put-before-committee")[0].late_from == moment("2024-05-31 00:00")
    assert of(procedure, "start")[0].late_from == moment("2028-01-01 00:00")
    assert of(procedure, "approve")[0].late_from is None


def without(procedure: Procedure, *commands: str) -> Procedure:
    """Return a procedure in which nobody may give some commands."""
    roles = {do: may for do, may in procedure.authority.roles.items() if do not in commands}
    authority = attrs.evolve(procedure.authority, roles=FrozenMap(roles))
    return attrs.evolve(procedure, authority=authority)


def test_what_nobody_may_do_is_left_out_and_what_only_it_leads_to(procedure: Procedure) -> None:
    assert of(without(procedure, "describe"), "describe") == []
    found = activities(without(procedure, "put-before-committee"))
    phases = {each.move.source for each in found} | {each.move.target for each in found}
    gone = {Phase.COMMITTEE_DECISION, Phase.FUNDER_CONSENT, Phase.STARTED, Phase.REJECTED}
    assert phases == {None, *Phase} - gone
    assert activities(without(procedure, "register-idea")) == ()


def test_its_name_says_which_round_or_funder_and_its_id_where_it_is(procedure: Procedure) -> None:
    consent, submission = of(procedure, "give-consent")[0], of(procedure, "submit-for-approval")[0]
    english, danish = (Words(procedure, Proposal(), lang) for lang in ("en", "da"))
    assert consent.name(english) == "Give consent: Realdania"
    assert submission.name(danish) == "Indsend til godkendelsesforløb: foråret 2024"
    assert of(procedure, "start")[0].name(english) == "Start the track"
    assert consent.id == "funder-consent.give-consent.realdania"
    assert submission.id == "qualification.submit-for-approval.2024-spring"
    assert len({each.id for each in activities(procedure)}) == len(activities(procedure))
    assert {each.move.command.do for each in activities(procedure)} == {*COMMANDS}


PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@settings(deadline=None, derandomize=True)
@given(st.lists(PRINTABLE, max_size=3), st.lists(PRINTABLE, max_size=3))
def test_different_names_have_different_ids_of_what_xml_allows(
    one: list[str], other: list[str]
) -> None:
    assert (identifier("a", *one) == identifier("a", *other)) == (one == other)
    assert {*identifier("a", *one)} <= {*ascii_letters, *digits, *"-._"}


@pytest.mark.parametrize(
    ("text", "coded"), [("a_b", "a_5fb"), ("9:<", "9_3a_3c"), ("a.b", "a_2eb")]
)
def test_an_id_codes_what_xml_does_not_allow_and_what_separates(text: str, coded: str) -> None:
    assert identifier(text) == coded
