"""`klimaflow simulate --plot`: the picture of what comes of the scenarios, or no file at all."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from klimaflow.cli import commands
from klimaflow.phrases import number

SPEC = str(Path(__file__).parents[1] / "scenarios" / "spring.toml")


def run(*args: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(commands.klimaflow, ("simulate", *args))


def texts(path: Path) -> list[str]:
    found = ElementTree.parse(path).getroot().iter("{http://www.w3.org/2000/svg}text")
    return ["".join(each.itertext()) for each in found]


@pytest.mark.parametrize(("lang", "title"), [("en", "Started"), ("da", "Igangsat")])
def test_the_funnel_has_the_counts_of_the_answer(lang: str, title: str, tmp_path: Path) -> None:
    path = tmp_path / "funnel.svg"
    result = run(SPEC, "--json", "--lang", lang, "--plot", str(path))
    started = json.loads(result.stdout)["reached"]["started"]["count"]
    assert result.exit_code == 0
    assert 0 < started < 400
    assert title in texts(path)
    (said,) = [each for each in texts(path) if each.startswith(f"{number(started, lang)} (")]
    assert f"{started / 4:.1f}".replace(".", "," if lang == "da" else ".") in said


def test_two_procedures_stand_side_by_side(tmp_path: Path) -> None:
    policy = Path(commands.__file__).parents[1] / "policies" / "klimaalliancen-2024.toml"
    four = policy.read_text("utf-8").replace('id = "klimaalliancen-2024"', 'id = "four"', 1)
    (tmp_path / "four.toml").write_text(four.replace("minimum = 3", "minimum = 4", 1), "utf-8")
    spec = Path(SPEC).read_text("utf-8").replace("seed = 7", 'seed = 7\nagainst = "four.toml"')
    (tmp_path / "spec.toml").write_text(spec, "utf-8")
    path = tmp_path / "both.svg"
    assert run(str(tmp_path / "spec.toml"), "--plot", str(path)).exit_code == 0
    assert {"klimaalliancen-2024", "four"} <= {*texts(path)}


def test_a_picture_is_written_as_png_and_over_another_only_if_told(tmp_path: Path) -> None:
    path = tmp_path / "funnel.PNG"
    assert run(SPEC, "--plot", str(path)).exit_code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    path.write_text("mine")
    refused = run(SPEC, "--plot", str(path))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "is there already: choose another name, or say --overwrite" in refused.stderr
    assert path.read_text() == "mine"
    assert run(SPEC, "--plot", str(path), "--overwrite").exit_code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("name", ["funnel.pdf", "funnel", "nowhere/funnel.svg", "funnel\0.svg"])
def test_a_name_that_is_no_picture_leaves_no_file(name: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    result = run(SPEC, "--plot", str(tmp_path / name), "--out", str(rows))
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert [*tmp_path.iterdir()] == []
