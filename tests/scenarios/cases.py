"""A base that starts in spring, and what varies in it."""

from typing import Any

from scipy import stats

from klimaflow import Procedure
from klimaflow.scenarios import Scenarios, sample
from tests.conftest import CRITERIA

BASE: dict[str, Any] = {
    "submit_for_qualification_at": "2024-04-10 12:00",
    "submit_for_approval_at": "2024-04-22 10:00",
    "put_before_committee_at": "2024-05-20 12:00",
    "approve_at": "2024-05-30 13:00",
    "start_at": "2024-07-01 08:00",
    "authorities": 3,
    "asked_realdania": 1_500_000,
    "asked_region-syddanmark": 500_000,
    "consented_at_realdania": "2024-06-10 10:00",
    "consented_at_region-syddanmark": "2024-06-20 10:00",
    **{f"met_{criterion}": True for criterion in CRITERIA},
}

INPUTS: dict[str, Any] = {
    "late_submit_for_qualification": stats.expon(scale=3),
    "late_submit_for_approval": stats.expon(scale=4),
    "late_put_before_committee": stats.norm(0, 6),
    "late_start": stats.uniform(-30, 1200),
    "joining": stats.poisson(1),
    "leaving": stats.binom(3, 0.15),
    "met_results-open": stats.bernoulli(0.97),
    "refuses_realdania": stats.bernoulli(0.05),
    "answers_after_realdania": stats.lognorm(0.5, scale=30),
    "answers_after_region-syddanmark": [0, 7, 14, 60],
    "asked_realdania": stats.uniform(1_000_000, 10_000_000),
}


def drawn(procedure: Procedure, n: int = 1_000, seed: int = 7, **changes: Any) -> Scenarios:
    """Return scenarios in which everything varies that can."""
    return sample(n, seed, BASE, procedure, **{**INPUTS, **changes})
