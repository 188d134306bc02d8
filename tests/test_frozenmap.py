"""A mapping that does not change, is equal to a dict, and has a hash."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from klimaflow.frozenmap import FrozenMap

ITEMS = {"realdania": 1, "regions": 2}
MUTATORS: dict[str, Callable[[Any], object]] = {
    "setitem": lambda m: m.__setitem__("realdania", 3),
    "delitem": lambda m: m.__delitem__("realdania"),
    "clear": lambda m: m.clear(),
    "pop": lambda m: m.pop("realdania"),
    "pop with a default": lambda m: m.pop("x", None),
    "popitem": lambda m: m.popitem(),
    "setdefault": lambda m: m.setdefault("realdania", 3),
    "update": lambda m: m.update(realdania=3),
    "update with nothing": lambda m: m.update(),
    "in-place or": lambda m: m.__ior__({"x": 1}),
}


@pytest.mark.parametrize("mutate", MUTATORS.values(), ids=MUTATORS)
def test_every_mutator_is_refused(mutate: Callable[[Any], object]) -> None:
    frozen = FrozenMap(ITEMS)
    with pytest.raises(TypeError, match="a FrozenMap does not change: make a new one"):
        mutate(frozen)
    assert frozen == ITEMS


def test_no_mutator_of_dict_is_forgotten() -> None:
    harmless = {"copy", "fromkeys", "get", "items", "keys", "values"}
    mutators = {name for name in vars(dict) if not name.startswith("__")} - harmless
    mutators |= {"__setitem__", "__delitem__", "__ior__"}
    assert all(vars(FrozenMap)[name] is FrozenMap._refuse for name in mutators)


def test_it_takes_no_attribute() -> None:
    with pytest.raises(AttributeError):
        FrozenMap(ITEMS).x = 1  # type: ignore[attr-defined]


def test_it_is_a_dict_and_equal_to_one() -> None:
    frozen = FrozenMap(ITEMS)
    assert frozen == ITEMS
    assert frozen != {"realdania": 1}
    assert json.dumps(frozen) == json.dumps(ITEMS)
    assert {**frozen} == ITEMS
    assert frozen | {"x": 3} == {**ITEMS, "x": 3}


def test_its_hash_does_not_depend_on_the_order() -> None:
    one, other = FrozenMap(ITEMS), FrozenMap(reversed(ITEMS.items()))
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other, FrozenMap()}) == 2


def test_what_has_no_hash_within_it_has_none() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(FrozenMap({"a": []}))


def test_with_makes_a_new_one() -> None:
    frozen = FrozenMap(ITEMS)
    more = frozen.with_("realdania", 5)
    assert (frozen["realdania"], more["realdania"], more["regions"]) == (1, 5, 2)
    assert type(more) is FrozenMap
    assert list(more) == list(frozen)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
)
def test_copies_are_frozen_and_equal(copied: Callable[[Any], Any]) -> None:
    frozen = FrozenMap({"a": FrozenMap(ITEMS)})
    other = copied(frozen)
    assert other == frozen
    assert (type(other), type(other["a"])) == (FrozenMap, FrozenMap)
    with pytest.raises(TypeError):
        other["a"]["realdania"] = 2
