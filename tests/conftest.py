"""Shared by the tests: the shipped procedure, variants of it, and a proposal in each phase.

`command` makes each command in the form in which it is permitted at its place in the course, so
that a test states only what it is about. `in_phase` brings a proposal to a phase by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from klimaflow import Decision, Finding, History, Phase, Procedure, load_procedure
from klimaflow.commands import COMMANDS, Command
from klimaflow.policy import parse_procedure

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHIPPED = "klimaalliancen-2024"
POLICY = files("klimaflow").joinpath(f"policies/{SHIPPED}.toml").read_text("utf-8")

CHROMIUM = "/usr/bin/chromium-headless-shell"

PROPOSER = "proposer:0751"
SECRETARIAT = "secretariat:kl"
DGO = "dgo:midtjylland"
COMMITTEE = "committee:klimaalliancen"
THREE = ("0751", "0461", "1083")
ASKED = {"realdania": 1_500_000, "region-syddanmark": 500_000}
CRITERIA = (
    "need-from-climate-plans",
    "development-element",
    "not-proven-solution",
    "results-open",
)

_REALDANIA = {"by": "funder:realdania", "funder": "realdania"}
_REASON = {"reason": "Efter aftale."}
_LATELY = {"at": "2024-06-12 10:00"}

PERMITTED: dict[str, dict[str, Any]] = {
    "register-idea": {"at": "2024-02-01 10:00", "by": PROPOSER, "title": "Skybrud på tværs"},
    "hold-sparring": {"at": "2024-02-15 10:00", "by": DGO, "adviser": "Ann"},
    "enlist-participants": {"at": "2024-02-02 10:00", "by": PROPOSER, "participants": THREE},
    "release-participant": {"at": "2024-02-03 10:00", "by": PROPOSER, "participant": "0461"},
    "describe": {
        "at": "2024-02-04 10:00",
        "by": PROPOSER,
        "need": "Regnen kender ingen kommunegrænse.",
        "elements": ["test"],
        "results_open": True,
        "proven_solution": False,
    },
    "propose-budget": {
        "at": "2024-02-05 10:00",
        "by": PROPOSER,
        "contributions": ASKED,
        "cofinancing": 250_000,
    },
    "submit-for-qualification": {
        "at": "2024-04-10 12:00",
        "by": PROPOSER,
        "round": "2024-spring",
    },
    "assess-criterion": {
        "at": "2024-04-18 12:00",
        "by": DGO,
        "criterion": "development-element",
        "met": True,
        "reason": "Der testes i tre oplande.",
    },
    "submit-for-approval": {"at": "2024-04-22 12:00", "by": PROPOSER},
    "put-before-committee": {"at": "2024-05-20 12:00", "by": SECRETARIAT},
    "approve": {"at": "2024-05-30 13:00", "by": COMMITTEE},
    "return": {"at": "2024-05-30 13:00", "by": COMMITTEE, **_REASON},
    "defer": {"at": "2024-05-30 13:00", "by": COMMITTEE, "round": "2024-autumn", **_REASON},
    "reject": {"at": "2024-05-30 13:00", "by": COMMITTEE, **_REASON},
    "give-consent": {"at": "2024-06-10 10:00", **_REALDANIA, "amount": 1_500_000},
    "refuse-consent": {"at": "2024-06-10 10:00", **_REALDANIA, **_REASON},
    "withdraw-consent": {"at": "2024-06-11 10:00", **_REALDANIA, **_REASON},
    "meet-condition": {**_LATELY, "by": SECRETARIAT, "condition": "En plan", **_REASON},
    "amend-grant": {**_LATELY, "by": SECRETARIAT, "granted": ASKED, **_REASON},
    "start": {"at": "2024-07-01 08:00", "by": SECRETARIAT},
    "withdraw": {"at": "2024-06-12 10:00", "by": PROPOSER, **_REASON},
}

_TO_IDEA = ("register-idea", "enlist-participants", "describe", "propose-budget")
_TO_SPARRING = (*_TO_IDEA, "hold-sparring")
_TO_QUALIFICATION = (*_TO_SPARRING, "submit-for-qualification", "assess-criterion")
_TO_APPROVAL = (*_TO_QUALIFICATION, "submit-for-approval")
_TO_COMMITTEE = (*_TO_APPROVAL, "put-before-committee")
_TO_CONSENT = (*_TO_COMMITTEE, "approve")

COURSE: dict[Phase | None, tuple[str, ...]] = {
    None: (),
    Phase.IDEA: _TO_IDEA,
    Phase.SPARRING: _TO_SPARRING,
    Phase.QUALIFICATION: _TO_QUALIFICATION,
    Phase.APPROVAL_PROCESS: _TO_APPROVAL,
    Phase.COMMITTEE_DECISION: _TO_COMMITTEE,
    Phase.FUNDER_CONSENT: _TO_CONSENT,
    Phase.STARTED: (*_TO_CONSENT, "give-consent", "start"),
    Phase.REJECTED: (*_TO_COMMITTEE, "reject"),
    Phase.WITHDRAWN: (*_TO_IDEA, "withdraw"),
}
"""How a proposal comes to each phase; `give-consent` is each contributing party's."""


