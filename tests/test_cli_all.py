"""What holds of every command: its help, its errors, its streams, completion and progress."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from klimaflow.cli import commands
from tests.conftest import SHIPPED
from tests.scenarios.test_specs import FILE

ROOT = Path(__file__).parents[1]
DEMO = str(ROOT / "examples/skybrud-paa-tvaers.toml")
STORY = str(ROOT / "tests/stories/late.story.toml")
SHORT = ROOT / "examples/trukket.toml"
NAMES = sorted(commands.klimaflow.commands)
FILES: dict[str, tuple[tuple[str, ...], ...]] = {
    "follow": (("follow", "FILE"),),
    "procedure": (("procedure", "FILE"), ("procedure", "--source", "FILE")),
    "procedure new": (("procedure", "new", "--from", "FILE"),),
    "test": (("test", "FILE"),),
    "plan": (("plan", "FILE"), ("plan", "--procedure", "FILE")),
    "report": (("report", "--html", "NEW", "FILE"),),
    "verify": (("verify", "FILE"),),
    "diff": (
        ("diff", SHIPPED, "FILE"),
        ("diff", "FILE", SHIPPED),
        ("diff", *[SHIPPED] * 2, "FILE"),
    ),
    "simulate": (("simulate", "FILE"),),
    "export": (("export", "FILE"), ("export", "--format", "csv", "FILE")),
    "import": (("import", "FILE"),),
    "diagram": (),
    "completion": (),
}
"""Each way in which a command reads a file."""
READING = [each for some in FILES.values() for each in some]
WRITING: list[tuple[str, ...]] = [
    ("procedure", "new", "--from", SHIPPED, "--out", "NEW"),
    ("test", STORY, "--html", "NEW"),
    ("plan", "--at", "2024-03-01 10:00", "--ics", "NEW"),
    ("report", DEMO, "--html", "NEW"),
    ("simulate", str(FILE), "--rows", "5", "--out", "NEW.csv"),
    ("export", "--out", "NEW"),
    ("import", "--template", "NEW.xlsx"),
]
PRINTING: list[tuple[str, ...]] = [
    ("follow", DEMO),
    ("procedure",),
    ("procedure", "new", "--from", SHIPPED),
    ("diagram",),
    ("test", STORY),
    ("plan", "--at", "2024-03-01 10:00"),
    ("simulate", str(FILE), "--rows", "5"),
    ("export",),
    ("completion", "fish"),
]


def run(*args: str) -> Result:
    return CliRunner().invoke(commands.klimaflow, args)


@pytest.fixture
def bad(tmp_path: Path) -> dict[str, str]:
    """A file, or a name of none, of each kind that no command can read."""
    (tmp_path / "folder").mkdir()
    written = {"empty": b"", "binary": b"\x7fELF\x00\x01\xff", "latin": b'case = "\xe6"'}
    for name, content in written.items():
        (tmp_path / f"{name}.toml").write_bytes(content)
    found = {name: str(tmp_path / f"{name}.toml") for name in written}
    found |= {"no such file": str(tmp_path / "none.toml"), "folder": str(tmp_path / "folder")}
    return found


class TestHelp:
    def test_every_command_says_how_it_reads_a_file_here(self) -> None:
        assert sorted(FILES) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_a_command_and_each_option_say_what_they_are_for(self, name: str) -> None:
        command = commands.klimaflow.commands[name]
        assert command.short_help is not None
        assert len(command.short_help) <= 65
        assert command.short_help.endswith(".")
        result = run(*name.split(), "--help")
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: klimaflow {name} ")
        for each in command.params:
            if isinstance(each, click.Option):
                assert each.help, each.opts
                assert each.help[0].isupper(), each.help
                assert re.search(r"\.(  \[default: .+\])?$", each.help), each.help
            assert (
                not isinstance(each, click.Argument) or each.metavar or each.type.name == "choice"
            )

    def test_it_names_every_command(self) -> None:
        assert re.findall(r"^  (\w+(?: new)?)  ", run("--help").stdout, re.MULTILINE) == NAMES


class TestErrors:
    @pytest.mark.parametrize("kind", ["no such file", "folder", "empty", "binary", "latin"])
    @pytest.mark.parametrize("args", READING, ids=" ".join)
    def test_a_file_that_cannot_be_read_is_named_with_what_is_wrong(
        self, args: tuple[str, ...], kind: str, bad: dict[str, str], tmp_path: Path
    ) -> None:
        file, page = bad[kind], str(tmp_path / "page.html")
        result = run(*({"FILE": file, "NEW": page}.get(each, each) for each in args))
        if args[-2:] == ("--source", "FILE") and kind == "empty":
            assert result.exit_code == 1  # no sentence of it is encoded
            return
        assert_refused(result)
        for line in result.stderr.splitlines():
            assert line.startswith(f"{file}: "), line
        assert not Path(page).exists()

    @pytest.mark.parametrize("args", READING, ids=" ".join)
    def test_what_may_not_be_read_is_told(self, args: tuple[str, ...], tmp_path: Path) -> None:
        """Root may read all but what the kernel keeps: a file below /proc/1 is nobody's to read."""
        result = run(*("/proc/1/mem" if each == "FILE" else each for each in args))
        assert_refused(result)
        assert result.stderr.startswith("/proc/1/mem: ")

    @pytest.mark.parametrize("args", WRITING, ids=" ".join)
    @pytest.mark.parametrize("where", ["no/such/folder", "taken", "folder"])
    def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left(
        self, args: tuple[str, ...], where: str, tmp_path: Path
    ) -> None:
        suffix = Path(args[-1]).suffix
        (tmp_path / f"folder{suffix}").mkdir()
        taken = tmp_path / f"taken{suffix}"
        if args[0] != "test" or where != "taken":  # coverage is written anew each time
            taken.write_text("mine")
            result = run(*args[:-1], str(tmp_path / f"{where}{suffix}"))
            assert_refused(result)
            assert str(tmp_path / f"{where}{suffix}") in result.stderr
            assert taken.read_text() == "mine"
            assert sorted(os.listdir(tmp_path)) == sorted([f"folder{suffix}", f"taken{suffix}"])

    @pytest.mark.parametrize("args", WRITING, ids=" ".join)
    def test_what_is_no_file_is_not_written_over(
        self, args: tuple[str, ...], tmp_path: Path
    ) -> None:
        """Whoever is root would replace /dev/null."""
        pipe = tmp_path / f"pipe{Path(args[-1]).suffix}"
        os.mkfifo(pipe)
        way = ["--overwrite"] if args[0] in ("report", "simulate", "export", "import") else []
        result = run(*args[:-1], str(pipe), *way)
        assert_refused(result)
        assert result.stderr.startswith(f"{pipe}: is there already")
        assert pipe.is_fifo()
        assert os.listdir(tmp_path) == [pipe.name]

    @pytest.mark.parametrize("args", WRITING, ids=" ".join)
    def test_a_name_that_is_none_is_told_in_words(self, args: tuple[str, ...]) -> None:
        for name in ("", "a\0b" + Path(args[-1]).suffix):
            result = run(*args[:-1], name)
            assert_refused(result)
            assert "PosixPath" not in result.stderr

    def test_an_empty_name_is_not_this_folder(self) -> None:
        result = run("import", "")
        assert_refused(result)
        assert result.stderr == "'': is no name of a file\n"

    @pytest.mark.parametrize("name", NAMES)
    def test_an_option_that_there_is_not_is_named_with_where_help_is(self, name: str) -> None:
        result = run(*name.split(), "--no-such-option")
        assert_refused(result)
        assert "'--no-such-option'" in result.stderr
        assert f"Try 'klimaflow {name} --help' for help." in result.stderr

    @pytest.mark.parametrize("name", [n for n in NAMES if n not in ("procedure new", "completion")])
    def test_a_language_that_there_is_not_is_named_with_those_that_there_are(
        self, name: str
    ) -> None:
        result = run(*name.split(), "--lang", "sv")
        assert_refused(result)
        assert "'sv' is not one of 'en', 'da'" in result.stderr

    def test_a_command_that_there_is_not_is_named_with_what_is_meant(self) -> None:
        result = run("exprt")
        assert_refused(result)
        assert "No such command 'exprt'" in result.stderr
        assert "export" in result.stderr

    @pytest.mark.parametrize("which", ["klimaalliancen-2025", "", "a\0b", "x" * 5000])
    @pytest.mark.parametrize(
        "args", [("procedure",), ("verify",), ("export",), ("plan", "--procedure")]
    )
    def test_a_procedure_that_there_is_not_is_named_with_those_that_there_are(
        self, args: tuple[str, ...], which: str
    ) -> None:
        result = run(*args, which)
        assert_refused(result)
        known = f"is neither a file nor a shipped procedure ({SHIPPED})"
        assert known in result.stderr or "cannot be read: File name too long" in result.stderr


