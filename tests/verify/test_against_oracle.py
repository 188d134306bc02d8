"""The oracle and `decide` answer alike, whatever an exploration asks of any state.

All of it, every other reading alone and with more funders, is `make oracle`.
"""

from datetime import date

import pytest

from klimaflow.decider import Decision
from klimaflow.rules import RULES
from klimaflow.verify.offers import Offer
from klimaflow.verify.space import State, explored
from tests.oracle import FACTS, REGIONS
from tests.property.worlds import SWAPPED, Facts, World, shipped, world
from tests.verify.comparison import Comparison


def test_of_every_state_and_command_the_oracle_says_the_same() -> None:
    """Verdict, broken binding and advisory rules and the phase after the step, of each answer.

    Of the rules that were asked those of each move, once; of each state also phase, round, grant.
    """
    own = shipped()
    comparison = Comparison(own)
    space = explored(own.procedure, funders=1, watchers=(comparison,))
    comparison.finish(space)
    assert not comparison.differences, comparison.told()
    assert comparison.answers == space.answers
    assert comparison.states == len(space.states) - 1
    assert set(comparison.broken) == set(RULES)


TOGETHER: dict[str, Facts] = {
    "stricter": {
        "deadline": "exclusive",
        "minimum": 4,
        "kinds": ["municipality"],
        "cofinancing": "binding",
        "valid_until": date(2024, 11, 21),
        **SWAPPED,
    },
    "looser": {
        "resolution": "minute",
        "grace_minutes": 15,
        "qualification_required": False,
        "minimum": 1,
        "cofinancing": None,
        "required_at": "never",
        "criteria": {**FACTS["criteria"], "results-open": "advisory"},
        "authority": {**FACTS["authority"], "start": ["anyone"], "give-consent": ["anyone"]},
    },
    "another partnership": {
        "released_on": date(2024, 6, 10),
        "funds": [
            {"id": "all", "funders": FACTS["funders"], "amount": 2_000_000},
            {"id": "realdania-after-evaluation", "funders": REGIONS, "amount": 500_000},
        ],
        "authority": {**FACTS["authority"], "describe": ["participant"], "approve": ["funder"]},
        "rounds": {"2024-autumn": FACTS["rounds"]["2024-autumn"]},
    },
}


@pytest.mark.parametrize("changes", TOGETHER.values(), ids=TOGETHER)
def test_with_other_readings_and_one_funder_too(changes: Facts) -> None:
    other = world(**changes)
    comparison = Comparison(other)
    space = explored(other.procedure, funders=1, watchers=(comparison,))
    comparison.finish(space)
    assert not comparison.differences, comparison.told()
    assert comparison.answers == space.answers


BELIEVED: tuple[tuple[str, Facts], ...] = (
    ("submit-for-qualification", {"deadline": "exclusive"}),
    ("submit-for-qualification", {"grace_minutes": 1}),
    ("submit-for-qualification", {"minimum": 2}),
    ("submit-for-approval", {"cofinancing": "binding"}),
    (
        "submit-for-approval",
        {"criteria": {**FACTS["criteria"], "results-open": "advisory"}},
    ),
    ("start", {"authority": {**FACTS["authority"], "start": ["anyone"]}}),
    ("start", {"required_at": "never"}),
    ("start", {"valid_until": date(2027, 12, 30)}),
)
"""What the oracle alone believes, and the command at which it shows."""


def test_what_the_oracle_alone_believes_shows() -> None:
    """A fact that only the oracle has otherwise makes a difference, or it would prove nothing."""
    own = shipped()
    waiting = [(do, Comparison(World({**FACTS, **each}, own.procedure))) for do, each in BELIEVED]

    def watch(state: State, offer: Offer, decision: Decision, after: State | None) -> None:
        for do, comparison in [*waiting]:
            if offer.command.do == do:
                comparison(state, offer, decision, after)
                if comparison.different:
                    waiting.remove((do, comparison))

    explored(own.procedure, funders=1, watchers=(watch,))
    assert waiting == []
