"""Faults in the facts that rules compare, in how events are obeyed, and in what funds carry."""

from tests.faults.fault import Fault


def in_facts(name: str, *changes: tuple[str, str], equivalent: str = "") -> Fault:
    return Fault(name, "facts.py", changes, equivalent)


def in_decider(name: str, *changes: tuple[str, str], equivalent: str = "") -> Fault:
    return Fault(name, "decider.py", changes, equivalent)


FACTS = (
    in_facts(
        "the phase counts from now",
        ("return self.at if since is None else since", "return self.at"),
    ),
    in_facts(
        "anyone of a role is the proposer",
        ("return self.of_the_track or _ANYONE in roles", "return 1"),
    ),
    in_facts(
        "who is not of the track may act for it",
        ("return organisation in [each.id for each in proposal.participants]", "return True"),
    ),
    in_facts(
        "a participant may not act for the track",
        ("return organisation in [each.id for each in proposal.participants]", "return False"),
    ),
    in_facts(
        "the proposer may not act for the track",
        (
            "if organisation == proposal.proposer or proposal.phase is None:",
            "if proposal.phase is None:",
        ),
    ),
    in_facts(
        "only the proposer may register",
        (
            "if organisation == proposal.proposer or proposal.phase is None:",
            "if organisation == proposal.proposer:",
        ),
        equivalent="anyone may register an idea, so that nobody is asked whose it is",
    ),
    in_facts(
        "a role that is not named is authorised",
        (
            "            return _ANYONE in roles\n        if role is _PROPOSER",
            "            return 1\n        if role is _PROPOSER",
        ),
    ),
    in_facts(
        "open to anyone is open to nobody",
        (
            "            return _ANYONE in roles\n        if role is _PROPOSER",
            "            return 0\n        if role is _PROPOSER",
        ),
    ),
    in_facts(
        "any funder speaks for every funder",
        ("return by.role is _FUNDER and by.organisation == funder", "return by.role is _FUNDER"),
    ),
    in_facts(
        "anyone speaks for a funder of that name",
        (
            "return by.role is _FUNDER and by.organisation == funder",
            "return by.organisation == funder",
        ),
    ),
    in_facts(
        "a blank reason is one",
        ("return fields.is_visible(self.command.reason)", "return self.command.reason is not None"),
    ),
    in_facts(
        "the round that is named is ignored",
        (
            "return self.proposal.round if named is None else named",
            "return self.proposal.round or named",
        ),
    ),
    in_facts(
        "the proposal's own round is not taken",
        ("return self.proposal.round if named is None else named", "return named"),
    ),
    in_facts(
        "an unknown round is known", ("        return self.gates is not None", "        return 1")
    ),
    in_facts(
        "an unknown round is the last",
        (
            "return UNKNOWN if gates is None else gates.number",
            "return 99 if gates is None else gates.number",
        ),
    ),
    in_facts(
        "qualification closes with approval",
        (
            "return UNKNOWN if gates is None else gates.qualification_closes_at",
            "return UNKNOWN if gates is None else gates.approval_closes_at",
        ),
    ),
    in_facts(
        "approval closes with qualification",
        (
            "return UNKNOWN if gates is None else gates.approval_closes_at",
            "return UNKNOWN if gates is None else gates.qualification_closes_at",
        ),
    ),
    in_facts(
        "deadlines of the proposal's own round",
        (
            "gates = self.gates\n        return UNKNOWN if gates is None else gates.approval_closes_at",
            "gates = self.own_gates\n        return UNKNOWN if gates is None else gates.approval_closes_at",
        ),
    ),
    in_facts(
        "a deferral looks at the proposal's own meeting",
        (
            '"""The day of the meeting of the round that the command names, or else the proposal\'s."""\n        gates = self.gates',
            '"""The day of the meeting."""\n        gates = self.own_gates',
        ),
    ),
    in_facts(
        "all participants count",
        (
            "            if each.kind in kinds:\n                count += 1",
            "            count += 1",
        ),
    ),
    in_facts(
        "one more authority counts",
        (
            "        count = 0\n        for each in self.proposal.participants:",
            "        count = 1\n        for each in self.proposal.participants:",
        ),
    ),
    in_facts(
        "any phase is qualified",
        ("return self.proposal.phase is _QUALIFICATION", "return self.proposal.phase is not None"),
    ),
    in_facts(
        "qualification is never required",
        ("return self.procedure.readings.qualification_required.value", "return False"),
    ),
    in_facts(
        "a criterion that was judged is met",
        ("if assessment is None or not assessment.met:", "if assessment is None:"),
    ),
    in_facts(
        "a criterion that nobody judged is met",
        (
            "if assessment is None or not assessment.met:",
            "if assessment is not None and not assessment.met:",
        ),
    ),
    in_facts(
        "one criterion is enough",
        (
            "for each in self.procedure.binding_criteria:",
            "for each in self.procedure.binding_criteria[:1]:",
        ),
    ),
    in_facts(
        "zero kroner of co-financing is silence",
        (
            "return budget is not None and budget.cofinancing is not None",
            "return budget is not None and bool(budget.cofinancing)",
        ),
    ),
    in_facts(
        "every budget considers co-financing",
        (
            "return budget is not None and budget.cofinancing is not None",
            "return budget is not None",
        ),
    ),
    in_facts(
        "a stranger takes part",
        ("return named in [each.id for each in self.proposal.participants]", "return bool(named)"),
    ),
    in_facts(
        "what is asked is granted, whatever is said",
        ("if named is None and budget is not None:", "if budget is not None:"),
    ),
    in_facts(
        "one funder's excess is another's",
        ("if over is None or beyond > over", "if over is None or beyond < over"),
    ),
    in_facts(
        "what was not asked of a funder is not looked at",
        ("beyond = amount - asked.get(funder, 0)", "beyond = amount - asked.get(funder, amount)"),
    ),
    in_facts(
        "what the committee granted is what it was asked",
        (
            "return UNKNOWN if grant is None else grant.total",
            "return UNKNOWN if grant is None else grant.total + 1",
        ),
    ),
    in_facts(
        "the grant as it is bounds its amendment",
        (
            "return UNKNOWN if grant is None else grant.total",
            "return UNKNOWN if grant is None else sum(grant.amounts.values())",
        ),
    ),
    in_facts(
        "what others were promised is ignored",
        (
            "draw(self.procedure, granted, self.committed, self.at)",
            "draw(self.procedure, granted, {}, self.at)",
        ),
    ),
    in_facts(
        "all funds are open",
        (
            "draw(self.procedure, granted, self.committed, self.at)",
            "draw(self.procedure, granted, self.committed, None)",
        ),
    ),
    in_facts(
        "what is spare is not told",
        (
            "return sum(drawing.short.values()) or -drawing.spare(self.procedure, granted)",
            "return sum(drawing.short.values())",
        ),
    ),
    in_facts(
        "locked funds are never what is lacking",
        ("        if not short:\n            return 0\n", "        return 0\n"),
    ),
    in_facts(
        "locked funds are always what is lacking",
        (
            "sum(kr for funder, kr in short.items() if funder not in still_short)",
            "sum(short.values())",
        ),
    ),
    in_facts("nobody is a stranger", ("return len(self.strangers)", "return 0")),
    in_facts(
        "who does not pay may consent",
        (
            "return () if known and self.proposal.granted.get(funder, 0) else (funder,)",
            "return () if known else (funder,)",
        ),
    ),
    in_facts(
        "a funder that is unknown may pay",
        ("if each not in self.procedure.funder_names)", "if not each)"),
    ),
    in_facts(
        "an unknown funder's consent cannot be withdrawn",
        (
            "known = funder in self.procedure.funder_names or self.consent_given",
            "known = funder in self.procedure.funder_names",
        ),
    ),
    in_facts(
        "no consent runs out",
        (
            "return self.proposal.consent_of(funder, self.today)",
            "return self.proposal.consent_of(funder, None)",
        ),
    ),
    in_facts(
        "a given consent can be given again",
        (
            "_STANDING = (None, ConsentStatus.GIVEN, ConsentStatus.REFUSED)",
            "_STANDING = (None, ConsentStatus.REFUSED)",
        ),
    ),
    in_facts(
        "a refusal does not stand",
        (
            "_STANDING = (None, ConsentStatus.GIVEN, ConsentStatus.REFUSED)",
            "_STANDING = (None, ConsentStatus.GIVEN)",
        ),
    ),
    in_facts(
        "who does not pay has a consent open",
        (
            "_STANDING = (None, ConsentStatus.GIVEN, ConsentStatus.REFUSED)",
            "_STANDING = (ConsentStatus.GIVEN, ConsentStatus.REFUSED)",
        ),
    ),
    in_facts(
        "any consent can be withdrawn",
        (
            "return self.consent is ConsentStatus.GIVEN",
            "return self.consent is not ConsentStatus.AWAITED",
        ),
    ),
    in_facts(
        "a krone more is consented to", ("        return amount\n", "        return amount + 1\n")
    ),
    in_facts(
        "less than the grant is to be consented to",
        ("return self.proposal.granted.get(self.command.funder) or UNKNOWN", "return 1"),
    ),
    in_facts(
        "a later consent counts",
        (
            "if consent is None or not consent.given or consent.at > at:",
            "if consent is None or not consent.given:",
        ),
    ),
    in_facts(
        "a withdrawn or refused consent counts",
        (
            "if consent is None or not consent.given or consent.at > at:",
            "if consent is None or consent.at > at:",
        ),
    ),
    in_facts(
        "a consent of this moment does not count",
        ("consent.given or consent.at > at:", "consent.given or consent.at >= at:"),
    ),
    in_facts(
        "no consent is awaited",
        (
            "if consent is None or not consent.given or consent.at > at:",
            "if consent is not None and not consent.given:",
        ),
    ),
    in_facts(
        "who pays nothing must consent",
        (
            "            if amount:\n                consent = consents.get(funder)",
            "            if amount is not None:\n                consent = consents.get(funder)",
        ),
    ),
    in_facts(
        "one consent is enough",
        ("return len(self.awaited)", "return max(len(self.awaited) - 1, 0)"),
    ),
    in_facts(
        "a consent runs out on its last day",
        (
            "status = self.proposal.consent_of(funder, self.today)\n                if status",
            "status = self.proposal.consent_of(funder, date_of(self.at.add(days=1), self.procedure.zone))\n                if status",
        ),
    ),
    in_facts(
        "days are those of UTC",
        ("return date_of(self.at, self.procedure.zone)", 'return date_of(self.at, "UTC")'),
    ),
    in_facts(
        "a consent that ran out is in force",
        ("if status is ConsentStatus.LAPSED:", "if status is ConsentStatus.VOID:"),
    ),
    in_facts(
        "the committee's conditions are none",
        (
            "found = [] if proposal.grant is None else [*proposal.grant.conditions]",
            "found: list[Condition] = []",
        ),
    ),
    in_facts(
        "a funder's conditions are none",
        ("                found += consent.conditions\n", "                pass\n"),
    ),
    in_facts(
        "conditions of a consent that was withdrawn stand",
        (
            "if consent.conditions and consent.given and proposal.granted.get(funder):",
            "if consent.conditions and proposal.granted.get(funder):",
        ),
        equivalent="a consent that was withdrawn, voided or refused has no conditions: each is a new one",
    ),
    in_facts(
        "conditions of a funder that does not pay stand",
        (
            "if consent.conditions and consent.given and proposal.granted.get(funder):",
            "if consent.conditions and consent.given:",
        ),
        equivalent="an amendment drops the consent of who no longer pays",
    ),
    in_facts(
        "all conditions are met",
        (
            "for each in conditions if each.met is None]",
            "for each in conditions if each.met is not None]",
        ),
    ),
    in_facts(
        "every condition is known",
        (
            "return any(each.text == self.command.condition for each in self.conditions())",
            "return 1",
        ),
    ),
)

