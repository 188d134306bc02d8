"""Progress of what takes long, in notebooks and terminals; the only door to tqdm."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm.std import TqdmWarning
from tqdm.std import tqdm as plain

with warnings.catch_warnings():
    warnings.simplefilter("ignore", TqdmWarning)  # without ipywidgets a notebook shows it as text
    from tqdm.auto import tqdm

__all__ = ["told"]

T = TypeVar("T")

AFTER = 1.0
"""The seconds for which nothing is told."""


def told(
    parts: Iterable[T], size: Callable[[T], int], total: int, show: bool | None = None
) -> Iterator[T]:
    """Yield the parts, and tell how many of `total` scenarios are done once it takes over a second.

    It is told in a notebook and on a terminal, and nowhere else, unless `show` says whether.
    """
    seen = sys.stderr.isatty() or (tqdm is not plain and "ipykernel" in sys.modules)
    silent = not (seen if show is None else show)
    bar = tqdm(total=total, delay=AFTER, disable=silent, unit="", unit_scale=True, leave=False)
    with bar:
        for part in parts:
            yield part
            bar.update(size(part))
