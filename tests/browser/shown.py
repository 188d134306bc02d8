"""What the browser is shown: pages of cases at every stage, and values as a notebook shows them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Protocol

from klimaflow import History, Procedure, load_procedure
from klimaflow import commands as do
from klimaflow.case import Case, load_case, parse_case
from klimaflow.moments import moment
from klimaflow.pages import case_page, portfolio_page
from klimaflow.planning import plan
from klimaflow.report import Course, Lifecycle

EXAMPLES = Path(__file__).parents[2] / "examples"
HOSTILE = [
    "<script>window.pwned=1;alert(1)</script>",
    '"><img src=x onerror="window.pwned=1">',
    "'><svg/onload=window.pwned=1>",
    "</title></style></textarea><iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<a href=javascript:window.pwned=1>click</a>",
    "]]><script>window.pwned=1</script>",
    "<!--<script>window.pwned=1</script>-->",
    "&lt;b&gt; &amp; &#60;script&#62; &#x26;",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "\u202egnp.exe\u202c \u200bzero\u00a0width \ufeff",
    "expression(alert(1)); background: url(//example.invalid/x)",
    "<style>*{display:none}</style>",
    "W" * 300,
    "Å" * 60 + " " + "æøå" * 40,
]


@cache
def example(name: str = "skybrud-paa-tvaers", steps: int | None = None) -> Course:
    """Return an example's course, or its first steps."""
    case = load_case(EXAMPLES / f"{name}.toml")
    return Course.of(Case(case.name, case.procedure, case.steps[:steps], case.committed))


@cache
def procedure() -> Procedure:
    return load_procedure("klimaalliancen-2024")


def hostile(text: str) -> Course:
    """Return a course in which a text stands wherever one may."""
    track = History(procedure())
    by, at = "proposer:0751", "2024-02-01 10:00"
    firm = {"id": "cvr:1", "name": text, "kind": "company"}
    track = track.then(do.RegisterIdea(title=text, summary=text, by=f"{by}/{_person(text)}", at=at))
    track = track.then(do.EnlistParticipants(participants=["0751", firm], by=by, at=at))
    track = track.then(
        do.Describe(
            need=text, elements=["test"], results_open=True, proven_solution=False, by=by, at=at
        )
    )
    track = track.then(do.SubmitForQualification(round="2024-spring", by=by, at=at))
    track = track.then(
        do.AssessCriterion(criterion="results-open", met=False, reason=text, by="dgo:midt", at=at)
    )
    return Course.of_history(track.then(do.Return(reason=text, by="dgo:midt", at=at)), text)


def _person(text: str) -> str:
    """Return a text as the name of a person, which holds no slash and nothing invisible."""
    return "".join(each for each in text.replace("/", "\u2044") if each.isprintable())[:80]


NOW = moment("2025-02-01 09:00")
MARCH = moment("2024-03-20 09:00")


def portfolio() -> str:
    courses = [example(steps=n) for n in (2, 6, 12, 21, 23, None)]
    return portfolio_page([*courses, example("afslag"), example("trukket")], NOW, "da")


def nothing_yet() -> str:
    text = 'case = "nothing-yet"\nprocedure = "klimaalliancen-2024"\nstep = []\n'
    return case_page(Course.of(parse_case(text)), MARCH, "en")


PAGES: dict[str, Callable[[], str]] = {
    "started-da": lambda: case_page(example(), NOW, "da"),
    "qualifying-da": lambda: case_page(example(steps=6), MARCH, "da"),
    "lost-da": lambda: case_page(example(steps=3), NOW, "da"),
    "rejected-en": lambda: case_page(example("afslag"), NOW, "en"),
    "nothing-yet-en": nothing_yet,
    "portfolio-da": portfolio,
    "hostile-en": lambda: portfolio_page([hostile(text) for text in HOSTILE], NOW, "en"),
}


class Shown(Protocol):
    def _repr_html_(self) -> str: ...


def shown(value: Shown) -> str:
    return value._repr_html_()


VALUES: dict[str, Callable[[], str]] = {
    "decision": lambda: shown(example().steps[8].decision),
    "history": lambda: shown(example().history),
    "proposal": lambda: shown(example().proposal),
    "procedure": lambda: shown(procedure()),
    "lifecycle": lambda: shown(Lifecycle(example().history)),
    "lifecycle-da": lambda: shown(Lifecycle(lang="da")),
    "plan": lambda: shown(plan(example(steps=6).history, MARCH)),
    "event": lambda: shown(example().history.events[0]),
    "hostile": lambda: "".join(shown(hostile(text).history) for text in HOSTILE),
}
"""Each value that has a picture of its own, and one that has none, as a notebook is given it."""


def in_notebook(html: str, ground: str = "background: #111; color: #e0e0e0") -> str:
    """Return a page around a value, by default as a notebook in the dark shows it."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>cell</title></head>'
        f'<body style="{ground}"><main>{html}</main></body></html>'
    )