DECIDER = (
    in_decider(
        "what is known to be advice refuses",
        (
            "if broken and any(_strength(facts, rule) is Strength.BINDING for rule in broken):",
            "if broken:",
        ),
    ),
    in_decider(
        "one rule that binds is not enough",
        (
            "any(_strength(facts, rule) is Strength.BINDING for rule in broken)",
            "all(_strength(facts, rule) is Strength.BINDING for rule in broken)",
        ),
    ),
    in_decider(
        "no rule refuses",
        (
            "any(_strength(facts, rule) is Strength.BINDING for rule in broken)",
            "any(_strength(facts, rule) is None for rule in broken)",
        ),
    ),
    in_decider("since is not set", ("        draft.since = event.at\n", "")),
    in_decider(
        "since is set by each event",
        (
            "    if move.target is not proposal.phase:\n        draft.phase = move.target\n",
            "    if True:\n        draft.phase = move.target\n",
        ),
    ),
    in_decider(
        "the phase stays",
        (
            "        draft.phase = move.target\n",
            "        draft.phase = draft.phase or move.target\n",
        ),
    ),
    in_decider("the proposer is not kept", ("    draft.proposer = event.by.organisation\n", "")),
    in_decider("the title is not kept", ("    draft.title = event.title\n", "")),
    in_decider(
        "enlisting replaces",
        ("by_id = {each.id: each for each in draft.participants}", "by_id: dict[str, Any] = {}"),
    ),
    in_decider(
        "one twice counts twice",
        (
            "    draft.participants = tuple(by_id.values())",
            "    draft.participants = (*draft.participants, *event.participants)",
        ),
    ),
    in_decider(
        "a second entry of one participant is the one",
        ("by_id.setdefault(each.id, each)", "by_id[each.id] = each"),
    ),
    in_decider(
        "all but the participant are released",
        ("if p.id != event.participant", "if p.id == event.participant"),
    ),
    in_decider("nobody is released", ("if p.id != event.participant", "if p.id")),
    in_decider(
        "the description is not kept", ("    happened.TrackDescribed: _track_described,\n", "")
    ),
    in_decider("the budget is not kept", ("    happened.BudgetProposed: _budget_proposed,\n", "")),
    in_decider(
        "the first budget stays",
        ("    draft.budget = Budget(", "    draft.budget = draft.budget or Budget("),
    ),
    in_decider(
        "co-financing is not kept",
        ("Budget(event.contributions, event.cofinancing)", "Budget(event.contributions, None)"),
    ),
    in_decider(
        "round not set on qualification",
        ("    happened.SubmittedForQualification: _round_chosen,\n", ""),
    ),
    in_decider(
        "round not set on approval", ("    happened.SubmittedForApproval: _round_chosen,\n", "")
    ),
    in_decider("round not set on deferral", ("    happened.Deferred: _round_chosen,\n", "")),
    in_decider(
        "assessments are not kept", ("    happened.CriterionAssessed: _criterion_assessed,\n", "")
    ),
    in_decider(
        "each assessment is that it is met",
        ("Assessment(event.met, event.reason)", "Assessment(True, event.reason)"),
    ),
    in_decider(
        "the first assessment stays",
        (
            "    draft.assessments = draft.assessments.with_(event.criterion, judged)",
            "    if event.criterion not in draft.assessments:\n        draft.assessments = draft.assessments.with_(event.criterion, judged)",
        ),
    ),
    in_decider("the grant is not kept", ("    happened.Approved: _approved_by_committee,\n", "")),
    in_decider(
        "conditions of the committee are not kept",
        (
            "draft.grant = _make_grant(event.granted, sum(event.granted.values()), conditions)",
            "draft.grant = _make_grant(event.granted, sum(event.granted.values()), ())",
        ),
    ),
    in_decider(
        "the committee's total is a krone more",
        (
            "sum(event.granted.values()), conditions)",
            "sum(event.granted.values()) + 1, conditions)",
        ),
    ),
    in_decider(
        "consents outlive an approval",
        (
            "    draft.grant = _make_grant(event.granted, sum(event.granted.values()), conditions)\n    draft.consents = _NONE\n",
            "    draft.grant = _make_grant(event.granted, sum(event.granted.values()), conditions)\n",
        ),
        equivalent="consents are given in funder consent only, and a return, the one way out of it and back, drops them",
    ),
    in_decider(
        "return keeps assessments",
        ("    draft.assessments = draft.consents = _NONE\n", "    draft.consents = _NONE\n"),
    ),
    in_decider(
        "return keeps consents",
        ("    draft.assessments = draft.consents = _NONE\n", "    draft.assessments = _NONE\n"),
        equivalent="",
    ),
    in_decider("return keeps the grant", ("    draft.grant = None\n", "")),
    in_decider("return is no new revision", ("    draft.revision += 1\n", "")),
    in_decider("return does nothing else", ("    happened.Returned: _returned,\n", "")),
    in_decider(
        "return forgets the budget",
        ("    draft.grant = None\n", "    draft.grant = draft.budget = None\n"),
    ),
    in_decider(
        "return forgets the participants",
        ("    draft.grant = None\n", "    draft.grant = None\n    draft.participants = ()\n"),
    ),
    in_decider(
        "return forgets the round",
        ("    draft.grant = None\n", "    draft.grant = draft.round = None\n"),
    ),
    in_decider(
        "a consent is of all that was granted",
        (
            "Consent(ConsentStatus.GIVEN, event.at, event.amount,",
            "Consent(ConsentStatus.GIVEN, event.at, 10**12,",
        ),
    ),
    in_decider("a consent is without end", ("conditions, event.valid_until)", "conditions, None)")),
    in_decider(
        "conditions of a consent are not kept",
        ("event.amount, conditions, event.valid_until)", "event.amount, (), event.valid_until)"),
    ),
    in_decider("consents are not kept", ("    happened.ConsentGiven: _consent_given,\n", "")),
    in_decider(
        "a consent replaces all others",
        (
            "    draft.consents = draft.consents.with_(event.funder, consent)",
            "    draft.consents = FrozenMap({event.funder: consent})",
        ),
    ),
    in_decider("a refusal is not kept", ("    happened.ConsentRefused: _consent_refused,\n", "")),
    in_decider(
        "a refusal is a yes",
        (
            "Consent(ConsentStatus.REFUSED, event.at)",
            "Consent(ConsentStatus.GIVEN, event.at, 10**12)",
        ),
    ),
    in_decider(
        "a refusal can be taken back",
        ("Consent(ConsentStatus.REFUSED, event.at)", "Consent(ConsentStatus.WITHDRAWN, event.at)"),
    ),
    in_decider(
        "a withdrawal is not kept", ("    happened.ConsentWithdrawn: _consent_withdrawn,\n", "")
    ),
    in_decider(
        "a withdrawal is for good",
        ("Consent(ConsentStatus.WITHDRAWN, event.at)", "Consent(ConsentStatus.REFUSED, event.at)"),
    ),
    in_decider(
        "a condition that is met is not kept", ("    happened.ConditionMet: _condition_met,\n", "")
    ),
    in_decider(
        "one condition met is all",
        ("now if each.text == event.condition else each for", "now if each.text else each for"),
    ),
    in_decider(
        "the committee's conditions cannot be met",
        ("    draft.grant = draft.grant and met(draft.grant)\n", ""),
    ),
    in_decider(
        "a funder's conditions cannot be met",
        (
            "    draft.consents = FrozenMap({funder: met(each) for funder, each in draft.consents.items()})\n",
            "",
        ),
    ),
    in_decider("an amendment is not kept", ("    happened.GrantAmended: _amended,\n", "")),
    in_decider(
        "an amendment keeps all consents",
        ("    if consent.given and now > consent.amount:", "    if not consent:"),
    ),
    in_decider(
        "any raise voids a consent",
        (
            "    if consent.given and now > consent.amount:",
            "    if consent.given and now > before:",
        ),
    ),
    in_decider(
        "any amendment voids a consent",
        (
            "    if consent.given and now > consent.amount:",
            "    if consent.given and now != before:",
        ),
    ),
    in_decider(
        "lowering voids a consent",
        (
            "    if consent.given and now > consent.amount:",
            "    if consent.given and now < consent.amount:",
        ),
    ),
    in_decider(
        "a consent to the krone is void",
        (
            "    if consent.given and now > consent.amount:",
            "    if consent.given and now >= consent.amount:",
        ),
    ),
    in_decider(
        "a voided consent stays given",
        (
            "Consent(ConsentStatus.VOID, consent.at)",
            "Consent(ConsentStatus.GIVEN, consent.at, now)",
        ),
    ),
    in_decider(
        "a refusal is lifted never",
        (
            "return None if consent.status is ConsentStatus.REFUSED and now != before else consent",
            "return consent",
        ),
    ),
    in_decider(
        "a refusal is lifted by any amendment",
        ("ConsentStatus.REFUSED and now != before else", "ConsentStatus.REFUSED else"),
    ),
    in_decider(
        "a refusal is lifted by raising only",
        (
            "ConsentStatus.REFUSED and now != before else",
            "ConsentStatus.REFUSED and now > before else",
        ),
    ),
    in_decider(
        "who no longer pays keeps a consent",
        ("        if event.granted.get(funder, 0)\n", "        if funder in event.granted\n"),
    ),
    in_decider(
        "amounts stay as they were",
        ("    draft.grant = attrs.evolve(before, amounts=event.granted)\n", ""),
    ),
    in_decider(
        "an amendment is the new total",
        (
            "attrs.evolve(before, amounts=event.granted)",
            "attrs.evolve(before, amounts=event.granted, total=sum(event.granted.values()))",
        ),
    ),
    in_decider(
        "an amendment forgets conditions",
        (
            "attrs.evolve(before, amounts=event.granted)",
            "attrs.evolve(before, amounts=event.granted, conditions=())",
        ),
    ),
    in_decider(
        "an approval is without what was promised",
        ("granted, command.conditions, committed)", "granted, command.conditions, FrozenMap())"),
    ),
    in_decider(
        "an approval is without conditions",
        ("granted, command.conditions, committed)", "granted, (), committed)"),
    ),
    in_decider(
        "an approval is of what is asked",
        (
            "command, granted = facts.command, facts.granted or FrozenMap()",
            "command, granted = facts.command, facts.proposal.budget.contributions",
        ),
    ),
    in_decider(
        "a submission names the round only if it is said",
        (
            "_make_submitted(command.at, command.by, facts.round)",
            "_make_submitted(command.at, command.by, command.round)",
        ),
    ),
)


