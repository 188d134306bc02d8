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
NAMES = {"at-most": "AT_MOST", "at-least": "AT_LEAST"}
NEXT = {"<=": "<", ">=": ">", "<": "<="}
TABLE = "RULES: dict[str, Rule] = {"

KNOWN_MOVE = (
    "decide() says it for a move that there is not; it is never compared, but for its margin"
)


def rule_faults() -> Iterator[Fault]:
    for rule in RULES.values():
        never, opposite, beside = (
            f"{rule.id} never refuses",
            f"{rule.id}, opposite",
            f"{rule.id} off",
        )
        yield fault(never, rule, "1", "AT_LEAST", "1")
        yield fault(opposite, rule, "{0}.quantity", OPPOSITE[rule.direction.name], "{0}.bound")
        yield fault(f"{beside} by one", rule, "{0}.quantity", moved(rule.direction), "{0}.bound")
        if rule.direction.name == "at-most" and rule.bound == 0:
            yield fault(f"{rule.id} lets one pass", rule, "{0}.quantity", "AT_MOST", "1")


def fault(name: str, rule: Rule, quantity: str, direction: str, bound: str) -> Fault:
    constant = rule.id.upper().replace("-", "_")
    values = f'"{rule.id}", {quantity}, {direction}, {bound}, {constant}.basis'.format(constant)
    return Fault(name, "rules.py", ((TABLE, f"{constant} = Rule({values})\n\n{TABLE}"),))


def moved(direction: Direction) -> str:
    """Return a direction that draws the line one step farther in, or out where it had room."""
    _, operator, _ = direction.test.split(" ")
    other = direction.test.replace(f" {operator} ", f" {NEXT[operator]} ")
    name = direction.name.upper().replace("-", "_")
    values = f"{name}.distance, {name}.higher_bound, {name}.whole_days"
    return f'Direction("{direction.name}", "{other}", {values})'.replace("{", "{{").replace(
        "}", "}}"
    )


RULE_FAULTS = (*rule_faults(),)
