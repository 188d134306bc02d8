"""Prints how many mutants of a cosmic-ray run the tests caught.

Cosmic-ray's own report counts those that a filter skipped as caught.
"""

import sys
from collections import Counter

from cosmic_ray.work_db import WorkDB, use_db

with use_db(sys.argv[1], WorkDB.Mode.open) as db:
    outcomes = Counter(result.test_outcome for _, result in db.results)

run = {str(outcome): count for outcome, count in outcomes.items() if outcome is not None}
for outcome, count in sorted(run.items()):
    print(f"{outcome}: {count} of {sum(run.values())}")
