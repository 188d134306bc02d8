"""The register of authorities, the participants, and those who act."""

import copy
import json
import pickle
import unicodedata
from collections import Counter

import pytest

from klimaflow import CaseError, Procedure
from klimaflow.parties import (
    AUTHORITY_KINDS,
    Kind,
    Participant,
    Role,
    actor,
    authorities,
    authority,
)
from tests.conftest import command

COMPANY = {"id": "cvr:12345678", "name": "Vand A/S", "kind": "company"}


def enlisted(*participants: object) -> tuple[Participant, ...]:
    found: tuple[Participant, ...] = command(
        "enlist-participants", participants=list(participants)
    ).participants  # type: ignore[attr-defined]
    return found


def problems(*participants: object) -> tuple[str, ...]:
    with pytest.raises(CaseError) as error:
        enlisted(*participants)
    return error.value.problems


class TestTheRegister:
    def test_it_has_98_municipalities_and_five_regions(self) -> None:
        counts = Counter(each.kind for each in authorities().values())
        assert counts == {Kind.MUNICIPALITY: 98, Kind.REGION: 5}
        assert set(counts) == AUTHORITY_KINDS

    @pytest.mark.parametrize(
        ("code", "name", "kind"),
        [
            ("0751", "Aarhus", "municipality"),
            ("0101", "København", "municipality"),
            ("0461", "Odense", "municipality"),
            ("0851", "Aalborg", "municipality"),
            ("0400", "Bornholm", "municipality"),
            ("0825", "Læsø", "municipality"),
            ("1081", "Region Nordjylland", "region"),
            ("1082", "Region Midtjylland", "region"),
            ("1083", "Region Syddanmark", "region"),
            ("1084", "Region Hovedstaden", "region"),
            ("1085", "Region Sjælland", "region"),
        ],
    )
    def test_a_code_is_its_authority(self, code: str, name: str, kind: str) -> None:
        assert authority(code) == authorities()[code] == Participant(code, name, Kind(kind))
        assert enlisted(code) == (authority(code),)

    def test_codes_and_names_are_clean_and_their_own(self) -> None:
        register = authorities()
        assert all(code == each.id and len(code) == 4 for code, each in register.items())
        assert all(code.isascii() and code.isdigit() for code in register)
        names = [each.name for each in register.values()]
        assert len(set(names)) == len(names)
        assert all(name == unicodedata.normalize("NFC", name.strip()) for name in names)

    def test_it_does_not_change(self) -> None:
        with pytest.raises(TypeError, match="does not change"):
            authorities()["9999"] = authority("0751")  # type: ignore[index]

    @pytest.mark.parametrize(
        ("wrong", "near"),
        [
            ("0752", '"0751" (Aarhus)'),
            ("1751", '"0751" (Aarhus)'),
            ("0102", '"0101" (København)'),
            ("1086", '"1085" (Region Sjælland)'),
            ("Aarhus", '"0751" (Aarhus)'),
            ("Århus", '"0751" (Aarhus)'),
            ("Kobenhavn", '"0101" (København)'),
            ("Region Sjaelland", '"1085" (Region Sjælland)'),
        ],
    )
    def test_a_code_that_does_not_exist_suggests_the_nearest(self, wrong: str, near: str) -> None:
        with pytest.raises(ValueError, match="is not the code of a Danish") as error:
            authority(wrong)
        assert str(error.value).endswith(f"; did you mean {near}?")
        (problem,) = problems(wrong)
        assert problem.startswith(f"participants[0]: {wrong!r} is not the code")
        assert near in problem

    @pytest.mark.parametrize(
        "wrong",
        ["", "751", "00751", "0751 ", " 0751", "０７５１", "٠٧٥١", "075１", "x" * 10_000, "0751\n"],
    )
    def test_what_is_no_code_is_no_authority_and_need_not_be_near_one(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="is not the code of a Danish") as error:
            authority(wrong)
        assert len(str(error.value)) < 200
        assert len(problems(wrong)) == 1

    def test_the_nearest_of_two_equally_like_is_the_nearer_number(self) -> None:
        with pytest.raises(ValueError, match='"0101"'):
            authority("0100")


