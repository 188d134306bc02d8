"""What if? One scenario, all combinations of some, or millions that are drawn; needs `scenarios`.

    base = Scenario.of("skybrud.toml")
    print(compare(base, base.late_by("submit-for-approval", days=3)))

    drawn = sample(1_000_000, 7, base.history, late_submit_for_approval=stats.expon(scale=3))
    print(outcomes(drawn))
    print(paired(drawn, drawn.under(other)))

A `Scenario` is taken step by step, by `decide`; `grid` and `sample` give `Scenarios`, which are run
as tables, by `klimaflow.frames.course`, and any of which `Scenarios.scenario` gives back as the
first. The rules are the same, and so are the answers.

What is found is held in results, each with `tables(lang)`, `explained(lang)`, `to_html(lang)` and
`to_dict()`, shown as text by `print` and as tables in a notebook:

* `Compared`: two scenarios; `sentences(lang)`, `changes_nothing`, `new`, `gone`.
* `Outcomes`: `reached` and `came_to` by phase, `stopped_by` by rule id, `stopped_at` by command,
  `rounds` by round id, `waited_for` by funder: each a `Share` (`count`, `n`, `share`, `interval`);
  `starts_on`, how many by date, and `hours`, how many by whole hours to the start.
* `Paired`: `before` and `after`, the `Outcomes` under both; `started`, a `Difference` (`both`,
  `only_a`, `only_b`, `neither`, `difference`, `interval`, `p`); `moves`, how many by two phases.
* `Sensitivity`: `sways`, for each input Sobol's indices and the ends of its bar; `frame()`.
* `Portfolio`: `cases`, each with its next deadline, and `agenda`, what the funds can carry.

What a single scenario comes to is in the frames that `Scenarios.batches` yields and `run` returns;
`Scenarios` says which columns they have.
"""

from klimaflow.scenarios.comparing import Compared, compare
from klimaflow.scenarios.draws import Scenarios, grid, sample
from klimaflow.scenarios.outcomes import Outcomes, WaitedFor, outcomes
from klimaflow.scenarios.paired import Paired, paired
from klimaflow.scenarios.portfolio import Carried, Due, Portfolio, portfolio
from klimaflow.scenarios.rows import row_of
from klimaflow.scenarios.scenario import Scenario
from klimaflow.scenarios.sensitivity import Sensitivity, Sway, sensitivity
from klimaflow.scenarios.shares import Difference, Share

__all__ = [
    "Carried",
    "Compared",
    "Difference",
    "Due",
    "Outcomes",
    "Paired",
    "Portfolio",
    "Scenario",
    "Scenarios",
    "Sensitivity",
    "Share",
    "Sway",
    "WaitedFor",
    "compare",
    "grid",
    "outcomes",
    "paired",
    "portfolio",
    "row_of",
    "sample",
    "sensitivity",
]
