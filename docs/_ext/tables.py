"""Tables and text in Markdown, and the procedure that the pages speak of."""

import re
from collections.abc import Iterable

from klimaflow import load_procedure

SHIPPED = load_procedure("klimaalliancen-2024")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [[*head], ["---" for _ in head], *([*row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cell(text: str) -> str:
    """Return text for a table or a line, on one line and in which nothing is markup."""
    return escaped(" ".join(text.split()))


def escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", text)


def code(names: Iterable[object]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"
