"""Procedures of which the oracle knows the facts: the shipped one, and others like it."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from klimaflow.policy import parse_procedure
from klimaflow.procedure import Procedure
from tests.conftest import POLICY
from tests.corpus.writing import toml
from tests.oracle import COPENHAGEN, FACTS, REGIONS

Facts = dict[str, Any]

SHIPPED: dict[str, Any] = tomllib.loads(POLICY)
DAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
BECAUSE = {"because": "Another half-year, another reading."}


@frozen(eq=False)
class World:
    """One procedure as the oracle and as klimaflow know it."""

    facts: Facts
    procedure: Procedure


def world(**changes: Any) -> World:
    """Return the shipped procedure with some of the oracle's facts changed, told to both.

    The clock times of the rounds are those of the zone.
    """
    facts = {**FACTS, **changes}
    facts["rounds"] = {
        name: {gate: _in_zone(on, facts["zone"]) for gate, on in gates.items()}
        for name, gates in facts["rounds"].items()
    }
    return World(facts, parse_procedure(toml(policy(facts))))


def _in_zone(stated: date, zone: ZoneInfo) -> date:
    return stated.replace(tzinfo=zone) if isinstance(stated, datetime) else stated


def policy(facts: Facts) -> dict[str, Any]:
    """Return the table of a policy file that lays these facts down."""
    criteria = [{**each, "strength": facts["criteria"][each["id"]]} for each in SHIPPED["criteria"]]
    return {
        **{key: value for key, value in SHIPPED.items() if key != "requirements"},
        "zone": facts["zone"].key,
        "valid_until": {"value": facts["valid_until"], **BECAUSE},
        "readings": {
            name: {"value": facts[name], **BECAUSE}
            for name in (
                "deadline",
                "resolution",
                "grace_minutes",
                "qualification_required",
                "cofinancing",
            )
            if facts[name] is not None
        },
        "participants": {
            **{name: facts[name] for name in ("minimum", "kinds", "binding_at", "advisory_at")},
            **BECAUSE,
        },
        "consent": {"required_at": facts["required_at"], **BECAUSE},
        "authority": {**facts["authority"], **BECAUSE},
        "rounds": [_round(name, gates) for name, gates in facts["rounds"].items()],
        "criteria": criteria,
        "funders": [each for each in SHIPPED["funders"] if each["id"] in facts["funders"]],
        "funds": [_fund(each, facts) for each in facts["funds"]],
    }


def _round(name: str, gates: Mapping[str, Any]) -> dict[str, Any]:
    stated = {
        gate: f"{DAYS[on.weekday()]} {on:%Y-%m-%d}"
        + (f" {on:%H:%M}" if gate != "committee" else "")
        for gate, on in gates.items()
    }
    return {"id": name, "label": name, **stated, **BECAUSE}


def _fund(fund: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    locked = fund["id"] in facts["locked"]
    opens = {"released_on": facts["released_on"]} if locked and facts["released_on"] else {}
    return {**fund, **({"awaits": "evaluation"} if locked else {}), **opens, **BECAUSE}


def round_at(qualification: datetime, approval: datetime, committee: date) -> dict[str, Any]:
    """Return the gates of a round; both deadlines are Danish wall-clock time."""
    return {
        "qualification": qualification.replace(tzinfo=COPENHAGEN),
        "approval": approval.replace(tzinfo=COPENHAGEN),
        "committee": committee,
    }


SUBMISSIONS = ("submit-for-qualification", "submit-for-approval")
AT = ("submit-for-qualification", "submit-for-approval", "start")
EARLY, LATE = FACTS["rounds"].values()

OTHERS_MAY: tuple[dict[str, list[str]], ...] = (
    {"start": ["anyone"], "register-idea": ["proposer", "dgo"]},
    {"describe": ["participant", "funder"], "propose-budget": ["participant"]},
    {"give-consent": ["anyone", "funder"], "withdraw": ["anyone", "proposer"]},
    {"return@funder_consent": [], "defer@approval_process": []},
    {"enlist-participants@idea": ["anyone"], "start": ["committee", "secretariat"]},
)

# For each fact the values that it may have instead; each alone is a reading of its own.
OTHERWISE: dict[str, tuple[Any, ...]] = {
    "zone": (ZoneInfo("America/New_York"),),
    "deadline": ("exclusive",),
    "resolution": ("minute",),
    "grace_minutes": (1, 15, 24 * 60),
    "qualification_required": (False,),
    "minimum": (0, 1, 2, 4),
    "kinds": (["municipality"], ["region"], ["municipality", "region", "company"], []),
    "cofinancing": ("binding", None),
    "required_at": ("never",),
    "released_on": (date(2024, 5, 30), date(2024, 6, 10), date(2025, 1, 1)),
    "locked": ([], ["realdania", "realdania-after-evaluation"], ["regions"]),
    "valid_until": (date(2024, 6, 30), date(2024, 11, 21)),
    "criteria": (
        {**FACTS["criteria"], "results-open": "advisory"},
        dict.fromkeys(FACTS["criteria"], "advisory"),
    ),
    "funds": (
        [*reversed(FACTS["funds"])],
        [{**fund, "amount": 1_500_000} for fund in FACTS["funds"]],
        [
            {"id": "all", "funders": FACTS["funders"], "amount": 2_000_000},
            {"id": "some", "funders": ["realdania", REGIONS[0]], "amount": 1},
            {"id": "realdania-after-evaluation", "funders": REGIONS, "amount": 500_000},
        ],
        [{"id": "regions", "funders": REGIONS, "amount": 0}],
    ),
    "rounds": (
        {"2024-autumn": LATE},
        {
            # Both deadlines on one morning, the meeting the same day, across the change of clocks.
            "2024-spring": round_at(
                datetime(2024, 3, 31, 1, 59), datetime(2024, 3, 31, 9, 0), date(2024, 3, 31)
            ),
            "2024-summer": EARLY,
            "2024-autumn": round_at(
                datetime(2024, 10, 27, 1, 59), datetime(2024, 10, 27, 3, 0), date(2024, 10, 27)
            ),
        },
    ),
    "authority": tuple({**FACTS["authority"], **others} for others in OTHERS_MAY),
}


def strengths(random: Random) -> Facts:
    """Return at which commands the authorities bind and advise, drawn anew."""
    drawn = {name: random.choice(("binding_at", "advisory_at", "nowhere")) for name in AT}
    return {
        where: [name for name in AT if drawn[name] == where]
        for where in ("binding_at", "advisory_at")
    }


SWAPPED = {"binding_at": FACTS["advisory_at"], "advisory_at": FACTS["binding_at"]}


def alone() -> list[Facts]:
    """Return each way in which one fact may be otherwise."""
    return [SWAPPED, *({name: value} for name, values in OTHERWISE.items() for value in values)]


def shipped() -> World:
    """Return the shipped procedure."""
    return World(FACTS, parse_procedure(POLICY))


def worlds(random: Random, count: int) -> list[World]:
    """Return the shipped procedure, each other fact alone, and then several of them together."""
    changes = alone()
    while len(changes) < count - 1:
        several = random.sample(list(OTHERWISE), random.randint(2, 6))
        together = {name: random.choice(OTHERWISE[name]) for name in several}
        changes.append({**together, **(strengths(random) if random.random() < 0.5 else {})})
    return [shipped(), *(world(**each) for each in changes[: count - 1])]
