"""Many scenarios at once: all combinations of some values, or as many as are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any

import attrs
import numpy as np
import polars as pl
from attrs import field, frozen

from klimaflow.case import Case
from klimaflow.decider import NOTHING_COMMITTED
from klimaflow.errors import FrameError, MomentError
from klimaflow.frames import course, course_columns
from klimaflow.frames.columns import Kind
from klimaflow.frames.rows import Row
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.procedure import Procedure
from klimaflow.report.course import Course
from klimaflow.scenarios.inputs import (
    Distribution,
    Drawn,
    Input,
    Listed,
    later_by,
    misnamed,
    value_of,
)
from klimaflow.scenarios.progress import told
from klimaflow.scenarios.rows import kind_of, literal, row_of
from klimaflow.scenarios.scenario import Scenario

__all__ = ["ADDED", "BATCH", "Scenarios", "grid", "sample"]

BATCH = 200_000
"""How many scenarios are made and run at a time."""

ADDED = ("reached", "stopped_at", "stopped_by", "round", "started_at")
"""What running adds to each row."""

_ALSO = ("cofinancing_stated",)
_MOST = 2**62
_UTC = pl.Datetime("us", "UTC")


@frozen(eq=False)
class Scenarios:
    """Scenarios by their number, from 0 to `n`, not made until they are asked for.

    `base` is the row of a course that they vary, by column, and `inputs` what varies, by its name:
    see `klimaflow.scenarios.inputs`. `seed` is None where nothing is drawn.

    A frame of them (polars) has for each scenario its number, `scenario`, the `seed`, the
    `procedure` and its `sha256`, a column for each input by its name, and the columns of a course
    that are not the same in all. One that is `run` has also those of `klimaflow.frames.course`:
    `reached`, `stopped_at`, `stopped_by`, `round` and `started_at`.
    """

    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    base: Row = field(repr=False)
    inputs: Mapping[str, Input] = field(repr=", ".join)
    n: int
    seed: int | None
    committed: Mapping[str, int] = field(repr=False)

    def __len__(self) -> int:
        return self.n

    def under(self, procedure: Procedure) -> Scenarios:
        """Return the same scenarios under another procedure, on the same draws."""
        return attrs.evolve(self, procedure=procedure)

    def changed(self, **inputs: Distribution | Sequence[Any]) -> Scenarios:
        """Return the scenarios with some inputs drawn otherwise; the others are drawn as before.

        Raises `FrameError` as `sample` does, and for scenarios of a grid.
        """
        if self.seed is None:
            raise FrameError(["changed: a grid has all its values; make another one"])
        drawn = _drawn(inputs, self.seed)
        return _checked(attrs.evolve(self, inputs=FrozenMap({**self.inputs, **drawn})))

    def frame(self, start: int = 0, stop: int | None = None) -> pl.DataFrame:
        """Return a frame of the scenarios from number `start` on, up to `stop`, excluded."""
        stop = self.n if stop is None else min(stop, self.n)
        values = {name: each.between(start, stop) for name, each in self.inputs.items()}
        return self._framed(np.arange(start, stop), values)

    def batches(self, size: int = BATCH, *, progress: bool | None = None) -> Iterator[pl.DataFrame]:
        """Yield frames of at most `size` scenarios, each run.

        Progress is told, once it takes over a second, in a notebook and on a terminal; `progress`
        says otherwise.
        """
        starts = range(0, self.n, size)
        runs = (self._run(self.frame(start, start + size)) for start in starts)
        return told(runs, len, self.n, progress)

    def run(self, *, progress: bool | None = None) -> pl.DataFrame:
        """Return a frame of all of them, run; `batches` needs less memory."""
        return pl.concat([*self.batches(progress=progress)])

    def scenario(self, i: int) -> Scenario:
        """Return scenario number `i`, to be run step by step, read and replayed.

        Raises `FrameError` if there is none of this number.
        """
        if not 0 <= i < self.n:
            raise FrameError([f"scenario {i}: there are {self.n:,}, counted from 0"])
        (row,) = self._decided(self.frame(i, i + 1)).rows(named=True)
        said = {name: row[name] for name in self.columns if name in row}
        known = {name: said.get(name, self.base.get(name)) for name in (*self.base, *said)}
        of_it = {name: value for name, value in known.items() if name in self.columns}
        return Scenario.of_row(of_it, self.procedure, f"scenario-{i}", self.committed)

    def explain(self, i: int) -> Course:
        """Return the course of scenario number `i`, with every decision."""
        return self.scenario(i).run()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of a course under this procedure."""
        return tuple(each.name for each in course_columns(self.procedure))

    def framed(self, values: Mapping[str, Any]) -> pl.DataFrame:
        """Return a frame of scenarios with these values of the inputs, numbered from 0, and run."""
        count = len(next(iter(values.values()), ()))
        return self._run(self._framed(np.arange(count), values))

    def _framed(self, numbers: Any, values: Mapping[str, Any]) -> pl.DataFrame:
        procedure = self.procedure
        of_each = {"procedure": procedure.id, "sha256": procedure.sha256}
        same = [
            pl.lit(self.seed, dtype=pl.Int64).alias("seed"),
            *(pl.lit(said).cast(pl.Enum([said])).alias(name) for name, said in of_each.items()),
        ]
        return (
            pl.DataFrame({"scenario": numbers})
            .with_columns(*same)
            .with_columns(*(pl.Series(name, each) for name, each in self._inputs(values).items()))
            .with_columns(*self._made(values, len(numbers)))
        )

    def _inputs(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what stands in the columns of the inputs; a flag is one."""
        flags = {n: value_of(n, Kind.FLAG, v) for n, v in values.items() if _flag(n)}
        return {**values, **flags}

    def _made(self, values: Mapping[str, Any], count: int) -> list[pl.Series]:
        """Return the columns of a course that follow from the inputs, but for answers."""
        made: dict[str, pl.Series] = {}
        for name, each in values.items():
            if (kind := kind_of(name)) is not None and not name.startswith(_MEANING):
                made[name] = value_of(name, kind, each)
        for name, each in values.items():
            if name.startswith("late_"):
                at = f"{name.removeprefix('late_')}_at"
                ready = made.get(at, self._based(at, count))
                made[at] = later_by(name, ready, each, self.procedure.zone)
        made |= self._taking_part(values, made, count)
        for name, each in values.items():
            if name.startswith("refuses_"):
                at = f"consented_at_{name.removeprefix('refuses_')}"
                never = value_of(name, Kind.FLAG, each)
                arrives = made.get(at, self._based(at, count))
                made[at] = arrives.zip_with(~never, pl.Series([None], dtype=_UTC))
        return [series.rename(name) for name, series in made.items()]

    def _based(self, name: str, count: int) -> pl.Series:
        """Return what the base says in a column."""
        said = pl.select(literal(name, self.base.get(name))).to_series()
        return said.rename(name).new_from_index(0, count)

    def _taking_part(
        self, values: Mapping[str, Any], made: Mapping[str, pl.Series], count: int
    ) -> dict[str, pl.Series]:
        found: dict[str, pl.Series] = {}
        if "joining" in values or "leaving" in values:
            name, later = "authorities", "authorities_at_start"
            there = made.get(name, self._based(name, count))
            joining = value_of("joining", Kind.COUNT, values.get("joining", np.zeros(count)))
            leaving = value_of("leaving", Kind.COUNT, values.get("leaving", np.zeros(count)))
            found[name] = there + joining
            start = made.get(later, self._based(later, count)).fill_null(there) + joining
            found[later] = (start - leaving).clip(0)
        return found

    def _run(self, frame: pl.DataFrame) -> pl.DataFrame:
        decided = self._decided(frame)
        run = self._course(decided, ADDED).select(ADDED)
        return frame.with_columns(*decided.drop("scenario", strict=False), *run)

    def _decided(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the columns of a course, with the moments at which the funders answer."""
        asked = [name for name in frame.columns if name in self.columns]
        decided = frame.select(*asked) if asked else frame.select("scenario")
        answers = [name for name in frame.columns if name.startswith("answers_after_")]
        if not answers:
            return decided
        funders = {name: name.removeprefix("answers_after_") for name in answers}
        waiting = decided.with_columns(
            pl.lit(None, dtype=_UTC).alias(f"consented_at_{each}") for each in funders.values()
        )
        approved = self._approved(self._course(waiting, ("round",)))
        arriving = {
            f"consented_at_{funder}": later_by(
                name, approved, frame[name].to_numpy(), self.procedure.zone
            )
            for name, funder in funders.items()
        }
        refused = {each: f"refuses_{each}" for each in funders.values()}
        for funder, flag in refused.items():
            if flag in frame.columns:
                at = f"consented_at_{funder}"
                arriving[at] = arriving[at].zip_with(~frame[flag], pl.Series([None], dtype=_UTC))
        return decided.with_columns(each.rename(name) for name, each in arriving.items())

    def _approved(self, frame: pl.DataFrame) -> pl.Series:
        """Return when the committee decides: when it is ready, and the round's meeting begins."""
        meetings = {id: gates.meeting.begins_at for id, gates in self.procedure.gates.items()}
        ids = list(meetings)
        begins = pl.Series([meetings[each] for each in ids], dtype=_UTC)
        met = frame["round"].replace_strict(ids, begins, default=None, return_dtype=_UTC)
        ready = frame["approve_at"] if "approve_at" in frame.columns else None
        ready = self._based("approve_at", len(frame)) if ready is None else ready
        return pl.select(pl.max_horizontal(pl.lit(met), pl.lit(ready))).to_series()

    def _course(self, frame: pl.DataFrame, add: Sequence[str]) -> pl.DataFrame:
        given = {n: v for n, v in self.base.items() if n in self.columns or n in _ALSO}
        varying = {*frame.columns}
        same = {n: v for n, v in given.items() if n not in varying and n in self.columns}
        never = [name for name, value in same.items() if value is None]
        frame = frame.with_columns(literal(name, None).alias(name) for name in never)
        constants = {name: value for name, value in same.items() if value is not None}
        return course(frame, self.procedure, constants=constants, committed=self.committed, add=add)


_MEANING = ("late_", "refuses_", "answers_after_")


def _flag(name: str) -> bool:
    return name.startswith("refuses_") or kind_of(name) is Kind.FLAG


def grid(
    base: History | Case | Row,
    procedure: Procedure | None = None,
    *,
    committed: Mapping[str, int] | None = None,
    **inputs: Sequence[Any],
) -> Scenarios:
    """Return all combinations of the values of some inputs, the last one varying fastest.

    `base` is a history or a case, taken as `row_of` takes it, or the row of a course itself, by
    column; then the procedure is to be given. Raises `FrameError` with every mistake: an input
    that is none, one without values, a column that is missing.
    """
    row, under, promised = _based_on(base, procedure, committed)
    if empty := [name for name, values in inputs.items() if not len(values)]:
        raise FrameError(f"{name}: has no values" for name in empty)
    sizes = [len(values) for values in inputs.values()]
    strides = [prod(sizes[place + 1 :]) for place in range(len(sizes))]
    listed = {
        name: Listed(values, stride)
        for (name, values), stride in zip(inputs.items(), strides, strict=True)
    }
    return _checked(Scenarios(under, row, FrozenMap(listed), prod(sizes), None, promised))


def sample(
    n: int,
    seed: int,
    base: History | Case | Row,
    procedure: Procedure | None = None,
    *,
    committed: Mapping[str, int] | None = None,
    **inputs: Distribution | Sequence[Any],
) -> Scenarios:
    """Return `n` scenarios drawn from distributions of scipy.stats, or evenly from lists.

    The same seed gives the same scenarios, whatever the size of a batch; each input has its own
    stream. `base` and errors as for `grid`; `FrameError` too for a seed that is none.
    """
    row, under, promised = _based_on(base, procedure, committed)
    if not 0 <= seed < _MOST or not 1 <= n < _MOST:
        raise FrameError(["sample: n and seed are whole numbers, n from 1 and the seed from 0"])
    drawn = _drawn(inputs, seed)
    return _checked(Scenarios(under, row, FrozenMap(drawn), n, seed, promised))


def _drawn(inputs: Mapping[str, Distribution | Sequence[Any]], seed: int) -> dict[str, Input]:
    """Return inputs that are drawn; raise `FrameError` for each of which nothing can be."""
    strange = [
        f"{name}: is neither a frozen distribution of scipy.stats nor a list of values"
        for name, values in inputs.items()
        if not isinstance(values, Distribution) and (isinstance(values, str) or not len(values))
    ]
    if strange:
        raise FrameError(strange)
    return {name: Drawn(name, values, seed) for name, values in inputs.items()}


def _based_on(
    base: History | Case | Row, procedure: Procedure | None, committed: Mapping[str, int] | None
) -> tuple[Row, Procedure, Mapping[str, int]]:
    if isinstance(base, (History, Case)):
        scenario = Scenario.of(base)
        promised = scenario.committed if committed is None else committed
        history = base if isinstance(base, History) else scenario.run().history
        return FrozenMap(row_of(history)), procedure or scenario.procedure, promised
    if procedure is None:
        raise FrameError(["procedure: is missing, and a row does not say under which it is asked"])
    return FrozenMap(base), procedure, committed or NOTHING_COMMITTED


def _checked(scenarios: Scenarios) -> Scenarios:
    """Return the scenarios, if the first of them can be run."""
    names = [*scenarios.inputs]
    columns = (*scenarios.columns, *_ALSO)
    problems = [*misnamed(names, scenarios.procedure, columns)]
    problems += _unknown_columns(scenarios.base, columns)
    problems += _without_a_base(scenarios)
    if problems:
        raise FrameError(problems)
    try:
        scenarios._run(scenarios.frame(0, 1))
    except MomentError as error:
        raise FrameError([str(error)]) from None
    return scenarios


def _unknown_columns(base: Row, columns: Sequence[str]) -> Iterator[str]:
    for name in base:
        if kind_of(name) is None or (name not in columns and name not in _ALSO):
            yield f"base.{str(name)[:60]}: is no column of a course under this procedure"


def _without_a_base(scenarios: Scenarios) -> Iterator[str]:
    for name in scenarios.inputs:
        at = f"{name.removeprefix('late_')}_at"
        if name.startswith("late_") and at not in (*scenarios.base, *scenarios.inputs):
            yield f"{name}: the base does not say {at}, so nothing is late"
