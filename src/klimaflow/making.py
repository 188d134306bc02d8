"""Frozen values, made as cheaply as mutable ones: every recorded step makes a handful of them.

attrs freezes a value by going past `__setattr__` for each field, which costs three times a plain
assignment. A maker assigns plainly to an unfrozen draft of the same layout and then turns the draft
into the value. It runs no converter and no validator: what it is given must be clean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs

__all__ = ["Made", "Value", "copier", "maker", "thawer"]

K = TypeVar("K")
T = TypeVar("T")


class Made(dict[K, T]):
    """A dict that makes each value when it is first asked for, and keeps it."""

    def __init__(self, make: Callable[[K], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> T:
        value = self[key] = self._make(key)
        return value


class Value:
    """Equality, hash and repr by the fields, for attrs classes with `eq=False, repr=False`.

    attrs writes and compiles these for each class; for four dozen small classes that is a good part
    of the time that importing klimaflow takes.
    """

    __slots__ = ()

    def _values(self) -> dict[str, Any]:
        names = attrs.fields_dict(type(self))  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in names}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values().values()))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self._values().items())
        return f"{type(self).__name__}({said})"


def maker(cls: type[T]) -> Callable[..., T]:
    """Return a function that makes a `cls` of its fields' values, in the order of the fields.

    `cls` is a frozen attrs class with slots and without a slot for weak references.
    """
    names = [each.name for each in attrs.fields(cls)]  # type: ignore[arg-type]
    return _compiled(cls, f"make({', '.join(names)})", [f"draft.{name} = {name}" for name in names])


def thawer(cls: type[Any]) -> Callable[[Any], Any]:
    """Return a function that makes an unfrozen draft of what has a `cls`'s fields.

    Whoever changes the draft freezes it by `draft.__class__ = cls`.
    """
    names = [each.name for each in attrs.fields(cls)]
    return _compiled(cls, "make(before)", [f"draft.{n} = before.{n}" for n in names], frozen=False)


def copier(cls: type[T]) -> Callable[[Any], T]:
    """Return a function that makes a `cls` of anything that has its fields."""
    names = [each.name for each in attrs.fields(cls)]  # type: ignore[arg-type]
    return _compiled(cls, "make(before)", [f"draft.{name} = before.{name}" for name in names])


def _compiled(
    cls: type[T], signature: str, assignments: list[str], *, frozen: bool = True
) -> Callable[..., T]:
    slots: tuple[str, ...] = cls.__slots__  # type: ignore[attr-defined]
    plain = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    names = {"__slots__": slots, **plain}  # both, or neither is a plain assignment
    scope: dict[str, Any] = {"Draft": type("Draft", cls.__bases__, names), "cls": cls}
    freeze = ["draft.__class__ = cls"] if frozen else []
    body = ["draft = new(Draft)", *assignments, *freeze, "return draft"]
    source = f"def {signature}:\n  " + "\n  ".join(body)
    scope["new"] = object.__new__
    # Interrupted within the `exec` of a text, `python -m` ends by the signal though it was caught.
    exec(compile(source, "<making>", "exec"), scope)
    make: Callable[..., T] = scope["make"]
    return make
