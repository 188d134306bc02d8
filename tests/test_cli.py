"""The command: its answers, its exit statuses, and that no input makes it fail otherwise."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from klimaflow import Phase, load_procedure
from klimaflow.case import load_case
from klimaflow.cli import commands
from klimaflow.lifecycle import MOVES
from klimaflow.report import Course, course_page, follow_json, mermaid, plain
from tests.conftest import POLICY

EXAMPLES = Path(__file__).parent.parent / "examples"
DEMO = str(EXAMPLES / "skybrud-paa-tvaers.toml")
HEAD = 'case = "a-case"\nprocedure = "klimaalliancen-2024"\n'
IDEA = '[[step]]\ndo = "register-idea"\nat = "2024-02-01 10:00"\nby = "proposer:0751"\n'
START = '[[step]]\ndo = "start"\nat = "2024-02-02 10:00"\nby = "secretariat:kl"\n'
BARE = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
HUGE = "0x" + "f" * 5000


def run(*args: str) -> Result:
    return CliRunner().invoke(commands.klimaflow, args)


def process(
    *args: str, stdin: Any = None, stdout: Any = subprocess.PIPE, **env: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run the command as a process of its own, in a bare environment but for `env`."""
    return subprocess.run(
        [sys.executable, "-m", "klimaflow.cli", *args],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**BARE, **env},
        timeout=60,
        check=False,
    )


def on_a_terminal(*args: str, **env: str) -> str:
    """Return what the command writes on a terminal."""
    ours, theirs = pty.openpty()
    script = [sys.executable, "-m", "klimaflow.cli", *args]
    child = subprocess.Popen(script, stdout=theirs, env={**BARE, "TERM": "xterm", **env})
    os.close(theirs)
    written = b""
    while chunk := _read(ours):
        written += chunk
    child.wait(timeout=60)
    os.close(ours)
    return written.decode("utf-8")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""


@pytest.fixture
def case(tmp_path: Path) -> Callable[[str | bytes], str]:
    """Return a function that writes a case file and returns its path."""

    def write(content: str | bytes) -> str:
        path = tmp_path / "case.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


Write = Callable[[str | bytes], str]


class TestFollow:
    def test_json_is_one_object_as_specified(self) -> None:
        result = run("follow", DEMO, "--json")
        assert json.loads(result.stdout) == follow_json(load_case(DEMO))
        assert list(json.loads(result.stdout)) == list(follow_json(load_case(DEMO)))

    def test_json_in_danish(self) -> None:
        result = run("follow", "--json", "--lang", "da", DEMO)
        assert json.loads(result.stdout) == follow_json(load_case(DEMO), "da")

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_text(self, lang: str) -> None:
        result = CliRunner(env={"COLUMNS": "70"}).invoke(
            commands.klimaflow, ["follow", DEMO, "--lang", lang]
        )
        assert result.stdout == plain(course_page(Course.of(load_case(DEMO)), lang), 70)

    @pytest.mark.parametrize(
        ("steps", "status"),
        [("step = []", 0), (IDEA + 'title = "A"\n', 0), (IDEA + 'title = "A"\n' + START, 1)],
    )
    @pytest.mark.parametrize("as_json", [(), ("--json",)])
    def test_the_status_is_1_if_any_step_is_refused(
        self, case: Write, steps: str, status: int, as_json: tuple[str, ...]
    ) -> None:
        result = run("follow", case(HEAD + steps), *as_json)
        assert (result.exit_code, result.stderr) == (status, "")

    def test_a_policy_file_beside_the_case(self, case: Write, tmp_path: Path) -> None:
        own = POLICY.replace('id = "klimaalliancen-2024"', 'id = "mine"', 1)
        tmp_path.joinpath("mine.toml").write_text(own, "utf-8")
        path = case('case = "a"\nprocedure = "mine.toml"\n' + IDEA + 'title = "A"\n')
        assert json.loads(run("follow", "--json", path).stdout)["procedure"] == "mine"

    def test_every_mistake_is_a_line_that_begins_with_the_file(self, case: Write) -> None:
        path = case(HEAD + IDEA + 'titel = "A"\n[[step]]\ndo = "dance"\n')
        result = run("follow", path)
        lines = result.stderr.splitlines()
        assert (result.exit_code, result.stdout) == (2, "")
        assert [line.startswith(f"{path}: step[") for line in lines] == [True] * 3
        assert f"{path}: step[0].title: is missing" in lines


