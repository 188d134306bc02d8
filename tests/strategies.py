"""The public strategies over the shipped procedure, and scripts in the worlds of the oracle.

Importing this module loads the profile `klimaflow`: deterministic, 200 examples of each property.
`HYPOTHESIS_PROFILE=long` draws 20,000 examples anew.
"""

import os
from collections.abc import Iterable
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from klimaflow import History, Proposal
from klimaflow.commands import Command
from klimaflow.moments import MICROSECOND, Moment
from klimaflow.parties import Actor
from klimaflow.testing import strategies as public
from klimaflow.testing.author import Step, command, script
from klimaflow.testing.strategies import any_texts
from tests.property.worlds import World, worlds

__all__ = ["MICROSECOND", "any_texts"]

_COMMON: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("klimaflow", max_examples=100, derandomize=True, **_COMMON)
settings.register_profile("long", max_examples=20_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "klimaflow"))

WORLDS = worlds(Random(12), 60)
SHIPPED = WORLDS[0].procedure

moments: SearchStrategy[Moment] = public.moments(SHIPPED)
actors: SearchStrategy[Actor] = public.actors(SHIPPED)
commands: SearchStrategy[Command] = public.commands(SHIPPED)
proposals: SearchStrategy[Proposal] = public.proposals(SHIPPED)
committed: SearchStrategy[dict[str, int]] = st.dictionaries(
    st.sampled_from([*sorted(SHIPPED.fund_ids), "no-fund"]), st.integers(0, 10**12), max_size=3
) | public.promises(SHIPPED)
"""What the funds have promised to other tracks, one that is none among them."""


@st.composite
def scripts(draw: st.DrawFn, longest: int = 25) -> tuple[World, list[Step], dict[str, int]]:
    """Draw a world, steps that are likely to go far in it, and what its funds have promised.

    The steps follow from one number, so a failing script shrinks to its shortest beginning only.
    """
    world = draw(st.sampled_from(WORLDS) | st.just(WORLDS[0]))
    steps, promised = script(Random(draw(st.integers(0, 2**32))), world.procedure, longest)
    return world, steps[: draw(st.integers(1, longest))], promised


@st.composite
def asked(draw: st.DrawFn) -> tuple[World, list[Command], dict[str, int]]:
    """Draw as `scripts` does, with any commands strewn in."""
    world, steps, promised = draw(scripts())
    asked = [command(step) for step in steps]
    for strange in draw(st.lists(commands, max_size=3)):
        asked.insert(draw(st.integers(0, len(asked))), strange)
    return world, asked, promised


def lived(world: World, commands: Iterable[Command], promised: dict[str, int]) -> History:
    """Return the history of what is permitted of these commands in a world."""
    return public.lived(world.procedure, commands, promised)
