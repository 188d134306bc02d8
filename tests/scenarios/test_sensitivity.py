"""What decides: Sobol's indices against those that can be written down."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from scipy import stats

from klimaflow import Procedure
from klimaflow.errors import FrameError
from klimaflow.scenarios import sample, sensitivity
from tests.scenarios.cases import BASE, drawn

P, Q = 0.3, 0.8


def test_two_causes_of_a_stop_have_the_indices_of_a_product(procedure: Procedure) -> None:
    """It starts if Realdania does not refuse (0.7) and the results are open (0.8)."""
    causes = {
        "refuses_realdania": stats.bernoulli(P),
        "met_results-open": stats.bernoulli(Q),
        "joining": stats.poisson(1),
    }
    found = sensitivity(sample(10, 3, BASE, procedure, **causes), 4096)
    yes, no = (1 - P) * Q, 1 - (1 - P) * Q
    first = {
        "refuses_realdania": Q * Q * P * (1 - P) / (yes * no),
        "met_results-open": (1 - P) ** 2 * Q * (1 - Q) / (yes * no),
        "joining": 0.0,
    }
    alone = first["refuses_realdania"] + first["met_results-open"]
    total = {name: each + 1 - alone for name, each in first.items()} | {"joining": 0.0}
    for each in found.sways:
        assert each.first == pytest.approx(first[each.input], abs=0.05)
        assert each.total == pytest.approx(total[each.input], abs=0.05)
    assert [each.input for each in found.sways][-1] == "joining"
    assert found.mean == pytest.approx(yes, abs=0.01)
    by_name = {each.input: each for each in found.sways}
    assert by_name["refuses_realdania"].low == pytest.approx(Q, abs=0.02)
    assert by_name["met_results-open"].high == pytest.approx(1 - P, abs=0.02)


def test_what_decides_nothing_is_said_aloud(procedure: Procedure) -> None:
    found = sensitivity(sample(10, 3, BASE, procedure, joining=[0, 1, 2]), 64)
    assert found.decides_nothing
    assert "Nothing does" in str(found)
    assert "Intet gør" in found.explained("da")


def test_it_is_the_same_again_and_a_table(procedure: Procedure) -> None:
    one, again = (sensitivity(drawn(procedure), 64) for _ in range(2))
    assert one.frame().equals(again.frame())
    assert one.frame().columns[0] == "input"
    assert len(one.frame()) == len(drawn(procedure).inputs)
    json.dumps(one.to_dict())


def test_another_outcome_may_be_asked_about(procedure: Procedure) -> None:
    days = (pl.col("started_at") - pl.lit(datetime(2024, 1, 1, tzinfo=UTC))).dt.total_days()
    late = {"answers_after_realdania": stats.uniform(0, 200)}
    found = sensitivity(
        sample(10, 3, BASE, procedure, **late), 64, of=days, called="days", progress=False
    )
    (sway,) = found.sways
    assert sway.high > sway.low
    assert sway.total == pytest.approx(1, abs=0.1)


def test_what_it_cannot_be_asked_is_an_error(procedure: Procedure) -> None:
    with pytest.raises(FrameError, match="n is no power of two"):
        sensitivity(drawn(procedure), 100)
    with pytest.raises(FrameError, match="days: is not a number in every scenario"):
        sensitivity(drawn(procedure), 16, of=pl.col("started_at").dt.year(), called="days")
