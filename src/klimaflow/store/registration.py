"""How late something may be recorded after it was received: a remark or a refusal, by the policy.

Only a store knows when something was recorded, so the question is asked here and not by `decide`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import attrs
from attrs import frozen

from klimaflow import phrases
from klimaflow.entries import Source
from klimaflow.moments import Moment, iso_duration, span
from klimaflow.procedure import Procedure, Strength

__all__ = ["RULE", "Registration", "registration"]

RULE: Final = "registered-in-time"


@frozen
class Registration:
    """What is found of the time between receipt and record; the names are those of a `Finding`."""

    strength: Strength
    at: Moment
    recorded_at: Moment
    limit: timedelta
    source: Source

    @property
    def rule(self) -> str:
        return RULE

    @property
    def apart(self) -> timedelta:
        """How far the two times are apart, whichever came first."""
        return abs(span(self.at, self.recorded_at))

    @property
    def holds(self) -> bool:
        """Whether they are no further apart than may be; the limit itself is in time."""
        return self.apart <= self.limit

    @property
    def margin(self) -> timedelta:
        """What is left of the limit; negative beyond it."""
        return self.limit - self.apart

    def explained(self, lang: str) -> str:
        """Return the sentence in `en` or `da`."""
        sentence = phrases.label("registration", "kept" if self.holds else "broken", lang)
        apart, limit = (phrases.span(each, lang) for each in (self.apart, self.limit))
        return sentence.format(apart=apart or "0", limit=limit or "0")

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values, as `Finding.to_dict` does."""
        return {
            "rule": self.rule,
            "holds": self.holds,
            "strength": str(self.strength),
            "because": self.explained(lang),
            "margin": iso_duration(self.margin),
            "source": attrs.asdict(self.source),
        }


def registration(procedure: Procedure, at: Moment, recorded_at: Moment) -> Registration | None:
    """Return what is found; None where the policy has no `late_registration_minutes`."""
    minutes = procedure.readings.late_registration_minutes
    if minutes is None:
        return None
    stated = procedure.readings.late_registration
    strength = Strength.ADVISORY if stated is None else stated.value
    limit = timedelta(minutes=minutes.value)
    return Registration(strength, at, recorded_at, limit, procedure.cite(minutes))
