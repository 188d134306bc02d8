"""Frozen values that are made cheaply are the same as those that attrs makes."""

import copy
import pickle

import attrs
import pytest
from attrs import frozen

from klimaflow.making import Made, Value, copier, maker, thawer


@frozen(weakref_slot=False)
class Point:
    x: int
    y: int = 2


@frozen(weakref_slot=False, eq=False, repr=False)
class Named(Value):
    name: str


@frozen(weakref_slot=False, eq=False, repr=False)
class Placed(Named):
    at: int


class TestAMaker:
    @pytest.mark.parametrize("made", [maker(Point)(1, 5), copier(Point)(Point(1, 5))])
    def test_makes_what_attrs_makes(self, made: Point) -> None:
        assert made == Point(1, 5)
        assert type(made) is Point
        assert hash(made) == hash(Point(1, 5))
        assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made

    def test_makes_frozen_values(self) -> None:
        made = maker(Point)(1, 5)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            made.x = 7  # type: ignore[misc]
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            del made.x

    def test_knows_the_fields_of_the_classes_above(self) -> None:
        assert maker(Placed)("a", 3) == Placed("a", 3)
        assert copier(Placed)(Placed("b", 4)) == Placed("b", 4)

    def test_copies_from_anything_that_has_the_fields(self) -> None:
        class Thing:
            x, y, other = 3, 4, 5

        assert copier(Point)(Thing()) == Point(3, 4)

    def test_wants_every_field(self) -> None:
        with pytest.raises(TypeError):
            maker(Point)(1)


class TestADraft:
    def test_is_changed_and_then_frozen_and_the_value_behind_it_stays(self) -> None:
        before = Point(1, 2)
        draft = thawer(Point)(before)
        draft.y = 9
        draft.__class__ = Point
        assert draft == Point(1, 9)
        assert before == Point(1, 2)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            draft.y = 1


class TestAValue:
    def test_is_equal_by_class_and_fields(self) -> None:
        assert Placed("a", 1) == Placed("a", 1)
        assert Placed("a", 1) != Placed("a", 2)
        assert Named("a") != Placed("a", 1)
        assert Named("a") != "a"

    def test_hashes_as_it_compares(self) -> None:
        assert len({Placed("a", 1), Placed("a", 1), Placed("a", 2), Named("a")}) == 3

    def test_shows_its_fields(self) -> None:
        assert repr(Placed("a", 1)) == "Placed(name='a', at=1)"


def test_what_is_made_when_asked_for_is_made_once() -> None:
    asked: list[int] = []

    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    made = Made(double)
    assert (made[2], made[2], made[3]) == (4, 4, 6)
    assert asked == [2, 3]
