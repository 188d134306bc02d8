"""A case of every command with all its fields, and what each place of it takes."""

from datetime import date
from typing import Any

from tests.corpus.mutations import Path, Table, pattern, places
from tests.corpus.policies import FITS

_AT = "2024-02-01 10:00"
_PROPOSER, _SECRETARIAT = "proposer:0751/Ann", "secretariat:kl"
_FUNDER = {"by": "funder:realdania", "funder": "realdania"}
_REASON = {"reason": "Efter aftale."}

FULL: Table = {
    "case": "skybrud-paa-tvaers",
    "procedure": "klimaalliancen-2024",
    "committed": {"realdania": 2_500_000},
    "step": [
        {"do": "register-idea", "by": _PROPOSER, "title": "Skybrud", "summary": "Regn."},
        {"do": "hold-sparring", "by": "dgo:fyn", "adviser": "Bo", "notes": "1. møde"},
        {
            "do": "enlist-participants",
            "by": _PROPOSER,
            "participants": ["0751", {"id": "cvr:12345678", "name": "Vand", "kind": "company"}],
        },
        {"do": "release-participant", "by": _PROPOSER, "participant": "0751"},
        {
            "do": "describe",
            "by": _PROPOSER,
            "need": "Regn.",
            "elements": ["test", "development"],
            "results_open": True,
            "proven_solution": False,
        },
        {
            "do": "propose-budget",
            "by": _PROPOSER,
            "contributions": {"realdania": 1, "danske-bank": 0},
            "cofinancing": 0,
        },
        {"do": "submit-for-qualification", "by": _PROPOSER, "round": "2024-spring"},
        {
            "do": "assess-criterion",
            "by": "dgo:fyn",
            "criterion": "results-open",
            "met": True,
            **_REASON,
        },
        {"do": "submit-for-approval", "by": _PROPOSER, "round": "2024-spring"},
        {"do": "put-before-committee", "by": _SECRETARIAT},
        {
            "do": "approve",
            "by": "committee:kl",
            "granted": {"realdania": 1},
            "conditions": ["En plan"],
        },
        {"do": "return", "by": "committee:kl", **_REASON},
        {"do": "defer", "by": "committee:kl", "round": "2024-autumn", **_REASON},
        {"do": "reject", "by": "committee:kl", **_REASON},
        {
            "do": "give-consent",
            **_FUNDER,
            "amount": 1,
            "conditions": ["Et regnskab"],
            "valid_until": date(2024, 12, 31),
        },
        {"do": "refuse-consent", **_FUNDER, **_REASON},
        {"do": "withdraw-consent", **_FUNDER, **_REASON},
        {"do": "meet-condition", "by": _SECRETARIAT, "condition": "En plan", **_REASON},
        {"do": "amend-grant", "by": _SECRETARIAT, "granted": {"realdania": 1}, **_REASON},
        {
            "do": "start",
            "by": _SECRETARIAT,
            "permitted": False,
            "refused_by": ["known-move", "in-order"],
        },
        {"do": "withdraw", "by": _PROPOSER, **_REASON},
    ],
}
for step in FULL["step"]:
    step["at"] = _AT

STORY = ("permitted", "refused_by")
"""Keys of a step that only a story may have."""


def plain() -> Table:
    """Return the case without what only a story may say."""
    steps = ({k: v for k, v in step.items() if k not in STORY} for step in FULL["step"])
    return {**FULL, "step": list(steps)}


FITS_HERE = {
    **FITS,
    "any text": {"text", "empty text", "blank text", "bell"},
    "texts": {"empty list", "list"},
    "moment": {"local time", "moment"},
    "amounts": {"empty table", "table"},  # whom it names is not the file's concern
}
_VISIBLE = ("case", "title", "name")
_ANY = ["summary", "adviser", "notes", "participant", "need", "round", "reason", "funder"]
_ANY += ["condition"]
KINDS: dict[str, str] = {
    **dict.fromkeys(_VISIBLE, "text"),
    **dict.fromkeys(_ANY, "any text"),
    **dict.fromkeys(("cofinancing", "amount"), "number"),
    **dict.fromkeys(("results_open", "proven_solution", "met"), "flag"),
    "permitted": "none",  # but false, as it expects to be refused
    **dict.fromkeys(("step", "participants", "elements", "refused_by"), "list"),
    **dict.fromkeys(("contributions", "granted"), "amounts"),
    "committed": "free table",
    "conditions": "texts",
    "at": "moment",
    "id": "id",
    "valid_until": "date",
}
OPTIONAL = ("committed", "summary", "notes", "cofinancing", "granted", "conditions", "valid_until")

PLACES: tuple[Path, ...] = tuple(path for path, _ in places(FULL))
_SEEN: dict[str, Path] = {}
for path in PLACES:
    number = path[1] if len(path) > 1 and path[0] == "step" else 0
    own = FULL["step"][number]["do"] if isinstance(number, int) and path[0] == "step" else ""
    known = path[-1] in ("do", "at", "by", "reason", "funder")
    _SEEN.setdefault(pattern(path) if known else f"{own} {pattern(path)}", path)
UNALIKE: tuple[Path, ...] = tuple(_SEEN.values())
"""The places of which no other is just the same."""


def kind(path: Path) -> str:
    """Return the kind of a place."""
    last: Any = path[-1]
    if isinstance(last, int):
        return "text" if path[-2] == "conditions" else "none"
    if path[-2:-1] in (("committed",), ("contributions",), ("granted",)):
        return "number"
    return KINDS.get(last, "none")


def may_be_missing(path: Path) -> bool:
    """Tell whether a story without this key is still one."""
    if path[-1] == "granted" or path[-1] == "round":
        return FULL["step"][path[1]]["do"] in ("approve", "submit-for-approval")
    free = path[-2:-1] in (("committed",), ("contributions",), ("granted",))
    return free or path[-1] in (*OPTIONAL, *STORY)
