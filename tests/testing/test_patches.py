"""Patches name the old value, and what they make is read as any policy file is."""

from datetime import date
from typing import Any

import pytest

from klimaflow.fields import Unreadable
from klimaflow.policy import policy_table, read_procedure
from klimaflow.testing.patches import Patch, patched, read_patch
from klimaflow.testing.stories import parse_story
from tests.testing.told import HEAD, problems, story

TABLE = policy_table("klimaalliancen-2024")


def patch(path: str, **values: Any) -> Patch:
    return read_patch({"path": path, **values})


def after(path: str, **values: Any) -> dict[str, Any]:
    return patched(TABLE, [patch(path, **values)])


class TestAValue:
    def test_is_replaced_and_all_else_stays(self) -> None:
        found = after("participants.minimum", old=3, new=4)
        assert found["participants"].pop("minimum") == 4
        assert TABLE["participants"]["minimum"] == 3
        rest = {key: value for key, value in TABLE["participants"].items() if key != "minimum"}
        assert found == {**TABLE, "participants": rest}

    def test_of_a_list_is_found_by_its_id(self) -> None:
        found = after("funds.regions.amount", old=10_000_000, new=1)
        assert [fund["amount"] for fund in found["funds"]] == [10_000_000, 1, 10_000_000]

    @pytest.mark.parametrize("path", ['authority."register-idea"', "authority.register-idea"])
    def test_a_key_may_stand_in_quotation_marks(self, path: str) -> None:
        assert after(path, old=["anyone"], new=["dgo"])["authority"]["register-idea"] == ["dgo"]

    def test_is_added_where_the_file_has_none(self) -> None:
        found = after("funds.realdania-after-evaluation.released_on", new=date(2024, 6, 1))
        assert read_procedure(found).funds[2].released_on == date(2024, 6, 1)

    def test_is_taken_away(self) -> None:
        stated = TABLE["readings"]["cofinancing"]
        assert (
            read_procedure(after("readings.cofinancing", old=stated)).readings.cofinancing is None
        )

    def test_an_entry_is_taken_away(self) -> None:
        stated = TABLE["criteria"][0]
        found = after("criteria.need-from-climate-plans", old=stated)
        assert found["criteria"] == TABLE["criteria"][1:]

    def test_patches_are_made_one_after_another(self) -> None:
        two = [patch("edition", old=1, new=2), patch("edition", old=2, new=3)]
        assert patched(TABLE, two)["edition"] == 3


class TestTheOldValue:
    @pytest.mark.parametrize("old", [2, 4, "3", True, 3.0, [3], None])
    def test_that_the_file_does_not_have_is_refused(self, old: Any) -> None:
        with pytest.raises(Unreadable) as refusal:
            after("participants.minimum", **({} if old is None else {"old": old}), new=7)
        ((path, sentence),) = refusal.value.problems
        assert path == "[0].old"
        assert sentence.startswith("the file has 3, and the patch expects ")

    def test_true_is_not_one(self) -> None:
        with pytest.raises(Unreadable, match="the file has true, and the patch expects 1"):
            after("readings.qualification_required.value", old=1, new=False)

    def test_of_a_date_is_a_date(self) -> None:
        stated = {"value": date(2027, 12, 31), "new": date(2028, 12, 31)}
        found = after("valid_until.value", old=stated["value"], new=stated["new"])
        assert found["valid_until"]["value"] == date(2028, 12, 31)
        with pytest.raises(Unreadable, match='the file has "date 2027-12-31"'):
            after("valid_until.value", old="2027-12-31", new=stated["new"])

    def test_of_a_key_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="there is no such key, and the patch expects 3"):
            after("participants.minimun", old=3, new=4)

    def test_each_that_does_not_fit_is_told(self) -> None:
        wrong = [patch("edition", old=7, new=8), patch("nowhere.at.all", old=1)]
        with pytest.raises(Unreadable) as refusal:
            patched(TABLE, wrong)
        assert [path for path, _ in refusal.value.problems] == ["[0].old", "[1].old"]


class TestThePath:
    @pytest.mark.parametrize("path", ["", " ", ".", "a.", ".a", "a..b", 'a."b'])
    def test_of_another_form_is_refused(self, path: str) -> None:
        with pytest.raises(Unreadable, match=r"is no path|is blank"):
            patch(path, old=1, new=2)

    def test_to_no_entry_names_those_that_there_are(self) -> None:
        with pytest.raises(Unreadable, match="autumn is the id of no entry; those are 2024-spring"):
            after("rounds.autumn.approval", old="x", new="y")

    def test_into_a_list_without_ids_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="a list without ids is changed as a whole"):
            after("participants.kinds.region", old="region")

    def test_below_a_value_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="x is below what is no table"):
            after("participants.minimum.x", old=1, new=2)


class TestWhatChangesNothing:
    @pytest.mark.parametrize("values", [{}, {"old": 3, "new": 3}])
    def test_is_refused(self, values: dict[str, Any]) -> None:
        with pytest.raises(Unreadable, match=r"needs an old value|changes nothing"):
            patch("participants.minimum", **values)


PATCH = '[[patch]]\npath = "{}"\nold = {}\nnew = {}\n'


class TestInAStory:
    def test_the_story_is_under_the_patched_procedure(self) -> None:
        found = story(head=PATCH.format("participants.minimum", 3, 4))
        assert (found.procedure.participants.minimum, found.unpatched.participants.minimum) == (
            4,
            3,
        )
        assert found.procedure.sha256 != found.unpatched.sha256

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (("participants.minimum", 2, 4), "patch[0].old: the file has 3"),
            (("participants.minimum", 3, '"4"'), "patch: participants.minimum: expected a whole"),
            (("zone", '"Europe/Copenhagen"', '"x"'), "patch: zone: 'x' is not a time zone"),
            (
                (
                    "rounds.2024-spring.approval",
                    '"torsdag 2024-04-25 09:00"',
                    '"fredag 2024-04-25 09:00"',
                ),
                "patch: rounds[0].approval: 2024-04-25 is a torsdag, not a fredag",
            ),
            (
                ("participants.advisory_at", '["submit-for-qualification"]', '["start"]'),
                "patch: participants.advisory_at[0]: 'start' stands in binding_at too",
            ),
        ],
    )
    def test_a_contradiction_is_told_as_the_loader_tells_it(
        self, change: tuple[str, Any, Any], told: str
    ) -> None:
        (problem,) = problems(head=PATCH.format(*change))
        assert problem.startswith(told)

    def test_an_unknown_key_of_a_patch_is_told(self) -> None:
        assert problems(head=PATCH.format("edition", 1, 2) + "now = 3\n") == (
            "patch[0].now: is not a key here; did you mean new?",
        )

    def test_the_mistakes_of_patches_and_of_steps_are_told_together(self) -> None:
        with pytest.raises(ValueError, match="patch") as refusal:
            parse_story(HEAD + PATCH.format("edition", 7, 2) + "[[step]]\ndo = 'dance'\n")
        assert [line.partition(":")[0] for line in str(refusal.value).splitlines()] == [
            "patch[0].old",
            "step[0].do",
        ]
