"""A scenario file in, scenarios out; every mistake named at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from math import isfinite, prod
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen
from scipy import stats

from klimaflow import fields
from klimaflow.case import Case, file_content, load_case, policy_of, unknown_funds
from klimaflow.entries import tables
from klimaflow.errors import CaseError, FrameError
from klimaflow.fields import Unreadable, optional, reads
from klimaflow.frames.columns import Kind
from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import Moment, moment
from klimaflow.policy import load_procedure, parse_toml
from klimaflow.procedure import Procedure
from klimaflow.report.course import Course
from klimaflow.scenarios.draws import Scenarios, grid, sample
from klimaflow.scenarios.rows import kind_of, row_of

__all__ = ["DISTRIBUTIONS", "Spec", "load_spec", "parse_spec"]

DISTRIBUTIONS = (
    *("bernoulli", "beta", "binom", "expon", "gamma", "geom", "lognorm", "nbinom", "norm"),
    *("poisson", "randint", "triang", "truncnorm", "uniform", "weibull_min"),
)
"""The distributions of scipy.stats that a scenario file may name."""

NEVER = "never"
MOST_SCENARIOS = 100_000_000
MOST_INPUTS = 50
_LARGEST = 1e12


@frozen
class Spec:
    """What a scenario file asks: `scenarios`, and `against` which procedure they are put too."""

    title: str
    scenarios: Scenarios
    against: Procedure | None


def load_spec(path: str | Path, n: int | None = None, seed: int | None = None) -> Spec:
    """Return what the scenario file at `path` asks; `n` and `seed` stand in for the file's own.

    Raises `CaseError` with every mistake of the file and its path.
    """
    return parse_spec(file_content(path), folder=Path(path).parent, n=n, seed=seed)


def parse_spec(
    text: str | bytes,
    *,
    folder: Path | None = None,
    n: int | None = None,
    seed: int | None = None,
) -> Spec:
    """Return what the text of a scenario file asks; files that it names are in `folder` or below.

    Raises `CaseError` with every mistake and its path.
    """
    try:
        table = parse_toml(text)
        given = {"scenarios": n, "seed": seed}
        table |= {name: value for name, value in given.items() if value is not None}
        return _read(table, folder)
    except Unreadable as error:
        raise CaseError(error.lines()) from None


def _count(value: object) -> int:
    if not 1 <= fields.whole(value) <= MOST_SCENARIOS:
        raise Unreadable(f"expected a number from 1 to {MOST_SCENARIOS:,}")
    return fields.whole(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unreadable("expected a number")
    if not isfinite(value) or abs(value) > _LARGEST:
        raise Unreadable(f"expected a number from {-_LARGEST:,.0f} to {_LARGEST:,.0f}")
    return float(value)


def _value(value: object) -> bool | float | str:
    if isinstance(value, bool):
        return value
    return fields.visible(value) if isinstance(value, str) else _number(value)


def _at(value: Any) -> Moment:
    """Read a moment; a time without an offset is Danish wall-clock time."""
    naive = isinstance(value, datetime) and value.tzinfo is None
    return moment(value.isoformat(" ") if naive else value)


def _consent(value: Any) -> Moment | None:
    return None if value == NEVER else _at(value)


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.MOMENT: _at,
    Kind.COUNT: fields.whole,
    Kind.KRONER: fields.kroner,
    Kind.FLAG: fields.flag,
    Kind.TEXT: fields.visible,
}


def _base(value: object) -> dict[str, Any]:
    """Read the row of a course: a key for each column."""
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    readers = ((fields.in_path(name), partial(_cell, name, given)) for name, given in value.items())
    return dict(zip(value, fields.gathered(readers), strict=True))


def _cell(name: Any, value: Any) -> Any:
    kind = kind_of(str(name))
    if kind is None:
        raise Unreadable("is no column of a course")
    if str(name).startswith("consented_at_"):
        return _consent(value)
    return _READERS[kind](value)


@frozen
class _Input:
    name: str
    values: Any


def _input(value: object) -> _Input:
    """Read an input: a name, and either values or a distribution with its parameters."""
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    (name,) = fields.gathered([("name", partial(_named, value.get("name")))])
    if ("values" in value) is ("distribution" in value):
        raise Unreadable("needs either values or a distribution")
    rest = {key: each for key, each in value.items() if key not in ("name", "distribution")}
    if "distribution" not in value:
        return _Input(name, fields.read(_Listed, rest).values)
    return _Input(name, _distribution(value["distribution"], rest))


def _named(value: object) -> str:
    if value is None:
        raise Unreadable("is missing")
    return fields.identifier(value)


def _some(value: object) -> tuple[Any, ...]:
    found = fields.each(_value)(value)
    if not found or len({type(each) for each in found}) > 1:
        raise Unreadable("expected one value or more, all of one type")
    return found


@frozen
class _Listed:
    values: tuple[Any, ...] = field(metadata=reads(_some))


def _distribution(value: object, given: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or value not in DISTRIBUTIONS:
        named = f"{fields.shown(value)!r} is none of {', '.join(DISTRIBUTIONS)}"
        raise Unreadable(("distribution", named))
    of = getattr(stats, value)
    shapes = [each.strip() for each in (of.shapes or "").split(",") if each.strip()]
    optional_ones = ["loc"] if isinstance(of, stats.rv_discrete) else ["loc", "scale"]
    problems = [(name, "is missing") for name in shapes if name not in given]
    for key in given:
        if key not in (*shapes, *optional_ones):
            known = ", ".join((*shapes, *optional_ones))
            problems.append((fields.in_path(key), f"is no parameter of {value}; those are {known}"))
    if problems:
        raise Unreadable(*problems)
    readers = ((key, partial(_number, each)) for key, each in given.items())
    frozen_one = of(**dict(zip(given, fields.gathered(readers), strict=True)))
    if not all(isfinite(each) for each in frozen_one.ppf([0.001, 0.5, 0.999])):
        raise Unreadable(("distribution", f"{value} has no values with these parameters"))
    return frozen_one


@frozen(kw_only=True)
class _Raw:
    title: str = field(default="", metadata=reads(fields.visible))
    procedure: str | None = field(default=None, metadata=reads(fields.visible))
    against: str | None = field(default=None, metadata=reads(fields.visible))
    case: str | None = field(default=None, metadata=reads(fields.visible))
    at: Moment | None = field(default=None, metadata=reads(optional(_at)))
    scenarios: int | None = field(default=None, metadata=reads(_count))
    seed: int = field(default=0, metadata=reads(fields.whole))
    base: Mapping[str, Any] = field(default=FrozenMap(), metadata=reads(_base))
    committed: FrozenMap[str, int] = field(default=FrozenMap(), metadata=reads(fields.amounts))
    input: tuple[_Input, ...] = field(default=(), metadata=reads(fields.each(_input)))


def _read(table: Mapping[str, Any], folder: Path | None) -> Spec:
    readers: list[tuple[str, Callable[[], Any]]] = [
        ("", partial(fields.read, _Raw, table)),
        ("", partial(_procedure, table, "procedure", folder)),
        ("", partial(_procedure, table, "against", folder)),
        ("", partial(_case, table, folder)),
        ("", partial(_together, table)),
    ]
    raw, procedure, against, case, _ = fields.gathered(readers)
    laid_down = procedure or (case and case.procedure)
    if unknown := [*unknown_funds({"committed": raw.committed}, laid_down)]:
        raise Unreadable(*unknown)
    scenarios = _scenarios(raw, laid_down, case)
    if against is not None:
        _under(scenarios, against)
    return Spec(raw.title, scenarios, against)


def _procedure(table: Mapping[str, Any], key: str, folder: Path | None) -> Procedure | None:
    which = fields.readable(fields.visible, table.get(key))
    if which is None:
        return None
    try:
        return policy_of(which, folder, load_procedure)
    except Unreadable as error:
        problems = ((key, sentence) for _, sentence in error.problems)
        raise Unreadable(*problems) from None


def _case(table: Mapping[str, Any], folder: Path | None) -> Case | None:
    """Return the case that the file begins with: a file in the folder or below it."""
    which = fields.readable(fields.visible, table.get("case"))
    if which is None:
        return None
    path = (folder or Path()) / which
    within = (
        folder is not None and "\0" not in which and path.resolve().is_relative_to(folder.resolve())
    )
    if not within or not path.is_file():
        raise Unreadable(("case", f"{which[:200]!r} is no file in this folder or below it"))
    try:
        return load_case(path)
    except CaseError as error:
        raise Unreadable(*(("case", problem) for problem in error.problems)) from None


def _together(table: Mapping[str, Any]) -> None:
    """Raise `Unreadable` for what no single key can know."""
    problems: list[tuple[str, str]] = []
    if "procedure" not in table and "case" not in table:
        problems.append(("procedure", "is missing, and no case says under which it is"))
    if "base" not in table and "case" not in table:
        problems.append(("base", "is missing: the row of a course, or a case"))
    if "at" in table and "case" not in table:
        problems.append(("at", "is when to look ahead from in a case, and there is none"))
    problems += _inputs_together(table)
    if problems:
        raise Unreadable(*problems)


def _inputs_together(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    stated = table.get("input")
    inputs = (
        [each for each in stated if isinstance(each, Mapping)] if isinstance(stated, list) else []
    )
    if not inputs:
        yield "input", "is missing: what varies"
    if len(inputs) > MOST_INPUTS:
        yield "input", f"has more than {MOST_INPUTS} entries"
    names = [fields.shown(each.get("name")) for each in inputs]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield f"input[{number}].name", f"{fields.in_path(name)} stands there twice"
    if "scenarios" in table:
        return
    if any("distribution" in each for each in inputs):
        yield "scenarios", "is missing: how many are drawn"
    sizes = (len(v) for each in inputs if isinstance(v := each.get("values"), list))
    if prod(sizes) > MOST_SCENARIOS:
        yield "input", f"makes more than {MOST_SCENARIOS:,} combinations"


def _scenarios(raw: _Raw, procedure: Procedure, case: Case | None) -> Scenarios:
    row = dict(raw.base)
    if case is not None:
        row = {**row_of(Course.of(case).history, raw.at), **row}
    committed = raw.committed or (case.committed if case else raw.committed)
    inputs = {each.name: each.values for each in raw.input}
    try:
        if raw.scenarios is None:
            return grid(row, procedure, committed=committed, **inputs)
        return sample(raw.scenarios, raw.seed, row, procedure, committed=committed, **inputs)
    except FrameError as error:
        raise Unreadable(*error.problems) from None


def _under(scenarios: Scenarios, against: Procedure) -> None:
    """Raise `Unreadable` if the scenarios cannot be put to the other procedure."""
    try:
        attrs.evolve(scenarios.under(against), n=1).run(progress=False)
    except FrameError as error:
        raise Unreadable(*(("against", problem) for problem in error.problems)) from None
