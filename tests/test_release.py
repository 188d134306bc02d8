"""What is said of a release in several files is the same in all of them."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+")


def test_the_citation_names_this_project_version_and_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == PROJECT["name"]
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["abstract"] == PROJECT["description"]
    assert citation["authors"] == PROJECT["authors"]


def test_the_changelog_knows_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert PROJECT["version"] in re.findall(r"^## \[(.+)\]$", changelog, re.MULTILINE)


def test_every_extra_is_pinned_and_no_pin_names_a_place() -> None:
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert [each for each in pins if not PIN.fullmatch(each)] == []
    pinned = {re.sub(r"[-_.]+", "-", each.partition("==")[0]).lower() for each in pins}
    asked = [each for some in PROJECT["optional-dependencies"].values() for each in some]
    names = [re.split(r"[\[>=<]", each)[0] for each in [*asked, *PROJECT["dependencies"]]]
    assert {re.sub(r"[-_.]+", "-", each).lower() for each in names} - pinned == {"klimaflow"}
