"""What is laid down: what identifies it, what follows from it, and what it refuses to be."""

import json
import re
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

from klimaflow import PolicyError, Procedure, copenhagen
from klimaflow.entries import Entry
from klimaflow.policy import parse_procedure
from klimaflow.procedure import Source, Strength
from tests.conftest import CRITERIA, POLICY, SHIPPED, policy

FUNDERS = ("realdania", "region-nordjylland", "region-midtjylland", "region-syddanmark")
QUALIFICATION = 'qualification = "mandag 2024-04-15 09:00"'
FIRST = "[valid_from]\nvalue = 2023-01-01"


def problems(*changes: tuple[str, str]) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as error:
        policy(*changes)
    return error.value.problems


class TestTheShippedOne:
    def test_it_has_the_ids_of_the_design(self, procedure: Procedure) -> None:
        assert procedure.id == SHIPPED
        assert [each.id for each in procedure.rounds] == ["2024-spring", "2024-autumn"]
        assert tuple(each.id for each in procedure.criteria) == CRITERIA
        assert tuple(each.id for each in procedure.funders)[:4] == FUNDERS
        assert [each.id for each in procedure.funds] == [
            "realdania",
            "regions",
            "realdania-after-evaluation",
        ]
        assert procedure.checked.by
        assert procedure.checked.on >= date(2024, 1, 1)

    def test_each_entry_cites_the_document_or_says_because(self, procedure: Procedure) -> None:
        stated = attrs.asdict(procedure.readings, recurse=False).values()
        readings = [each for each in stated if each is not None]
        entries = [
            *procedure.rounds,
            *procedure.criteria,
            *procedure.funders,
            *procedure.funds,
            *readings,
            procedure.participants,
            procedure.consent,
            procedure.authority,
            procedure.valid_from,
            procedure.valid_until,
        ]
        for entry in entries:
            assert (entry.source is None) is not (entry.because is None)
            assert procedure.cite(entry).quote

    def test_a_source_is_the_document_or_this_file(self, procedure: Procedure) -> None:
        cited = procedure.cite(procedure.consent)
        assert cited == Source(
            "Procedure for behandling af klimaudviklingsspor (dec23)",
            "Hvor mange midler er afsat?",
            "Anvendelse af midlerne forudsætter særskilt godkendelse af de respektive bidragende"
            " parter.",
        )
        ours = procedure.cite(procedure.authority)
        assert (ours.document, ours.section) == (f"{SHIPPED}, edition 1", "")
        assert ours.quote == procedure.authority.because
        assert procedure.cite(Entry()).quote == ""

    def test_it_does_not_change(self, procedure: Procedure) -> None:
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            procedure.edition = 2  # type: ignore[misc]
        with pytest.raises(TypeError, match="does not change"):
            procedure.gates["2025"] = procedure.gates["2024-spring"]  # type: ignore[index]


class TestWhatFollows:
    def test_the_gates_of_a_round(self, procedure: Procedure) -> None:
        spring, autumn = procedure.gates.values()
        assert (spring.number, autumn.number) == (1, 2)
        assert spring.qualification_closes_at == copenhagen("2024-04-15 09:00")
        assert spring.approval_closes_at == copenhagen("2024-04-25 09:00")
        assert spring.meeting.on == date(2024, 5, 30)
        assert spring.meeting.begins_at == copenhagen("2024-05-30 00:00")
        assert autumn.round is procedure.rounds[1]

    def test_the_funds_of_a_funder_stand_in_the_files_order(self, procedure: Procedure) -> None:
        of = {funder: [f.id for f in funds] for funder, funds in procedure.funds_of.items()}
        assert of["realdania"] == ["realdania", "realdania-after-evaluation"]
        assert of["region-sjaelland"] == ["regions"]
        assert procedure.funder_names["region-sjaelland"] == "Region Sjælland"

    def test_the_partnership_ends_with_a_day(self, procedure: Procedure) -> None:
        assert procedure.partnership_ends.on == date(2027, 12, 31)
        last = procedure.partnership_ends.ends_at - timedelta(microseconds=1)
        assert last == copenhagen("2027-12-31 23:59:59.999999")

    def test_the_criteria_that_bind(self, procedure: Procedure) -> None:
        assert procedure.binding_criteria == CRITERIA

    @pytest.mark.parametrize(
        ("rule", "do", "strength"),
        [
            ("enough-authorities", "submit-for-approval", Strength.BINDING),
            ("enough-authorities", "start", Strength.BINDING),
            ("enough-authorities", "submit-for-qualification", Strength.ADVISORY),
            ("enough-authorities", "approve", None),
            ("cofinancing-considered", "submit-for-approval", Strength.ADVISORY),
            ("every-party-consents", "start", Strength.BINDING),
            ("authorised", "start", Strength.BINDING),
        ],
    )
    def test_how_strongly_a_rule_stands(
        self, procedure: Procedure, rule: str, do: str, strength: Strength | None
    ) -> None:
        assert procedure.strength(rule, do) is strength

    def test_who_may_differs_where_a_phase_is_named(self, procedure: Procedure) -> None:
        by_phase = {
            phase: roles for (do, phase), roles in procedure.authority.at.items() if do == "return"
        }
        assert by_phase["qualification"] == ("dgo", "secretariat")  # type: ignore[index]
        assert by_phase["committee_decision"] == ("committee",)  # type: ignore[index]
        assert by_phase["funder_consent"] == ("committee",)  # type: ignore[index]


