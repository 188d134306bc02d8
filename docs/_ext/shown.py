"""What is made at each build: values as a notebook shows them, pages as `report` writes them."""

from functools import cache
from html import escape
from pathlib import Path
from typing import Protocol

import process
from sphinx.application import Sphinx
from tables import SHIPPED

from klimaflow.case import load_case
from klimaflow.cli.commands import run
from klimaflow.markup.elements import fragment
from klimaflow.phrases import label
from klimaflow.report import Course, Lifecycle

EXAMPLES = Path(__file__).parents[2] / "examples"
PROCESS = "process.svg"
WRITTEN = {"case": EXAMPLES / "skybrud-paa-tvaers.toml", "all": EXAMPLES}
"""Each page that is written to `pages/`, by its name, and what it is written of."""


class Shown(Protocol):
    def _repr_html_(self) -> str: ...


@cache
def course() -> Course:
    return Course.of(load_case(EXAMPLES / "skybrud-paa-tvaers.toml"))


def raw(html: str) -> str:
    return f"`````{{raw}} html\n{html}\n`````"


def lifecycle(lang: str) -> str:
    """Return the lifecycle, which can be moved to and fro where the window is narrower than it."""
    about = escape(label("seen", "lifecycle", lang))
    named = f'role="region" aria-label="{about}" tabindex="0"'
    return raw(f'<div class="lifecycle" {named}>{fragment(Lifecycle(lang=lang).picture())}</div>')


def value(of: Shown) -> str:
    return raw(f'<div class="shown">{of._repr_html_()}</div>')


def refused() -> str:
    return value(next(s.decision for s in course().steps if not s.decision.permitted))


def picture_of_process() -> str:
    about = "The process: a band for each role, in it the tasks, some with a timer"
    picture = f'<img alt="{about}" src="../pages/{PROCESS}" style="max-width: none">'
    return raw(
        '<div class="process" role="region" aria-label="BPMN" tabindex="0">' + picture + "</div>"
    )


GENERATED = {
    "da-lifecycle": lambda: lifecycle("da"),
    "lifecycle": lambda: lifecycle("en"),
    "process": picture_of_process,
    "shown-decision": refused,
    "shown-history": lambda: value(course().history),
    "shown-procedure": lambda: value(SHIPPED),
}


def write_pages(app: Sphinx, error: Exception | None) -> None:
    """Write the pages beside the docs, as the commands on `how-to/show-a-case` do."""
    if error is not None or app.builder.format != "html":
        return
    folder = app.outdir / "pages"
    folder.mkdir(exist_ok=True)
    (folder / PROCESS).write_text(process.drawn(), "utf-8")
    for name, source in WRITTEN.items():
        page = folder / f"{name}.html"
        options = ["--lang", "da", "--at", "2025-02-01 09:00", "--overwrite"]
        if run(["report", str(source), "--html", str(page), *options]):
            raise RuntimeError(f"{page.name} could not be written")
