"""Texts that follow from conditions, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import narwhals.stable.v2 as nw

from klimaflow.frames.engines import in_sql
from klimaflow.frames.terms import Condition

__all__ = ["column", "joined", "told"]


def column(condition: Condition) -> nw.Expr:
    """Return a condition as a column, also where it is the same in every row."""
    return nw.lit(condition, dtype=nw.Boolean) if isinstance(condition, bool) else condition


def joined(native: Any, *groups: Mapping[str, Condition]) -> Any:
    """Return the words whose conditions hold, none of them null, with a blank between them.

    In each row only words of one group do.
    """
    said = [{word: each for word, each in of.items() if each is not False} for of in groups]
    if in_sql(native):
        words = [nw.when(column(each)).then(nw.lit(word)) for word, each in _pairs(said)]
        return nw.concat_str(*words, separator=" ", ignore_nulls=True) if words else nw.lit("")
    texts = dict(_combined(said))
    bits = max(texts).bit_length()
    number_type = nw.Int16 if bits < 16 else nw.Int32 if bits < 32 else nw.Int64
    code: Any = nw.lit(0, dtype=number_type)
    for number, (_, each) in enumerate(_pairs(said)):
        code += column(each).cast(number_type) * nw.lit(1 << number, dtype=number_type)
    return code.replace_strict([*texts], [*texts.values()], return_dtype=nw.String)


def _pairs(groups: Sequence[Mapping[str, Condition]]) -> Iterator[tuple[str, Condition]]:
    return (pair for of in groups for pair in of.items())


def _combined(groups: Sequence[Mapping[str, Condition]]) -> Iterator[tuple[int, str]]:
    """Yield each combination of the words of one group: its code, and the text."""
    first = 0
    for of in groups:
        for chosen in product((False, True), repeat=len(of)):
            code = sum(1 << n for n, each in enumerate(chosen, start=first) if each)
            yield code, " ".join(word for word, each in zip(of, chosen, strict=True) if each)
        first += len(of)


def told(native: Any, cases: Mapping[str, Condition]) -> Any:
    """Return the text whose condition holds, none of them null; the empty text if none does."""
    if not in_sql(native):
        return joined(native, *({text: where} for text, where in cases.items()))
    found: Any = nw.lit("")
    for text, where in cases.items():
        found = nw.when(column(where)).then(nw.lit(text)).otherwise(found)
    return found
