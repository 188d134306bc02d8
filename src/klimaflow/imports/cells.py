"""What stands in a cell as a case file has it.

A cell that is nothing of what it should be stays as it is: the reader of case files says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import Moment
from klimaflow.parties import Kind, Participant
from klimaflow.phrases import LANGUAGES, label, phrases
from klimaflow.proposal import Element

__all__ = ["amount", "code", "command", "in_case", "kind", "listed", "text"]

FIRST_SERIAL, LAST_SERIAL = 36_526, 73_050
"""The days of the years 2000 to 2099 as numbers, as spreadsheets count them."""

_EPOCH = datetime(1899, 12, 30)
_DANISH = re.compile(
    r"([0-9]{1,2})[-./ ]([0-9]{1,2})[-./ ]([0-9]{4})"
    r"(?:(?:,? kl\.?|,)? ([0-9]{1,2})[.:]([0-9]{2})(?:[.:]([0-9]{2}))?)?"
)
_AMOUNT = {
    "da": re.compile(r"([0-9]{1,3}(?:[. ][0-9]{3})+|[0-9]+)(?:,(?:00?|-))?(?: ?kr\.?)?"),
    "en": re.compile(r"(?:DKK ?)?([0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(?:\.00?)?"),
}


def in_case(cell: Any, of: Any, lang: str) -> Any:
    """Return a cell of a column of some type as a case file has it; `lang` is of its headings."""
    for types, read in _READERS.items():
        if of in types:
            return read(cell, lang)
    return text(cell)


def text(cell: Any) -> Any:
    """Return a text; of a whole number its digits, as a code may be typed as a number."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else _plain(cell)


def code(cell: Any) -> Any:
    """Return the id of a party; the code of a municipality with the zero that was cut off it."""
    said = text(cell)
    return f"{said:0>4}" if isinstance(said, str) and re.fullmatch(r"[0-9]{3}", said) else said


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "auto" if cell.second or cell.microsecond else "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell if isinstance(cell, str | int | float) else str(cell)


def _moment(cell: Any, _lang: str) -> Any:
    """Return a date with its time, as a text on the Danish clock."""
    if _is_serial(cell):
        cell = _EPOCH + timedelta(milliseconds=round(cell * 86_400_000))
    return _danish(_plain(cell))


def _day(cell: Any, _lang: str) -> Any:
    if _is_serial(cell) and float(cell).is_integer():
        cell = (_EPOCH + timedelta(days=int(cell))).date()
    return _danish(_plain(cell))


def _is_serial(cell: Any) -> bool:
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return number and FIRST_SERIAL <= cell <= LAST_SERIAL


def _danish(cell: Any) -> Any:
    """Return `15-04-2024 kl. 9.00` as `2024-04-15 09:00`."""
    found = _DANISH.fullmatch(" ".join(cell.split())) if isinstance(cell, str) else None
    if found is None:
        return cell
    day, month, year, hour, minute, second = found.groups()
    on = f"{year}-{month:0>2}-{day:0>2}"
    clock = "" if hour is None else f" {hour:0>2}:{minute}"
    return on + clock + ("" if second is None else f":{second}")


def amount(cell: Any, lang: str) -> Any:
    """Return whole kroner: `1.500.000,00 kr.` in Danish, `DKK 1,500,000` in English."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    found = _AMOUNT[lang].fullmatch(" ".join(cell.split())) if isinstance(cell, str) else None
    return cell if found is None else int(re.sub(r"[^0-9]", "", found[1]))


def _flag(cell: Any, _lang: str) -> Any:
    said = cell.strip().casefold() if isinstance(cell, str) else None
    for answer, word in ((True, "yes"), (False, "no")):
        if said in {label("sheets", word, lang).casefold() for lang in LANGUAGES}:
            return answer
    return cell


def listed(cell: Any, _lang: str = "en") -> Any:
    """Return the texts of a cell, which are on lines of their own or between semicolons."""
    found = text(cell)
    if not isinstance(found, str):
        return found
    return [each.strip() for each in re.split(r"[;\n]", found) if each.strip()]


def _elements(cell: Any, lang: str) -> Any:
    found = listed(cell, lang)
    return (
        [_known(each, "elements", Element) for each in found] if isinstance(found, list) else found
    )


def _amounts(cell: Any, lang: str) -> Any:
    """Return `realdania: 1500000; region-syddanmark: 500000` as a table."""
    found = listed(cell, lang)
    if not isinstance(found, list) or not all(":" in each for each in found):
        return found
    pairs = (each.rpartition(":") for each in found)
    return {funder.strip(): amount(kroner.strip(), lang) for funder, _, kroner in pairs}


def command(cell: Any) -> Any:
    """Return the name of a command, which may be said in words."""
    return _known(cell, "commands", phrases("en")["commands"])


def kind(cell: Any) -> Any:
    """Return a kind of party, which may be said in words."""
    return _known(cell, "kinds", Kind)


def _known(cell: Any, of: str, names: Any) -> Any:
    said = cell.strip().casefold() if isinstance(cell, str) else None
    for name in map(str, names):
        if said in {name, *(label(of, name, lang).casefold() for lang in LANGUAGES)}:
            return name
    return cell


_READERS: Mapping[tuple[Any, ...], Callable[[Any, str], Any]] = {
    (Moment,): _moment,
    (date, date | None): _day,
    (bool,): _flag,
    (int, int | None): amount,
    (FrozenMap[str, int], FrozenMap[str, int] | None): _amounts,
    (tuple[Element, ...],): _elements,
    (tuple[str, ...], tuple[Participant, ...]): listed,
}
"""How the cells of a column are read, by the type of the command's field."""
