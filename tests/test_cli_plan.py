"""`klimaflow plan` and `klimaflow procedure new`: answers, files, statuses, and bad input."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar

from klimaflow import History, load_procedure
from klimaflow.case import load_case
from klimaflow.cli import commands
from klimaflow.cli.files import write_new
from klimaflow.cli.shared import Unreadable
from klimaflow.planning import plan
from klimaflow.planning.page import plan_dict, plan_page
from klimaflow.planning.skeleton import skeleton
from klimaflow.report import Course, plain
from tests.conftest import POLICY, SHIPPED

DEMO = str(Path(__file__).parent.parent / "examples" / "skybrud-paa-tvaers.toml")
AT = ("--at", "2024-04-16 10:00")


def run(*args: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(commands.klimaflow, args)


def told(result: Result, begins: str) -> list[str]:
    """Return the lines of a refusal to read: status 2, nothing on standard output."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert lines
    assert all(line.startswith(begins) and line.isprintable() for line in lines)
    return lines


class TestPlan:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_of_a_case(self, lang: str) -> None:
        course = Course.of(load_case(DEMO))
        found = plan(course.history, AT[1], committed=course.committed)
        result = run("plan", DEMO, *AT, "--lang", lang)
        assert result.stdout == plain(plan_page(found, lang, course.name), 80)
        assert (result.exit_code, result.stderr) == (0, "")
        as_json = run("plan", DEMO, *AT, "--lang", lang, "--json")
        assert json.loads(as_json.stdout) == plan_dict(found, lang, course.name)

    def test_from_nothing(self, tmp_path: Path) -> None:
        found = plan_dict(plan(History(load_procedure(SHIPPED)), AT[1]))
        assert json.loads(run("plan", "--json", *AT).stdout) == found
        assert json.loads(run("plan", "--json", *AT, "--procedure", SHIPPED).stdout) == found
        mine = tmp_path / "mine.toml"
        mine.write_text(POLICY.replace(f'id = "{SHIPPED}"', 'id = "mine"', 1), "utf-8")
        own = json.loads(run("plan", "--json", *AT, "--procedure", str(mine)).stdout)
        assert (own["procedure"], own["steps"]) == ("mine", found["steps"])

    def test_what_the_funds_have_promised_counts(self, tmp_path: Path) -> None:
        text = Path(DEMO).read_text("utf-8")
        assert "realdania = 2_500_000" in text
        path = tmp_path / "case.toml"
        path.write_text(text.replace("realdania = 2_500_000", "realdania = 8_500_001"), "utf-8")
        result = run("plan", str(path), *AT, "--json")
        assert result.exit_code == 1
        missing = json.loads(result.stdout)["steps"][-1]["missing"]
        assert [each["rule"] for each in missing] == ["within-fund", "fund-released"]

    @pytest.mark.parametrize(
        ("at", "status"), [("2024-04-15 09:00", 0), ("2024-04-15 09:00:00.000001", 1)]
    )
    def test_the_status_is_1_from_the_microsecond_at_which_the_round_is_lost(
        self, at: str, status: int
    ) -> None:
        result = run("plan", "--at", at, "--round", "2024-spring", "--json")
        assert (result.exit_code, json.loads(result.stdout)["lost"]) == (status, bool(status))

    def test_by_default_it_looks_ahead_from_now(self) -> None:
        before = datetime.now(UTC).replace(microsecond=0)
        at = datetime.fromisoformat(json.loads(run("plan", "--json").stdout)["at"])
        assert before <= at <= datetime.now(UTC)
        assert at.microsecond == 0


