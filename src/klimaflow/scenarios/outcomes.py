"""What comes of many scenarios: how far they come, what stops them, when they start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from attrs import define, field, frozen

from klimaflow.errors import FrameError
from klimaflow.frames.steps import STEPS
from klimaflow.phrases import day, label, number
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase
from klimaflow.report.words import round_label
from klimaflow.rules import EVERY_PARTY_CONSENTS, RULES
from klimaflow.scenarios.draws import ADDED, BATCH, Scenarios
from klimaflow.scenarios.rows import literal
from klimaflow.scenarios.shares import Share
from klimaflow.scenarios.shown import Shown, decimal, word
from klimaflow.tables import Table

__all__ = ["COURSE_OF", "Outcomes", "WaitedFor", "outcomes"]

COURSE_OF = (*STEPS.values(), Phase.STARTED)
"""The phases that a scenario can come to, in their order."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@frozen
class WaitedFor:
    """How often a funder is what the start waits for, and how often it never comes.

    `last` counts the scenarios that start at the very moment of its consent, `missing` those that
    are stopped at the start and in which its consent is missing.
    """

    last: Share
    missing: Share


@frozen(eq=False)
class Outcomes(Shown):
    """What came of `n` scenarios under a procedure, all drawn from one `seed` (None: not drawn).

    * `reached`: the phase in which each ends, by phase in the order of the course;
    * `came_to`: the share that comes to each phase, or further: the funnel;
    * `stopped_by`: how many each rule stops, by rule id, the most frequent first; a scenario that
      two rules stop is counted with both;
    * `stopped_at`: the command at which they stop, by its name;
    * `rounds`: in which round those that start are decided, by round id;
    * `waited_for`: by funder, who contributes somewhere;
    * `starts_on`: how many start on each day, in the procedure's zone, by date;
    * `hours`: how many take so many whole hours from when they are ready for qualification to their
      start, by that number.
    """

    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    n: int
    seed: int | None
    reached: Mapping[Phase, Share] = field(repr=False)
    stopped_by: Mapping[str, Share] = field(repr=False)
    stopped_at: Mapping[str, Share] = field(repr=False)
    rounds: Mapping[str, Share] = field(repr=False)
    waited_for: Mapping[str, WaitedFor] = field(repr=False)
    starts_on: Mapping[date, int] = field(repr=False)
    hours: Mapping[int, int] = field(repr=False)

    @property
    def started(self) -> Share:
        """How many start."""
        return self.reached[Phase.STARTED]

    @property
    def came_to(self) -> Mapping[Phase, Share]:
        """How many come to each phase, or further."""
        counts = np.cumsum([self.reached[phase].count for phase in reversed(COURSE_OF)])[::-1]
        return {p: Share(int(c), self.n) for p, c in zip(COURSE_OF, counts, strict=True)}

    def time_to_start(self, share: float = 0.5) -> timedelta | None:
        """Return the time within which so large a share of those that start have started.

        It counts from the moment at which a proposal is ready for qualification, in whole hours;
        None if none starts.
        """
        found = _quantile(self.hours, share)
        return None if found is None else timedelta(hours=found)

    def starts_by(self, share: float = 0.5) -> date | None:
        """Return the day by which so large a share of those that start have started, or None."""
        on: date | None = _quantile(self.starts_on, share)
        return on

    def tables(self, lang: str = "en") -> tuple[Table, ...]:
        """Return what came of them, in `en` or `da`."""
        return (
            self._phases(lang),
            self._rules(lang),
            self._times(lang),
            self._parties(lang),
        )

    def _phases(self, lang: str) -> Table:
        head = (word("phase_head", lang), *_shares_head(lang), word("came_to_head", lang))
        rows = [
            (
                label("phases", phase, lang),
                *_told(self.reached[phase], lang),
                self.came_to[phase].told(lang)[0],
            )
            for phase in COURSE_OF
        ]
        drawn = "" if self.seed is None else word("seed", lang, self.seed)
        title = word("outcomes", lang, number(self.n, lang), self.procedure.id, drawn)
        return Table(f"{title}; SHA-256 {self.procedure.sha256[:8]}", head, rows)

    def _rules(self, lang: str) -> Table:
        head = (label("words", "rule", lang), *_shares_head(lang))
        rows = [(rule, *_told(share, lang)) for rule, share in self.stopped_by.items()]
        return Table(word("stops", lang), head, rows)

    def _times(self, lang: str) -> Table:
        head = (word("of_the_started", lang), word("started_by", lang), word("days_head", lang))
        rows = []
        for share in QUANTILES:
            on, took = self.starts_by(share), self.time_to_start(share)
            if on is not None and took is not None:
                days = decimal(took / timedelta(days=1), lang)
                rows.append((word("percent", lang, f"{100 * share:.0f}"), day(on, lang), days))
        for id, decided in self.rounds.items():
            gates = self.procedure.gates.get(id)
            named = round_label(gates.round, lang) if gates else id
            rows.append((word("decided_in", lang, named), decided.told(lang)[0], ""))
        return Table(word("times", lang), head, rows)

    def _parties(self, lang: str) -> Table:
        head = (word("party", lang), word("last", lang), word("missing", lang))
        names = self.procedure.funder_names
        rows = [
            (names[funder], each.last.told(lang)[0], each.missing.told(lang)[0])
            for funder, each in self.waited_for.items()
        ]
        return Table(word("bottleneck", lang), head, rows)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values; times are days and ISO dates."""
        return {
            "procedure": self.procedure.id,
            "sha256": self.procedure.sha256,
            "n": self.n,
            "seed": self.seed,
            "reached": {str(phase): each.to_dict() for phase, each in self.reached.items()},
            "stopped_by": {rule: each.to_dict() for rule, each in self.stopped_by.items()},
            "stopped_at": {do: each.to_dict() for do, each in self.stopped_at.items()},
            "rounds": {id: each.to_dict() for id, each in self.rounds.items()},
            "quantiles": [self._quantile_dict(share) for share in QUANTILES],
            "waited_for": {
                funder: {"last": each.last.to_dict(), "missing": each.missing.to_dict()}
                for funder, each in self.waited_for.items()
            },
        }

    def _quantile_dict(self, share: float) -> dict[str, Any]:
        on, took = self.starts_by(share), self.time_to_start(share)
        return {
            "share": share,
            "started_by": None if on is None else on.isoformat(),
            "days": None if took is None else took / timedelta(days=1),
        }


def outcomes(
    of: Scenarios | pl.DataFrame | Iterable[pl.DataFrame],
    procedure: Procedure | None = None,
    *,
    progress: bool | None = None,
    size: int = BATCH,
    also: Callable[[pl.DataFrame], object] = lambda _: None,
) -> Outcomes:
    """Return what comes of scenarios, which are run in batches of `size`.

    In place of scenarios it takes a frame of them that is run, or several, and the procedure. Each
    frame is handed to `also` too, which may keep it. As `Scenarios.batches` it tells its progress.
    Raises `FrameError` for a frame that is not run.
    """
    if isinstance(of, Scenarios):
        tally = Tally(of.procedure, of.seed, of.base)
        frames: Iterable[pl.DataFrame] = of.batches(size, progress=progress)
    elif procedure is None:
        raise FrameError(["procedure: is missing, and a frame does not say more than its id"])
    else:
        frames = [of] if isinstance(of, pl.DataFrame) else of
        tally = Tally(procedure, None, {})
    for frame in frames:
        also(frame)
        tally.add(frame)
    return tally.outcomes()


@define(eq=False)
class Tally:
    """What is counted of scenarios, a frame at a time: it grows with what may come, not with n."""

    procedure: Procedure
    seed: int | None
    base: Mapping[str, Any]
    n: int = 0
    counts: dict[str, Counter[Any]] = field(factory=dict)

    def add(self, frame: pl.DataFrame) -> None:
        """Count a frame that is run."""
        if lacking := [name for name in ADDED if name not in frame.columns]:
            raise FrameError(f"{name}: is missing: the frame is not run" for name in lacking)
        self.n += len(frame)
        for name in ("reached", "stopped_by", "stopped_at"):
            self._count(name, frame[name])
        started = frame.filter(pl.col("started_at").is_not_null())
        self._count("round", started["round"])
        zone = self.procedure.zone
        self._count("day", started["started_at"].dt.convert_time_zone(zone).dt.date())
        if (ready := self._column("submit_for_qualification_at", started)) is not None:
            took = started.select((pl.col("started_at") - ready).dt.total_hours())
            self._count("hours", took.to_series())
        for funder in self.procedure.funder_names:
            self._funder(funder, frame)

    def _count(self, name: str, values: pl.Series) -> None:
        found = values.value_counts()
        counter = self.counts.setdefault(name, Counter())
        for value, count in found.iter_rows():
            counter[value] += count

    def _column(self, name: str, frame: pl.DataFrame) -> pl.Expr | None:
        """Return a column, or what the base says for all; None if neither says anything."""
        if name in frame.columns:
            return pl.col(name)
        return literal(name, self.base[name]) if name in self.base else None

    def _funder(self, funder: str, frame: pl.DataFrame) -> None:
        granted = self._column(f"granted_{funder}", frame)
        granted = self._column(f"asked_{funder}", frame) if granted is None else granted
        at = self._column(f"consented_at_{funder}", frame)
        if granted is None or at is None:
            return
        stopped = pl.col("stopped_by").str.split(" ").list.contains(EVERY_PARTY_CONSENTS.id)
        (counted,) = frame.select(
            contributes=(granted > 0).any(),
            last=((granted > 0) & (pl.col("started_at") == at)).sum(),
            missing=((granted > 0) & stopped & at.is_null()).sum(),
        ).rows(named=True)
        self.counts.setdefault(f"funder {funder}", Counter()).update(counted)

    def outcomes(self) -> Outcomes:
        """Return what came of all that were counted."""
        reached = self.counts.get("reached", Counter())
        return Outcomes(
            self.procedure,
            self.n,
            self.seed,
            {phase: Share(reached[str(phase)], self.n) for phase in COURSE_OF},
            dict(self._rules()),
            self._shares("stopped_at", [*STEPS]),
            self._shares("round", [*self.procedure.gates]),
            dict(self._parties()),
            dict(sorted(self.counts.get("day", Counter()).items())),
            dict(sorted(self.counts.get("hours", Counter()).items())),
        )

    def _rules(self) -> Iterator[tuple[str, Share]]:
        counted: Counter[str] = Counter()
        for text, count in self.counts.get("stopped_by", Counter()).items():
            counted.update(dict.fromkeys(filter(None, (text or "").split(" ")), count))
        order = {rule: place for place, rule in enumerate(RULES)}
        for rule in sorted(counted, key=lambda id: (-counted[id], order.get(id, -1))):
            yield rule, Share(counted[rule], self.n)

    def _shares(self, name: str, those: list[str]) -> dict[str, Share]:
        counted = self.counts.get(name, Counter())
        return {each: Share(counted[each], self.n) for each in those}

    def _parties(self) -> Iterator[tuple[str, WaitedFor]]:
        for funder in self.procedure.funder_names:
            counted = self.counts.get(f"funder {funder}", Counter())
            if counted["contributes"]:
                shares = (Share(counted[each], self.n) for each in ("last", "missing"))
                yield funder, WaitedFor(*shares)


def _quantile(counts: Mapping[Any, int], share: float) -> Any:
    if not counts:
        return None
    so_far = np.cumsum([*counts.values()])
    place = int(np.searchsorted(so_far, share * so_far[-1]))
    return [*counts][min(place, len(counts) - 1)]


def _shares_head(lang: str) -> tuple[str, str, str]:
    return word("count", lang), word("share", lang), word("interval", lang)


def _told(share: Share, lang: str) -> tuple[str, str, str]:
    return (number(share.count, lang), *share.told(lang))
