"""Faults in each rule: it never refuses, asks for the opposite, or has its line moved by a step."""

from collections.abc import Iterator

from klimaflow.rules import RULES, Direction, Rule
from tests.faults.fault import Fault

OPPOSITE = {
    "at-most": "AT_LEAST",
    "at-least": "AT_MOST",
    "no-later-than": "NO_EARLIER_THAN",
    "no-earlier-than": "NO_LATER_THAN",
    "by-the-day": "FROM_THE_DAY",
    "from-the-day": "BY_THE_DAY",
}
NEXT = {"<=": "<", ">=": ">", "<": "<="}
TABLE = "RULES: dict[str, Rule] = {"

KNOWN_MOVE = "decide says it where there is no move, and compares nothing"


def rule_faults() -> Iterator[Fault]:
    for rule in RULES.values():
        same, moved = "{0}.quantity", off_by_one(rule.direction)
        equivalent = KNOWN_MOVE if rule.id == "known-move" else ""
        yield fault(f"{rule.id} never refuses", rule, "1", "AT_LEAST", "1")
        yield fault(f"{rule.id}, opposite", rule, same, OPPOSITE[rule.direction.name], "{0}.bound")
        yield fault(f"{rule.id} off by one", rule, same, moved, "{0}.bound", equivalent)
        if rule.direction.name == "at-most" and rule.bound == 0:
            yield fault(f"{rule.id} lets one pass", rule, same, "AT_MOST", "1")


def fault(
    name: str, rule: Rule, quantity: str, direction: str, bound: str, equivalent: str = ""
) -> Fault:
    constant = rule.id.upper().replace("-", "_")
    values = f'"{rule.id}", {quantity}, {direction}, {bound}, {constant}.basis'.format(constant)
    changes = ((TABLE, f"{constant} = Rule({values})\n\n{TABLE}"),)
    return Fault(name, "rules.py", changes, equivalent)


def off_by_one(direction: Direction) -> str:
    """Return a direction that draws the line one step farther in, or out where it had room."""
    _, operator, _ = direction.test.split(" ")
    other = direction.test.replace(f" {operator} ", f" {NEXT[operator]} ")
    name = direction.name.upper().replace("-", "_")
    values = f"{name}.distance, {name}.higher_bound, {name}.whole_days"
    made = f'Direction("{direction.name}", "{other}", {values})'
    return made.replace("{", "{{").replace("}", "}}")  # as it is formatted


RULE_FAULTS = (*rule_faults(),)