class TestTheHash:
    def test_comments_and_layout_do_not_count(self, procedure: Procedure) -> None:
        without = re.sub(r"(?m)^# .*$|(?<=[\]\"0-9]) # .*$", "", POLICY)
        assert without != POLICY
        spaced = POLICY.replace(" = ", "   =  ").replace("10_000_000", "10000000")
        assert parse_procedure(without).sha256 == procedure.sha256
        assert parse_procedure(spaced).sha256 == procedure.sha256
        assert re.fullmatch("[0-9a-f]{64}", procedure.sha256)

    def test_the_order_of_keys_does_not_count(self, procedure: Procedure) -> None:
        head, *tables = re.split(r"(?m)^(?=\[(?!\[|rounds))", POLICY)
        reordered = parse_procedure(head + "".join(reversed(tables)))
        swapped = policy(
            ("minimum = 3\nkinds", "kinds"), ("advisory_at", "minimum = 3\nadvisory_at")
        )
        assert reordered.sha256 == swapped.sha256 == procedure.sha256
        assert reordered == swapped == procedure

    @pytest.mark.parametrize(
        ("words", "others"),
        [
            ("edition = 1", "edition = 2"),
            ("minimum = 3", "minimum = 4"),
            (QUALIFICATION, 'qualification = "mandag 2024-04-15 09:01"'),
            ('value = "inclusive"', 'value = "exclusive"'),
            ('name = "Realdania"', 'name = "Realdania fonden"'),
            ('awaits = "partnerskabets midtvejsevaluering"', ""),
            ('approve = ["committee"]', 'approve = ["committee", "secretariat"]'),
            ('because = "The document knows no grace."', 'because = "No grace."'),
            ('binding_at = ["submit-for-approval", "start"]',
             'binding_at = ["start", "submit-for-approval"]'),
            ("the funds bound the sum of all", "the funds bound the sum"),
        ],
    )  # fmt: skip
    def test_every_content_does(self, procedure: Procedure, words: str, others: str) -> None:
        assert policy((words, others)).sha256 != procedure.sha256


class TestTheTable:
    def test_it_is_json_with_the_keys_of_the_file(self, procedure: Procedure) -> None:
        table = procedure.to_dict()
        assert json.loads(json.dumps(table, allow_nan=False)) == table
        keys = re.findall(r"(?m)^\[{0,2}(\w+)(?:[\].]| = )", POLICY)
        assert set(table) <= set(keys)
        assert {"rounds", "criteria", "funders", "funds", "readings", "consent"} <= set(table)

    def test_times_are_iso_moments_and_days_iso_dates(self, procedure: Procedure) -> None:
        table = procedure.to_dict()
        first = table["rounds"][0]
        assert first["qualification"] == "2024-04-15T09:00:00+02:00"
        assert (first["committee"], table["valid_until"]["value"]) == ("2024-05-30", "2027-12-31")
        assert table["authority"]["return@committee_decision"] == ["committee"]
        assert [each["id"] for each in table["criteria"]] == list(CRITERIA)
        assert table["readings"]["deadline"]["value"] == "inclusive"

    def test_what_is_not_stated_is_not_there(self, procedure: Procedure) -> None:
        table = procedure.to_dict()
        assert "authority" not in table["funders"][0]
        assert "released_on" not in table["funds"][2]
        assert "sha256" not in table
        assert "gates" not in table


