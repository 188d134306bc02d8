"""How far a command is, on a terminal only, and on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

import click

__all__ = ["counted"]

T = TypeVar("T")

MANY = 20
"""From so many on it may take over a second."""


def counted(items: Sequence[T]) -> Iterator[T]:
    """Yield the items, and show how many are done if they are many."""
    if len(items) < MANY or sys.stderr is None or not sys.stderr.isatty():
        yield from items
    else:
        with click.progressbar(items, file=sys.stderr) as shown:
            yield from shown
