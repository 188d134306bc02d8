"""What is null is not known: it never permits, on any kind of frame."""

from typing import Any

import polars as pl
import pytest
from numpy.random import default_rng

from klimaflow import Procedure
from klimaflow.frames import SCREENED, columns, screen
from klimaflow.frames.columns import Kind
from tests.conftest import policy
from tests.frames.drawn import Drawing
from tests.frames.kinds import EACH, KINDS, back
from tests.frames.rowwise import row, table

ADVISES = {
    "submit-for-qualification": {"authorities"},
    "submit-for-approval": {"cofinancing_stated"},
}
"""What only a rule that advises asks for: it is remarked on, and refuses nothing."""


@pytest.mark.parametrize(("do", "kind"), EACH)
def test_each_column_that_a_binding_rule_needs_refuses_where_it_is_null(
    procedure: Procedure, do: str, kind: str
) -> None:
    names = [column.name for column in columns(procedure, do)]
    rows = [row(procedure, do), *(row(procedure, do, **{name: None}) for name in names)]
    said = ["permitted", "refused_by"]
    found = back(screen(KINDS[kind](table(*rows)), procedure, do, add=said))
    permitted = found["permitted"].to_list()
    assert permitted[0] is True
    wanted = [name in ADVISES.get(do, ()) for name in names]
    assert dict(zip(names, permitted[1:], strict=True)) == dict(zip(names, wanted, strict=True))
    refused = [refused_by == "" for refused_by in found["refused_by"]]
    assert refused == permitted


@pytest.mark.parametrize(("do", "kind"), EACH)
def test_a_null_never_turns_a_verdict_into_a_yes(procedure: Procedure, do: str, kind: str) -> None:
    random = default_rng(7)
    whole = Drawing(procedure, do, 400, random).table()
    holes = whole.with_columns(
        pl.when(pl.Series(random.random(len(whole)) < 0.8)).then(pl.col(name)).alias(name)
        for name in whole.columns
        if not name.startswith("consented_at_")  # there it says that no consent is given
    )
    known = screen(whole, procedure, do, add=["rules", "permitted"])
    found = back(screen(KINDS[kind](holes), procedure, do, add=["rules", "permitted"]))
    for name in known.columns[len(whole.columns) :]:
        assert found[name].null_count() == 0
        assert not (found[name] & ~known[name]).any(), name
    assert (known["permitted"] & ~found["permitted"]).any()
    coded = back(screen(KINDS[kind](holes), procedure, do, add=["reason"]))["reason"].to_list()
    assert [code == 0 for code in coded] == found["permitted"].to_list()
    assert coded == screen(holes, procedure, do, add=["reason"])["reason"].to_list()


@pytest.mark.parametrize("kind", KINDS)
def test_the_margin_of_what_is_not_known_is_null(procedure: Procedure, kind: str) -> None:
    for do in SCREENED:
        measured = [c.name for c in columns(procedure, do) if c.kind not in (Kind.FLAG, Kind.TEXT)]
        rows = [row(procedure, do), *(row(procedure, do, **{name: None}) for name in measured)]
        found = back(screen(KINDS[kind](table(*rows)), procedure, do, add=["margins"]))
        margins = [each for each in found.columns if each.startswith("margin_")]
        whole, *lost = (each.count(None) for each in found.select(margins).rows())
        assert whole == 0
        for name, unknown in zip(measured, lost, strict=True):
            assert (unknown > 0) != name.startswith("consented_at_"), (do, name)


def test_a_threshold_of_none_does_not_let_pass_what_is_not_known() -> None:
    """Without a minimum no authority is needed, but that there is none must be known."""
    none = policy(("minimum = 3", "minimum = 0"))
    frame = table(
        row(none, "submit-for-approval", authorities=0),
        row(none, "submit-for-approval", authorities=None),
    )
    assert screen(frame, none)["enough-authorities"].to_list() == [True, False]


def test_nothing_is_read_that_no_rule_asks_for() -> None:
    """Where anyone may submit, nobody's role matters."""
    anyone = policy(('submit-for-approval = ["proposer"]', 'submit-for-approval = ["anyone"]'))
    names = [column.name for column in columns(anyone, "submit-for-approval")]
    assert not {"role", "of_the_track"} & set(names)
    frame: Any = table(row(anyone, "submit-for-approval"))
    assert screen(frame, anyone)["permitted"].to_list() == [True]


def test_a_round_that_the_command_leaves_out_is_the_proposal_s_own(procedure: Procedure) -> None:
    frame = table(
        row(procedure, "submit-for-approval"), row(procedure, "submit-for-approval", own_round="")
    )
    found = screen(frame.drop("round"), procedure)
    assert found["refused_by"].to_list() == [
        "",
        "known-round same-or-later-round before-approval-deadline",
    ]


def test_what_is_granted_is_by_default_what_is_asked(procedure: Procedure) -> None:
    said = row(procedure, "approve", asked_realdania=10_000_001)
    frame = table({name: v for name, v in said.items() if not name.startswith("granted_")})
    found = screen(frame, procedure, "approve")
    assert found["refused_by"].to_list() == ["within-fund fund-released"]
    assert found["margin_grant-stated"].to_list() == [10_000_001 + 5 * 500_000 - 1]


def test_a_funder_without_a_column_is_granted_nothing(procedure: Procedure) -> None:
    said = row(procedure, "start")
    frame = table({n: v for n, v in said.items() if "region-" not in n})
    assert screen(frame, procedure, "start")["permitted"].to_list() == [True]


def test_a_consent_without_an_end_is_in_force(procedure: Procedure) -> None:
    said = row(procedure, "start")
    frame = table({n: v for n, v in said.items() if not n.startswith("consent_ends_at_")})
    found = screen(frame, procedure, "start")
    assert found["consents-in-force"].to_list() == [True]
    assert found["margin_consents-in-force"].to_list() == [0]
