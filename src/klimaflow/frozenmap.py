"""A mapping that does not change: the kroner of each funder, the consent of each party."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

__all__ = ["FrozenMap"]

K = TypeVar("K")
V = TypeVar("V")


class FrozenMap(dict[K, V]):
    """A `dict` that refuses every change and has a hash; equal to a dict with the same items.

    Being a dict it is as small and as fast as one, and `json` writes it as it is.
    """

    __slots__ = ()

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("a FrozenMap does not change: make a new one with `with_`")

    # The signatures of dict's mutators differ from one another; none of them is ever obeyed.
    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:  # pickle's own protocol is untyped
        return type(self), (dict(self),)

    def with_(self, key: K, value: V) -> FrozenMap[K, V]:
        """Return this mapping with `value` at `key`."""
        return FrozenMap({**self, key: value})