class TestProcedure:
    def test_the_shipped_one_is_shown_by_default(self) -> None:
        assert run("procedure").stdout == run("procedure", "klimaalliancen-2024").stdout
        assert "Monday 15 April 2024" in run("procedure").stdout
        assert run("procedure").exit_code == 0

    def test_json_is_one_object_with_the_keys_of_the_file(self) -> None:
        shown = json.loads(run("procedure", "--json").stdout)
        assert shown["criteria"][0]["id"] == "need-from-climate-plans"
        assert shown["rounds"][1]["approval"] == "2024-10-24T09:00:00+02:00"
        assert shown["sha256"] == load_procedure("klimaalliancen-2024").sha256

    def test_a_file_with_mistakes_has_a_line_for_each(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.toml"
        wrong = POLICY.replace("torsdag 2024-04-25", "fredag 2024-04-25").replace("minimum", "min")
        path.write_text(wrong, "utf-8")
        result = run("procedure", str(path))
        lines = result.stderr.splitlines()
        assert result.exit_code == 2
        assert f"{path}: rounds[0].approval: 2024-04-25 is a torsdag, not a fredag" in lines
        assert f"{path}: participants.minimum: is missing" in lines

    def test_neither_a_file_nor_shipped(self) -> None:
        result = run("procedure", "no-such")
        assert result.exit_code == 2
        assert result.stderr.startswith("no-such: is neither a file nor a shipped procedure")

    @pytest.mark.parametrize(("more", "status"), [("", 0), (".\nNoget helt nyt.\n", 1)])
    def test_held_against_its_source(self, tmp_path: Path, more: str, status: int) -> None:
        quotes = [line.split('quote = "')[1].split('"')[0] for line in lines_with_quotes()]
        source = tmp_path / "source.txt"
        source.write_text("\n".join(quotes) + more, "utf-8")
        result = run("procedure", "--source", str(source))
        assert result.exit_code == status
        assert ("✗ Noget helt nyt." in result.stdout) is bool(status)
        checked = json.loads(run("procedure", "--json", "--source", str(source)).stdout)
        assert checked["passed"] is not bool(status)

    def test_a_quotation_that_is_not_in_the_source(self, tmp_path: Path) -> None:
        source = tmp_path / "source.txt"
        source.write_text("Noget andet.", "utf-8")
        result = run("procedure", "--source", str(source))
        assert result.exit_code == 1
        assert "rounds[0].approval" in result.stdout

    @pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"a" * 10_000_000])
    def test_a_source_that_cannot_be_read(self, tmp_path: Path, content: bytes | None) -> None:
        source = tmp_path / "source.txt"
        if content is not None:
            source.write_bytes(content)
        result = run("procedure", "--source", str(source))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"{source}: ")


def lines_with_quotes() -> list[str]:
    return [line for line in POLICY.splitlines() if 'quote = "' in line]


class TestDiagram:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_mermaid_is_the_default(self, lang: str) -> None:
        assert run("diagram", "--lang", lang).stdout == mermaid(lang)

    def test_dot(self) -> None:
        pairs = {(move.source, move.target) for move in MOVES}
        drawn = run("diagram", "--format", "dot").stdout
        assert drawn.startswith("digraph")
        assert drawn.count("->") == len(pairs)
        assert all(f"    {phase} [label=" in drawn for phase in Phase)


