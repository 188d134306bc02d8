"""The schemas of what each command of klimaflow prints with `--json`."""

from __future__ import annotations

from collections.abc import Callable

from klimaflow.commands import COMMANDS
from klimaflow.exports.definitions import (
    DAY,
    FLAG,
    ID,
    INSTANT,
    SHA256,
    TEXT,
    VISIBLE,
    WHOLE,
    Definitions,
    Schema,
    closed,
)
from klimaflow.parties import Role
from klimaflow.procedure import Authorised, Procedure, Strength
from klimaflow.proposal import ConsentStatus, Phase
from klimaflow.rules import RULES

__all__ = ["ANSWERS"]

COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
SPAN: Schema = {"type": "string", "pattern": "^-?P[0-9.DTHMS]+$"}
DO: Schema = {"enum": [*COMMANDS]}
PHASE: Schema = {"enum": [*map(str, Phase)]}
RULE: Schema = {"enum": [*RULES]}
SOURCE = closed({"document": TEXT, "section": TEXT, "quote": TEXT})


def _or_null(found: Schema) -> Schema:
    return {"anyOf": [found, {"type": "null"}]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _by(keys: Schema, values: Schema) -> Schema:
    """Return the schema of a table with any of these keys."""
    return {"type": "object", "propertyNames": keys, "additionalProperties": values}


def _ids(of: Schema) -> Schema:
    return {**_list(of), "uniqueItems": True}


VERDICT: dict[str, Schema] = {
    "permitted": FLAG,
    "refused_by": _ids(RULE),
    "remarks": _ids(RULE),
}
IDENTITY: dict[str, Schema] = {"procedure": ID, "sha256": SHA256}


def _finding(made: Definitions) -> Schema:
    return closed(
        {
            "rule": RULE,
            "holds": FLAG,
            "strength": made.of(Strength),
            "because": VISIBLE,
            "margin": _or_null({"anyOf": [SPAN, {"type": "integer"}]}),
            "source": SOURCE,
        }
    )


def _follow(made: Definitions) -> Schema:
    place = {"do": DO, "at": INSTANT, "phase": _or_null(PHASE)}
    step = closed({**place, **VERDICT, "findings": _list(_finding(made))})
    return closed(
        {
            "case": VISIBLE,
            "procedure": ID,
            "phase": _or_null(PHASE),
            "round": _or_null(ID),
            "granted": _by(ID, WHOLE),
            "consents": _by(ID, made.of(ConsentStatus)),
            "steps": _list(step),
        }
    )


def _procedure(made: Definitions) -> Schema:
    return made.table(Procedure, sha256=SHA256)


def _check(_made: Definitions) -> Schema:
    texts = _list(TEXT)
    sentence = closed({"text": VISIBLE, "entries": texts, "rules": _ids(RULE), "because": texts})
    return closed(
        {
            **IDENTITY,
            "sentences": _list(sentence),
            "quotations": COUNT,
            "not_found": _by(VISIBLE, TEXT),
            "passed": FLAG,
        }
    )


def _plan(made: Definitions) -> Schema:
    slack = _or_null(SPAN)
    last = _or_null(INSTANT)
    step = closed(
        {
            "do": DO,
            "about": _or_null(VISIBLE),
            "roles": _ids({"enum": [*map(str, Role), Authorised.ANYONE.value]}),
            "not_before": _or_null(INSTANT),
            "last": last,
            "slack": slack,
            "working_days": _or_null(COUNT),
            "closed_by": _or_null(RULE),
            "source": _or_null(SOURCE),
            "because": _or_null(VISIBLE),
            "missing": _list(_finding(made)),
        }
    )
    days = closed({"working": _or_null(_ids(DAY)), "holidays": _or_null(_by(DAY, VISIBLE))})
    after = closed({"round": ID, "do": DO, "last": last, "slack": slack})
    return closed(
        {
            "case": _or_null(VISIBLE),
            **IDENTITY,
            "phase": _or_null(PHASE),
            "at": INSTANT,
            "round": _or_null(ID),
            "meeting": _or_null(DAY),
            "lost": FLAG,
            "permitted": FLAG,
            "slack": slack,
            "steps": _list(step),
            "days": _or_null(days),
            "if_lost": _or_null(after),
        }
    )


def _test(_made: Definitions) -> Schema:
    place = {"where": VISIBLE, "do": DO, "at": INSTANT, "phase": _or_null(PHASE)}
    answer = closed({**place, **VERDICT, "otherwise": _list(VISIBLE)})
    story = closed(
        {
            "file": VISIBLE,
            "case": VISIBLE,
            "procedure": ID,
            "patches": _list(VISIBLE),
            "as_told": FLAG,
            "answers": _list(answer),
        }
    )
    seen = closed({"story": VISIBLE, "where": VISIBLE, "patched": FLAG})
    kinds = {"enum": ["rule", "move", "reading", "boundary"]}
    item = closed({"kind": kinds, "name": VISIBLE, "sides": _by(VISIBLE, _or_null(seen))})
    percent = {"type": "number", "minimum": 0, "maximum": 100}
    counts = {"percent": percent, "seen": COUNT, "sides": COUNT}
    covered = closed({**IDENTITY, **counts, "items": _list(item)})
    return closed({"stories": _list(story), "coverage": _list(covered)})


def _verify(_made: Definitions) -> Schema:
    proof = closed(
        {
            "property": VISIBLE,
            "holds": FLAG,
            "statement": VISIBLE,
            "finding": TEXT,
            "names": _list(VISIBLE),
            "notes": _by(VISIBLE, _list(VISIBLE)),
            "from_then": _or_null(INSTANT),
            "source": SOURCE,
            "case": _or_null(VISIBLE),
        }
    )
    return closed(
        {
            **IDENTITY,
            "holds": FLAG,
            "funders": _ids(ID),
            "states": COUNT,
            "transitions": COUNT,
            "answers": COUNT,
            "seconds": {"type": "number", "minimum": 0},
            "properties": _list(proof),
        }
    )


def _diff(_made: Definitions) -> Schema:
    side = closed({"id": ID, "sha256": SHA256})
    sides = {"old": closed(VERDICT), "new": closed(VERDICT), "because": _list(VISIBLE)}
    leaf = {"type": ["string", "integer", "boolean", "array", "null"]}
    words = {**_list(_or_null(TEXT)), "minItems": 2, "maxItems": 2}
    change = closed({"path": VISIBLE, "old": leaf, "new": leaf, "rests_on": words})
    effect = {"enum": ["relaxed", "tightened"]}
    head = {"do": DO, "effect": effect, "answers": COUNT, "under": ID}
    turned = closed({**head, **sides, "case": VISIBLE})
    step = closed({"step": COUNT, "do": DO, **sides})
    case = closed({"case": VISIBLE, "steps": COUNT, "changed": _list(step)})
    return closed(
        {
            "old": side,
            "new": side,
            "decides_otherwise": FLAG,
            "states": COUNT,
            "answers": COUNT,
            "changes": _list(change),
            "alone_nothing": _list(VISIBLE),
            "verdicts": _list(turned),
            "cases": _list(case),
        }
    )


def _pair(items: Schema) -> Schema:
    return {**_list(items), "minItems": 2, "maxItems": 2}


def _simulate(_made: Definitions) -> Schema:
    """Return the schema of what scenarios come to, or of what the same come to twice."""
    title = {"title": _or_null(TEXT)}
    outcomes = _outcomes()
    counts = dict.fromkeys(("both", "only_a", "only_b", "neither"), COUNT)
    apart = closed({**counts, "difference": NUMBER, "interval": _pair(NUMBER), "p": SHARE})
    sides = dict.fromkeys(("a", "b"), closed(outcomes))
    moved = closed({"a": PHASE, "b": PHASE, "count": COUNT})
    told = {"started": apart, "changed": _share(), "moves": _list(moved)}
    return {"oneOf": [closed({**title, **outcomes}), closed({**title, **sides, **told})]}


def _share() -> Schema:
    return closed({"count": COUNT, "of": COUNT, "share": SHARE, "interval": _pair(SHARE)})


def _outcomes() -> dict[str, Schema]:
    days = {"type": ["number", "null"], "minimum": 0}
    quantile = closed({"share": SHARE, "started_by": _or_null(DAY), "days": days})
    return {
        **IDENTITY,
        "n": COUNT,
        "seed": _or_null(COUNT),
        "reached": _by(PHASE, _share()),
        "stopped_by": _by(RULE, _share()),
        "stopped_at": _by(DO, _share()),
        "rounds": _by(ID, _share()),
        "quantiles": _list(quantile),
        "waited_for": _by(ID, closed({"last": _share(), "missing": _share()})),
    }


ANSWERS: dict[str, tuple[str, Callable[[Definitions], Schema]]] = {
    "follow": ("follow", _follow),
    "procedure": ("procedure", _procedure),
    "source": ("procedure --source", _check),
    "plan": ("plan", _plan),
    "test": ("test", _test),
    "verify": ("verify", _verify),
    "diff": ("diff", _diff),
    "simulate": ("simulate", _simulate),
}
"""By its name, what is called and what makes its schema."""
