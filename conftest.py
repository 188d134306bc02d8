"""Every code block of README.md and docs/ runs; what it is said to print is compared.

Blocks by their language:

    python    run; what it prints stands in the `text` block after it
    pycon     run as a doctest
    console   `$ klimaflow …` and `$ pytest …` run in the page's own folder, with their output
    toml      read by the library: a whole case, story, scenario or policy file, or a part of one
    text      the output of the `python` block before it, or the file that it names
    json      must be JSON
    shell     not run; its `make` targets must exist

A block whose first line is `# name.toml` is that file in the page's folder, and one that begins
`# name.toml, continued` adds to it. `<!-- python` hides a block from readers. `…` stands for output
that is left out, on a line of its own for whole lines; in doctests it is written `...`, as usual.
"""

from __future__ import annotations

import doctest
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import pad

from klimaflow.case import parse_case
from klimaflow.cli.commands import run
from klimaflow.policy import parse_procedure
from klimaflow.scenarios.specs import parse_spec
from klimaflow.testing.stories import parse_story

ROOT = Path(__file__).parent
FENCE = re.compile(
    r"^(?P<fence>```+)(?P<language>\w+)\n(?P<code>.*?)^(?P=fence)$"
    r"|^<!-- python\n(?P<hidden>.*?)^-->$",
    re.MULTILINE | re.DOTALL,
)
FILE = re.compile(r"# (?P<name>[\w.-]+\.(toml|txt|csv))(?P<more>, continued)?\n")
STEP_HEAD = 'case = "part"\nprocedure = "klimaalliancen-2024"\n\n'


def blocks(document: Document) -> Iterator[Region]:
    """Yield each fenced block, with what is done with one of its language."""
    for match in FENCE.finditer(document.text):
        language, code = match["language"] or "python", match["code"] or match["hidden"]
        yield Region(match.start(), match.end(), code, EVALUATORS[language])


def python(example: Example) -> None:
    assert not example.namespace["printed"], "what was printed before this block is not shown"
    first = 0 if example.document.text.startswith("<!--", example.region.start) else 1
    code = compile(pad(example.parsed, example.line + first - 1), example.path, "exec")
    with redirect_stdout(io.StringIO()) as out, chdir(example.namespace["folder"]):
        exec(code, example.namespace)
    example.namespace["printed"] = out.getvalue()


def pycon(example: Example) -> None:
    parsed = doctest.DocTestParser().get_doctest(
        example.parsed, {}, example.path, example.path, example.line
    )
    assert parsed.examples, "a pycon block without >>>"
    parsed.globs = example.namespace
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    with chdir(example.namespace["folder"]):
        runner.run(parsed, out=report.append, clear_globs=False)
    assert not runner.failures, "".join(report)


def text(example: Example) -> None:
    if not _written(example):
        printed, example.namespace["printed"] = example.namespace["printed"], ""
        assert printed, "a text block that nothing printed"
        compare(example.parsed, printed)


def console(example: Example) -> None:
    """Run each command; what stands between it and the next one is its output."""
    first, *sessions = re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)
    assert not first, "a console block begins with $"
    assert sessions, "a console block without a command"
    for session in sessions:
        line, _, expected = session.partition("\n")
        if line == "echo $?":
            found = f"{example.namespace['status']}\n"
        else:
            status, found = _ran(shlex.split(line), example.namespace["folder"])
            example.namespace["status"] = status
        compare(expected, found)


def _ran(command: list[str], folder: Path) -> tuple[int, str]:
    """Return the exit status of a command, and what it prints."""
    if command[0] == "klimaflow":
        with (
            chdir(folder),
            patch.dict(os.environ, COLUMNS="80"),
            redirect_stdout(io.StringIO()) as out,
            redirect_stderr(out),
        ):
            return run(command[1:]), out.getvalue()
    assert command[0] == "pytest", f"{command[0]} is not run here"
    plain = [sys.executable, "-m", "pytest", "--color=no", "-p", "no:cacheprovider", "--rootdir=."]
    line = [*plain, *command[1:]]
    plain_env = {**os.environ, "COLUMNS": "80", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        line, cwd=folder, env=plain_env, check=False, capture_output=True, encoding="utf-8"
    )
    return done.returncode, done.stdout + done.stderr


def toml(example: Example) -> None:
    """Read a whole file as what it is, steps as steps, and any other part as TOML."""
    folder, code = example.namespace["folder"], example.parsed
    name = FILE.match(code)["name"] if _written(example) else ""
    if name:
        code = (folder / name).read_text("utf-8")
    table = tomllib.loads(code)
    if "input" in table:
        parse_spec(code, folder=folder)
    elif "case" in table:
        (parse_story if name.endswith(".story.toml") else parse_case)(code, folder=folder)
    elif set(table) <= {"step", "patch"}:
        parse_story(STEP_HEAD + ("" if "step" in table else "step = []\n") + code)
    elif {"rounds", "funds", "not_encoded"} <= set(table):
        parse_procedure(code)


def _written(example: Example) -> bool:
    """Write the block to the file that it names, if it names one."""
    match = FILE.match(example.parsed)
    if match is None:
        return False
    plain = match["name"].endswith((".txt", ".csv"))  # in TOML its name is a comment
    code = example.parsed[match.end() if plain else 0 :]
    path = example.namespace["folder"] / match["name"]
    before = path.read_text("utf-8") if match["more"] else ""
    path.write_text(before + code, "utf-8")
    return True


def shell(example: Example) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in example.parsed.splitlines():
        words = line.partition("#")[0].split()
        assert words[:1] != ["klimaflow"], "show klimaflow as `console`, so that it runs"
        assert words[:1] != ["make"] or words[1] in targets, f"no such target: {line}"


def compare(expected: str, found: str) -> None:
    """Compare line by line without trailing blanks; `…` in what is expected stands for anything."""
    parts = re.split(r"^[ ]*…\n|…", _trimmed(expected), flags=re.MULTILINE)
    pattern = ".*?".join(map(re.escape, parts))
    if not re.fullmatch(pattern, _trimmed(found), re.DOTALL):
        raise AssertionError(f"expected\n{expected}\nbut found\n{found}")


def _trimmed(printed: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())


EVALUATORS: dict[str, Any] = {
    "console": console,
    "json": lambda example: json.loads(example.parsed) and None,
    "pycon": pycon,
    "python": python,
    "shell": shell,
    "text": text,
    "toml": toml,
}


def begin(namespace: dict[str, Any]) -> None:
    """Give the page a folder of its own, with the examples in it."""
    holder = tempfile.TemporaryDirectory(prefix="klimaflow-docs-")
    folder = Path(holder.name)
    os.symlink(ROOT / "examples", folder / "examples")
    sys.modules["page"] = ModuleType("page")  # dataclasses look for the module of their class
    namespace.update(__name__="page", holder=holder, folder=folder, printed="")


def end(namespace: dict[str, Any]) -> None:
    namespace["holder"].cleanup()
    assert not namespace["printed"], "what was printed last is not shown"


pytest_collect_file = Sybil(
    parsers=[blocks],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=begin,
    teardown=end,
).pytest()
