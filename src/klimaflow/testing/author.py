"""Scripts that are likely to go far: mostly the next sensible step, at a time close to some line.

A script is the steps of a case file as raw tables. Its author looks at the proposal so far to know
what is sensible; now and then a step is odd, and now and then a time crosses its line.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from klimaflow.commands import COMMANDS
from klimaflow.history import History
from klimaflow.moments import Day, Moment, date_of, day, moment
from klimaflow.parties import Role
from klimaflow.procedure import Gates, Procedure
from klimaflow.proposal import FINAL, Phase, Proposal

__all__ = ["Author", "command", "script"]

Step = dict[str, Any]

MICROSECOND, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
NUDGES = (
    -MICROSECOND,
    MICROSECOND,
    MINUTE - MICROSECOND,
    MINUTE,
    -MINUTE,
    HOUR,
    timedelta(days=1),
    -timedelta(days=1),
    timedelta(days=200),
)
ZONES = (
    UTC,
    ZoneInfo("Europe/Copenhagen"),
    timezone(timedelta(hours=14)),
    ZoneInfo("America/St_Johns"),
)
ORGANISATIONS = ("0751", "0461", "0101", "1083", "1085", "cvr:12345678", "kl", "realdania")
GATES = {
    "submit-for-qualification": "qualification",
    "submit-for-approval": "approval",
    "defer": "committee",
    "put-before-committee": "committee",
}
ROLES = tuple(Role)
STRANGER, NO_ROUND = "danske-bank", "2025-spring"
BLANKS = ("", " ", "\t\n", "\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}")
CONDITIONS = ("En plan", "Et regnskab", "Tre kommuner mere")
FIRM = {"id": "cvr:12345678", "name": "Vand A/S", "kind": "company"}
KL = {"id": "kl", "name": "KL", "kind": "association"}
NAMED = {"id": "0461", "name": "Odense", "kind": "municipality"}
PARTICIPANTS: tuple[Any, ...] = ("0751", "0461", "0101", "1083", "1085", "1082", FIRM, KL, NAMED)
BESIDE = (-10_000_000, -7_500_000, -500_000, -1, 0, 1)
"""How much less or more than it holds a fund may have promised, in kroner."""
AMOUNTS = (1, 499_999, 500_000, 1_500_000, 2_000_000, 9_999_999, 10_000_000, 10_000_001)


def committed(random: Random, procedure: Procedure) -> dict[str, int]:
    """Return what the funds have promised to other tracks; mostly nothing."""
    if random.random() < 0.7 or not procedure.funds:
        return {}
    some = random.sample(procedure.funds, random.randint(1, len(procedure.funds)))
    return {fund.id: max(0, fund.amount + random.choice(BESIDE)) for fund in some}


def script(
    random: Random, procedure: Procedure, longest: int = 25
) -> tuple[list[Step], dict[str, int]]:
    """Return the steps of a case, and what the funds have promised to others.

    There are at most `longest` steps, and two thirds of them at least unless the course ends.
    """
    promised, history = committed(random, procedure), History(procedure)
    author, steps = Author(random, procedure), []
    odd = random.choice((0.0, 0.0, 0.03, 0.1, 0.3))
    for _ in range(random.randint(longest * 2 // 3, longest)):
        step = author.step(history.proposal, odd)
        steps.append(step)
        decision = history.decide(command(step), committed=promised)
        history = history.record(decision) if decision.permitted else history
        if history.proposal.phase in FINAL:
            odd = 0.5
            if random.random() < 0.5:
                break
    return steps, promised


def command(step: Step) -> Any:
    """Return the command that a step asks for."""
    return COMMANDS[step["do"]](**{key: value for key, value in step.items() if key != "do"})


class Author:
    """Writes one step after another, for a proposal under a procedure."""

    def __init__(self, random: Random, procedure: Procedure) -> None:
        self.random, self.procedure = random, procedure
        self.rounds = procedure.gates
        self.funders = tuple(procedure.funder_names) or (STRANGER,)
        self.criteria = [each.id for each in procedure.criteria] or ["no-criterion"]
        self.begun = _start(random, procedure)

    def step(self, proposal: Proposal, odd: float) -> Step:
        """Return the next step; odd ones are of any kind, at any time, by anybody."""
        is_odd = self.random.random() < odd
        do = self.random.choice(list(COMMANDS)) if is_odd else self._next(proposal)
        named = self._fields(do, proposal, odd)
        at = self._at(do, proposal, named)
        if self._chance(0.06) and (is_odd or do not in ("register-idea", "hold-sparring")):
            at += self.random.choice(NUDGES)
        if is_odd and self.random.random() < 0.3:
            at = self.random.choice(self._lines(proposal)) + self.random.choice(NUDGES)
        by = self._anybody() if self.random.random() < odd / 2 else self._by(do, proposal, named)
        return {"do": do, "at": at.astimezone(self.random.choice(ZONES)), "by": by, **named}

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _next(self, proposal: Proposal) -> str:
        """Return the command that a proposal in this phase most likely needs, or a likely other."""
        others = {
            None: ("register-idea",),
            Phase.IDEA: ("hold-sparring", "describe", "enlist-participants", "release-participant"),
            Phase.SPARRING: ("hold-sparring", "describe", "propose-budget", "release-participant"),
            Phase.QUALIFICATION: ("return", "propose-budget", "enlist-participants", "describe"),
            Phase.APPROVAL_PROCESS: ("defer", "propose-budget", "return", "release-participant"),
            Phase.COMMITTEE_DECISION: ("defer", "return", "reject", "hold-sparring"),
            Phase.FUNDER_CONSENT: (
                *("amend-grant", "amend-grant", "refuse-consent", "withdraw-consent", "start"),
                *("meet-condition", "give-consent", "return", "release-participant"),
            ),
        }.get(proposal.phase, tuple(COMMANDS))
        if self._chance(0.4 if proposal.phase is Phase.COMMITTEE_DECISION else 0.12):
            return self.random.choice(others)
        if proposal.phase in (Phase.IDEA, Phase.SPARRING):
            return self._prepared(proposal)
        if proposal.phase is Phase.QUALIFICATION:
            return self._qualified(proposal)
        if proposal.phase is Phase.FUNDER_CONSENT:
            return self._consented(proposal)
        usual = {
            None: "register-idea",
            Phase.APPROVAL_PROCESS: "put-before-committee",
            Phase.COMMITTEE_DECISION: "approve",
        }
        return usual.get(proposal.phase) or self.random.choice(others)

    def _lacking(self, proposal: Proposal) -> str | None:
        """Return what brings the participants or the budget that are still missing."""
        stated = self.procedure.participants
        counting = [each for each in proposal.participants if each.kind in stated.kinds]
        if len(counting) < stated.minimum and self._chance(0.9):
            return "enlist-participants"
        return "propose-budget" if proposal.budget is None and self._chance(0.9) else None

    def _prepared(self, proposal: Proposal) -> str:
        stuck = all(
            self._last(name, "qualification") < self._since(proposal) for name in self.rounds
        )
        if stuck and self._chance(0.5):
            return "withdraw"
        if (lacking := self._lacking(proposal)) and self._chance(0.8):
            return lacking
        direct = not self.procedure.readings.qualification_required.value and self._chance(0.5)
        return "submit-for-approval" if direct else "submit-for-qualification"

    def _qualified(self, proposal: Proposal) -> str:
        judged = proposal.assessments
        missing = [each.id for each in self.procedure.criteria if each.id not in judged]
        missing += [each for each in judged if not judged[each].met]
        if missing and self._chance(0.95):
            return "assess-criterion"
        return self._lacking(proposal) or "submit-for-approval"

    def _consented(self, proposal: Proposal) -> str:
        consents = proposal.consents
        statuses = {consents[f].status if f in consents else "" for f in proposal.contributing}
        if "refused" in statuses and self._chance(0.7):
            return "amend-grant"
        if statuses != {"given"} and self._chance(0.9):
            return "give-consent"
        return "meet-condition" if _unmet(proposal) and self._chance(0.8) else "start"

    def _fields(self, do: str, proposal: Proposal, odd: float) -> Step:
        """Return the command's own fields; an odd share of them is not sensible."""
        strange = self._chance(odd)
        own: dict[str, Callable[[Proposal, bool], Step]] = {
            "register-idea": lambda _p, _s: {"title": "Skybrud på tværs"},
            "hold-sparring": lambda _p, _s: {"adviser": "Ann", "notes": "1. møde"},
            "enlist-participants": lambda _p, _s: {"participants": self._participants()},
            "release-participant": self._participant,
            "describe": lambda _p, _s: self._description(),
            "propose-budget": lambda _p, strange: self._budget(strange),
            "assess-criterion": lambda p, _s: self._assessment(p),
            "approve": self._approval,
            "give-consent": self._consent,
            "amend-grant": lambda p, strange: {"granted": self._amended(p, strange)},
            "meet-condition": self._condition,
        }
        named = own[do](proposal, strange) if do in own else {}
        if do in ("submit-for-qualification", "submit-for-approval", "defer"):
            named.update(self._round(do, proposal, strange))
        if do in ("refuse-consent", "withdraw-consent"):
            named["funder"] = self._funder(do, proposal, strange)
        if hasattr(COMMANDS[do], "reason"):
            named["reason"] = self.random.choice(BLANKS) if self._chance(odd / 3) else "Ja."
        return named

    def _participants(self) -> list[Any]:
        return self.random.choices(PARTICIPANTS, k=self.random.randint(1, 5))

    def _participant(self, proposal: Proposal, strange: bool) -> Step:
        ids = [each.id for each in proposal.participants] or ["0751"]
        return {"participant": self.random.choice([STRANGER, "0147"] if strange else ids)}

    def _description(self) -> Step:
        elements = self.random.sample(("development", "test", "demonstration"), 2)
        truths = {key: self._chance(0.5) for key in ("results_open", "proven_solution")}
        return {"need": "Regn.", "elements": elements, **truths}

    def _budget(self, strange: bool) -> Step:
        most = min(3, len(self.funders))
        funders = self.random.sample(self.funders, self.random.randint(1, most))
        likely = AMOUNTS[:5] if self._chance(0.95) else AMOUNTS
        asked = {funder: self.random.choice(likely) for funder in funders}
        if self._chance(0.1):
            asked[self.random.choice(self.funders)] = 0
        if strange:
            asked = self.random.choice(({}, {STRANGER: 1, **asked}, {funders[0]: 0}))
        cofinancing = {"cofinancing": self.random.choice((0, 250_000))}
        return {"contributions": asked, **(cofinancing if self._chance(0.7) else {})}

    def _assessment(self, proposal: Proposal) -> Step:
        names, judged = self.criteria, proposal.assessments
        missing = [each for each in names if each not in judged or not judged[each].met]
        named = self.random.choice(names if self._chance(0.1) else missing or names)
        return {"criterion": named, "met": self._chance(0.93)}

    def _round(self, do: str, proposal: Proposal, strange: bool) -> Step:
        names = list(self.rounds)
        if strange:
            return {"round": self.random.choice((NO_ROUND, "", *names))}
        if do == "submit-for-approval" and self._chance(0.6) and proposal.round:
            return {}
        within = [name for name in names if self._last(name, GATES[do]) >= self._since(proposal)]
        own = names.index(proposal.round) if proposal.round in names else 0
        later = [name for name in within if names.index(name) >= own]
        return {"round": self.random.choice(later[:1] * 3 + (later or within or names))}

    def _approval(self, proposal: Proposal, strange: bool) -> Step:
        asked = dict(proposal.budget.contributions) if proposal.budget else {}
        granted: Step = {} if self._chance(0.6) else {"granted": self._lowered(asked)}
        if strange:
            granted = {"granted": self._raised(asked)}
        texts = self.random.choices(CONDITIONS, k=self.random.randint(1, 2))
        return {**granted, **({"conditions": texts} if self._chance(0.25) else {})}

    def _lowered(self, amounts: dict[str, int]) -> dict[str, int]:
        kept = {f: kr for f, kr in amounts.items() if self._chance(0.9)} or amounts
        lower = {f: (kr, kr // 2, max(0, kr - 1), 0) for f, kr in kept.items()}
        return {f: self.random.choices(lower[f], (6, 2, 2, 1))[0] for f in kept}

    def _raised(self, amounts: dict[str, int]) -> dict[str, int]:
        funder = self.random.choice((*self.funders, *amounts, STRANGER))
        raised = {**amounts, funder: amounts.get(funder, 0) + self.random.choice((1, 10**6, 10**7))}
        ways: tuple[dict[str, int], ...] = (raised, {}, dict.fromkeys(amounts, 0))
        return self.random.choice(ways)

    def _amended(self, proposal: Proposal, strange: bool) -> dict[str, int]:
        granted, asked = dict(proposal.granted), proposal.budget
        if strange:
            return self._raised(granted)
        if asked is not None and self._chance(0.3):  # up to what was asked, within the sum or not
            return {**self._lowered(granted), **self._lowered(dict(asked.contributions))}
        return self._lowered(granted)

    def _funder(self, do: str, proposal: Proposal, strange: bool) -> str:
        if strange or not proposal.contributing:
            anyone: tuple[str, ...] = (*self.funders, STRANGER)
            return self.random.choice(anyone)
        given = {f for f, consent in proposal.consents.items() if consent.given}
        wanted = given if do == "withdraw-consent" else set(proposal.contributing) - given
        return self.random.choice(sorted(wanted) or list(proposal.contributing))

    def _consent(self, proposal: Proposal, strange: bool) -> Step:
        funder = self._funder("give-consent", proposal, strange)
        amount = proposal.granted.get(funder, 0)
        if self._chance(0.1):
            amount = max(0, amount + self.random.choice((-1, 1, 1_000_000)))
        said: Step = {"funder": funder, "amount": amount}
        if self._chance(0.15):
            said["conditions"] = self.random.choices(CONDITIONS, k=self.random.randint(0, 2))
        if self._chance(0.3):
            days = self.random.choice((-1, 0, 0, 1, 30, 4000))
            since = date_of(self._since(proposal), self.procedure.zone)
            said["valid_until"] = since + timedelta(days=days)
        return said

    def _condition(self, proposal: Proposal, strange: bool) -> Step:
        unmet = _unmet(proposal)
        return {"condition": self.random.choice(CONDITIONS if strange or not unmet else unmet)}

    def _anybody(self) -> str:
        funders = (*self.funders, STRANGER)
        role, organisation = self.random.choice(ROLES), self.random.choice(ORGANISATIONS + funders)
        return f"{role}:{organisation}{self.random.choice(('', '/Ann'))}"

    def _by(self, do: str, proposal: Proposal, named: Step) -> str:
        roles = self.procedure.authority.at.get((do, proposal.phase), ())
        role = self.random.choice(roles or ROLES)
        if role == "anyone":
            return self._anybody() if self._chance(0.2) else "proposer:0751"
        if role in ("proposer", "participant"):
            ours = [proposal.proposer or "0751", *(each.id for each in proposal.participants)]
            return f"{role}:{self.random.choice(ours)}"
        if role == "funder":
            return f"funder:{named.get('funder', 'realdania')}"
        return f"{role}:kl"

    def _at(self, do: str, proposal: Proposal, named: Step) -> datetime:
        """Return a time at which the command is likely to be in order, often at its very line."""
        first, last = self._within(do, proposal, named)
        if last is not None and last >= first and self._chance(0.4):
            return last
        if self._chance(0.2):
            return first
        later = first + self.random.choice((MINUTE, HOUR, timedelta(days=3)))
        return min(later, last) if last is not None and last >= first else later

    def _within(self, do: str, proposal: Proposal, named: Step) -> tuple[datetime, datetime | None]:
        """Return from when to when the command is in order and in time; None is without end."""
        first, rounds = self._since(proposal), self.rounds
        round_id = str(named.get("round") or proposal.round)
        own = rounds.get(proposal.round or "")
        if proposal.phase is Phase.COMMITTEE_DECISION and own is not None:
            first = max(first, own.meeting.begins_at)
        if do == "start":
            consents = proposal.consents.values()
            dated = [each.valid_until for each in consents if each.valid_until]
            until = min([*dated, self.procedure.valid_until.value])
            last = self._day(until).ends_at - MICROSECOND
            return max([first, *(each.at for each in consents)]), last
        if do in GATES and round_id in rounds:
            return first, self._last(round_id, GATES[do])
        return first, None

    def _since(self, proposal: Proposal) -> Moment:
        return proposal.since or self.begun

    def _last(self, round_id: str, gate: str) -> datetime:
        """Return the last moment in time for a gate of a round."""
        return _closings(self.rounds[round_id])[gate]

    def _day(self, on: date) -> Day:
        return day(on, self.procedure.zone)

    def _lines(self, proposal: Proposal) -> list[datetime]:
        """Return the moments at which some answer may change."""
        lines: list[datetime] = [self._since(proposal), self.begun]
        lines.append(self.procedure.partnership_ends.ends_at)
        for gates in self.rounds.values():
            lines += [*_closings(gates).values(), gates.meeting.begins_at]
        for fund in self.procedure.funds:
            lines += [self._day(fund.released_on).begins_at] if fund.released_on else []
        for consent in proposal.consents.values():
            lines.append(consent.at)
            lines += [self._day(consent.valid_until).ends_at] if consent.valid_until else []
        return lines


def _closings(gates: Gates) -> dict[str, datetime]:
    return {
        "qualification": gates.qualification_closes_at,
        "approval": gates.approval_closes_at,
        "committee": gates.meeting.ends_at - MICROSECOND,
    }


def _unmet(proposal: Proposal) -> list[str]:
    grant = proposal.grant
    made = [*(grant.conditions if grant else ())]
    for consent in proposal.consents.values():
        made += consent.conditions
    return [each.text for each in made if each.met is None]


def _start(random: Random, procedure: Procedure) -> Moment:
    """Return a time for the idea: before the first deadline, or before the second."""
    gates = random.choice(list(procedure.gates.values()))
    first = gates.round.qualification.in_zone(procedure.zone)
    early = (HOUR, timedelta(days=20), timedelta(days=70), timedelta(days=70))
    return moment(first - random.choice(early))