class TestParticipants:
    def test_a_table_names_anyone(self) -> None:
        (company,) = enlisted(COMPANY)
        assert company == Participant("cvr:12345678", "Vand A/S", Kind.COMPANY)
        assert enlisted(company) == (company,)

    def test_an_authority_in_a_table_is_that_of_the_register(self) -> None:
        stated = {"id": "0751", "name": "Århus Kommune", "kind": "municipality"}
        assert enlisted(stated) == enlisted("0751")

    @pytest.mark.parametrize(
        ("stated", "problem"),
        [
            ({**COMPANY, "kind": "municipality"}, "participants[0].id: 'cvr:12345678' is not the"),
            ({**COMPANY, "id": "0751"}, "participants[0].kind: Aarhus (0751) is a municipality"),
            ({**COMPANY, "id": "0000"}, "participants[0].id: '0000' is not the code"),
            ({"id": "1083", "name": "x", "kind": "municipality"},
             "participants[0].kind: Region Syddanmark (1083) is a region"),
            ({**COMPANY, "kind": "firma"}, "participants[0].kind: 'firma' is none of municipality"),
            ({**COMPANY, "kind": ["company"]}, "participants[0].kind: \"['company']\" is none of"),
            ({**COMPANY, "id": "Vand A/S"}, "participants[0].id: 'Vand A/S' is no id"),
            ({**COMPANY, "id": "x" * 101}, "participants[0].id: 'xxx"),
            ({**COMPANY, "name": "\u200b"}, "participants[0].name: is blank"),
            ({**COMPANY, "cvr": 1}, "participants[0].cvr: is not a key here"),
            ({**COMPANY, "Name": 1}, "participants[0].Name: is not a key here; did you mean name?"),
            ({"name": "Vand A/S", "kind": "company"}, "participants[0].id: is missing"),
            (751, "participants[0]: expected a table, not a number"),
            (None, "participants[0]: expected a table, not a NoneType"),
        ],
    )  # fmt: skip
    def test_what_is_none_says_where(self, stated: object, problem: str) -> None:
        assert problems(stated)[0].startswith(problem)

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        both = problems("0752", {"id": "", "name": "", "kind": ""}, "0751")
        paths = [each.partition(":")[0] for each in both]
        assert paths == [
            "participants[0]",
            "participants[1].id",
            "participants[1].name",
            "participants[1].kind",
        ]

    def test_names_never_identify(self) -> None:
        names = ["Vand A/S", "Vand\u00a0A/S", unicodedata.normalize("NFD", "Vånd A/S")]
        stated = [{**COMPANY, "name": name} for name in names]
        assert {each.id for each in enlisted(*stated)} == {"cvr:12345678"}

    def test_there_are_at_most_a_thousand_at_once(self) -> None:
        assert len(enlisted(*["0751"] * 1_000)) == 1_000
        assert problems(*["0751"] * 1_001) == ("participants: has more than 1,000 entries",)


class TestActors:
    @pytest.mark.parametrize("role", Role)
    def test_each_role_speaks_for_an_organisation(self, role: Role) -> None:
        assert str(actor(f"{role}:0751")) == f"{role}:0751"
        found = actor(f"{role}:cvr:1/Ann Hansen/2")
        assert (found.role, found.organisation, found.person) == (role, "cvr:1", "Ann Hansen/2")
        assert str(found) == f"{role}:cvr:1/Ann Hansen/2"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            ":",
            "0751",
            "proposer",
            "proposer:",
            "proposer: 0751",
            "proposer:0751 ",
            "Proposer:0751",
            " proposer:0751",
            "mayor:0751",
            "anyone:0751",
            "proposer:Aarhus Kommune",
            "proposer:Ålborg",
            "proposer:０７５１",
            "proposer:/Ann",
            "proposer:0751/",
            "proposer:0751/ ",
            "proposer:0751/Ann\n",
            "proposer:0751/\u200b",
            "proposer:0751/" + "x" * 201,  # 200 are a name
            "proposer:" + "x" * 101,
            "\x00",
        ],
    )
    def test_anything_else_is_no_actor(self, text: str) -> None:
        with pytest.raises(ValueError, match="is no actor") as error:
            actor(text)
        assert len(str(error.value)) < 200
        with pytest.raises(CaseError, match="by: "):
            command("start", by=text)

    def test_a_name_may_be_as_long_as_200_characters(self) -> None:
        assert actor("proposer:0751/" + "x" * 200).person == "x" * 200
        assert actor("proposer:" + "x" * 100).organisation == "x" * 100

    @pytest.mark.parametrize("value", [None, 5, ["proposer:0751"], "proposer:" + "x" * 30_000])
    def test_what_is_no_text_or_too_long_is_none_either(self, value: object) -> None:
        with pytest.raises(CaseError, match="by: "):
            command("start", by=value)

    def test_an_actor_stays_itself(self) -> None:
        secretariat = actor("secretariat:kl/Ann")
        assert command("start", by=secretariat).by is secretariat
        for other in (copy.copy(secretariat), pickle.loads(pickle.dumps(secretariat))):
            assert other == secretariat
            assert hash(other) == hash(secretariat)
        assert secretariat != actor("secretariat:kl")


def test_the_funders_that_are_authorities_are_of_the_register(procedure: Procedure) -> None:
    for funder in procedure.funders:
        if funder.authority is not None:
            assert authority(funder.authority).name == funder.name
    assert json.dumps([each.authority for each in procedure.funders]).count("108") == 5
