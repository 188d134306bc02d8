"""A proposal as a sheet: its way through the phases, and all that is known of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from klimaflow import phrases
from klimaflow.markup.elements import Content, Element, element, fragment
from klimaflow.markup.tables import Table, table
from klimaflow.moments import COPENHAGEN
from klimaflow.parties import authorities
from klimaflow.phrases import label
from klimaflow.seen.words import quoted

if TYPE_CHECKING:
    from klimaflow.proposal import Condition, Phase, Proposal

__all__ = ["proposal_html", "stepper"]

COURSE = (
    "idea",
    "sparring",
    "qualification",
    "approval_process",
    "committee_decision",
    "funder_consent",
    "started",
)
"""The phases that lead to the start, in the order of the course."""


def proposal_html(
    proposal: Proposal, lang: str = "en", names: Mapping[str, str] | None = None
) -> str:
    """Return a proposal as HTML, in `en` or `da`; `names` are those of the funders, by id."""
    title = proposal.title or label("report", "no_phase", lang)
    rows = [(name, value) for name, value in _facts(proposal, lang, names or {}) if value]
    sheet = element(
        "div",
        element("p", title, class_="title"),
        stepper(proposal.phase, lang),
        table(
            Table(
                label("seen", "known", lang),
                [label("seen", "what", lang), label("seen", "said", lang)],
                rows,
            )
        ),
        class_="sheet",
    )
    return fragment(sheet)


def stepper(phase: Phase | None, lang: str, been: Collection[str] | None = None) -> Element:
    """Return the phases as steps: those behind, the one it is in, those to come.

    `been` are the phases that the proposal has been in. Without them an earlier one is not ticked:
    a proposal does not know its course.
    """
    steps = [*COURSE] if phase is None or phase in COURSE else [*COURSE[:-1], str(phase)]
    reached = steps.index(phase) if phase is not None else -1
    return element(
        "ol",
        [
            _step(name, _state(name, number - reached, been), lang)
            for number, name in enumerate(steps)
        ],
        class_="list stepper",
    )


def _state(name: str, ahead: int, been: Collection[str] | None) -> str:
    if ahead >= 0:
        return "ahead" if ahead else "here"
    return "earlier" if been is None else "behind" if name in been else "skipped"


def _step(name: str, state: str, lang: str) -> Element:
    shown = {"earlier": "·", "behind": "✓", "skipped": "–", "here": "●", "ahead": "○"}[state]
    text = label("phases", name, lang)
    inner: Content = element("strong", text, class_="strong") if state == "here" else text
    said = element("span", f"{label('seen', state, lang)}: ", class_="aside")
    current = {"aria_current": "step"} if state == "here" else {}
    dot = element("span", f"{shown} ", class_="dot", aria_hidden="true")
    return element("li", dot, said, inner, class_=f"step {state}", **current)


Fact = tuple[str, Content]


def _facts(proposal: Proposal, lang: str, names: Mapping[str, str]) -> Iterator[Fact]:
    if proposal.since is not None:
        yield label("seen", "since", lang), phrases.moment(proposal.since, lang, COPENHAGEN)
    yield label("report", "round", lang), proposal.round
    revision = str(proposal.revision) if proposal.revision > 1 else None
    yield label("seen", "revision", lang), revision
    yield label("seen", "proposer", lang), _authority(proposal.proposer)
    yield label("seen", "summary", lang), proposal.summary
    yield label("seen", "participants", lang), _participants(proposal, lang)
    yield from _description(proposal, lang)
    yield from _budget(proposal, lang, names)
    for name, judged in proposal.assessments.items():
        met = label("words", "kept" if judged.met else "broken", lang)
        criterion = f"{label('seen', 'criterion', lang)} {name}"
        yield criterion, f"{met}: {quoted(judged.reason, lang)}"
    yield from _grant(proposal, lang, names)


def _budget(proposal: Proposal, lang: str, names: Mapping[str, str]) -> Iterator[Fact]:
    if proposal.budget is None:
        return
    asked = proposal.budget.contributions
    each = (f"{names.get(who, who)} {phrases.kroner(kr, lang)}" for who, kr in asked.items())
    yield label("seen", "budget", lang), phrases.listed(each, lang, "nothing")
    stated = proposal.budget.cofinancing
    silent = label("seen", "silent", lang)
    yield (
        label("seen", "cofinancing", lang),
        silent if stated is None else phrases.kroner(stated, lang),
    )


def _grant(proposal: Proposal, lang: str, names: Mapping[str, str]) -> Iterator[Fact]:
    for funder, amount in proposal.granted.items():
        granted = f"{label('report', 'granted', lang)}: {names.get(funder, funder)}"
        yield granted, _consent(proposal, funder, amount, lang)
    for condition in _conditions(proposal):
        how = label("report", "condition_unmet", lang)
        if condition.met is not None:
            how = label("report", "condition_met", lang).format(quoted(condition.met, lang))
        yield label("report", "conditions", lang), f"{quoted(condition.text, lang)}, {how}"


def _authority(code: str | None) -> str | None:
    known = authorities().get(code or "")
    return code if known is None else f"{known.name} ({code})"


def _participants(proposal: Proposal, lang: str) -> str | None:
    each = (f"{p.name} ({label('kinds', p.kind, lang)})" for p in proposal.participants)
    return phrases.listed(each, lang) if proposal.participants else None


def _description(proposal: Proposal, lang: str) -> Iterator[tuple[str, str]]:
    said = proposal.description
    if said is None:
        return
    elements = (label("elements", each, lang) for each in said.elements)
    yield label("seen", "need", lang), said.need
    yield label("seen", "elements", lang), phrases.listed(elements, lang, "nothing")
    for name in ("results_open", "proven_solution"):
        yield (
            label("seen", name, lang),
            label("seen", "yes" if getattr(said, name) else "no", lang),
        )


def _consent(proposal: Proposal, funder: str, amount: int, lang: str) -> str:
    status = proposal.consent_of(funder, None)
    given = label("report", "no_consent", lang)
    if status is not None:
        given = label("report", "consent", lang).format(label("consents", status, lang))
    return f"{phrases.kroner(amount, lang)}, {given}"


def _conditions(proposal: Proposal) -> list[Condition]:
    given = [each for each in proposal.consents.values() if each.given]
    own = [*proposal.grant.conditions] if proposal.grant else []
    return own + [condition for consent in given for condition in consent.conditions]