def command(do: str, **changes: Any) -> Command:
    """Return the command of this name, permitted at its place but for the changes."""
    return COMMANDS[do](**{**PERMITTED[do], **changes})


def consent(funder: str, amount: int, at: str = "2024-06-10 10:00", **changes: Any) -> Command:
    """Return the consent of a funder, by default given by itself."""
    values = {"by": f"funder:{funder}", "funder": funder, "amount": amount, "at": at}
    return command("give-consent", **{**values, **changes})


def told(history: History, *commands: Command) -> History:
    """Return the history after these commands, all of them permitted."""
    for each in commands:
        history = history.then(each)
    return history


def in_phase(
    phase: Phase | None, procedure: Procedure, **changes: Mapping[str, Any] | None
) -> History:
    """Return a proposal in a phase; `changes` are those of a command, or None to leave it out."""
    history = History(procedure)
    for do in COURSE[phase]:
        change = changes.get(do.replace("-", "_"), {})
        if change is not None:
            history = told(history, *_each(do, change, history))
    return history


def _each(do: str, change: Mapping[str, Any], history: History) -> Iterable[Command]:
    if do == "assess-criterion":
        return [command(do, criterion=each.id, **change) for each in history.procedure.criteria]
    if do == "give-consent":
        granted = history.proposal.granted.items()
        return [consent(funder, amount, **change) for funder, amount in granted if amount]
    return [command(do, **change)]


def policy(*changes: tuple[str, str]) -> Procedure:
    """Return the shipped procedure with some words of its file replaced, each found once.

    Its requirements say some of it again: they stay as they are.
    """
    before, heading, after = POLICY.partition("# What must hold of all this")
    requirements, end, rest = after.partition("# What was left out")
    for words, others in changes:
        assert (before + rest).count(words) == 1, f"{words!r} stands more than once, or not at all"
        before, rest = before.replace(words, others), rest.replace(words, others)
    return parse_procedure(before + heading + requirements + end + rest)


def found(decision: Decision, rule: str) -> Finding:
    """Return what one rule found; there is exactly one such finding."""
    (finding,) = [each for each in decision.findings if each.rule == rule]
    return finding


def unsaid(sentence: str, *figures: str) -> list[str]:
    """Return those of the figures that a sentence does not name; its other words may change."""
    return [each for each in figures if each not in sentence]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without its windows, driven by Playwright, which only those import."""
    from playwright.sync_api import sync_playwright

    quiet = ("background-networking", "component-update", "gpu", "sync")
    options = ["--no-sandbox", "--no-first-run", *(f"--disable-{each}" for each in quiet)]
    with sync_playwright() as playwright:
        shell = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield shell
        shell.close()


@pytest.fixture(scope="session")
def procedure() -> Procedure:
    return load_procedure(SHIPPED)


def nearly_every_event(procedure: Procedure) -> History:
    """Return one with a return, a deferral, conditions, a refusal, a withdrawal and amendments."""
    returned = in_phase(Phase.COMMITTEE_DECISION, procedure).then(command("return"))
    spring = told(
        returned,
        command("release-participant", at="2024-06-01 10:00"),
        command("enlist-participants", at="2024-06-02 10:00", participants=["0101"]),
        command("submit-for-qualification", at="2024-09-01 10:00", round="2024-autumn"),
    )
    judged = [
        command("assess-criterion", criterion=each.id, at="2024-09-10 10:00", by=DGO)
        for each in procedure.criteria
    ]
    approved = told(
        spring,
        *judged,
        command("submit-for-approval", at="2024-10-01 10:00"),
        command("defer", at="2024-10-02 10:00", by=SECRETARIAT),
        command("put-before-committee", at="2024-11-20 10:00"),
        command("approve", at="2024-11-21 10:00", conditions=["En plan"]),
    )
    return told(
        approved,
        command("refuse-consent", at="2024-12-01 10:00"),
        command("amend-grant", granted={**ASKED, "realdania": 1}, at="2024-12-02 10:00"),
        consent("realdania", 1, "2024-12-03 10:00", valid_until="2025-01-31", conditions=["A"]),
        command("withdraw-consent", at="2024-12-04 10:00"),
        command("meet-condition", at="2024-12-05 10:00"),
        command("withdraw", at="2024-12-06 10:00"),
    )


@pytest.fixture(scope="session")
def eventful(procedure: Procedure) -> History:
    """A course with nearly every event."""
    return nearly_every_event(procedure)
