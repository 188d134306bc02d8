"""Scenario files: what they ask, and every mistake in one of them with its path."""

from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from klimaflow import CaseError
from klimaflow.moments import moment
from klimaflow.scenarios import outcomes, sample
from klimaflow.scenarios.specs import DISTRIBUTIONS, load_spec, parse_spec
from tests.conftest import POLICY
from tests.scenarios.cases import BASE

FILE = Path(__file__).with_name("spring.toml")
TEXT = FILE.read_text("utf-8")


def changed(*changes: tuple[str, str]) -> str:
    text = TEXT
    for words, others in changes:
        assert text.count(words) == 1, words
        text = text.replace(words, others)
    return text


def problems(text: str, folder: Path | None = None, **given: Any) -> list[str]:
    with pytest.raises(CaseError) as raised:
        parse_spec(text, folder=folder, **given)
    return list(raised.value.problems)


class TestAScenarioFile:
    def test_asks_what_one_would_ask_in_python(self) -> None:
        spec = load_spec(FILE)
        base = {**BASE, "consented_at_realdania": None}
        procedure = spec.scenarios.procedure
        same = sample(
            400,
            7,
            base,
            procedure,
            committed={"realdania": 2_500_000},
            late_submit_for_approval=stats.expon(scale=3),
            leaving=stats.binom(3, 0.1),
            answers_after_realdania=[10.0, 20.0, 40.0, 80.0],
        )
        assert spec.title == "Når vi forårsrunden?"
        assert outcomes(spec.scenarios).to_dict() == outcomes(same).to_dict()

    def test_another_number_and_seed_may_stand_in_for_its_own(self) -> None:
        spec = load_spec(FILE, 9, 8)
        assert (spec.scenarios.n, spec.scenarios.seed) == (9, 8)

    def test_with_values_alone_is_a_grid(self) -> None:
        begin = TEXT.partition("[[input]]")[0].replace("scenarios = 400\n", "")
        text = begin + '[[input]]\nname = "authorities"\nvalues = [2, 3, 4]\n'
        text = text.replace("[committed]", 'consented_at_realdania = "never"\n[committed]')
        found = parse_spec(text).scenarios
        assert (found.n, found.seed) == (3, None)
        assert found.base["consented_at_realdania"] is None

    def test_times_without_an_offset_are_danish(self) -> None:
        base = load_spec(FILE).scenarios.base
        assert base["submit_for_approval_at"] == moment("2024-04-22 10:00")
        assert base["put_before_committee_at"] == moment("2024-05-20 12:00")

    def test_may_begin_with_a_case_and_another_procedure_beside_it(self, tmp_path: Path) -> None:
        demo = Path("examples/skybrud-paa-tvaers.toml").read_text("utf-8")
        (tmp_path / "skybrud.toml").write_text(demo, "utf-8")
        four = POLICY.partition("# What must hold of all this")[0] + "[not_encoded]\n"
        (tmp_path / "four.toml").write_text(four.replace("minimum = 3", "minimum = 4"), "utf-8")
        text = (
            'case = "skybrud.toml"\nagainst = "four.toml"\nscenarios = 5\n'
            '[[input]]\nname = "late_start"\ndistribution = "norm"\n'
        )
        spec = parse_spec(text, folder=tmp_path)
        assert spec.against is not None
        assert spec.against.participants.minimum == 4
        assert spec.scenarios.committed == {"realdania": 2_500_000, "regions": 1_000_000}
        assert spec.scenarios.base["asked_realdania"] == 1_500_000

    @pytest.mark.parametrize("name", DISTRIBUTIONS)
    def test_may_name_each_of_these_distributions(self, name: str) -> None:
        shapes = {
            "bernoulli": "p = 0.5",
            "beta": "a = 2\nb = 3",
            "binom": "n = 3\np = 0.5",
            "gamma": "a = 2",
            "geom": "p = 0.5",
            "lognorm": "s = 0.5",
            "poisson": "mu = 2",
            "randint": "low = 0\nhigh = 5",
            "triang": "c = 0.5",
            "truncnorm": "a = -1\nb = 1",
            "weibull_min": "c = 2",
        }
        text = changed(('"expon"\nscale = 3', f'"{name}"\n{shapes.get(name, "")}'))
        assert parse_spec(text).scenarios.frame().shape[0] == 400


