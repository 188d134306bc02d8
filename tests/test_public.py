"""What is public, and what importing it costs nobody."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import klimaflow

PACKAGE = Path(klimaflow.__file__).parent
EVERY_MODULE = sorted(
    path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
    for path in PACKAGE.rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
)
MODULES = [each for each in EVERY_MODULE if not each.startswith("klimaflow.contrib.django.")]
"""Those that can be imported as they are; Django's want a project, and are held in tests/django."""


def test_the_package_exports_what_its_users_need_and_no_more() -> None:
    assert klimaflow.__all__ == [
        "CaseError",
        "Decision",
        "Finding",
        "History",
        "HistoryError",
        "KlimaflowError",
        "MomentError",
        "NotPermitted",
        "Phase",
        "PolicyError",
        "Procedure",
        "Proposal",
        "commands",
        "copenhagen",
        "decide",
        "evolve",
        "load_procedure",
    ]


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_of_a_module_exists_is_sorted_and_documented(name: str) -> None:
    hold_names(name)


def hold_names(name: str) -> None:
    """Hold the public names of a module to what they promise."""
    module = import_module(name)
    assert sorted(module.__all__, key=lambda n: (not n.isupper(), n)) == list(module.__all__)
    assert module.__doc__
    for public in module.__all__:
        value = getattr(module, public)
        ours = getattr(value, "__module__", "").startswith("klimaflow")
        assert not ours or value.__doc__, f"{name}.{public} says nothing"


def test_importing_klimaflow_imports_neither_transitions_nor_an_extra() -> None:
    script = (
        "import sys, klimaflow; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "klimaflow" in out
    extras = {"click", "rich", "pytest", "hypothesis", "sphinx", "holidays", "icalendar", "tomlkit"}
    extras |= {"narwhals", "polars", "pandas", "pyarrow", "duckdb", "numpy", "altair"}
    extras |= {"sqlalchemy", "alembic", "psycopg", "rfc8785", "scipy", "tqdm"}
    extras |= {"django", "graphviz", "playwright", "SALib", "openpyxl"}
    assert not {"transitions", *extras} & set(out)


def test_the_data_of_the_package_is_there() -> None:
    assert (PACKAGE / "py.typed").is_file()
    assert klimaflow.load_procedure("klimaalliancen-2024").id == "klimaalliancen-2024"