def in_funds(name: str, *changes: tuple[str, str], equivalent: str = "") -> Fault:
    return Fault(name, "funds.py", changes, equivalent)


FUNDS = (
    in_funds(
        "what others were promised is left",
        ("rest = fund.amount - committed.get(fund.id, 0)", "rest = fund.amount"),
    ),
    in_funds(
        "what others were promised is there twice",
        (
            "rest = fund.amount - committed.get(fund.id, 0)",
            "rest = fund.amount + committed.get(fund.id, 0)",
        ),
    ),
    in_funds("a fund can be below zero", ("have = rest if rest > 0 else 0", "have = rest")),
    in_funds(
        "every fund can be drawn in full by each funder",
        ("left[fund.id] = have - drawn", "left[fund.id] = have"),
    ),
    in_funds(
        "each fund carries all that is asked of it",
        ("            amount -= drawn\n", "            amount = 0\n"),
    ),
    in_funds(
        "a funder has one fund",
        ("            amount -= drawn\n", "            amount -= drawn\n            break\n"),
    ),
    in_funds(
        "the second fund is drawn first",
        (
            "for fund in procedure.funds_of.get(funder, ()):\n            lockable",
            "for fund in reversed(procedure.funds_of.get(funder, ())):\n            lockable",
        ),
    ),
    in_funds("nothing is short", ("            short[funder] = amount\n", "            pass\n")),
    in_funds(
        "a locked fund is open",
        (
            "            if lockable and at is not None and locked(fund, at, procedure.zone):\n                continue\n",
            "",
        ),
    ),
    in_funds(
        "a lockable fund is never open",
        (
            "if lockable and at is not None and locked(fund, at, procedure.zone):",
            "if lockable and at is not None:",
        ),
    ),
    in_funds(
        "a lockable fund is closed even when all are opened",
        (
            "if lockable and at is not None and locked(fund, at, procedure.zone):",
            "if lockable and (at is None or locked(fund, at, procedure.zone)):",
        ),
    ),
    in_funds(
        "a fund that awaits something is open",
        ("        return fund.awaits is not None\n    return", "        return False\n    return"),
    ),
    in_funds(
        "a fund is open the moment before its release",
        (
            "return at < day(fund.released_on, zone).begins_at",
            "return at <= day(fund.released_on, zone).begins_at",
        ),
    ),
    in_funds(
        "a fund is open from the end of the day",
        (
            "return at < day(fund.released_on, zone).begins_at",
            "return at < day(fund.released_on, zone).ends_at",
        ),
    ),
    in_funds(
        "a fund is released on the day of UTC",
        (
            "return at < day(fund.released_on, zone).begins_at",
            'return at < day(fund.released_on, "UTC").begins_at',
        ),
    ),
    in_funds(
        "what is spare is the most",
        ("if spare is None or own < spare", "if spare is None or own > spare"),
    ),
)


