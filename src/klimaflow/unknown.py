"""The fact that is not known."""

from __future__ import annotations

from typing import Final

__all__ = ["UNKNOWN", "Unknown"]


class Unknown:
    """A fact that is not known: no comparison with it holds, and what is made of it is unknown."""

    __slots__ = ()

    def _never(self, _other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _never

    def _still(self, _other: object) -> Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = _still

    @property
    def begins_at(self) -> Unknown:
        """The start of an unknown day."""
        return self

    @property
    def ends_at(self) -> Unknown:
        """The end of an unknown day."""
        return self

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
