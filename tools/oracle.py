"""`make oracle`: the oracle beside `decide`, over all that an exploration asks of many procedures.

The shipped procedure with 1, 2, 3 and 6 funders, and each other reading alone with 2 and with 3.
Then what the oracle alone believes otherwise: it must show, or the comparison proves nothing.
Ends with status 1 if there is a difference, or none where there must be one.
"""

import sys
from time import perf_counter
from zoneinfo import ZoneInfo

from attrs import evolve

from klimaflow.verify.space import explored
from tests.oracle import FACTS, REGIONS
from tests.property.worlds import Facts, World, alone, shipped, world
from tests.verify.comparison import Comparison

FEW_FUNDERS = ["realdania", REGIONS[0], REGIONS[1]]
ROUNDS = {*FACTS["rounds"]}
MORE: list[Facts] = [
    {"zone": ZoneInfo("Europe/London")},
    {"valid_until": FACTS["rounds"]["2024-autumn"]["committee"], "deadline": "exclusive"},
    {"binding_at": [], "advisory_at": []},
    {
        "funders": FEW_FUNDERS,
        "funds": [
            {**fund, "funders": [each for each in fund["funders"] if each in FEW_FUNDERS]}
            for fund in FACTS["funds"]
        ],
    },
]

NOT_SEEN: list[Facts] = [
    # Two that count and a company are one state with two that count; test_fold compares the two.
    {"kinds": ["municipality", "region", "company"]},
    # While one of a funder's funds is locked, their order is nothing.
    {"funds": [*reversed(FACTS["funds"])]},
]


def name(changes: Facts) -> str:
    """Return which facts are otherwise, shortened."""
    said = ", ".join(f"{key} {value}" for key, value in changes.items())
    return said if len(said) < 80 else f"{said[:79]}…"


def compared(title: str, own: World, funders: int) -> Comparison:
    """Compare all that an exploration asks; tell how much that was and what differs."""
    began, comparison = perf_counter(), Comparison(own)
    space = explored(own.procedure, funders=funders, watchers=(comparison,), progress=progress)
    comparison.finish(space)
    sys.stderr.write("\r\033[K")
    seconds = perf_counter() - began
    print(
        f"{funders} funders, {len(space.states):6} states, {comparison.answers:7} answers,"
        f" {comparison.different:6} differ, {seconds:5.1f} s: {title}",
        flush=True,
    )
    return comparison


def progress(done: int, found: int) -> None:
    """Show how far an exploration is."""
    if done % 100 == 0:
        sys.stderr.write(f"\r{done} of {found} states")
        sys.stderr.flush()


def main() -> int:
    """Run the campaign; return the exit status."""
    own, failed, answers = shipped(), 0, 0
    runs = [("as shipped", own, funders) for funders in (1, 2, 3, 6)]
    for changes in (*alone(), *MORE):
        runs += [(name(changes), world(**changes), funders) for funders in (2, 3)]
    for title, each, funders in runs:
        comparison = compared(title, each, funders)
        answers += comparison.answers
        if comparison.differences:
            failed += 1
            print(comparison.told())
    believed = [each for each in alone() if {*each.get("rounds", ROUNDS)} >= ROUNDS]
    print("What the oracle alone believes otherwise:")
    for changes in believed:
        only_here = evolve(own, facts={**FACTS, **changes})
        seen = compared(name(changes), only_here, 1).different > 0
        failed += seen is (changes in NOT_SEEN)
    print(f"{len(runs)} explorations, {answers} answers compared; {failed} went wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