def in_procedure(name: str, *changes: tuple[str, str], equivalent: str = "") -> Fault:
    return Fault(name, "procedure.py", changes, equivalent)


EXCLUSIVE = "            return closes_at - MICROSECOND\n"
PROCEDURE = (
    in_procedure(
        "the last round is the first",
        ("enumerate(self.rounds, start=1)", "enumerate(reversed(self.rounds), start=1)"),
    ),
    in_procedure(
        "a round counts from zero",
        ("enumerate(self.rounds, start=1)", "enumerate(self.rounds, start=0)"),
    ),
    in_procedure(
        "advice on criteria binds", ("if each.strength is Strength.BINDING)", "if each.strength)")
    ),
    in_procedure(
        "binding criteria are advice",
        ("if each.strength is Strength.BINDING)", "if each.strength is Strength.ADVISORY)"),
    ),
    in_procedure(
        "each funder draws on every fund", ("if funder in fund.funders)", "if fund.funders)")
    ),
    in_procedure(
        "the partnership ends a day early",
        (
            "day(self.valid_until.value, self.zone)",
            "day(self.valid_until.value - timedelta(days=1), self.zone)",
        ),
    ),
    in_procedure(
        "the partnership ends in UTC",
        ("day(self.valid_until.value, self.zone)", 'day(self.valid_until.value, "UTC")'),
    ),
    in_procedure(
        "the partnership ends when it begins",
        ("day(self.valid_until.value, self.zone)", "day(self.valid_from.value, self.zone)"),
    ),
    in_procedure(
        "the two deadlines are one another's",
        (
            "self._closes_at(stated.qualification),\n            self._closes_at(stated.approval),",
            "self._closes_at(stated.approval),\n            self._closes_at(stated.qualification),",
        ),
    ),
    in_procedure(
        "the meeting is in UTC",
        ("day(stated.committee, self.zone)", 'day(stated.committee, "UTC")'),
    ),
    in_procedure(
        "the meeting is a day late",
        (
            "day(stated.committee, self.zone)",
            "day(stated.committee + timedelta(days=1), self.zone)",
        ),
    ),
    in_procedure(
        "deadlines are read in UTC", ("stated.in_zone(self.zone) + grace", 'stated.in_zone("UTC") + grace')
    ),
    in_procedure(
        "inclusive is exclusive",
        (
            "if self.readings.deadline.value is Boundary.EXCLUSIVE:",
            "if self.readings.deadline.value is Boundary.INCLUSIVE:",
        ),
    ),
    in_procedure("exclusive is inclusive", (EXCLUSIVE, "            return closes_at\n")),
    in_procedure(
        "exact is to the minute",
        (
            "if self.readings.resolution.value is Resolution.MINUTE:",
            "if self.readings.resolution.value is Resolution.EXACT:",
        ),
    ),
    in_procedure(
        "to the minute is exact",
        ("return closes_at + timedelta(minutes=1) - MICROSECOND", "return closes_at"),
    ),
    in_procedure(
        "to the minute is a moment more",
        (
            "return closes_at + timedelta(minutes=1) - MICROSECOND",
            "return closes_at + timedelta(minutes=1)",
        ),
    ),
    in_procedure(
        "to no later than a moment more",
        ("        return closes_at\n\n", "        return closes_at + MICROSECOND\n\n"),
    ),
    in_procedure(
        "what binds advises",
        (
            "return Strength.ADVISORY if do in self.participants.advisory_at else None",
            "return Strength.BINDING if do in self.participants.advisory_at else None",
        ),
    ),
    in_procedure(
        "enough authorities only advises",
        (
            "            if do in self.participants.binding_at:\n                return Strength.BINDING",
            "            if do in self.participants.binding_at:\n                return Strength.ADVISORY",
        ),
    ),
    in_procedure(
        "enough authorities binds wherever it is asked",
        (
            "return Strength.ADVISORY if do in self.participants.advisory_at else None",
            "return Strength.BINDING",
        ),
    ),
    in_procedure(
        "co-financing binds whatever is read",
        (
            "return self.readings.cofinancing.value if self.readings.cofinancing else None",
            "return Strength.BINDING",
        ),
    ),
    in_procedure(
        "co-financing is never asked",
        (
            "return self.readings.cofinancing.value if self.readings.cofinancing else None",
            "return None",
        ),
    ),
    in_procedure(
        "consents only advise",
        (
            "if rule in _CONSENT_RULES and self.consent.required_at is RequiredAt.NEVER:",
            "if rule in _CONSENT_RULES:",
        ),
    ),
    in_procedure(
        "consents bind whatever is read",
        (
            "if rule in _CONSENT_RULES and self.consent.required_at is RequiredAt.NEVER:",
            "if rule in _CONSENT_RULES and self.consent.required_at is None:",
        ),
    ),
    in_procedure(
        "conditions bind although consents advise",
        (
            'frozenset({"every-party-consents", "consents-in-force", "conditions-met"})',
            'frozenset({"every-party-consents", "consents-in-force"})',
        ),
    ),
    in_procedure(
        "nothing else binds",
        (
            "            return Strength.ADVISORY\n        return Strength.BINDING",
            "            return Strength.ADVISORY\n        return Strength.ADVISORY",
        ),
    ),
    in_procedure(
        "a phase's own line of authority is ignored",
        ('self.roles.get(f"{do}@{phase}", self.roles.get(do, ()))', "self.roles.get(do, ())"),
    ),
)


