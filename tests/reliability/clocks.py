"""Clocks that are set back in mid-run: the record goes forward, and what is late stays late."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Final

from klimaflow import copenhagen
from klimaflow.moments import Moment
from klimaflow.store import Store
from tests.conftest import command, policy
from tests.reliability.campaigns import Counts, in_processes, in_turn
from tests.store.databases import brought

LIMIT: Final = timedelta(minutes=60)
BINDING: Final = policy(
    (
        "[readings.grace_minutes]",
        '[readings.late_registration_minutes]\nvalue = 60\nbecause = "Journalpligt."\n'
        '[readings.late_registration]\nvalue = "binding"\nbecause = "Ditto."\n'
        "[readings.grace_minutes]",
    )
)
_BEGIN: Final = copenhagen("2024-02-10 12:00")


class Clock:
    """A clock that goes forward an hour at a time, and now and then back some hours."""

    def __init__(self, draw: random.Random) -> None:
        self.draw, self.at = draw, _BEGIN + timedelta(hours=12)

    def __call__(self) -> Moment:
        return self.at

    def tick(self) -> None:
        back = self.draw.random() < 0.2
        self.at += timedelta(minutes=-self.draw.randint(60, 240) if back else 60)
        self.at = max(self.at, _BEGIN)


def clocks_set_back(store: Store, writers: int, appends: int) -> Counts:
    """Let writers with such clocks write of what was received lately, or too long ago."""
    cases = [f"case-{number}" for number in range(writers)]
    opening = type(store)(store._where, BINDING, clock=lambda: _BEGIN)
    for case in cases:
        brought(opening, case, command("register-idea", at=_BEGIN))
        brought(opening, case, command("hold-sparring", at=_BEGIN))
    write = partial(_write, store, cases, appends)
    told = Counter(acknowledged=0, late=0)
    for each in in_processes([partial(write, number) for number in range(writers)]):
        told.update(each)
    for case in cases:
        entries = opening.trail(case)
        times = [each.recorded_at for each in entries]
        assert times == sorted(times), f"{case}: the record was set back"
        assert [each.position for each in entries] == [*range(1, len(entries) + 1)]
    assert opening.verify() == []
    return {"writers": writers, **told}


def _write(store: Store, cases: list[str], appends: int, number: int) -> Counter[str]:
    draw, told, latest = random.Random(number), Counter(acknowledged=0, late=0), _BEGIN
    clock = Clock(draw)
    mine = type(store)(store._where, BINDING, clock=clock)
    for _ in range(appends):
        clock.tick()
        received = clock.at - timedelta(minutes=draw.randint(0, 30))
        asked = command("hold-sparring", at=max(received, _BEGIN))
        answer, _ = in_turn(partial(mine.execute, draw.choice(cases), asked))
        late = "registered-in-time" in answer.refused_by
        assert answer.permitted != late, answer.refused_by
        told["late" if late else "acknowledged"] += 1
        assert answer.recorded_at >= latest, "the record was set back"
        in_time = abs(answer.recorded_at - asked.at) <= LIMIT
        assert late != in_time, "what is late was let in, or what is not was not"
        latest = max(latest, answer.recorded_at) if answer.permitted else latest
    return told
