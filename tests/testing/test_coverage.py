"""What stories have seen of a policy: to the smallest unit, and on both sides."""

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction

import pytest

from klimaflow.commands import COMMANDS
from klimaflow.lifecycle import MOVES
from klimaflow.moments import MICROSECOND
from klimaflow.testing.coverage import Coverage, Item, Kind, coverage
from klimaflow.testing.files import stories_in
from klimaflow.testing.lines import Distance, beyond, within
from klimaflow.testing.stories import Told, parse_story
from tests.conftest import SHIPPED
from tests.testing.told import HEAD, IDEA, SUBMISSION, told

LATE = SUBMISSION.replace('qualification"\nby', 'qualification + 1 microsecond"\nby')
REFUSED = 'refused_by = ["before-qualification-deadline"]\n'
QUALIFICATION = "before-qualification-deadline: rounds.2024-spring.qualification"


@pytest.fixture(scope="module")
def shipped() -> list[Told]:
    return [Told.of(each.name, each.load()) for each in stories_in(SHIPPED)]


def covered(*stories: Told) -> Coverage:
    (found,) = coverage(stories)
    return found


def item(found: Coverage, kind: Kind, name: str) -> Item:
    (one,) = [each for each in found.of(kind) if each.name == name]
    return one


def seen(found: Coverage, kind: Kind, name: str) -> set[str]:
    return {side for side, sighting in item(found, kind, name).sides.items() if sighting}


class TestTheShippedStories:
    def test_each_goes_as_it_says(self, shipped: list[Told]) -> None:
        assert [told.name for told in shipped if told.unlike] == []

    def test_they_see_all_of_the_procedure(self, shipped: list[Told]) -> None:
        found = covered(*shipped)
        assert [each.name for each in found.items if each.unseen] == []
        assert found.percent == 100

    def test_without_any_one_of_them_something_is_unseen(self, shipped: list[Told]) -> None:
        for left_out in shipped:
            rest = [told for told in shipped if told is not left_out]
            assert covered(*rest).percent < 100, left_out.name

    def test_only_what_the_procedure_makes_impossible_needs_a_patch(
        self, shipped: list[Told]
    ) -> None:
        found = covered(*shipped)
        patched = {
            f"{each.name} {side}"
            for each in found.items
            for side, sighting in each.sides.items()
            if each.kind is not Kind.READING and sighting and sighting.patched
        }
        assert patched == {
            "register-idea: authorised broken",
            "register-idea refused",
            "submit-for-approval@idea taken",
            "submit-for-approval@sparring taken",
            "within-fund: funds.realdania-after-evaluation.amount within",
            "within-fund: funds.realdania-after-evaluation.amount beyond",
        }


class TestWhatThereIsToSee:
    def test_every_move(self) -> None:
        names = [each.name for each in covered(told()).of(Kind.MOVE)]
        assert len(set(names)) == len(names) == len(MOVES)

    def test_every_rule_at_every_command_that_asks_it(self) -> None:
        names = {each.name for each in covered(told()).of(Kind.RULE)}
        asked = {f"{m.command.do}: {rule.id}" for m in MOVES for rule in m.rules}
        assert names == asked | {f"{do}: known-move" for do in COMMANDS}

    def test_nothing_can_come_before_the_first_phase(self) -> None:
        first = item(covered(told()), Kind.RULE, "register-idea: in-order")
        assert list(first.sides) == ["kept"]

    def test_what_the_policy_asks_nowhere_is_not_to_be_seen(self) -> None:
        patch = '[[patch]]\npath = "participants.minimum"\nold = 3\nnew = 0\n'
        (one,) = coverage([told(head=patch)])  # about the procedure as its file lays it down
        assert "enough-authorities: participants.minimum" in {each.name for each in one.items}


def sides_of(distance: Distance) -> str:
    return "within" if within(distance) else "beyond" if beyond(distance) else ""


class TestTheSmallestUnit:
    @pytest.mark.parametrize(
        ("distance", "side"),
        [
            (-2, ""),
            (-1, "beyond"),
            (0, "within"),
            (1, "within"),
            (2, ""),
            (-2 * MICROSECOND, ""),
            (-MICROSECOND, "beyond"),
            (timedelta(0), "within"),
            (MICROSECOND, "within"),
            (2 * MICROSECOND, ""),
            (timedelta(days=-1), ""),
        ],
    )
    def test_is_one_or_a_microsecond(self, distance: Distance, side: str) -> None:
        assert sides_of(distance) == side

    @pytest.mark.parametrize(
        ("nudge", "refused", "sides"),
        [
            (" - 2 microseconds", "", set()),
            (" - 1 microsecond", "", {"within"}),
            ("", "", {"within"}),
            (" + 1 microsecond", REFUSED, {"beyond"}),
            (" + 2 microseconds", REFUSED, set()),
        ],
    )
    def test_of_a_deadline(self, nudge: str, refused: str, sides: set[str]) -> None:
        step = SUBMISSION.replace('qualification"\nby', f'qualification{nudge}"\nby')
        assert seen(covered(told(step, refused)), Kind.BOUNDARY, QUALIFICATION) == sides

    @pytest.mark.parametrize(
        ("codes", "sides"),
        [
            ('["0751"]', set()),
            ('["0751", "0461"]', {"beyond"}),
            ('["0751", "0461", "1083"]', {"within"}),
            ('["0751", "0461", "1083", "0101"]', {"within"}),
            ('["0751", "0461", "1083", "0101", "0147"]', set()),
        ],
    )
    def test_of_a_minimum(self, codes: str, sides: set[str]) -> None:
        enlist = IDEA.replace("register-idea", "enlist-participants").replace(
            'title = "Skybrud på tværs"', f"participants = {codes}"
        )
        found = covered(told(enlist, SUBMISSION))
        assert seen(found, Kind.BOUNDARY, "enough-authorities: participants.minimum") == sides


