"""What a story expects of a decision, and what is otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from typing import Any

from attrs import field, frozen

from klimaflow import fields, phrases
from klimaflow.decider import Decision
from klimaflow.fields import Unreadable
from klimaflow.frozenmap import FrozenMap
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import iso_days, iso_duration
from klimaflow.proposal import Phase
from klimaflow.rules import RULES

__all__ = ["Expected", "ExpectedFinding", "Unlike", "read_expected"]

UNKNOWN = "unknown"
"""The margin where a fact is not known; `follow --json` prints null, which TOML does not have."""

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9})(?:\.(?P<microseconds>[0-9]{1,6}))?S)?)?"
)


def _rule(value: object) -> str:
    if fields.text(value) not in RULES:
        near = get_close_matches(fields.shown(value), RULES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Unreadable(f"{fields.shown(value)!r} is no rule{hint}")
    return str(value)


def _margin(value: object) -> int | str:
    """Read a margin as `follow --json` prints it: a number, or a text such as `-PT12M` or `P1D`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if fields.text(value) == UNKNOWN:
        return UNKNOWN
    match = _DURATION.fullmatch(str(value))
    if match is None:
        example = 'a number, a time such as "-PT12M", days such as "P1D", or "unknown"'
        raise Unreadable(f"{str(value)[:60]!r} is no margin: write {example}")
    span = _span(match)
    forms = (iso_duration(span), iso_days(span))
    if value not in forms:
        raise Unreadable(f"{str(value)[:60]!r} is printed as {forms[0]}: write it so")
    return str(value)


def _span(match: re.Match[str]) -> timedelta:
    parts = {name: int(digits) for name, digits in match.groupdict("0").items() if name != "sign"}
    parts["microseconds"] = int((match["microseconds"] or "").ljust(6, "0"))
    span = timedelta(**parts)
    return -span if match["sign"] else span


@frozen
class ExpectedFinding(Sheet):
    """What is expected of one rule; None expects nothing of its kind."""

    holds: bool | None = field(default=None, metadata=fields.reads(fields.flag))
    margin: int | str | None = field(default=None, metadata=fields.reads(_margin))

    @property
    def contradictory(self) -> bool:
        """Whether no finding can be so: a rule holds where its margin is not below zero."""
        if self.holds is None or self.margin is None:
            return False
        return self.holds is (self.margin == UNKNOWN or str(self.margin).startswith("-"))


def _finding(value: object) -> ExpectedFinding:
    finding = fields.read(ExpectedFinding, value)
    if finding == ExpectedFinding():
        raise Unreadable("expects nothing: say holds, margin, or both")
    if finding.contradictory:
        raise Unreadable(("margin", "is on the other side of the line than holds says"))
    return finding


def _findings(value: object) -> FrozenMap[str, ExpectedFinding]:
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table of rules")
    readers: list[tuple[str, Callable[[], Any]]] = []
    for key, given in value.items():
        readers.append((fields.in_path(key), partial(_pair, key, given)))
    return FrozenMap(fields.gathered(readers))


def _pair(rule: str, value: object) -> tuple[str, ExpectedFinding]:
    return _rule(rule), _finding(value)


@frozen
class Unlike(Sheet):
    """One thing that is otherwise than expected; `name` is that of its sentence in `wording/`."""

    name: str
    values: tuple[str, ...] = ()

    def explained(self, lang: str) -> str:
        """Return what was expected, and what is, in `en` or `da`."""
        nothing = phrases.label("words", "nothing", lang)
        values = (value or nothing for value in self.values)
        return phrases.label("stories", self.name, lang).format(*values)


@frozen
class Expected(Sheet):
    """What a story expects of a step or an outcome; None expects nothing.

    Where neither `permitted` nor `refused_by` is said it is expected to be permitted. `phase` is
    the one after it, permitted or not.
    """

    permitted: bool | None = field(default=None, metadata=fields.reads(fields.flag))
    refused_by: tuple[str, ...] | None = field(
        default=None, metadata=fields.reads(fields.each(_rule))
    )
    remarks: tuple[str, ...] | None = field(default=None, metadata=fields.reads(fields.each(_rule)))
    phase: Phase | None = field(default=None, metadata=fields.reads(fields.one_of(Phase)))
    findings: FrozenMap[str, ExpectedFinding] = field(
        default=FrozenMap(), metadata=fields.reads(_findings)
    )

    def unlike(self, decision: Decision, phase: Phase | None) -> tuple[Unlike, ...]:
        """Return what is otherwise in a decision that leaves the proposal in `phase`."""
        return (
            *self._verdict(decision),
            *_ids("remarks", self.remarks, decision.remarks),
            *self._phase(phase),
            *self._findings(decision),
        )

    def _verdict(self, decision: Decision) -> Iterator[Unlike]:
        permitted = not self.refused_by if self.permitted is None else self.permitted
        if decision.permitted is not permitted:
            yield Unlike("permitted" if permitted else "refused")
        else:
            yield from _ids("refused_by", self.refused_by, decision.refused_by)

    def _phase(self, phase: Phase | None) -> Iterator[Unlike]:
        if self.phase is not None and self.phase is not phase:
            yield Unlike("phase", (self.phase, phase or ""))

    def _findings(self, decision: Decision) -> Iterator[Unlike]:
        found = {finding.rule: finding for finding in decision.findings}
        for rule, expected in self.findings.items():
            if rule not in found:
                yield Unlike("not_asked", (rule,))
                continue
            finding = found[rule]
            if expected.holds not in (None, finding.holds):
                yield Unlike("kept" if expected.holds else "broken", (rule,))
            margin = finding.to_dict()["margin"]
            margin = UNKNOWN if margin is None else margin
            if expected.margin not in (None, margin):
                yield Unlike("margin", (rule, str(expected.margin), str(margin)))


def _ids(name: str, expected: tuple[str, ...] | None, found: tuple[str, ...]) -> Iterator[Unlike]:
    if expected is not None and found != tuple(sorted(expected)):
        yield Unlike(name, (", ".join(sorted(expected)), ", ".join(found)))


def read_expected(value: Mapping[str, Any]) -> Expected:
    """Read what is expected; `Unreadable` for what cannot be at once."""
    expected = fields.read(Expected, value)
    if expected.permitted and expected.refused_by:
        raise Unreadable(("permitted", "is true, and yet refused_by names rules"))
    return expected