def in_proposal(name: str, *changes: tuple[str, str], equivalent: str = "") -> Fault:
    return Fault(name, "proposal.py", changes, equivalent)


PROPOSAL = (
    in_proposal(
        "a consent runs out on its last day, too",
        (
            "return ConsentStatus.LAPSED if self.valid_until < today else _GIVEN",
            "return ConsentStatus.LAPSED if self.valid_until <= today else _GIVEN",
        ),
    ),
    in_proposal(
        "no consent ever runs out",
        ("return ConsentStatus.LAPSED if self.valid_until < today else _GIVEN", "return _GIVEN"),
    ),
    in_proposal(
        "a consent with an end is always run out",
        (
            "return ConsentStatus.LAPSED if self.valid_until < today else _GIVEN",
            "return ConsentStatus.LAPSED",
        ),
    ),
    in_proposal(
        "whatever was said is a yes",
        ("        return self.status is _GIVEN\n", "        return True\n"),
    ),
    in_proposal(
        "a withdrawn consent is a yes",
        (
            "        return self.status is _GIVEN\n",
            "        return self.status in (_GIVEN, ConsentStatus.WITHDRAWN)\n",
        ),
    ),
    in_proposal(
        "a voided consent is a yes",
        (
            "        return self.status is _GIVEN\n",
            "        return self.status in (_GIVEN, ConsentStatus.VOID)\n",
        ),
    ),
    in_proposal(
        "a void consent runs out",
        (
            "if today is None or self.valid_until is None or self.status is not _GIVEN:",
            "if today is None or self.valid_until is None:",
        ),
    ),
    in_proposal(
        "who is granted nothing consents",
        ("        if self.granted.get(funder, 0) == 0:\n            return None\n", ""),
    ),
    in_proposal(
        "a missing consent is given",
        ("return ConsentStatus.AWAITED if consent is None", "return _GIVEN if consent is None"),
    ),
    in_proposal(
        "who pays nothing contributes",
        (
            "for funder, amount in self.granted.items() if amount > 0]",
            "for funder, amount in self.granted.items()]",
        ),
    ),
)