def assert_refused(result: Result) -> None:
    """Assert that a command said what is wrong, on standard error alone and without a traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
    assert "klimaflow failed" not in result.stderr


class TestStreams:
    @pytest.mark.parametrize("args", PRINTING, ids=lambda args: " ".join(args)[:30])
    def test_a_reader_that_goes_away_has_read_enough(
        self, args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read, write = os.pipe()
        os.close(read)
        said = io.StringIO()
        with open(write, "w", encoding="utf-8") as gone:
            monkeypatch.setattr(sys, "stdout", gone)
            monkeypatch.setattr(sys, "stderr", said)
            assert commands.run(args) in (0, 1)
        assert said.getvalue() == ""

    @pytest.mark.parametrize("args", PRINTING, ids=lambda args: " ".join(args)[:30])
    def test_a_full_disk_is_told_and_a_closed_output_is_none(
        self, args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = io.StringIO()
        monkeypatch.setattr(sys, "stderr", said)
        with open("/dev/full", "w", encoding="utf-8") as full:
            monkeypatch.setattr(sys, "stdout", full)
            assert commands.run(args) == 2
        assert said.getvalue() == "klimaflow: cannot write: No space left on device\n"
        monkeypatch.setattr(sys, "stdout", None)
        assert commands.run(args) in (0, 1)


class Terminal:
    """A process on a terminal of its own, to be read from and typed to."""

    def __init__(self, *args: str, cwd: Path | None = None, **env: str) -> None:
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, 200))
        self.child = subprocess.Popen(
            args,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env={"PATH": path(), "TERM": "xterm", "LC_ALL": "C.UTF-8", **env},
            start_new_session=True,
        )
        os.close(theirs)
        self.written = ""

    def until(self, pattern: str) -> str:
        """Read until this is written, and return what was read since the last time."""
        begin, end = len(self.written), time.monotonic() + 60
        while not re.search(pattern, self.written[begin:]):
            ready, _, _ = select.select([self._ours], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{pattern!r} is not in {self.written[begin:]!r}"
            self.written += self._read()
        return self.written[begin:]

    def _read(self) -> str:
        return os.read(self._ours, 65536).decode("utf-8", "replace")

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def rest(self) -> str:
        """Read to the end, and return everything."""
        try:
            while said := self._read():
                self.written += said
        except OSError:  # how Linux says that nobody writes any more
            pass
        self.child.wait(60)
        os.close(self._ours)
        return self.written


def path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


BEGUN = {
    "klimaflow sim": "simulate",
    "klimaflow export --form": "--format",
    "klimaflow export --format me": "mermaid",
    "klimaflow verify klimaall": SHIPPED,
    "klimaflow follow sky": "skybrud.toml",
}
"""What is completed, and how."""


class TestCompletion:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        (tmp_path / "skybrud.toml").write_text("")
        (tmp_path / ".inputrc").write_text("set bell-style none\nset enable-bracketed-paste off\n")
        return tmp_path

    @pytest.mark.parametrize(
        ("start", "first"),
        [
            (("bash", "--norc", "--noprofile", "-i"), ""),
            (("zsh", "-f", "-i"), "autoload -Uz compinit; compinit -u -D; "),
        ],
        ids=["bash", "zsh"],
    )
    def test_a_real_shell_completes_commands_options_forms_procedures_and_files(
        self, start: tuple[str, ...], first: str, home: Path
    ) -> None:
        shell = Terminal(*start, cwd=home, HOME=str(home), PS1="$ ")
        shell.until(r"\$ ")
        shell.type(f'{first}eval "$(klimaflow completion {start[0]})"; echo do""ne\n')
        shell.until(r"\ndone")
        for begun, completed in BEGUN.items():
            shell.type(f"{begun}\t")
            shell.until(rf"{re.escape(completed)}(\x1b\[1m)? ")  # zsh shows in bold what it added
            shell.type("\x15")  # takes the line back
        shell.child.kill()
        shell.rest()

    def test_a_real_fish_completes_the_same_and_says_whole_what_a_command_is_for(
        self, home: Path
    ) -> None:
        asked = [*BEGUN, "klimaflow exp"]
        lines = ["klimaflow completion fish | source", *(f"complete -C '{each}'" for each in asked)]
        said = subprocess.run(
            ["fish", "--no-config", "-c", "\n".join(lines)],
            cwd=home,
            env={"PATH": path(), "HOME": str(home)},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        offered = dict(line.partition("\t")[::2] for line in said.stdout.splitlines())
        assert [*offered] == [*BEGUN.values(), "export"]
        assert offered["export"] == commands.klimaflow.commands["export"].short_help

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_each_shell_has_its_script(self, shell: str) -> None:
        result = run("completion", shell)
        assert result.exit_code == 0
        assert "_KLIMAFLOW_COMPLETE" in result.stdout

    def test_a_shell_that_there_is_not(self) -> None:
        assert_refused(run("completion", "powershell"))


LONG = {
    "verify": ((SHIPPED,), r"[0-9] states explored"),
    "diff": ((SHIPPED, SHIPPED), r"[0-9] states explored"),
    "simulate": ((str(FILE), "--rows", "4000000"), r"[0-9]+%"),
}


class TestProgress:
    @pytest.mark.parametrize("name", LONG)
    def test_what_takes_long_says_how_far_it_is_and_ends_quietly_when_it_is_interrupted(
        self, name: str
    ) -> None:
        args, sign = LONG[name]
        terminal = Terminal(sys.executable, "-m", "klimaflow.cli", name, *args)
        terminal.until(sign)
        os.killpg(terminal.child.pid, signal.SIGINT)
        said = terminal.rest()
        assert (terminal.child.returncode, "Traceback" in said) == (130, False), said

    @pytest.mark.parametrize(
        "form", [("report", "--html", "page.html"), ("export", "--format", "csv")]
    )
    def test_many_cases_are_counted_on_a_terminal_and_nowhere_else(
        self, form: tuple[str, ...], tmp_path: Path
    ) -> None:
        cases = tmp_path / "cases"
        cases.mkdir()
        for number in range(20):
            (cases / f"{number}.toml").write_text(SHORT.read_text("utf-8"), "utf-8")
        command = [sys.executable, "-m", "klimaflow.cli", *form, "cases"]
        terminal = Terminal("sh", "-c", '"$@" >out', "sh", *command, cwd=tmp_path)
        assert "100%" in terminal.rest()
        assert "100%" not in (tmp_path / "out").read_text("utf-8")
        (tmp_path / "page.html").unlink(missing_ok=True)
        quiet = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
        assert quiet.stderr == b""
