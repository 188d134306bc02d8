"""Plants each fault in turn and asks who finds it: `make faults`, or

`python -m tests.faults.campaign WORDS…` for those whose kind and name hold all the words.

Those are the loader, verification with one funder, the tests, and verification with two.
Ends with 1 if a fault that changes an answer is found by none of them, if one is found of which we
say that it changes nothing, or if something is found where there is no fault.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter

from tests.faults.code_faults import CODE_FAULTS
from tests.faults.fault import NONE, Fault, planted, run
from tests.faults.move_faults import MOVE_FAULTS
from tests.faults.policy_faults import POLICY_FAULTS
from tests.faults.rule_faults import RULE_FAULTS

KINDS: dict[str, tuple[Fault, ...]] = {
    "policy": POLICY_FAULTS,
    "rule": RULE_FAULTS,
    "move": MOVE_FAULTS,
    "code": CODE_FAULTS,
}
TESTS = (
    *("tests/test_lifecycle.py", "tests/test_rules.py", "tests/test_decider.py"),
    *("tests/test_consents.py", "tests/test_readings.py", "tests/test_procedure.py"),
    *("tests/test_history.py", "tests/test_records.py", "tests/procedure", "tests/stories"),
    *("src/klimaflow/policies", "tests/test_changes.py", "tests/test_golden.py"),
)
NOT_IMPORTED = "Error while loading plugin"
"""What pytest says where the package cannot be imported."""
NOT_PATCHED = "stands more than once, or not at all"
"""What a test says that would change words of the policy file that the fault has changed."""

Finder = Callable[[Path], list[str]]


def verified(funders: int, copy: Path) -> list[str]:
    """Return what verification finds in a copy: the ids of the properties that do not hold."""
    done = run(copy, "-m", "tests.faults.verifying", str(funders))
    if done.returncode:
        return [f"crash: {done.stderr.strip().splitlines()[-1][:100]}"]
    found: list[str] = json.loads(done.stdout)
    return found


def tested(copy: Path, *, first: bool) -> list[str]:
    """Return the tests that fail in a copy; only the `first` if that will do."""
    options = ("-q", "--tb=no", "-p", "no:cacheprovider", "--continue-on-collection-errors")
    done = run(copy, "-m", "pytest", *options, *(["-x"] if first else []), *TESTS)
    if done.returncode and NOT_IMPORTED in done.stdout + done.stderr:
        return ["import"]
    lines = [each for each in done.stdout.splitlines() if each.startswith(("FAILED ", "ERROR "))]
    assert bool(lines) == bool(done.returncode), done.stdout + done.stderr
    return [each.split()[1] for each in lines if NOT_PATCHED not in each]


def finders(kind: str) -> Iterator[tuple[str, Finder]]:
    """Yield who is asked: of moves the tests know every row, and so they come first."""
    verify = ("verify, 1 funder", partial(verified, 1))
    tests = ("tests", partial(tested, first=kind != "policy"))
    yield from (tests, verify) if kind == "move" else (verify, tests)
    yield "verify, 2 funders", partial(verified, 2)


def found_by(kind: str, fault: Fault) -> tuple[str, list[str]]:
    """Return who finds a fault first, and by what; nobody and nothing if it survives."""
    with planted(fault) as copy:
        for finder, find in finders(kind):
            if found := find(copy):
                loaded = found[0].startswith("loader: ")
                return ("loader" if loaded else finder), found
    return "nobody", []


def shown(found: list[str]) -> str:
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ", ".join(found[:3]) + more


def main(*words: str) -> int:
    began = perf_counter()
    faults = [("no fault", NONE)] + [
        (kind, fault)
        for kind, faults in KINDS.items()
        for fault in faults
        if all(word in f"{kind} {fault.name}" for word in words)
    ]
    counts: Counter[tuple[str, str]] = Counter()
    by_property: Counter[str] = Counter()
    wrong, equivalent = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = pool.map(lambda each: found_by(*each), faults)
        for number, ((kind, fault), (finder, found)) in enumerate(
            zip(faults, answers, strict=True)
        ):
            line = f"{kind:8} {fault.name}: {finder}. {shown(found)}".rstrip(" .")
            print(f"[{number}/{len(faults) - 1}] {line}", flush=True)
            counts[kind, finder] += 1
            by_property.update(found if finder.startswith("verify") else [])
            if (finder == "nobody") is not (bool(fault.equivalent) or fault is NONE):
                wrong.append(line)
            elif fault.equivalent:
                equivalent.append(f"{line}: {fault.equivalent}")
    print("\nFound by:", *(f"{k:8} {f:18} {n}" for (k, f), n in sorted(counts.items())), sep="\n  ")
    print("\nBroken:", *(f"{n:4} {each}" for each, n in by_property.most_common()), sep="\n  ")
    print("\nThese change no answer:", *equivalent, sep="\n  ")
    print("\nNot as it should be:", *(wrong or ["nothing"]), sep="\n  ")
    print(f"\n{len(faults) - 1} faults in {(perf_counter() - began) / 60:.0f} minutes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
