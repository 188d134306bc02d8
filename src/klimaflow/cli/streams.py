"""What the command writes, on streams that may be closed, full, narrow or unable to show æøå."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import sys
import unicodedata
from typing import Any, TextIO

from klimaflow.report import Page, plain
from klimaflow.report.page import printable
from klimaflow.report.terminal import coloured

__all__ = ["complain", "tolerate", "write", "write_json", "write_page"]

WIDEST = 100
NARROWEST = 30

PLAINER = {
    **dict(zip("æøåÆØÅ", ("ae", "oe", "aa", "Ae", "Oe", "Aa"), strict=True)),
    **dict(zip("✓✗→·–—…", ("+", "x", "->", "-", "-", "-", "..."), strict=True)),
    **dict.fromkeys("“”»«", '"'),
    "’": "'",
}
"""How to write what an encoding cannot."""


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    cut = error.object[error.start : error.end]
    return "".join(map(_without_accents, cut)), error.end


def _without_accents(character: str) -> str:
    if character in PLAINER:
        return PLAINER[character]
    base = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return base or "?"


codecs.register_error("klimaflow-plainer", _plainer)


def tolerate(*streams: TextIO | None) -> None:
    """Let these streams write what their encoding lacks in plainer characters."""
    for stream in streams:
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="klimaflow-plainer")


def write(text: str) -> None:
    """Write to standard output; a reader that has gone away has read enough."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _nowhere(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise


def _nowhere(stream: TextIO) -> None:
    """Let what is still buffered go, so that the interpreter's last flush does not fail."""
    with open(os.devnull, "wb") as sink:
        os.dup2(sink.fileno(), stream.fileno())


def write_page(page: Page) -> None:
    """Write a page as wide as the terminal; in colour on a terminal that wants it."""
    columns = shutil.get_terminal_size((80, 24)).columns
    width = min(max(columns, NARROWEST), WIDEST)
    write(coloured(page, width, sys.stdout) if _wants_colour(sys.stdout) else plain(page, width))


def _wants_colour(stream: TextIO | None) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream is not None and stream.isatty()


def write_json(value: Any) -> None:
    """Write one JSON value; what a terminal could obey or not show is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    write("".join(map(_harmless, text)) + "\n")


def _harmless(character: str) -> str:
    if character == "\n" or (character.isprintable() and _encodable(character)):
        return character
    return json.dumps(character)[1:-1]


def _encodable(character: str) -> bool:
    if character.isascii():
        return True
    try:
        character.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeError:
        return False
    return True


def complain(problems: list[str]) -> None:
    """Write one line for each problem on standard error."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write("".join(f"{printable(problem)}\n" for problem in problems))
        sys.stderr.flush()
    except BrokenPipeError:
        _nowhere(sys.stderr)
