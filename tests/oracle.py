"""The procedure written a second time, as plain ifs over plain dicts, to be compared with.

`follow` takes the steps of a case file and answers what `klimaflow follow --json` has to say.
Words after DK are the Danish procedure's, those after D the design's. Where they can be read
twice, this is what stands here:

 1. `known-move` is asked only where the move is impossible; a possible move does not list it.
 2. `in-order` is asked of `register-idea` too and holds, there being no earlier phase.
 3. Who speaks for another funder breaks `authorised` too ("the funder that the command names").
 4. The proposing organisation is that of whoever registered the idea, in whatever role.
 5. The role `proposer` is open to every proposing (enlisted or not) or participating organisation.
 6. `contributing-party` of a consent: above zero in this grant; elsewhere: one of the procedure's.
 7. A consent of no contributing party breaks `consent-open`/`-given` and `amount-agreed` as well.
 8. A consent is void when the amount exceeds what was consented to, not by a raise it covers.
 9. A void consent stays void when the amount is lowered again, until it is given anew.
10. A funder left out loses its consent, refusal or withdrawal; brought back, it is awaited.
11. A refusal whose amount was changed is awaited, not void.
12. A consent that has run out cannot be withdrawn: `consent-given` is broken.
13. At the start a run-out consent breaks `consents-in-force` only, a missing one the other only.
14. `consents` says lapsed as of the latest `at`, a refused one too, or the entry of a final phase.
15. After a return `granted` and `consents` are empty; a withdrawal of the proposal leaves them.
16. The round stays after a return; `submit-for-qualification` may name any round, earlier ones too.
17. `same-or-later-round` holds for a proposal without a round, if the round named is known.
18. `criteria-met` is asked and broken at a direct submission, qualification required or not.
19. `budget-stated` holds for any budget proposed, even one of nothing at all.
20. A new budget replaces the old one whole, its word on cofinancing too; no budget is silence.
21. `committee-has-met` at a deferral goes by the phase, not the actor, and by the round left.
22. A round is still open for a deferral throughout the day of its meeting.
23. `fund-released` breaks if some funder is short that would not be, were no fund locked.
24. A fund is released from the start of the day `released_on` in the procedure's zone.
25. A fund promised beyond its amount counts as empty; a track that draws nothing on it is fine.
26. `approve` asks no `contributing-party`: an unknown funder breaks `within-request`/`-fund`.
27. `within-grant` is about the sum of the committee's own grant, not of the last amended one.
28. `granted` keeps zeros that were stated; only `consents` leaves those funders out.
29. Conditions: the committee's, and those of consents while given (run out or not); equal is one.
30. A condition once met is met, whatever its `at`, until a return or a new consent on it.
31. An id enlisted twice keeps the kind of its first enlistment until it is released.
32. `enough-authorities` is asked where `binding_at` or `advisory_at` says; if both, it is binding.
33. Of several assessments of one criterion the last in the file counts, not the latest `at`.
34. "minute" cuts the moment to its minute; it and grace concern the two 9.00 deadlines only.
35. A refused step lists its remarks too.
36. Blank is what shows nothing: only blanks, controls and zero-width characters.
37. A consent's last day is one of the procedure's zone, which D takes to be Copenhagen's.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
Bag = dict[str, Any]
SUBMISSIONS = ("submit-for-qualification", "submit-for-approval")
CONSENTS = ("give-consent", "refuse-consent", "withdraw-consent")
REGIONS = ["region-nordjylland", "region-midtjylland", "region-syddanmark"]
REGIONS += ["region-hovedstaden", "region-sjaelland"]

FACTS: Bag = {
    "zone": COPENHAGEN,  # D policy-file: "of every date and clock time in the file"
    "rounds": {  # DK "deadlines for indstillingsforløb i hhv. foråret og efteråret 2024"
        "2024-spring": {
            "qualification": datetime(2024, 4, 15, 9, tzinfo=COPENHAGEN),
            "approval": datetime(2024, 4, 25, 9, tzinfo=COPENHAGEN),
            "committee": date(2024, 5, 30),  # DK "Møde i Forretningsudvalget"
        },
        "2024-autumn": {
            "qualification": datetime(2024, 10, 7, 9, tzinfo=COPENHAGEN),
            "approval": datetime(2024, 10, 24, 9, tzinfo=COPENHAGEN),
            "committee": date(2024, 11, 21),
        },
    },
    "deadline": "inclusive",  # or "exclusive"; DK "Seneste mulighed for indsendelse"
    "resolution": "exact",  # or "minute"
    "grace_minutes": 0,
    "qualification_required": True,
    "minimum": 3,  # DK "minimum tre kommuner/regioner som deltagere i projektet"
    "kinds": ["municipality", "region"],
    "binding_at": ["submit-for-approval", "start"],
    "advisory_at": ["submit-for-qualification"],
    "cofinancing": "advisory",  # or "binding", or None: nobody asks; DK "bør ... medfinansiering"
    "required_at": "start",  # or "never"; D "required before the money is used (at start)"
    "criteria": {
        "need-from-climate-plans": "binding",  # DK "skal tage afsæt i behov og udfordringer"
        "development-element": "binding",  # DK "tydeligt udviklings-, test- eller ..."
        "not-proven-solution": "binding",  # DK "Der gives ikke støtte til direkte implementering"
        "results-open": "binding",  # DK "skal være tilgængelig for alle interesserede"
    },
    "funders": ["realdania", *REGIONS],
    "funds": [  # DK "10 mio. kr. ... af hhv. Realdania og de fem regioner", "yderligere 10 mio."
        {"id": "realdania", "funders": ["realdania"], "amount": 10_000_000},
        {"id": "regions", "funders": REGIONS, "amount": 10_000_000},
        {"id": "realdania-after-evaluation", "funders": ["realdania"], "amount": 10_000_000},
    ],
    "locked": ["realdania-after-evaluation"],  # DK "efter partnerskabets midtvejsevaluering"
    "released_on": None,  # of the locked fund: a date, or None while it is not known
    "valid_until": date(2027, 12, 31),  # DK "femårigt og løber til 2027"
    "authority": {
        "register-idea": ["anyone"],  # DK "Derfor kan alle foreslå og deltage"
        "hold-sparring": ["dgo", "secretariat"],  # DK "(DGO) og sekretariatet ... til rådighed"
        "assess-criterion": ["dgo", "secretariat"],
        "enlist-participants": ["proposer", "secretariat"],
        "release-participant": ["proposer", "secretariat"],
        **{do: ["proposer"] for do in (*SUBMISSIONS, "describe", "propose-budget", "withdraw")},
        **{do: ["secretariat"] for do in ("put-before-committee", "meet-condition")},
        **{do: ["secretariat"] for do in ("amend-grant", "start")},
        **{do: ["committee"] for do in ("approve", "reject")},
        "return": ["dgo", "secretariat"],  # D "before the committee has it, then committee"
        **{do: ["committee"] for do in ("return@committee_decision", "return@funder_consent")},
        "defer": ["committee"],
        "defer@approval_process": ["secretariat"],  # D "before it has the proposal, secretariat"
        **{do: ["funder"] for do in CONSENTS},
    },
}


def follow(steps: list[Bag], committed: dict[str, int] | None = None, facts: Bag = FACTS) -> Bag:
    """What `follow --json` says of these steps, without sentences, margins and sources."""
    case = begun()
    # In UTC, as two moments of one zone would be compared by the clock on the wall.
    steps = [{**step, "at": step["at"].astimezone(UTC)} for step in steps]
    answers = []
    for step in steps:
        answers.append(answer(step, case, committed or {}, facts))
        if answers[-1]["permitted"]:  # D "A refused step changes nothing"
            change(case, step)
    final = case["phase"] in ("started", "rejected", "withdrawn")
    now = case["since"] if final else max(s["at"] for s in steps)
    consents = {funder: status(case, funder, now, facts) for funder in parties(case)}
    left = {name: case[name] for name in ("phase", "round", "granted")}
    return {**left, "consents": consents, "steps": answers}


def answer(step: Bag, case: Bag, committed: dict[str, int], facts: Bag) -> Bag:
    """What is said of one step, whose time is in UTC; the case stays as it is."""
    found = findings(step, case, committed, facts)
    broken = sorted(rule for rule in found if not found[rule])
    advisory = ["cofinancing-considered"] if facts["cofinancing"] == "advisory" else []
    if step["do"] not in facts["binding_at"]:
        advisory.append("enough-authorities")
    if facts["required_at"] == "never":  # with "never" a missing consent is a remark
        advisory += ["every-party-consents", "consents-in-force", "conditions-met"]
    refused_by = [rule for rule in broken if rule not in advisory]
    remarks = [rule for rule in broken if rule in advisory]
    phase = case["phase"] if refused_by else target(step["do"], case["phase"])
    said = {"do": step["do"], "permitted": not refused_by, "phase": phase}
    return {**said, "refused_by": refused_by, "remarks": remarks, "asked": sorted(found)}


def begun() -> Bag:
    """A case before its first step."""
    case: Bag = {"phase": None, "round": None, "since": None, "budget": None, "cofinancing": None}
    return {**case, "participants": {}, **nothing_decided()}


def nothing_decided() -> Bag:
    """What a return leaves; D: "assessments, the committee's grant and consents lapse"."""
    return {"assessed": {}, "granted": {}, "sum": 0, "consents": {}, "conditions": {}}


def target(do: str, phase: str | None) -> str | None:  # noqa: C901
    """The phase that the command leads to from this phase, or None if there is no such move."""
    if do == "register-idea":
        return "idea" if phase is None else None
    if phase is None or phase in ("started", "rejected", "withdrawn"):
        return None
    if do in ("enlist-participants", "release-participant"):
        return phase
    if do == "hold-sparring":  # D "idea -> sparring; any other open phase -> itself"
        return "sparring" if phase == "idea" else phase
    if do == "withdraw":
        return "withdrawn"
    if do == "describe" and phase in ("idea", "sparring", "qualification"):
        return phase
    if do == "propose-budget" and phase not in ("committee_decision", "funder_consent"):
        return phase
    if do == "submit-for-qualification" and phase in ("idea", "sparring"):
        return "qualification"
    if do == "submit-for-approval" and phase in ("idea", "sparring", "qualification"):
        return "approval_process"
    if do == "return" and phase not in ("idea", "sparring"):
        return "sparring"
    if do == "defer" and phase in ("approval_process", "committee_decision"):
        return "approval_process"
    if phase == "qualification" and do == "assess-criterion":
        return phase
    if phase == "approval_process" and do == "put-before-committee":
        return "committee_decision"
    if phase == "committee_decision" and do in ("approve", "reject"):
        return "funder_consent" if do == "approve" else "rejected"
    if phase == "funder_consent" and do == "start":
        return "started"
    if phase == "funder_consent" and do in (*CONSENTS, "meet-condition", "amend-grant"):
        return phase
    return None


def findings(  # noqa: C901
    step: Bag, case: Bag, committed: dict[str, int], facts: Bag
) -> dict[str, bool]:
    """Every rule that the step asks, and whether it is kept."""
    do, at, phase = step["do"], step["at"], case["phase"]
    if target(do, phase) is None:
        return {"known-move": False}  # D "known-move is the only finding"
    # D "at is not before the proposal's last change of phase"
    found = {"in-order": case["since"] is None or bool(at >= case["since"])}
    found["authorised"] = authorised(step, case, facts)
    if "reason" in step:
        # D "blank is none"; what shows is neither a control nor a blank
        found["reason-given"] = any(category(one)[0] not in "CZ" for one in step["reason"])
    if do in facts["binding_at"] or do in facts["advisory_at"]:
        kinds = [kind for kind in case["participants"].values() if kind in facts["kinds"]]
        found["enough-authorities"] = len(kinds) >= facts["minimum"]
    if do == "propose-budget":
        found["contributing-party"] = all(f in facts["funders"] for f in step["contributions"])
    if do == "release-participant":
        found["known-participant"] = step["participant"] in case["participants"]
    if do == "meet-condition":
        found["known-condition"] = any(step["condition"] in one for one in conditions(case))
    if do == "put-before-committee":  # D "no later than the day of the meeting"
        found["before-the-meeting"] = day(at, facts) <= facts["rounds"][case["round"]]["committee"]
    if do in ("approve", "reject", "return", "defer") and phase == "committee_decision":
        # D "not decided before the day of the round's meeting"
        found["committee-has-met"] = day(at, facts) >= facts["rounds"][case["round"]]["committee"]
    there = facts["rounds"].get(step.get("round", case["round"]))  # D "default: the proposal's"
    here = facts["rounds"].get(case["round"])
    known = there is not None  # D "breaks known-round and each rule that uses the round"
    if do in (*SUBMISSIONS, "defer"):
        found["known-round"] = known
    if do in ("submit-for-approval", "defer"):
        no_earlier = known and (here is None or there["committee"] >= here["committee"])
        found["same-or-later-round"] = no_earlier
    if do == "defer":  # D "a deferral to a round whose meeting has not passed"
        found["round-still-open"] = known and day(at, facts) <= there["committee"]
    if do == "submit-for-qualification":
        in_due_time = known and in_time(at, there["qualification"], facts)
        found["before-qualification-deadline"] = in_due_time
    if do == "submit-for-approval":
        found["before-approval-deadline"] = known and in_time(at, there["approval"], facts)
        found["qualification-first"] = (
            phase == "qualification" or not facts["qualification_required"]
        )
        binding = [c for c, strength in facts["criteria"].items() if strength == "binding"]
        # D "every binding criterion assessed as met"
        found["criteria-met"] = all(case["assessed"].get(c) for c in binding)
        found["budget-stated"] = case["budget"] is not None
        if facts["cofinancing"] is not None:  # D "zero kroner stated is not silence"
            found["cofinancing-considered"] = case["cofinancing"] is not None
    if do in ("approve", "amend-grant"):
        found.update(of_grant(step, case, committed, facts))
    if do in CONSENTS:
        found.update(of_consent(step, case, facts))
    if do == "start":
        found.update(of_start(at, case, facts))
    return found


def of_grant(step: Bag, case: Bag, committed: dict[str, int], facts: Bag) -> dict[str, bool]:
    requested: dict[str, int] = case["budget"]
    granted: dict[str, int] = step.get("granted", requested)  # D "default: as requested"
    found = {"grant-stated": sum(granted.values()) > 0}  # D "above zero in sum"
    # D "granted no more than asked, per funder"
    found["within-request"] = all(granted[f] <= requested.get(f, 0) for f in granted)
    found["within-fund"], found["fund-released"] = funded(granted, step["at"], committed, facts)
    if step["do"] == "amend-grant":
        found["contributing-party"] = all(f in facts["funders"] for f in granted)
        # D "the sum may not exceed what the committee granted"
        found["within-grant"] = sum(granted.values()) <= case["sum"]
    return found


def of_consent(step: Bag, case: Bag, facts: Bag) -> dict[str, bool]:
    do, funder = step["do"], step["funder"]
    party = funder in parties(case)
    now = status(case, funder, step["at"], facts)
    found = {"contributing-party": party, "speaks-for-itself": actor(step) == ("funder", funder)}
    if do == "withdraw-consent":
        found["consent-given"] = party and now == "given"
    else:  # D "awaited, withdrawn, void or run out"
        found["consent-open"] = party and now in ("awaited", "withdrawn", "void", "lapsed")
    if do == "give-consent":  # D "the consent covers the amount granted"
        found["amount-agreed"] = party and step["amount"] >= case["granted"][funder]
    return found


def of_start(at: datetime, case: Bag, facts: Bag) -> dict[str, bool]:
    # DK "forudsætter særskilt godkendelse af de respektive bidragende parter"
    found = {"every-party-consents": True, "consents-in-force": True}
    for funder in parties(case):
        consent = case["consents"].get(funder, {"state": "awaited"})
        # D "counts only consents whose at is not after the start's own at"
        if consent["state"] != "given" or consent["at"] > at:
            found["every-party-consents"] = False
        if status(case, funder, at, facts) == "lapsed":
            found["consents-in-force"] = False
    found["conditions-met"] = all(all(one.values()) for one in conditions(case))
    found["within-partnership"] = day(at, facts) <= facts["valid_until"]
    return found


def change(case: Bag, step: Bag) -> None:  # noqa: C901
    """Write into the case what a permitted step has made of it."""
    do, phase = step["do"], target(step["do"], case["phase"])
    if phase != case["phase"]:
        case.update(phase=phase, since=step["at"])
    if do == "register-idea":
        case["by"] = actor(step)[1]
    if do == "enlist-participants":
        for one in step["participants"]:  # D "Enlisting adds; the same id twice counts once"
            kind = "region" if one in ("1081", "1082", "1083", "1084", "1085") else "municipality"
            new = {"id": one, "kind": kind} if isinstance(one, str) else one
            case["participants"].setdefault(new["id"], new["kind"])
    if do == "release-participant":
        del case["participants"][step["participant"]]
    if do == "propose-budget":
        case.update(budget=dict(step["contributions"]), cofinancing=step.get("cofinancing"))
    if do == "assess-criterion":
        case["assessed"][step["criterion"]] = step["met"]
    if do in (*SUBMISSIONS, "defer"):
        case["round"] = step.get("round", case["round"])
    if do == "return":
        case.update(nothing_decided())
    if do == "approve":
        case["granted"] = dict(step.get("granted") or case["budget"])
        case["sum"] = sum(case["granted"].values())
        case["conditions"] = dict.fromkeys(step.get("conditions", ()), False)
    if do == "give-consent":
        unmet = dict.fromkeys(step.get("conditions", ()), False)
        case["consents"][step["funder"]] = {**step, "conditions": unmet, "state": "given"}
    if do in ("refuse-consent", "withdraw-consent"):
        state = "refused" if do == "refuse-consent" else "withdrawn"
        case["consents"][step["funder"]] = {"state": state}
    if do == "meet-condition":
        for made in conditions(case):
            made.update({text: True for text in made if text == step["condition"]})
    if do == "amend-grant":
        amend(case, dict(step["granted"]))


def amend(case: Bag, granted: dict[str, int]) -> None:
    before, case["granted"] = case["granted"], granted
    for funder, consent in list(case["consents"].items()):
        if funder not in parties(case):  # D "no longer a contributing party"
            del case["consents"][funder]
        elif consent["state"] == "refused" and granted[funder] != before[funder]:
            del case["consents"][funder]  # D "stands until the funder's amount is changed"
        elif consent["state"] == "given" and granted[funder] > consent["amount"]:
            case["consents"][funder] = {"state": "void"}  # D "stands while it covers"


def authorised(step: Bag, case: Bag, facts: Bag) -> bool:
    (role, organisation), authority = actor(step), facts["authority"]
    roles = authority.get(f"{step['do']}@{case['phase']}", authority.get(step["do"], []))
    if "anyone" in roles:
        return True
    if role in ("proposer", "participant"):  # D "of an organisation that proposes or participates"
        ours = organisation == case.get("by", organisation) or organisation in case["participants"]
        return role in roles and ours
    if role == "funder":  # D "funder is the funder that the command names"
        return role in roles and organisation == step.get("funder")
    return role in roles


def in_time(at: datetime, closes_at: datetime, facts: Bag) -> bool:
    received, closes = at, closes_at.astimezone(UTC) + timedelta(minutes=facts["grace_minutes"])
    if facts["resolution"] == "minute":  # D "minute admits 09:00:59.999999"
        received = received.replace(second=0, microsecond=0)
    return received <= closes if facts["deadline"] == "inclusive" else received < closes


def funded(
    granted: dict[str, int], at: datetime, committed: dict[str, int], facts: Bag
) -> tuple[bool, bool]:
    """Whether the grant is within the funds, and whether no locked fund would have helped."""
    opens, short = facts["released_on"], {}
    for lock in (True, False):  # D "a fund that is not released ... counts as empty"
        left = {f["id"]: max(0, f["amount"] - committed.get(f["id"], 0)) for f in facts["funds"]}
        closed = facts["locked"] if lock and (opens is None or day(at, facts) < opens) else ()
        missing = dict(granted)
        for funder in granted:
            for fund in facts["funds"]:  # D "draws on its funds in the order of the file"
                if funder in fund["funders"] and fund["id"] not in closed:
                    drawn = min(missing[funder], left[fund["id"]])
                    left[fund["id"]] -= drawn
                    missing[funder] -= drawn
        short[lock] = {funder for funder in granted if missing[funder] > 0}
    # D "If a locked fund would have covered what is missing"
    return not short[True], not short[True] - short[False]


def status(case: Bag, funder: str, at: datetime, facts: Bag) -> str:
    consent = case["consents"].get(funder, {"state": "awaited"})
    until = consent.get("valid_until")
    if consent["state"] == "given" and until is not None and day(at, facts) > until:
        return "lapsed"  # D "in force to the end of that day"
    return str(consent["state"])


def conditions(case: Bag) -> list[dict[str, bool]]:
    given = [one for one in case["consents"].values() if one["state"] == "given"]
    return [case["conditions"], *(one["conditions"] for one in given)]


def parties(case: Bag) -> list[str]:
    return [funder for funder in case["granted"] if case["granted"][funder] > 0]


def actor(step: Bag) -> tuple[str, str]:
    role, _, rest = step["by"].partition(":")  # D "role:organisation/person"
    return role, rest.partition("/")[0]


def day(at: datetime, facts: Bag) -> date:
    zone: ZoneInfo = facts["zone"]
    return at.astimezone(zone).date()
