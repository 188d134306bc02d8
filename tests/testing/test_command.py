"""`klimaflow test`: what it says, its exit statuses, and that nothing is half written."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from klimaflow.cli import commands
from tests.conftest import POLICY, SHIPPED
from tests.testing.told import HEAD, IDEA, SUBMISSION

LATE = SUBMISSION.replace('qualification"\nby', 'qualification + 12 minutes"\nby')

Write = Callable[..., Path]


def run(*args: object) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(commands.klimaflow, ["test", *map(str, args)])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a story below the folder of the test."""

    def write(name: str, *parts: str, head: str = HEAD) -> Path:
        path = tmp_path / f"{name}.story.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + "".join(parts), "utf-8")
        return path

    return write


class TestStatus:
    def test_0_if_all_go_as_told(self, write: Write) -> None:
        result = run(write("good", IDEA, SUBMISSION))
        assert (result.exit_code, result.stderr) == (0, "")

    @pytest.mark.parametrize("how", [(), ("--json",), ("--coverage",), ("--lang", "da")])
    def test_1_if_one_goes_otherwise(self, write: Write, how: tuple[str, ...]) -> None:
        result = run(write("good", IDEA, SUBMISSION), write("bad", IDEA, LATE), *how)
        assert (result.exit_code, result.stderr) == (1, "")
        assert "12 min" in result.stdout or how == ("--json",)

    def test_2_if_any_cannot_be_read_and_all_mistakes_are_told(self, write: Write) -> None:
        paths = [write("good", IDEA), write("a", "[[step]]\n"), write("b", head="case = 1\n")]
        result = run(*paths)
        assert (result.exit_code, result.stdout) == (2, "")
        starts = [line.partition(": ")[0] for line in result.stderr.splitlines()]
        assert starts == [str(paths[1]), *[str(paths[2])] * 3]

    def test_2_if_there_is_no_story(self, tmp_path: Path) -> None:
        (tmp_path / "case.toml").write_text("no story", "utf-8")
        result = run(tmp_path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == (
            f"{tmp_path}: holds no story: a story is a file named *.story.toml\n"
        )

    def test_2_if_there_is_no_such_place(self, tmp_path: Path) -> None:
        result = run(tmp_path / "nowhere", tmp_path / "no\0name")
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 2

    def test_2_without_a_path(self) -> None:
        assert run().exit_code == 2

    def test_no_input_shows_a_traceback(self, tmp_path: Path) -> None:
        for number, content in enumerate([b"\xff", b"", b"[[[", b"x" * 300_000, b"step = 1"]):
            (tmp_path / f"{number}.story.toml").write_bytes(content)
        result = run(tmp_path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Traceback" not in result.stderr
        assert len({line.partition(":")[0] for line in result.stderr.splitlines()}) == 5


class TestPlaces:
    def test_a_folder_and_all_below_it(self, write: Write, tmp_path: Path) -> None:
        for name in ("one", "deep/down/two", ".hidden/three", "venv/lib/four"):
            write(name, IDEA)
        (tmp_path / "venv" / "pyvenv.cfg").write_text("", "utf-8")
        found = json.loads(run(tmp_path, "--json").stdout)["stories"]
        assert [Path(each["file"]).name for each in found] == ["one.story.toml", "two.story.toml"]

    def test_a_file_of_any_name(self, tmp_path: Path) -> None:
        (tmp_path / "any").write_text(HEAD + IDEA, "utf-8")
        assert run(tmp_path / "any").exit_code == 0

    def test_a_file_named_twice_is_one_story(self, write: Write, tmp_path: Path) -> None:
        one = write("one", IDEA)
        found = json.loads(run(one, tmp_path, tmp_path / "." / one.name, "--json").stdout)
        assert len(found["stories"]) == 1

    def test_the_stories_of_a_shipped_procedure(self) -> None:
        found = json.loads(run(SHIPPED, "--json", "--fail-under", 100).stdout)
        assert len(found["stories"]) > 10
        assert all(each["file"].startswith(f"{SHIPPED}/") for each in found["stories"])

    def test_a_story_of_a_policy_file_beside_it(self, write: Write, tmp_path: Path) -> None:
        own = POLICY.replace('id = "klimaalliancen-2024"', 'id = "mine"', 1)
        (tmp_path / "mine.toml").write_text(own, "utf-8")
        mine = write("mine", IDEA, head='case = "a"\nprocedure = "mine.toml"\n')
        found = json.loads(run(mine, write("other", IDEA), "--json").stdout)
        assert [each["procedure"] for each in found["coverage"]] == ["klimaalliancen-2024", "mine"]


class TestText:
    def test_what_went_otherwise_is_shown_whole(self, write: Write) -> None:
        result = run(write("bad", IDEA, LATE))
        text = " ".join(result.stdout.split())
        assert "step[1]: expected permitted" in text
        assert "✗ before-qualification-deadline: Received" in text
        assert "Stories: 1, of them as told: 0, otherwise: 1. Answers: 2." in text

    def test_in_danish(self, write: Write) -> None:
        text = " ".join(run(write("bad", IDEA, LATE), "--lang", "da", "--coverage").stdout.split())
        for words in ("ventede tilladt", "12 minutter for sent", "Dækning af", "Ikke set:"):
            assert words in text

    def test_what_a_file_says_is_never_obeyed(self, write: Write) -> None:
        case = 'case = "\\u001b[31mred"\nprocedure = "klimaalliancen-2024"\n'
        result = run(write("red", IDEA, head=case))
        assert "\x1b" not in result.stdout
        assert "\\x1b[31mred" in result.stdout

    def test_the_coverage_lists_what_is_not_seen(self, write: Write) -> None:
        text = run(write("good", IDEA, SUBMISSION), "--coverage").stdout
        assert re.search(r"move +register-idea +refused\n", text)
        assert re.search(r"boundary +before-qualification-deadline: .*spring.* +beyond\n", text)

    def test_at_100_per_cent_nothing_is_listed(self) -> None:
        text = run(SHIPPED, "--coverage").stdout
        assert "Coverage of klimaalliancen-2024: 100.0 %" in text
        assert "Not seen" not in text


class TestJson:
    def test_it_is_one_object(self, write: Write) -> None:
        path = write("bad", IDEA, LATE)
        found = json.loads(run(path, "--json").stdout)
        assert list(found) == ["stories", "coverage"]
        (story,) = found["stories"]
        assert {key: story[key] for key in ("file", "case", "as_told", "patches")} == {
            "file": str(path),
            "case": "a story",
            "as_told": False,
            "patches": [],
        }
        assert story["answers"][1] == {
            "where": "step[1]",
            "do": "submit-for-qualification",
            "at": "2024-04-15T09:12:00+02:00",
            "permitted": False,
            "phase": "idea",
            "refused_by": ["before-qualification-deadline"],
            "remarks": ["enough-authorities"],
            "otherwise": ["expected permitted"],
        }

    def test_each_side_says_where_it_was_seen_first(self, write: Write) -> None:
        path = write("good", IDEA, SUBMISSION)
        (covered,) = json.loads(run(path, "--json").stdout)["coverage"]
        items = {(each["kind"], each["name"]): each["sides"] for each in covered["items"]}
        assert items["move", "register-idea"] == {
            "taken": {"story": str(path), "where": "step[0]", "patched": False},
            "refused": None,
        }
        sides = [side for each in covered["items"] for side in each["sides"].values()]
        assert (covered["seen"], covered["sides"]) == (
            sum(side is not None for side in sides),
            len(sides),
        )


class TestFailUnder:
    @pytest.mark.parametrize(("percent", "status"), [(0, 0), (100, 0)])
    def test_of_all_that_there_is(self, percent: float, status: int) -> None:
        assert run(SHIPPED, "--fail-under", percent).exit_code == status

    def test_the_line_itself_is_enough_and_a_little_more_is_not(self, write: Write) -> None:
        path = write("good", IDEA)
        (covered,) = json.loads(run(path, "--json").stdout)["coverage"]
        below = int(covered["percent"] * 10_000) / 10_000
        assert run(path, "--fail-under", f"{below:.4f}").exit_code == 0
        result = run(path, "--fail-under", f"{below + 0.0001:.4f}")
        assert result.exit_code == 1
        assert "✗ Coverage of klimaalliancen-2024 is" in result.stdout

    @pytest.mark.parametrize("percent", ["-1", "101", "much", "nan"])
    def test_what_is_no_percentage_is_a_mistake(self, write: Write, percent: str) -> None:
        result = run(write("good", IDEA), "--fail-under", percent)
        assert (result.exit_code, result.stdout) == (2, "")

    def test_it_is_asked_of_each_procedure(self, write: Write, tmp_path: Path) -> None:
        own = POLICY.replace('id = "klimaalliancen-2024"', 'id = "mine"', 1)
        (tmp_path / "mine.toml").write_text(own, "utf-8")
        mine = write("mine", IDEA, head='case = "a"\nprocedure = "mine.toml"\n')
        result = run(SHIPPED, mine, "--fail-under", 90)
        assert result.exit_code == 1
        assert "Coverage of mine is" in result.stdout
        assert "Coverage of klimaalliancen-2024 is" not in result.stdout


class Tags(HTMLParser):
    """Counts the tags of a page and keeps its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href", "onclick"} & {name for name, _ in attrs}
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


class TestHtml:
    def test_it_is_one_page_that_fetches_and_runs_nothing(self, tmp_path: Path) -> None:
        page = tmp_path / "coverage.html"
        assert run(SHIPPED, "--html", page).exit_code == 0
        text = page.read_text("utf-8")
        found = Tags(text)
        assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
        assert found.tags.count("table") == 4
        assert not {"script", "link", "img", "iframe"} & set(found.tags)
        assert "klimaalliancen-2024/deadlines.story.toml, step[3].outcome[0]" in found.text
        assert "not seen" not in found.text

    def test_what_a_story_says_is_text(self, write: Write, tmp_path: Path) -> None:
        page = tmp_path / "coverage.html"
        run(write("<script>alert(1)</script>".replace("/", "_"), IDEA), "--html", page)
        found = Tags(page.read_text("utf-8"))
        assert "script" not in found.tags
        assert "<script>alert(1)<_script>" in found.text

    def test_in_danish(self, write: Write, tmp_path: Path) -> None:
        page = tmp_path / "coverage.html"
        run(write("good", IDEA), "--html", page, "--lang", "da")
        assert 'lang="da"' in page.read_text("utf-8")
        assert "ikke set" in page.read_text("utf-8")

    def test_a_page_that_cannot_be_written_is_2_and_nothing_is_said(
        self, write: Write, tmp_path: Path
    ) -> None:
        path = write("good", IDEA)
        pages = {
            tmp_path: "is no file",
            tmp_path / "no" / "folder.html": "cannot be written",
            tmp_path / "no\0name": "cannot be written",
        }
        for page, why in pages.items():
            result = run(path, "--html", page)
            assert (result.exit_code, result.stdout) == (2, "")
            assert why in result.stderr

    def test_an_old_page_stays_if_a_story_cannot_be_read(
        self, write: Write, tmp_path: Path
    ) -> None:
        page = tmp_path / "coverage.html"
        page.write_text("old", "utf-8")
        assert run(write("bad", head="x"), "--html", page).exit_code == 2
        assert page.read_text("utf-8") == "old"
        assert sorted(each.name for each in tmp_path.iterdir()) == ["bad.story.toml", page.name]


class TestProgress:
    def test_many_stories_show_how_far_they_are_on_a_terminal(
        self, write: Write, tmp_path: Path
    ) -> None:
        for number in range(25):
            write(f"{number}", IDEA)
        script = [
            "import os, pty, sys",
            "from klimaflow.cli import commands",
            "_, theirs = pty.openpty()",
            "sys.stderr = os.fdopen(theirs, 'w')",
            "sys.exit(commands.run(['test', sys.argv[1], '--json']))",
        ]
        done = subprocess.run(
            [sys.executable, "-c", "\n".join(script), str(tmp_path)],
            capture_output=True,
            check=False,
            timeout=60,
            env={**os.environ, "TERM": "xterm"},
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(json.loads(done.stdout)["stories"]) == 25  # which is not disturbed

    def test_in_a_pipe_nothing_is_shown(self, write: Write, tmp_path: Path) -> None:
        for number in range(25):
            write(f"{number}", IDEA)
        assert run(tmp_path).stderr == ""


def test_pytest_collects_what_the_command_follows(write: Write, tmp_path: Path) -> None:
    """The plugin, in a real run: the same stories, the same verdicts."""
    write("good", IDEA, SUBMISSION, '[[step.outcome]]\nround = "x"\npermitted = false\n')
    write("bad", IDEA, LATE, "findings.authorised.margin = 3\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", "--color=no"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )
    assert "1 failed, 1 passed" in done.stdout
    assert "step[1]: expected authorised with margin 3, not 0" in done.stdout
    assert "Traceback" not in done.stdout
    assert run(tmp_path).exit_code == 1


def test_the_command_needs_neither_pytest_nor_hypothesis() -> None:
    script = (
        "import sys; from klimaflow.cli.commands import run;"
        f"status = run(['test', '{SHIPPED}']);"
        "sys.exit(status or int('pytest' in sys.modules or 'hypothesis' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
