"""A workbook to begin with: every heading, and the beginning of a made-up case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from klimaflow.imports.sheets import COLUMNS, Sheet
from klimaflow.imports.workbook import written
from klimaflow.phrases import label

__all__ = ["template"]

BY = "proposer:0751"
FIRM = {"id": "cvr:00000000", "name": "Opdigtet Vand A/S", "kind": "company"}
PAID: Mapping[str, int] = {"realdania": 1_500_000, "region-syddanmark": 500_000}


def template(lang: str = "en") -> bytes:
    """Return an .xlsx workbook in `en` or `da` that can be imported as it is."""
    return written([_sheet(name, rows, lang) for name, rows in _rows(lang).items()])


def _rows(lang: str) -> dict[str, list[dict[str, Any]]]:
    steps: list[tuple[str, datetime, dict[str, Any]]] = [
        ("register-idea", datetime(2024, 2, 1, 10, 0), {"title": "Opdigtet eksempel"}),
        ("enlist-participants", datetime(2024, 3, 4, 14, 30), {}),
        ("propose-budget", datetime(2024, 3, 5, 9, 15), {}),
        ("submit-for-qualification", datetime(2024, 4, 10, 12, 0), {"round": "2024-spring"}),
    ]
    events = [
        {"at": at, "by": BY, "do": label("commands", do, lang), **said} for do, at, said in steps
    ]
    firm = {**FIRM, "kind": label("kinds", FIRM["kind"], lang)}
    cofinancing = {"funder": label("columns", "cofinancing", lang), "amount": 250_000}
    budget = [{"funder": funder, "amount": amount} for funder, amount in PAID.items()]
    parties = [{"id": code} for code in ("0751", "0461", "1083")]
    return {"events": events, "parties": [*parties, firm], "budget": [*budget, cofinancing]}


def _sheet(name: str, rows: list[dict[str, Any]], lang: str) -> Sheet:
    columns = COLUMNS[name]
    heading = tuple(label("columns", each, lang) for each in columns)
    cells = (tuple(row.get(each) for each in columns) for row in rows)
    return Sheet(label("sheets", name, lang), (heading, *cells))