@pytest.mark.parametrize("name", ["committee", "early-decision"])
def test_a_day_begins_and_ends_to_the_microsecond(shipped: list[Told], name: str) -> None:
    """The margin of a day is whole days; its boundary is seen on the clock."""
    (one,) = [told for told in shipped if told.name == f"{SHIPPED}/{name}.story.toml"]
    found = covered(one)
    edges = {
        "committee": "before-the-meeting: rounds.2024-spring.committee",
        "early-decision": "committee-has-met: rounds.2024-spring.committee",
    }
    assert seen(found, Kind.BOUNDARY, edges[name]) == {"within", "beyond"}


class TestPatches:
    EXCLUSIVE = (
        '[[patch]]\npath = "readings.deadline.value"\nold = "inclusive"\nnew = "exclusive"\n'
    )
    GRACE = '[[patch]]\npath = "readings.grace_minutes.value"\nold = 0\nnew = 15\n'

    def test_a_reading_is_seen_where_without_its_patch_the_answer_is_another(self) -> None:
        found = covered(told(SUBMISSION, REFUSED, head=self.EXCLUSIVE))
        assert seen(found, Kind.READING, "readings.deadline") == {"decides"}
        assert seen(found, Kind.READING, "readings.resolution") == set()

    def test_a_reading_is_not_seen_where_it_decides_nothing(self) -> None:
        early = SUBMISSION.replace('qualification"\nby', 'qualification - 1 microsecond"\nby')
        found = covered(told(early, head=self.EXCLUSIVE))
        assert seen(found, Kind.READING, "readings.deadline") == set()

    def test_of_two_patches_each_is_asked_for_itself(self) -> None:
        both = self.EXCLUSIVE + self.GRACE  # with fifteen minutes, nine o'clock is in time anyway
        found = covered(told(SUBMISSION, head=both))
        assert seen(found, Kind.READING, "readings.deadline") == set()
        assert seen(found, Kind.READING, "readings.grace_minutes") == {"decides"}

    def test_a_patch_without_which_the_others_are_none_decides_nothing_alone(self) -> None:
        """The start cannot advise while it binds; the second patch rests on the first."""
        head = (
            '[[patch]]\npath = "participants.binding_at"\n'
            'old = ["submit-for-approval", "start"]\nnew = ["submit-for-approval"]\n'
            '[[patch]]\npath = "participants.advisory_at"\n'
            'old = ["submit-for-qualification"]\nnew = ["start"]\n'
        )
        found = covered(told(SUBMISSION, "remarks = []\n", head=head))
        assert seen(found, Kind.READING, "participants.binding_at") == set()
        assert seen(found, Kind.READING, "participants.advisory_at") == {"decides"}

    def test_a_boundary_that_a_patch_moves_is_not_that_of_the_policy(self) -> None:
        late = SUBMISSION.replace('qualification"\nby', 'qualification + 15 minutes"\nby')
        assert seen(covered(told(late, head=self.GRACE)), Kind.BOUNDARY, QUALIFICATION) == set()

    def test_a_boundary_that_no_patch_moves_is(self) -> None:
        head = '[[patch]]\npath = "participants.minimum"\nold = 3\nnew = 4\n'
        found = covered(told(SUBMISSION, head=head))
        assert seen(found, Kind.BOUNDARY, QUALIFICATION) == {"within"}

    def test_what_needs_a_patch_is_marked_and_no_longer_once_it_needs_none(self) -> None:
        patched = told(SUBMISSION, head=self.GRACE)
        sighting = item(covered(patched), Kind.MOVE, "register-idea").sides["taken"]
        assert sighting is not None
        assert sighting.patched
        plain = Told("plain", patched.story, ())
        found = covered(patched, Told.of("plain", parse_story(HEAD + IDEA)), plain)
        sighting = item(found, Kind.MOVE, "register-idea").sides["taken"]
        assert sighting is not None
        assert (sighting.story, sighting.where, sighting.patched) == ("plain", "step[0]", False)


class TestShares:
    def test_each_side_counts_once(self) -> None:
        found = covered(told())
        assert found.seen == sum(len(each.sides) - len(each.unseen) for each in found.items)
        assert found.percent == Fraction(100 * found.seen, found.sides)

    def test_more_stories_see_no_less(self) -> None:
        one, two = told(SUBMISSION), told(LATE, REFUSED)
        assert covered(one).seen < covered(one, two).seen
        assert covered(one, one).items == covered(one).items

    def test_a_patched_story_is_about_the_policy_that_it_patches(self) -> None:
        assert ids(coverage([told(), told(head=TestPatches.GRACE)])) == [SHIPPED]
        assert ids(coverage([])) == []


def ids(found: Iterable[Coverage]) -> list[str]:
    return [each.procedure.id for each in found]