class TestWhatIsNoProcedure:
    @pytest.mark.parametrize(
        ("words", "others", "problem"),
        [
            (QUALIFICATION, 'qualification = "tirsdag 2024-04-15 09:00"',
             "rounds[0].qualification: 2024-04-15 is a mandag, not a tirsdag"),
            (QUALIFICATION, 'qualification = "mandag 2024-04-15"',
             "rounds[0].qualification: 'mandag 2024-04-15' is not stated as \"torsdag 2024-05-30 "),
            (QUALIFICATION, 'qualification = "mandag 2024-04-31 09:00"',
             "rounds[0].qualification: 'mandag 2024-04-31 09:00': "),
            (QUALIFICATION, 'qualification = "torsdag 2024-04-25 09:01"',
             "rounds[0].approval: comes before the qualification deadline"),
            ('"torsdag 2024-05-30"', '"onsdag 2024-04-24"',
             "rounds[0].committee: comes before the approval deadline"),
            ('"torsdag 2024-11-21"', '"torsdag 2024-05-30"', "rounds[1].committee: comes before"),
            ('"torsdag 2024-05-30"', '"torsdag 2024-11-21"',
             "rounds[1].committee: comes no later than in 2024-spring"),
            ('id = "2024-autumn"', 'id = "2024-spring"', "rounds[1].id: 2024-spring stands twice"),
            ('id = "regions" #', 'id = "realdania" #', "funds[1].id: realdania stands twice"),
            ('because = "The document knows no grace."', "",
             "readings.grace_minutes: needs either a source or a because"),
            ("value = 0\nbecause", "value = 527041\nbecause",
             "readings.grace_minutes.value: is more minutes than a year has"),
            ("value = 0\nbecause", "value = -1\nbecause", "readings.grace_minutes.value: expected"),
            ("[readings.grace_minutes]",
             '[readings.late_registration]\nvalue = "binding"\nbecause = "x"\n'
             "[readings.grace_minutes]",
             "readings.late_registration: needs late_registration_minutes beside it"),
            ('authority = "1081"', 'authority = "1091"',
             "funders[1].authority: '1091' is not the code of a Danish"),
            ('authority = "1081"', "authority = 1081", "funders[1].authority: expected a text"),
            ('zone = "Europe/Copenhagen"', 'zone = "Europe/Kopenhagen"',
             "zone: 'Europe/Kopenhagen' is not a time zone"),
            ('start = ["secretariat"]', 'start = ["mayor"]',
             "authority.start[0]: 'mayor' is none of anyone, proposer"),
            ("value = 2027-12-31", "value = 9999-12-31", "valid_until.value: 9999-12-31 is not"),
            ("value = 2027-12-31", "value = 2027-12-31T00:00:00Z", "valid_until.value: expected a"),
            ("value = 2027-12-31", "value = true", "valid_until.value: expected a date, not a"),
            ("value = 2027-12-31", 'value = "31/12 2027"', "valid_until.value: '31/12 2027' is"),
            ("minimum = 3", "minimum = 3.0", "participants.minimum: expected a whole number"),
            ("minimum = 3", "minimum = true", "participants.minimum: expected a whole number, no"),
            ("10_000_000\nawaits", "-1\nawaits", "funds[2].amount: expected a number from 0"),
            ('id = "results-open"', 'id = "results open"', "criteria[3].id: 'results open' is no"),
            ('required_at = "start"', 'required_at = "approve"',
             "consent.required_at: 'approve' is none of start, never"),
        ],
    )  # fmt: skip
    def test_says_where_and_why(self, words: str, others: str, problem: str) -> None:
        assert [each for each in problems((words, others)) if each.startswith(problem)]

    @pytest.mark.parametrize(
        "key", ["authority", "not_encoded", "readings", "rounds", "valid_from"]
    )
    @pytest.mark.parametrize("value", ["1", '"x"'])
    def test_a_table_is_a_table(self, key: str, value: str) -> None:
        without = re.sub(rf"(?ms)^\[\[?{key}[\].].*?(?=^\[(?!\[?{key}[\].])|\Z)", "", POLICY)
        with pytest.raises(PolicyError) as error:
            parse_procedure(f"{key} = {value}\n{without}")
        assert [each for each in error.value.problems if re.match(rf"{key}: expected a", each)]

    def test_it_needs_a_round(self) -> None:
        without = re.sub(r"(?ms)^\[\[rounds\]\].*?(?=^\[\[criteria)", "", POLICY)
        with pytest.raises(PolicyError, match="rounds: needs at least one round"):
            parse_procedure(f"rounds = []\n{without}")

    def test_all_its_mistakes_are_said_at_once(self) -> None:
        found = problems(
            ("edition = 1", 'edition = "1"'),
            ("minimum = 3", "minimun = 3"),
            ("torsdag 2024-04-25", "fredag 2024-04-25"),
            (FIRST, FIRST.replace("2023-01-01", "1066-10-14")),
        )
        paths = [each.partition(":")[0] for each in found]
        assert paths == [
            "edition",
            "valid_from.value",
            "participants.minimun",
            "participants.minimum",
            "rounds[0].approval",
        ]


def test_a_value_is_equal_to_its_like_and_to_nothing_else(procedure: Procedure) -> None:
    other: Any = policy()
    assert other == procedure
    assert other is not procedure
    assert other != policy(("edition = 1", "edition = 3"))
