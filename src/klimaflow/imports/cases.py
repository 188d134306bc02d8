"""A case from sheets: its events, its parties and its budget, as the text of a case file.

The reader of case files judges it, and nothing else does: what it finds at `step[3].amount` is told
of the cell from which that came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit

from klimaflow import fields
from klimaflow.case import parse_case
from klimaflow.errors import CaseError
from klimaflow.imports import cells
from klimaflow.imports.files import sheets_in
from klimaflow.imports.sheets import TYPES, Table, tables
from klimaflow.phrases import LANGUAGES, label

__all__ = ["case_text"]


def case_text(path: str | Path, name: str, procedure: str, *, folder: Path | None = None) -> str:
    """Return the text of a case file with the events of a workbook, a folder of CSV files, or one.

    `procedure` is a shipped id, or a file in `folder` or below it. Raises `CaseError` with every
    mistake and its cell, each as `Budget!C7: sentence`.
    """
    found, lang = tables(sheets_in(Path(path)))
    draft = _Draft(found, lang)
    text = tomlkit.dumps({"case": name, "procedure": procedure, "step": [*draft.steps()]})
    try:
        parse_case(text, folder=folder)
    except CaseError as error:
        draft.problems += map(draft.told, error.problems)
    if draft.problems:
        raise CaseError(dict.fromkeys(draft.problems))
    return text


class _Draft:
    """The steps, and from which cell each value of them came, by its path in the case file."""

    def __init__(self, found: Mapping[str, Table], lang: str) -> None:
        self._tables, self._lang = found, lang
        self._from: dict[str, str] = {}
        self.problems: list[str] = []

    def steps(self) -> Iterator[dict[str, Any]]:
        """Yield a step for each row of the events that is not blank."""
        events = self._tables["events"]
        for number, (row, said) in enumerate(events.rows()):
            at = f"step[{number}]"
            self._from[at] = events.place(row, "")
            for column in events.columns:
                self._from[f"{at}.{column}"] = events.place(row, column)
            yield dict(self._step(at, {n: each for n, each in said.items() if each is not None}))

    def _step(self, at: str, said: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        do = cells.command(said.pop("do", ""))
        yield "do", do
        for column, cell in said.items():
            value = cells.in_case(cell, TYPES[column], self._lang)
            if column == "participants":
                value = self._parties(at, value)
            yield column, cells.code(value) if column == "participant" else value
        if do == "enlist-participants" and "participants" not in said and "parties" in self._tables:
            yield "participants", self._all_parties(at)
        if do == "propose-budget" and "contributions" not in said and "budget" in self._tables:
            yield from self._budget(at, "cofinancing" in said)

    def _parties(self, at: str, value: Any) -> Any:
        """Return the participants of a cell, each as sheet Parties knows it."""
        listed = value if isinstance(value, list) else [value]
        known = {party["id"]: (row, party) for row, party in self._known() if "id" in party}
        found = []
        for number, each in enumerate(map(cells.code, listed)):
            row, party = known.get(each, (None, None))
            if row is not None:
                self._party(f"{at}.participants[{number}]", row)
            found.append(each if party is None else _entry(party))
        return found

    def _all_parties(self, at: str) -> list[Any]:
        found = []
        for number, (row, party) in enumerate(self._known()):
            self._party(f"{at}.participants[{number}]", row)
            found.append(_entry(party))
        return found

    def _known(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the parties of their sheet, by their rows."""
        table = self._tables.get("parties")
        for row, said in table.rows() if table else ():
            party = {name: cells.text(each) for name, each in said.items() if each is not None}
            if "id" in party:
                party["id"] = cells.code(party["id"])
            if "kind" in party:
                party["kind"] = cells.kind(party["kind"])
            yield row, party

    def _party(self, at: str, row: int) -> None:
        table = self._tables["parties"]
        self._from[at] = table.place(row, "id")
        for column in ("id", "name", "kind"):
            self._from[f"{at}.{column}"] = table.place(row, column)

    def _budget(self, at: str, cofinanced: bool) -> Iterator[tuple[str, Any]]:
        """Yield what sheet Budget says, on a row of its own what others pay."""
        table = self._tables["budget"]
        self._from[f"{at}.contributions"] = table.sheet.name
        contributions: dict[str, Any] = {}
        for row, said in table.rows():
            funder, kroner = cells.text(said.get("funder")), said.get("amount")
            kroner = "" if kroner is None else cells.amount(kroner, self._lang)
            if _is_cofinancing(funder) and not cofinanced:
                self._from[f"{at}.cofinancing"] = table.place(row, "amount")
                yield "cofinancing", kroner
                continue
            key = "" if funder is None else str(funder)
            if key in contributions:
                self.problems.append(f"{table.place(row, 'funder')}: {key[:60]!r} stands twice")
            self._from[f"{at}.contributions.{fields.in_path(key)}"] = table.place(row, "amount")
            contributions[key] = kroner
        yield "contributions", contributions

    def told(self, problem: str) -> str:
        """Return a problem of the case file with the cell from which it came, if it came of one."""
        path, _, sentence = problem.partition(": ")
        rest = ""
        while path not in self._from and (cut := re.match(r"(.+)(\.[^.\[\]]+|\[[0-9]+\])$", path)):
            path, rest = cut[1], cut[2] + rest
        if path not in self._from:
            return problem
        named = self._named(rest)
        return f"{self._from[path]}: {named}{sentence}"

    def _named(self, rest: str) -> str:
        """Return what a row lacks, by its heading."""
        key = rest.strip(".")
        if key in TYPES:
            return f"{label('columns', key, self._lang)}: "
        return f"{key}: " if key else ""


def _entry(party: dict[str, Any]) -> Any:
    """Return a party as a case file has it: an authority by its code alone."""
    return party["id"] if {*party} == {"id"} else party


def _is_cofinancing(funder: Any) -> bool:
    words = {"cofinancing", *(label("columns", "cofinancing", lang) for lang in LANGUAGES)}
    return str(funder).strip().casefold() in map(str.casefold, words)
