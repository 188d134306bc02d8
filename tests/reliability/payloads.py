"""Hostile titles, notes and names, through everything that klimaflow writes of a case.

Each form is read by a real parser, and has the structure that it has with harmless words. Nothing
that was said is told to a log.
"""

from __future__ import annotations

import csv
import json
import logging
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from html.parser import HTMLParser
from io import StringIO
from typing import Any, Final, cast
from xml.etree import ElementTree

from icalendar import Calendar
from markdown_it import MarkdownIt
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from klimaflow import CaseError, History, Procedure, copenhagen
from klimaflow.commands import Command
from klimaflow.exports import dot
from klimaflow.exports.csv import findings, steps
from klimaflow.exports.xes import log
from klimaflow.pages import case_page, portfolio_page
from klimaflow.planning import plan
from klimaflow.planning.calendar import calendar
from klimaflow.report import Course, course_page, history_markdown, plain
from klimaflow.report.terminal import coloured
from klimaflow.store import Store
from klimaflow.store.schema import TABLES
from tests.conftest import command
from tests.reliability.campaigns import Counts
from tests.store.databases import brought

CANARY: Final = "Kanariefugl"

_FORMULAS: Final = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "|x")
_MARKUP: Final = (
    "<script>alert(1)</script>",
    "</title></head><body>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "&lt;b&gt;&#x3c;b>",
    '<?xml version="1.0"?>',
    '<!ENTITY x SYSTEM "file:///etc/passwd">',
    "</style></table></div>",
    "javascript:alert(1)",
)
_MARKDOWN: Final = (
    "`x`",
    "**x**",
    "# x",
    "| a | b |",
    "[x](javascript:alert(1))",
    "![x](http://x)",
    "\\",
    "\n\n- x",
    "\n---\n",
    "<http://x.dk>",
    "~~~",
    "1. x",
)
_DIAGRAMS: Final = ('"]; x -> y [label="', "\\N\\G", "%%{init: {}}%%", "--> x: y", ":::x", "}end;")
_CONTROLS: Final = (
    "\0",
    "\x1b[31m",
    "\x1b]0;x\x07",
    "\x9b2J",
    "\x08\x08",
    "\r\nBEGIN:VEVENT\r\n",
    "\r\nX-EVIL:1",
    "\x7f",
    "\u2028",
    "\x85",
)
_UNSEEN: Final = ("\u202e", "\u2066x\u2069", "\u200f", "\u200b", "\ufeff", "\U000e0041", "e\u0301")
SPECIAL: Final = (*_FORMULAS, *_MARKUP, *_MARKDOWN, *_DIAGRAMS, *_CONTROLS, *_UNSEEN)


def payloads() -> list[str]:
    """Return the special texts before, behind, around, amid, doubled and with the next one."""
    found = []
    for each, following in zip(SPECIAL, (*SPECIAL[1:], SPECIAL[0]), strict=True):
        found += [each + CANARY, CANARY + each, each + CANARY + each, each * 2 + CANARY]
        found += [CANARY + each + CANARY, each + following + CANARY]
    return found


def told(text: str) -> list[Command]:
    """Return commands that say a text wherever one may say what one likes."""
    vand = {"id": "cvr:12345678", "name": text, "kind": "company"}
    return [
        command("register-idea", title=text),
        command("enlist-participants", participants=["0751", "0461", "1083", vand]),
        command("describe", need=text, elements=["test"]),
        command("hold-sparring", adviser=text, notes=text),
    ]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    def handle_pi(self, data: str) -> None:
        self.found.append("instruction")

    def unknown_decl(self, data: str) -> None:
        self.found.append("declaration")


def html(page: str) -> list[Any]:
    """Return the tags of a page in their order, with the names of their attributes."""
    parser = _Tags()
    parser.feed(page)
    parser.close()
    assert not [c for c in page if not (c.isprintable() or c in "\n\t\u00a0")], "unreadable"
    return parser.found


def markdown(text: str) -> list[str]:
    """Return the kinds of what Markdown reads, but for the pieces of plain text."""
    read = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [child for token in read for child in token.children or ()]
    return [each.type for each in (*read, *inner) if not each.type.startswith("text")]


def terminal(text: str) -> list[str]:
    """Return nothing: a terminal is given lines that it can print, whatever their number is."""
    assert all(line.isprintable() for line in text.split("\n")), "a terminal obeys it"
    return []


def ical(written: bytes) -> list[Any]:
    """Return the components of a calendar with the names of their properties."""
    return [(each.name, sorted(each)) for each in Calendar.from_ical(written).walk()]


