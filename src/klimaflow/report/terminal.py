"""A page in colour; the only door to rich."""

from __future__ import annotations

from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from klimaflow.report.page import Page, laid_out

__all__ = ["coloured"]

STYLES: Final = {
    "title": "bold",
    "good": "green",
    "bad": "bold red",
    "remark": "yellow",
    "phase": "bold cyan",
    "dim": "dim",
}


def coloured(page: Page, width: int, terminal: TextIO) -> str:
    """Return the page with the colours that this terminal has."""
    console = Console(file=terminal, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        for row in laid_out(page, width):
            text = Text.assemble(*((span.text, STYLES.get(span.style, "")) for span in row))
            text.rstrip()
            console.print(text, soft_wrap=True)
    return captured.get()