OTHERS = (
    Fault(
        "a final phase can be left",
        "lifecycle.py",
        (
            (
                "    *(row(phase, do.Withdraw, events.Withdrawn, Phase.WITHDRAWN) for phase in OPEN),",
                "    *(row(p, do.Withdraw, events.Withdrawn, Phase.WITHDRAWN) for p in (*OPEN, Phase.STARTED)),",
            ),
            (
                "        if move.source in FINAL:",
                "        if move.source is None and move.target in FINAL:",
            ),
        ),
    ),
    Fault(
        "what is not known breaks no rule",
        "unknown.py",
        (("        return False\n", "        return True\n"),),
    ),
    Fault(
        "no rule is asked",
        "rules.py",
        (
            (
                'lines = [f"  if not {rule.test}: broken += ({name},)" for name, rule in names.items()]',
                "lines: list[str] = []",
            ),
        ),
    ),
    Fault(
        "the first rule is not asked",
        "rules.py",
        (("for number, rule in enumerate(rules)}", "for number, rule in enumerate(rules[1:])}"),),
    ),
    Fault(
        "the last rule is not asked",
        "rules.py",
        (("for number, rule in enumerate(rules)}", "for number, rule in enumerate(rules[:-1])}"),),
    ),
)

CODE_FAULTS = (*FACTS, *DECIDER, *FUNDS, *PROCEDURE, *PROPOSAL, *OTHERS)