def cells(written: str) -> list[int]:
    """Return how many cells each row of a CSV has; none of them is a formula to a spreadsheet."""
    rows = [*csv.reader(StringIO(written, newline=""), strict=True)]
    assert not [c for row in rows for c in row if c.lstrip().startswith(("=", "+", "-", "@"))]
    return [len(row) for row in rows]


def xml(written: str) -> list[Any]:
    """Return the elements of a document in their order, with the names of their attributes."""
    return [(each.tag, sorted(each.attrib)) for each in ElementTree.fromstring(written).iter()]


def graph(written: str) -> list[int]:
    """Return how many graphs, nodes and arrows Graphviz reads in a picture."""
    command = ["dot", "-Tdot_json"]
    read = subprocess.run(command, input=written, capture_output=True, text=True, check=True)
    found = json.loads(read.stdout)
    assert read.stderr == "", "Graphviz warns"
    return [found["_subgraph_cnt"], len(found["objects"]), len(found["edges"])]


def jsonl(lines: Iterator[str]) -> list[str]:
    """Return what each line of an export says it is."""
    return [json.loads(line)["line"] for line in "".join(lines).split("\n")[:-1]]


_AT: Final = copenhagen("2024-03-01 10:00")

Form = Callable[[Course], Any]

FORMS: Final[Mapping[str, Form]] = {
    "page of a case": lambda c: html(case_page(c, _AT)),
    "page of many": lambda c: html(portfolio_page([c, c], _AT)),
    "notebook": lambda c: html(c.history._repr_html_()),
    "Markdown": lambda c: markdown(history_markdown(c.history)),
    "terminal": lambda c: terminal(plain(course_page(c), 80)),
    "colours": lambda c: terminal(coloured(course_page(c), 80, StringIO())),
    "JSON": lambda c: sorted(json.loads(json.dumps(c.to_dict("en")))),
    "CSV of steps": lambda c: cells(steps([c])),
    "CSV of findings": lambda c: cells(findings([c], "da")),
    "XML": lambda c: xml(log([c], "da")),
    "DOT": lambda c: graph(dot(c)),
    "calendar": lambda c: ical(calendar(plan(c.history, _AT), "da", c.name)),
}


@contextmanager
def logged() -> Iterator[StringIO]:
    """Give what any logger says from INFO on; at DEBUG SQLAlchemy tells whole rows."""
    said, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(said), root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield said
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def hostile_texts(
    store: Store, procedure: Procedure, texts: Sequence[str], forms: Mapping[str, Form] = FORMS
) -> Counts:
    """Write each text in each form: the structure stays, and no log has it."""
    harmless = _course(procedure, "Ord")
    expected = {name: form(harmless) for name, form in forms.items()}
    counts = {"texts": len(texts), "refused": 0, "written": 0, "broken": 0}
    engine = cast(Engine, store._where)
    url, journal = engine.url.render_as_string(hide_password=False), _journal(engine)
    with logged() as said, closing(Store(url, procedure, journal=journal)) as own:
        for number, text in enumerate(texts):
            try:
                course = _course(procedure, text)
            except CaseError:
                counts["refused"] += 1
                continue
            for name, form in forms.items():
                assert form(course) == expected[name], f"{name} is broken by {text!r}"
                counts["written"] += 1
            case = f"case-{number}"
            brought(own, case, *told(text))
            assert own.history(case) == course.history
            assert CANARY not in _error(own, case)
        lines = Counter(jsonl(own.export()))
    assert lines["entry"] == counts["written"] // len(forms) * len(told("x"))
    assert store.verify() == []
    assert CANARY not in said.getvalue(), "a log tells what was said"
    return counts


def _journal(engine: Engine) -> Any:
    """Return the mode in which a file of SQLite is open; None on another database."""
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA journal_mode").scalar()


def _error(store: Store, case: str) -> str:
    """Return what an error of the database says of a case that is written a second time."""
    with cast(Engine, store._where).connect() as connection:
        event = TABLES.event
        row = connection.execute(select(event).where(event.c.case_id == case)).mappings().first()
        try:
            connection.execute(insert(event).values(dict(row or {})))
        except IntegrityError as error:
            return str(error)
        raise AssertionError("it was written twice")


def _course(procedure: Procedure, text: str) -> Course:
    history = History(procedure)
    for each in told(text):
        history = history.then(each)
    return Course.of_history(history, "sag")