class TestCalendarFile:
    def test_it_is_written_beside_the_text(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.ics"
        result = run("plan", *AT, "--ics", str(path))
        assert result.stdout == run("plan", *AT).stdout
        events: list[Any] = [*Calendar.from_ical(path.read_bytes()).walk("VEVENT")]
        assert events[0]["dtstart"].dt == datetime(2024, 10, 7, 7, tzinfo=UTC)
        assert os.listdir(tmp_path) == ["plan.ics"]

    def test_the_same_bytes_from_run_to_run(self, tmp_path: Path) -> None:
        written = []
        for name, at in (("a.ics", AT[1]), ("b.ics", "2024-04-17 11:00")):
            run("plan", DEMO, "--at", at, "--round", "2024-autumn", "--ics", str(tmp_path / name))
            written.append((tmp_path / name).read_bytes())
        one, other = (Calendar.from_ical(each).walk("VEVENT") for each in written)
        kept = {str(event["uid"]): event.to_ical() for event in one}
        assert other
        assert all(kept[str(event["uid"])] == event.to_ical() for event in other)

    @pytest.mark.parametrize("kind", ["file", "folder", "link"])
    def test_nothing_is_overwritten(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "plan.ics"
        if kind == "file":
            path.write_text("mine")
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to(tmp_path / "nowhere")
        lines = told(run("plan", *AT, "--ics", str(path)), f"{path}: ")
        what = ", and is no file" if kind == "folder" else ""
        assert lines == [f"{path}: is there already{what}: choose another name"]
        assert os.listdir(tmp_path) == ["plan.ics"]
        assert kind != "file" or path.read_text() == "mine"

    @pytest.mark.parametrize("name", ["no/such/folder.ics", "a\0b", "a" * 300, "."])
    def test_where_nothing_can_be_written(self, tmp_path: Path, name: str) -> None:
        path = str(tmp_path / name) if name != "." else "."
        told(run("plan", *AT, "--ics", path), path.replace("\0", "\\x00") + ": ")
        assert os.listdir(tmp_path) == []

    def test_no_half_of_it_is_left_when_the_disk_is_full(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_args: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "link", full)
        with pytest.raises(Unreadable, match="cannot be written: No space left"):
            write_new(str(tmp_path / "plan.ics"), b"x")
        assert os.listdir(tmp_path) == []

    def test_what_cannot_be_read_writes_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.ics"
        told(run("plan", "no-such.toml", "--ics", str(path)), "no-such.toml: ")
        assert not path.exists()


class TestBadInput:
    def test_a_case_or_a_procedure_that_cannot_be_read(self, tmp_path: Path) -> None:
        told(run("plan", "no-such.toml"), "no-such.toml: ")
        told(run("plan", "--procedure", "no-such"), "no-such: ")
        bad = tmp_path / "bad.toml"
        bad.write_text('case = "a"\nprocedure = "klimaalliancen-2024"\n', "utf-8")
        assert told(run("plan", str(bad)), f"{bad}: ") == [f"{bad}: step: is missing"]

    def test_a_round_that_is_none(self) -> None:
        lines = told(run("plan", DEMO, "--round", "2025-spring"), f"{DEMO}: ")
        assert lines == [f"{DEMO}: round: '2025-spring' is none of 2024-spring, 2024-autumn"]

    @pytest.mark.parametrize("at", ["yesterday", "2024-03-31 02:30", "2024-04-15", ""])
    def test_a_moment_that_is_none(self, at: str) -> None:
        result = run("plan", "--at", at)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Invalid value for '--at'" in result.stderr

    def test_a_case_and_a_procedure(self) -> None:
        result = run("plan", DEMO, "--procedure", SHIPPED)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "leave out --procedure" in result.stderr


class TestProcedureNew:
    def test_it_is_written_to_standard_output_or_to_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "next.toml"
        result = run("procedure", "new", "--from", SHIPPED)
        assert (result.exit_code, result.stdout) == (0, skeleton(SHIPPED))
        result = run("procedure", "new", "--from", SHIPPED, "--out", str(path))
        assert (result.exit_code, result.stdout) == (0, "")
        assert path.read_text("utf-8") == skeleton(SHIPPED)

    def test_the_command_beside_it_names_each_date(self, tmp_path: Path) -> None:
        path = tmp_path / "next.toml"
        run("procedure", "new", "--from", SHIPPED, "--out", str(path))
        lines = told(run("procedure", str(path)), f"{path}: ")
        for gate in ("qualification", "approval", "committee"):
            assert [f"{path}: rounds[0].{gate}: " in line for line in lines].count(True) == 1
        assert f"{path}: checked.by: is blank" in lines

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "next.toml"
        path.write_text("mine", "utf-8")
        told(run("procedure", "new", "--from", SHIPPED, "--out", str(path)), f"{path}: ")
        assert path.read_text("utf-8") == "mine"

    @pytest.mark.parametrize("which", ["no-such", ".", "", "a\0b"])
    def test_from_what_is_none(self, tmp_path: Path, which: str) -> None:
        path = tmp_path / "next.toml"
        result = run("procedure", "new", "--from", which, "--out", str(path))
        told(result, (which.replace("\0", "\\x00") or "''") + ": ")
        assert not path.exists()

    def test_it_needs_to_know_from_what(self) -> None:
        result = run("procedure", "new")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Missing option '--from'" in result.stderr

    def test_new_is_special_as_the_first_argument_only(self, tmp_path: Path) -> None:
        assert run("procedure").stdout == run("procedure", SHIPPED).stdout
        told(run("procedure", "--json", "new"), "new: ")
        (tmp_path / "new").write_text(POLICY, "utf-8")
        with pytest.MonkeyPatch.context() as here:
            here.chdir(tmp_path)
            assert run("procedure", "./new").exit_code == 0
            assert run("procedure", "--json", "new").exit_code == 0


class TestWithoutTheExtra:
    @pytest.mark.parametrize(
        ("package", "args"),
        [
            ("holidays", ("plan",)),
            ("icalendar", ("plan", "--ics", "x.ics")),
            ("tomlkit", ("procedure", "new", "--from", SHIPPED)),
        ],
    )
    def test_the_command_says_which_and_writes_nothing(
        self, tmp_path: Path, package: str, args: tuple[str, ...]
    ) -> None:
        script = f"import sys; sys.modules[{package!r}] = None; import klimaflow.cli as c; c.main()"
        done = subprocess.run(
            [sys.executable, "-c", script, *args],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert (done.returncode, done.stdout) == (2, "")
        expected = f"klimaflow: the command needs {package}: pip install 'klimaflow[plan]'\n"
        assert done.stderr == expected
        assert os.listdir(tmp_path) == []

    def test_the_other_commands_import_none_of_it(self) -> None:
        script = (
            "import sys; from klimaflow.cli import commands; commands.run(['diagram']); "
            "print({'holidays', 'icalendar', 'tomlkit'} & set(sys.modules), file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        assert done.stderr == "set()\n"