class TestUsage:
    @pytest.mark.parametrize(
        "args",
        [
            (),
            ("follow",),
            ("follow", DEMO, "--lang", "sv"),
            ("follow", DEMO, DEMO),
            ("follow", "--jsn", DEMO),
            ("diagram", "--format", "png"),
            ("dance",),
        ],
    )
    def test_a_mistake_in_the_line_is_2_on_standard_error(self, args: tuple[str, ...]) -> None:
        result = run(*args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Usage: klimaflow" in result.stderr

    def test_version_and_help(self) -> None:
        assert run("--version").stdout == "klimaflow, version 0.1.0\n"
        for args in ((), ("follow",), ("procedure",), ("diagram",)):
            result = run(*args, "--help")
            assert result.exit_code == 0
            assert result.stdout.isascii()
            assert max(map(len, result.stdout.splitlines())) <= 80


UNREADABLE: dict[str, str | bytes] = {
    "empty": "",
    "binary": bytes(range(256)) * 40,
    "latin-1": (HEAD + "# æøå").encode("latin-1"),
    "utf-16": HEAD.encode("utf-16"),
    "nul": HEAD + "\0",
    "10 MB": b"a" * 10_000_000,
    "deep": HEAD + "x = " + "[" * 100_000,
    "less deep": HEAD + "x = " + "[" * 300 + "]" * 300,
    "twice": HEAD + HEAD,
    "no steps": HEAD,
    "step is a number": HEAD + "step = 3",
    "step is a text": HEAD + 'step = ["x"]',
    "huge do": HEAD + f"[[step]]\ndo = {HUGE}",
    "huge at": HEAD + IDEA.replace('"2024-02-01 10:00"', HUGE),
    "huge by": HEAD + IDEA.replace('"proposer:0751"', HUGE),
    "huge procedure": f'case = "a"\nprocedure = {HUGE}\nstep = []',
    "huge committed": HEAD + f"committed = {{ realdania = {HUGE} }}\nstep = []",
    "nan": HEAD + "committed = { realdania = nan }\nstep = []",
    "local time": HEAD + IDEA.replace('"2024-02-01 10:00"', "10:00:00"),
    "no such hour": HEAD + IDEA.replace("2024-02-01 10:00", "2024-03-31 02:30"),
    "beyond the calendar": HEAD + IDEA.replace('"2024-02-01 10:00"', "0001-01-01T00:00:00+14:00"),
    "procedure is a folder": 'case = "a"\nprocedure = "."\nstep = []',
    "procedure is outside": 'case = "a"\nprocedure = "../../etc/passwd"\nstep = []',
    "procedure is itself": 'case = "a"\nprocedure = "case.toml"\nstep = []',
    "procedure has a long name": f'case = "a"\nprocedure = "{"a" * 5000}"\nstep = []',
    "procedure has a nul": 'case = "a"\nprocedure = "a\\u0000"\nstep = []',
    "hostile key": HEAD + '"\\u001b[31m\\n" = 1\n',
}


class TestUnreadable:
    @pytest.mark.parametrize("name", UNREADABLE)
    def test_content(self, case: Write, name: str) -> None:
        path = case(UNREADABLE[name])
        result = run("follow", path)
        self.told(result, path)

    @pytest.mark.parametrize("name", ["missing.toml", ".", "a\0b", "a" * 5000, "", "n\nl"])
    @pytest.mark.parametrize("command", ["follow", "procedure"])
    def test_names(self, command: str, name: str, tmp_path: Path) -> None:
        path = str(tmp_path / name) if name else ""
        result = run(command, path)
        self.told(result, path.replace("\0", "\\x00").replace("\n", " ") or "''")

    def told(self, result: Result, path: str) -> None:
        assert isinstance(result.exception, SystemExit), result.exception
        assert (result.exit_code, result.stdout) == (2, "")
        lines = result.stderr.splitlines()
        assert lines
        assert all(line.startswith(f"{path}: ") and line.isprintable() for line in lines)

    def test_a_loop_of_links(self, tmp_path: Path) -> None:
        loop = tmp_path / "loop.toml"
        loop.symlink_to(loop)
        self.told(run("follow", str(loop)), str(loop))


class TestStreams:
    @pytest.mark.parametrize(
        ("args", "status"),
        [(("follow", DEMO), 1), (("follow", DEMO, "--json"), 1), (("diagram",), 0)],
    )
    def test_a_reader_that_goes_away(self, args: tuple[str, ...], status: int) -> None:
        ours, theirs = os.pipe()
        os.close(ours)
        done = process(*args, stdout=theirs)
        os.close(theirs)
        assert (done.returncode, done.stderr) == (status, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
    def test_a_disk_that_is_full(self) -> None:
        with open("/dev/full", "wb") as full:
            done = process("follow", DEMO, stdout=full)
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1
        assert b"cannot write" in done.stderr

    def test_no_stream_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, None)
        assert commands.run(["follow", DEMO]) == 1
        assert commands.run(["follow", "missing"]) == 2

    @pytest.mark.parametrize(
        "env",
        [
            {"PYTHONIOENCODING": "ascii"},
            {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        ],
    )
    def test_a_terminal_without_danish_letters(self, env: dict[str, str]) -> None:
        done = process("follow", DEMO, "--lang", "da", **env)
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"Skybrud paa tvaers" in done.stdout
        assert b"  x Indsend til faglig kvalificering" in done.stdout

    def test_json_without_danish_letters_is_the_same_value(self) -> None:
        done = process("follow", DEMO, "--json", PYTHONIOENCODING="ascii")
        assert json.loads(done.stdout.decode("ascii")) == follow_json(load_case(DEMO))

    def test_an_interrupt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(_path: str) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(commands, "case_in", interrupted)
        assert commands.run(["follow", DEMO]) == 130

    def test_a_mistake_of_ours_is_one_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(commands, "case_in", lambda _path: 1 // 0)
        assert commands.run(["follow", DEMO]) == 2
        assert capsys.readouterr().err.startswith("klimaflow failed: ZeroDivisionError")

    @pytest.mark.parametrize("package", ["click", "rich"])
    def test_without_the_extra(self, package: str) -> None:
        script = f"import sys; sys.modules[{package!r}] = None; import klimaflow.cli as c; c.main()"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        expected = f"klimaflow: the command needs {package}: pip install 'klimaflow[cli]'\n"
        assert done.stderr == expected


class TestColour:
    def test_on_a_terminal(self) -> None:
        written = on_a_terminal("follow", DEMO)
        assert "\x1b[1;31m✗" in written
        assert "\x1b[32m✓" in written

    def test_no_line_ends_in_blanks(self) -> None:
        lines = on_a_terminal("procedure").splitlines()
        assert [line for line in lines if line != line.rstrip()] == []

    @pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_not_where_it_is_not_wanted(self, env: dict[str, str]) -> None:
        written = on_a_terminal("follow", DEMO, **env)
        assert "\x1b" not in written
        assert "✗" in written

    def test_not_in_a_pipe(self) -> None:
        assert b"\x1b" not in process("follow", DEMO, FORCE_COLOR="1", TERM="xterm").stdout

    def test_what_a_file_says_is_never_obeyed(self, case: Write) -> None:
        title = '"\\u001b[35mA[red]B[/red]{C}\\u009b2J\\n:smile:"'
        written = on_a_terminal("follow", case(HEAD + IDEA + f"title = {title}\n"))
        assert "\\x1b[35mA[red]B[/red]{C}\\x9b2J :smile:" in written
        assert "\x1b[35m" not in written

    def test_nor_in_json(self, case: Write) -> None:
        name = '"\\u001b[35m\\u009b\\u202e\\u007f"'
        path = case(f"case = {name}\nprocedure = 'klimaalliancen-2024'\nstep = []")
        written = run("follow", "--json", path).stdout
        assert json.loads(written)["case"] == "\x1b[35m\x9b\u202e\x7f"
        assert all(line.isprintable() for line in written.splitlines())
