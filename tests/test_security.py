"""The page on security names tests that there are, and what it says of the code is so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from klimaflow import Procedure
from klimaflow.store import Store
from tests.conftest import command

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/explanation/security.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \|(.+)\| `(tests/[^`]+)` \|$", PAGE, re.MULTILINE)
SOURCES = sorted((ROOT / "src/klimaflow").rglob("*.py"))

BUILT_IN = {"eval", "exec", "compile", "__import__"}
RUNNING = {"code", "ctypes", "marshal", "pickle", "pty", "runpy", "shelve", "subprocess"}
NETWORK = {"ftplib", "http", "smtplib", "socket", "ssl", "urllib", "xmlrpc"}
OWN_TEXTS = {
    "making.py": {"compile", "exec"},  # makers of our classes, from the names of their fields
    "rules.py": {"compile", "exec"},  # our rules, whose form tests/test_rule_form.py fixes
    "frames/screening.py": {"eval", "compile"},  # the same rules, for columns
    "report/drawn.py": {"subprocess"},  # the names of Graphviz's errors
}
"""Who does so with what stands in the package, and never with what is read."""


def functions(tree: ast.Module | ast.ClassDef, above: str = "") -> Iterator[str]:
    """Yield the name of each function as pytest writes it."""
    for each in tree.body:
        if isinstance(each, ast.ClassDef):
            yield from functions(each, f"{above}{each.name}::")
        elif isinstance(each, ast.FunctionDef):
            yield above + each.name


def imported(tree: ast.AST) -> Iterator[str]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom) and each.module:
            yield from (f"{each.module}.{alias.name}" for alias in each.names)


def called(tree: ast.AST) -> Iterator[str]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Call):
            yield ast.unparse(each.func)


def breaches(text: str) -> set[str]:
    """Return what a source has that runs what it reads, or reaches out."""
    tree = ast.parse(text)
    modules = {name.partition(".")[0] for name in imported(tree)}
    calls = {name for name in called(tree) if name in BUILT_IN or name.startswith("os.system")}
    return modules & (RUNNING | NETWORK) | calls


class TestThePage:
    def test_every_row_can_be_read_and_stands_once(self) -> None:
        rows = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
        assert len(ROWS) == len(rows) > 30
        numbers = [number for number, *_ in ROWS]
        assert sorted({*numbers}) == sorted(numbers)

    @pytest.mark.parametrize(("number", "test"), [(row[0], row[-1]) for row in ROWS])
    def test_the_test_that_shows_it_is_there(self, number: str, test: str) -> None:
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert name.rpartition("::")[2].startswith("test_")
        assert name in set(functions(tree))


def test_nothing_runs_what_it_reads() -> None:
    found = {
        path.relative_to(ROOT / "src/klimaflow").as_posix(): breaches(path.read_text("utf-8"))
        for path in SOURCES
    }
    assert {name: breached for name, breached in found.items() if breached} == OWN_TEXTS


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "import pickle",
        "from subprocess import run",
        "import os\nos.system('ls')",
        "from urllib.request import urlopen",
    ],
)
def test_what_would_is_seen(text: str) -> None:
    assert breaches(text)


def test_sha_256_is_the_only_hash() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in SOURCES]
    names = {name for tree in trees for name in imported(tree) if "hashlib" in name}
    calls = {
        ".".join(name.split(".")[:2]).partition("(")[0]
        for tree in trees
        for name in called(tree)
        if name.startswith("hashlib.")
    }
    assert names | calls <= {"hashlib", "hashlib.sha256"}
    assert "hashlib.sha256" in names | calls


def test_a_salt_has_128_bits_and_none_is_the_same(procedure: Procedure, tmp_path: Path) -> None:
    with_names = command("register-idea", by="proposer:0751/Ann")
    store = Store(tmp_path / "cases.db", procedure)
    store.create()
    for number in range(50):
        store.execute(str(number), with_names)
    salts = [
        sealed["salt"]
        for number in range(50)
        for kept in store.trail(str(number))
        for sealed in kept.beside.values()
    ]
    store.close()
    assert len({*salts}) == len(salts) >= 100
    assert all(re.fullmatch("[0-9a-f]{32}", salt) for salt in salts)
    stores = [path for path in SOURCES if path.parent.name == "store"]
    used = {name for path in stores for name in imported(ast.parse(path.read_text("utf-8")))}
    assert any(name.startswith("secrets") for name in used)
    assert not any(name.partition(".")[0] == "random" for name in used)
