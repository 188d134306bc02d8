"""What the pages for case officers say in Danish, made from klimaflow at each build."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import attrs
from tables import SHIPPED, cell, table

from klimaflow import Decision, Finding, History, decide
from klimaflow.commands import COMMANDS, Command
from klimaflow.lifecycle import MOVES
from klimaflow.phrases import day, kroner, label, listed, moment
from klimaflow.procedure import Strength
from klimaflow.proposal import OPEN, Phase, Proposal
from klimaflow.rules import RULES
from klimaflow.seen.words import round_label

LINES = Path(__file__).parents[2] / "tests/golden/lines.json"
"""What is asked just within and just beyond the line of each rule."""

NO_SUCH_ROUND = "2031-forår"
OWN = "Uden for dokumentet"
OURS = "Det siger dokumentet ikke. Kravet er vores eget, så en sag kan føres og efterprøves."


def refusals() -> str:
    """Return what each rule says when it is broken, under the headings of the document."""
    sections: dict[str, list[str]] = {}
    for rule in RULES:
        broken = [found for known in (True, False) if (found := said().get((rule, known)))]
        sections.setdefault(broken[0].source.section or OWN, []).append(_refusal(rule, broken))
    own = sections.pop(OWN)
    return "\n\n".join(_section(*each) for each in [*sections.items(), (OWN, own)])


def _section(title: str, cards: list[str]) -> str:
    return "\n\n".join([f"## {title}", *cards])


def _refusal(rule: str, broken: list[Finding]) -> str:
    """Return a card with the sentences of a rule, and what it rests on."""
    source = broken[0].source
    why = f"»{cell(source.quote)}«" if source.section else OURS
    lines = [f"(da-{rule})=", ":::{card}", ":class-card: refusal", ""]
    lines += [f"**{cell(each.because_da)}**\n" for each in broken]
    lines += [f"Hvorfor: {why}\n", f"Gælder ved: {_asked_at(rule)}.\n"]
    lines += [f"[Regel `{rule}`](../reference/rules.md#{rule})", ":::"]
    return "\n".join(lines)


def _asked_at(rule: str) -> str:
    asking = dict.fromkeys(m.command.do for m in MOVES if rule in {each.id for each in m.rules})
    if not asking:
        return "et skridt, som ikke er muligt i forslagets fase"
    if len(asking) == len(COMMANDS):
        return "alle skridt"
    return listed((_step(do, rule) for do in asking), "da")


def _step(do: str, rule: str) -> str:
    advisory = SHIPPED.strength(rule, do) is Strength.ADVISORY
    return label("commands", do, "da") + (" (kun en bemærkning)" if advisory else "")


@cache
def said() -> dict[tuple[str, bool], Finding]:
    """Return for each rule what it says when it is broken: by figures, and for what is unknown."""
    found: dict[tuple[str, bool], Finding] = {}
    for answer in _answers():
        for each in answer.findings:
            if not each.holds:
                found.setdefault((each.rule, each.margin is not None), each)
    return found


def _answers() -> Iterator[Decision]:
    """Yield what is said some minutes off, as it is, and to a proposal that says nothing."""
    for case in json.loads(LINES.read_text("utf-8"))["cases"]:
        history = History(SHIPPED)
        for each in case["given"]:
            history = history.then(_command(each))
        for step in case["steps"]:
            asked, committed = _command(step["asked"]), step["asked"].get("committed", {})
            for minutes in (12, -12):
                other = asked.at.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
                yield history.decide(attrs.evolve(asked, at=other), committed=committed)
            yield history.decide(asked, committed=committed)
            for phase in (history.proposal.phase, None):
                yield decide(SHIPPED, Proposal(phase=phase, round=NO_SUCH_ROUND), _bare(asked))


def _command(said: dict[str, Any]) -> Command:
    given = {name: value for name, value in said.items() if name not in ("do", "committed")}
    return COMMANDS[said["do"]](**given)


def _bare(asked: Command) -> Command:
    rounds = {"round": NO_SUCH_ROUND} if hasattr(asked, "round") else {}
    return attrs.evolve(asked, **rounds)


def rounds() -> str:
    head = ["Runde", "Faglig kvalificering senest", "Godkendelsesforløb senest", "Møde"]
    rows = []
    for gates in SHIPPED.gates.values():
        closes = (gates.qualification_closes_at, gates.approval_closes_at)
        times = [moment(each, "da", SHIPPED.zone) for each in closes]
        rows.append([round_label(gates.round, "da"), *times, day(gates.meeting.on, "da")])
    return table(head, rows)


def funds() -> str:
    rows = [
        [
            listed((SHIPPED.funder_names[each] for each in fund.funders), "da"),
            kroner(fund.amount, "da"),
            f"afventer {cell(fund.awaits)}" if fund.awaits else "fri",
        ]
        for fund in SHIPPED.funds
    ]
    return table(["Bidragende parter", "Beløb", "Frigivet"], rows)


def moves() -> str:
    """Return every step: by whom, where it leads, and in which phases."""
    phases: dict[tuple[str, ...], list[Phase | None]] = {}
    for move in MOVES:
        may = SHIPPED.authority.at[move.command.do, move.source]
        who = " eller ".join(label("roles", role, "da") for role in may)
        to = "bliver i fasen" if move.source is move.target else label("phases", move.target, "da")
        row = (label("commands", move.command.do, "da"), who, to)
        phases.setdefault(row, []).append(move.source)
    rows = [[*row, _phases(found)] for row, found in phases.items()]
    return table(["Skridt", "Hvem", "Fører til", "I fasen"], rows)


def _phases(found: list[Phase | None]) -> str:
    if {*found} == {*OPEN}:
        return "hver fase i rammen"
    return ", ".join(label("phases", phase, "da") if phase else "endnu ingen" for phase in found)


GENERATED = {
    "da-funds": funds,
    "da-moves": moves,
    "da-refusals": refusals,
    "da-rounds": rounds,
}
