"""Builds the release into `dist/` and tries it as those who install it would: `make package`.

The wheel is built twice and must be the same to the byte; both archives are checked by twine, the
wheel by check-wheel-contents. Then each extra is installed alone, from the wheel, in an environment
of its own, and what it opens is imported; so is the core, without any. A bill of materials of what
the core brings is written beside them. `make package PYTHONS="3.12 3.13"` chooses the Pythons.

uv installs, which unpacks a package once and links it into each environment. It reads no settings
of pip: whoever has an index of their own says so in `UV_DEFAULT_INDEX`.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
CONSTRAINTS = ROOT / "constraints.txt"
ALONE = "import klimaflow.exports; assert klimaflow.load_procedure('klimaalliancen-2024').sha256"
OPENS = {
    "": ALONE,
    "cli": "import klimaflow.cli",
    "django": "import klimaflow.contrib.django.cases",
    "frames": "import klimaflow.frames",
    "notebooks": "import jupytext, myst_nb, klimaflow.plots, klimaflow.scenarios",
    "plan": "import klimaflow.planning",
    "plots": "import klimaflow.plots",
    "postgres": "import klimaflow.store, psycopg",
    "report": "import klimaflow.report.drawn",
    "scenarios": "import klimaflow.scenarios",
    "sheets": "import klimaflow.imports.template",
    "sql": "import klimaflow.store",
    "testing": "import klimaflow.testing, klimaflow.testing.strategies",
    "timers": "import klimaflow.store.jobs",
    "verify": "import klimaflow.verify",
}
"""What each extra opens; empty for the core."""
OURS = {"dev", "docs", "mutation", "package", "peers"}
"""Extras of those who develop klimaflow; nobody installs them from a wheel."""
EARLIEST = "315532800"  # what a ZIP file can say: 1980
UV = (sys.executable, "-m", "uv")


def run(*command: str | Path, **surroundings: str) -> str:
    """Run a command and return what it prints; what it complains of ends the whole."""
    done = subprocess.run(
        [str(each) for each in command],
        env={
            **os.environ,
            "UV_CONSTRAINT": str(CONSTRAINTS),
            "UV_PYTHON_DOWNLOADS": "never",
            **surroundings,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def built(folder: Path) -> tuple[Path, Path]:
    """Build the source archive, and from that the wheel."""
    how = ("--installer", "uv", "--outdir", folder)
    run(sys.executable, "-m", "build", *how, ROOT, SOURCE_DATE_EPOCH=EARLIEST)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def archives() -> tuple[Path, Path]:
    """Return the wheel and the source archive in `dist/`, both the same when built anew."""
    shutil.rmtree(DIST, ignore_errors=True)
    first = built(DIST)
    with TemporaryDirectory() as folder:
        for one, other in zip(first, built(Path(folder)), strict=True):
            if sha256(one.read_bytes()).digest() != sha256(other.read_bytes()).digest():
                sys.exit(f"{one.name} is another when it is built anew")
    return first


def environment(python: str, folder: Path, packages: str | Path) -> Path:
    """Return the Python of a new virtual environment with some packages, in place of the last."""
    run(*UV, "venv", "--quiet", "--clear", "--python", python, folder)
    inside = folder / "bin" / "python"
    run(*UV, "pip", "install", "--quiet", "--python", inside, packages)
    return inside


def tried(python: str, extra: str, wheel: Path, folder: Path) -> str:
    """Install an extra alone and import what it opens, from anywhere but the checkout.

    What is compiled is kept beside the environments, which all have the same path.
    """
    inside = environment(python, folder / "venv", f"{wheel}[{extra}]" if extra else wheel)
    compiled = f"pycache_prefix={folder / 'compiled'}"
    run(inside, "-X", compiled, "-W", "error", "-I", "-c", OPENS[extra])
    if extra == "cli":
        run(inside.parent / "klimaflow", "procedure", "klimaalliancen-2024", "--json")
    return f"{python}: {extra or 'the core'} opens with {OPENS[extra]}"


def bill_of_materials(wheel: Path, folder: Path) -> Path:
    """Write what the core brings as a CycloneDX document, and return its file."""
    bill = DIST / f"{wheel.stem.split('-py3')[0]}.cdx.json"
    inside = environment(sys.executable, folder / "venv", wheel)
    options = ("--output-reproducible", "--pyproject", ROOT / "pyproject.toml")
    run(sys.executable, "-m", "cyclonedx_py", "environment", *options, "-o", bill, inside)
    return bill


def main(*pythons: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    if unknown := {*extras["project"]["optional-dependencies"]} ^ {*OPENS, *OURS} - {""}:
        sys.exit(f"nobody says what these extras open: {', '.join(sorted(unknown))}")
    wheel, source = archives()
    print(run(sys.executable, "-m", "twine", "check", "--strict", wheel, source), end="")
    print(run(sys.executable, "-m", "check_wheel_contents", wheel), end="")
    print(f"{wheel.name} and {source.name} are the same when they are built anew")
    versions = [f"python{each}" for each in pythons] or [sys.executable]
    with TemporaryDirectory() as name:
        folder = Path(name)
        for python in versions:
            for extra in OPENS:
                print(tried(python, extra, wheel, folder))
        print(f"{bill_of_materials(wheel, folder).name} names what the core brings")


if __name__ == "__main__":
    main(*sys.argv[1:])
