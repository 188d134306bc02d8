"""Which data of a procedure count: moved a little, each changes some answer, or is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from klimaflow.decider import decide
from klimaflow.procedure import Procedure, Strength
from klimaflow.verify.data import moved
from klimaflow.verify.space import Space, Step

__all__ = ["answer", "idle"]

Answer = tuple[bool, tuple[tuple[str, Strength], ...]]


def idle(space: Space, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the paths of the data that, moved a little, change the answer to none of the steps.

    A funder that is not explored stands in for one that is, and is left out.
    """
    steps = Random(0).sample(steps, len(steps))  # what a datum changes stands close together
    before = [answer(space.procedure, step) for step in steps]
    others = {*_of_others(space)}
    waiting: dict[str, bool] = {}
    for path, procedure in moved(space.procedure):
        if path not in others and waiting.get(path, True):
            waiting[path] = all(
                answer(procedure, step) == said for step, said in zip(steps, before, strict=True)
            )
    return tuple(path for path, nothing in waiting.items() if nothing)


def _of_others(space: Space) -> Iterator[str]:
    """Yield the paths that are about funders which are not among those explored."""
    for number, funder in enumerate(space.procedure.funders):
        if funder.id not in space.funders:
            yield f"funders[{number}].authority"
    for number, fund in enumerate(space.procedure.funds):
        for place, name in enumerate(fund.funders):
            if name not in space.funders:
                yield f"funds[{number}].funders[{place}]"


def answer(procedure: Procedure, step: Step) -> Answer:
    """Return whether a procedure permits a step, and which rules it breaks, and how strong."""
    offer = step.offer
    decision = decide(procedure, step.state.proposal, offer.command, committed=offer.committed)
    do = offer.command.do
    strengths = ((rule.id, procedure.strength(rule.id, do)) for rule in decision.broken)
    said = tuple([(rule, strength) for rule, strength in strengths if strength is not None])
    return decision.permitted, said
