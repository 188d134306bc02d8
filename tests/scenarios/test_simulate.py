"""`klimaflow simulate`: what it tells, the rows that it writes, statuses, and bad input."""

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from klimaflow.cli import commands
from klimaflow.report import plain
from klimaflow.scenarios import outcomes, paired
from klimaflow.scenarios.progress import told
from klimaflow.scenarios.specs import load_spec
from tests.conftest import POLICY
from tests.scenarios.test_specs import FILE, TEXT, changed

SPEC = str(FILE)


def run(*args: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(commands.klimaflow, ["simulate", *args])


def refused(result: Result) -> list[str]:
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr.splitlines()


class TestWhatItTells:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_is_what_the_outcomes_are(self, lang: str) -> None:
        found, result = outcomes(load_spec(SPEC).scenarios), run(SPEC, "--lang", lang)
        assert result.stdout == f"Når vi forårsrunden?\n\n{plain(found.page(lang), 80)}"
        assert (result.exit_code, result.stderr) == (0, "")

    def test_is_one_object_in_json(self) -> None:
        found = outcomes(load_spec(SPEC, 50, 3).scenarios)
        result = run(SPEC, "--json", "--rows", "50", "--seed", "3")
        assert json.loads(result.stdout) == {"title": "Når vi forårsrunden?", **found.to_dict()}

    def test_is_what_both_procedures_say_of_the_same_scenarios(self, tmp_path: Path) -> None:
        spec = beside_another(tmp_path)
        asked = load_spec(spec)
        assert asked.against is not None
        found = paired(asked.scenarios, asked.scenarios.under(asked.against))
        result = run(str(spec))
        assert plain(found.page(), 80) in result.stdout
        assert result.exit_code == 0
        assert json.loads(run(str(spec), "--json").stdout)["started"] == found.started.to_dict()

    def test_status_1_says_that_none_starts(self, tmp_path: Path) -> None:
        spec = tmp_path / "none.toml"
        spec.write_text(changed(("authorities = 3", "authorities = 2")), "utf-8")
        assert run(str(spec)).exit_code == 1


def beside_another(folder: Path) -> Path:
    four = POLICY.partition("# What must hold of all this")[0] + "[not_encoded]\n"
    (folder / "four.toml").write_text(four.replace("minimum = 3", "minimum = 4"), "utf-8")
    spec = folder / "spec.toml"
    spec.write_text(changed(("seed = 7", 'seed = 7\nagainst = "four.toml"')), "utf-8")
    return spec


class TestTheRows:
    def test_are_those_of_the_scenarios(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.parquet"
        assert run(SPEC, "--out", str(out)).exit_code == 0
        wanted = load_spec(SPEC).scenarios.run().with_columns(pl.col(pl.Enum).cast(pl.String))
        assert pl.read_parquet(out).equals(wanted)

    def test_are_the_same_as_csv(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.csv"
        assert run(SPEC, "--out", str(out)).exit_code == 0
        wanted = load_spec(SPEC).scenarios.run()
        with out.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
        assert [row["stopped_by"] for row in rows] == wanted["stopped_by"].to_list()
        assert [row["scenario"] for row in rows] == [str(n) for n in range(400)]
        started = [row["started_at"] or None for row in rows]
        iso = (at and at.isoformat(timespec="microseconds") for at in wanted["started_at"])
        assert started == [*iso]

    def test_are_those_of_both_procedures(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.parquet"
        run(str(beside_another(tmp_path)), "--out", str(out))
        found = pl.read_parquet(out)
        assert found["sha256"].n_unique() == 2
        assert len(found) == 800

    def test_have_no_text_that_a_spreadsheet_obeys(self, tmp_path: Path) -> None:
        hostile = POLICY.replace('id = "klimaalliancen-2024"', "id = '=cmd|x!A1'", 1)
        (tmp_path / "hostile.toml").write_text(hostile, "utf-8")
        spec = tmp_path / "spec.toml"
        spec.write_text(
            changed(('procedure = "klimaalliancen-2024"', 'procedure = "hostile.toml"')), "utf-8"
        )
        run(str(spec), "--out", str(tmp_path / "rows.csv"))
        row = (tmp_path / "rows.csv").read_text("utf-8").splitlines()[1]
        assert row.split(",")[2] == "'=cmd|x!A1"

    def test_are_written_over_nothing_unless_it_is_said(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.csv"
        out.write_text("mine")
        said = "is there already: choose another name, or say --overwrite"
        assert refused(run(SPEC, "--out", str(out))) == [f"{out}: {said}"]
        assert out.read_text() == "mine"
        assert run(SPEC, "--out", str(out), "--overwrite").exit_code == 0
        assert out.read_text("utf-8").startswith("scenario,seed,")

    def test_are_written_whole_or_not_at_all(self, tmp_path: Path) -> None:
        """Of so many scenarios one is late by more than any number: the rows before it go too."""
        spec = tmp_path / "spec.toml"
        spec.write_text(
            changed(('"expon"\nscale = 3', '"lognorm"\ns = 225')).replace("= 400", "= 500000"),
            "utf-8",
        )
        (line,) = refused(run(str(spec), "--out", str(tmp_path / "rows.csv")))
        assert "late_submit_for_approval: gives what is no number" in line
        assert [*tmp_path.iterdir()] == [spec]

    def test_need_a_file_of_a_kind_that_it_writes(self, tmp_path: Path) -> None:
        for name, says in (("rows.xls", "ends in .csv or .parquet"), ("no/rows.csv", "cannot be")):
            (line,) = refused(run(SPEC, "--out", str(tmp_path / name)))
            assert says in line


class TestBadInput:
    def test_has_a_line_for_each_problem(self, tmp_path: Path) -> None:
        spec = tmp_path / "bad.toml"
        spec.write_text(changed(("seed = 7", "sed = 7"), ("scale = 3", "scale = -3")), "utf-8")
        lines = refused(run(str(spec)))
        assert [line.split(": ")[1] for line in lines] == ["sed", "input[0].distribution"]

    def test_may_be_a_file_that_is_not_there(self) -> None:
        (line,) = refused(run("nowhere.toml"))
        assert "is not a file" in line


class TestProgress:
    def test_is_not_told_where_nobody_looks(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert [*told([1, 2], lambda _: 1, 2)] == [1, 2]
        assert capsys.readouterr().err == ""

    def test_is_told_of_what_takes_over_a_second(self, capsys: pytest.CaptureFixture[str]) -> None:
        for number in told(range(4), lambda _: 1, 4, show=True):
            time.sleep(0.4 if number else 0)
        assert "/4.00" in capsys.readouterr().err


PEAK = """
import resource, sys
from klimaflow.scenarios import outcomes
from klimaflow.scenarios.specs import load_spec
outcomes(load_spec(sys.argv[1], int(sys.argv[2])).scenarios, size=50_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_more_scenarios_need_no_more_memory() -> None:
    """What 350,000 more scenarios take in a frame is over 80 MB; these are run in batches."""
    peaks = []
    for n in ("50000", "400000"):
        line = [sys.executable, "-c", PEAK, SPEC, n]
        done = subprocess.run(line, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 50, peaks


def test_the_file_is_one_that_can_be_read() -> None:
    assert TEXT.startswith("title")