class TestEveryMistakeAtOnce:
    def test_in_its_own_keys(self) -> None:
        text = changed(
            ("scenarios = 400", "scenarios = 0"),
            ("seed = 7", "sed = 7"),
            ('procedure = "klimaalliancen-2024"', 'procedure = "klimaalliancen-2042"'),
            ("authorities = 3", 'authorities = "3"'),
            ("met_results-open = true", "met_results-open = 1"),
            ('"2024-05-30 13:00"', '"2024-03-31 02:30"'),
            ("realdania = 2_500_000", "realdania = -1"),
            ('"expon"\nscale = 3', '"expo"'),
            ("p = 0.1", "q = 0.1"),
            ("values = [10, 20, 40, 80]", 'values = [10, "x"]'),
        )
        paths = [each.partition(":")[0] for each in problems(text)]
        assert paths == [
            "sed",
            "scenarios",
            "base.approve_at",
            "base.authorities",
            "base.met_results-open",
            "committed.realdania",
            "input[0].distribution",
            "input[1].p",
            "input[1].q",
            "input[2].values",
            "procedure",
        ]

    @pytest.mark.parametrize(
        ("words", "others", "says"),
        [
            ('"answers_after_realdania"', '"answer_realdania"', "is no input; did you mean"),
            ("asked_realdania = 1_500_000\n", "asked_nobody = 3\n", "base.asked_nobody: is no"),
            ("authorities = 3\n", "", "leaving: changes authorities, of which the base says"),
            ('approve_at = "2024-05-30 13:00"\n', "", "approve_at: is missing"),
            ("authorities = 3\n", "authors = 3\n", "base.authors: is no column of a course"),
            ("realdania = 2_500_000", "realdonia = 1", "committed.realdonia: is no fund"),
            ("scenarios = 400\n", "", "scenarios: is missing: how many are drawn"),
            ("scale = 3", "scale = -3", "expon has no values with these parameters"),
            ("scale = 3", "scale = nan", "input[0].scale: expected a number from"),
            ("n = 3", "n = 1000001", "input[1].n: expected a number from -1,000,000 to"),
            ('name = "leaving"', 'name = "seed"', "seed: is no input"),
            ("scale = 3", "scale = true", "input[0].scale: expected a number"),
            ("values = [10, 20, 40, 80]", "", "needs either values or a distribution"),
            ("values = [10, 20, 40, 80]", "values = []", "expected one value or more"),
            ('name = "leaving"', "", "input[1].name: is missing"),
            ('name = "leaving"', 'name = "late_submit_for_approval"', "stands there twice"),
            ('procedure = "klimaalliancen-2024"\n', "", "procedure: is missing"),
            ("seed = 7", 'case = "../x.toml"', "case: '../x.toml' is no file in this folder"),
            ("seed = 7", 'case = "x.toml"', "case: 'x.toml' is no file in this folder"),
            ("seed = 7", 'at = "2024-01-01 10:00"', "at: is when to look ahead from in a case"),
            ("seed = 7", 'against = "x.toml"', "against: 'x.toml' is neither a shipped"),
            ("seed = 7", "seed = -1", "seed: expected a number from 0"),
        ],
    )
    def test_one_by_one(self, words: str, others: str, says: str, tmp_path: Path) -> None:
        assert any(says in each for each in problems(changed((words, others)), tmp_path))

    def test_without_a_base_or_inputs(self) -> None:
        found = problems('procedure = "klimaalliancen-2024"')
        assert found == [
            "base: is missing: the row of a course, or a case",
            "input: is missing: what varies",
        ]

    def test_where_a_case_beside_it_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "x.toml").write_text("case = 1")
        found = problems(changed(("seed = 7", 'case = "x.toml"')), tmp_path)
        assert all(each.startswith("case: ") for each in found)

    def test_where_the_other_procedure_asks_for_more(self, tmp_path: Path) -> None:
        text = POLICY.partition("# What must hold of all this")[0] + "[not_encoded]\n"
        other = text.replace('id = "results-open"', 'id = "results-shared"')
        (tmp_path / "other.toml").write_text(other, "utf-8")
        found = problems(changed(("seed = 7", 'against = "other.toml"')), tmp_path)
        assert any(each.startswith("against: met_results-shared: is missing") for each in found)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("x = ", "is not TOML"),
            ("x = " + "[" * 2_000, "is nested too deeply"),
            ("x = '" + "a" * 300_000 + "'", "is larger than"),
            (b"\xff", "is not UTF-8"),
        ],
    )
    def test_of_a_text_that_cannot_be_read(self, text: str | bytes, says: str) -> None:
        with pytest.raises(CaseError, match=says):
            parse_spec(text)

    def test_of_too_many_combinations(self) -> None:
        begin = TEXT.partition("[[input]]")[0].replace("scenarios = 400\n", "")
        values = [*range(1_000)]
        names = ("authorities", "joining", "leaving")
        inputs = "".join(f'[[input]]\nname = "{name}"\nvalues = {values}\n' for name in names)
        assert problems(begin + inputs) == ["input: makes more than 100,000,000 combinations"]

    def test_of_more_inputs_than_one_can_read(self) -> None:
        inputs = "".join(f'[[input]]\nname = "x{n}"\nvalues = [1]\n' for n in range(51))
        assert "input: has more than 50 entries" in problems(TEXT + inputs)
