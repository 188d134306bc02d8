"""The notebooks in a real JupyterLab, trusted and not; and what they say."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.lab import Lab, running

ROOT = Path(__file__).parents[2]
SOURCES = {path.stem: path for path in sorted((ROOT / "docs/notebooks").glob("*.md"))}
TRUST = ("trusted", "untrusted")

Notebook = Mapping[str, Any]


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """Each notebook with its outputs: those of the docs build, if make says where they are."""
    built = os.environ.get("KLIMAFLOW_NOTEBOOKS")
    folder = Path(built) if built else tmp_path_factory.mktemp("executed")
    if not built:
        for name, source in SOURCES.items():
            run = ["--quiet", "--to", "ipynb", "--execute", "-o", str(folder / f"{name}.ipynb")]
            subprocess.run([sys.executable, "-m", "jupytext", *run, str(source)], check=True)
    return {name: (folder / f"{name}.ipynb").read_bytes() for name in SOURCES}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, executed: Mapping[str, bytes]) -> Iterator[Lab]:
    """A JupyterLab with all notebooks in one, trusted and not, and one without outputs."""
    every = joined(executed.values())
    files = {trust: titled(every, trust) for trust in TRUST}  # of two equal ones both are trusted
    with running(tmp_path_factory.mktemp("lab")) as lab:
        for name, content in {**files, "live": emptied(executed["first-case"])}.items():
            (lab.folder / f"{name}.ipynb").write_bytes(content)
        lab.trust("trusted.ipynb", "live.ipynb")
        yield lab


@cache
def cells(content: bytes) -> list[Any]:
    return [each for each in json.loads(content)["cells"] if each["cell_type"] == "code"]


def outputs(content: bytes) -> list[Any]:
    return [output for cell in cells(content) for output in cell["outputs"]]


def words(output: Any) -> str:
    """Return what an output says to a reader; of a picture, what it says to who cannot see it."""
    shown = output.get("data", {})
    said = shown.get("text/html") or shown.get("text/markdown") or output.get("text") or ""
    text = re.sub(r'<img [^>]*alt="([^"]*)"[^>]*>', r"\1", "".join(said))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def read_as(answer: Any) -> list[str]:
    """Return the words of a Markdown answer, without what makes them bold, slanted or a list."""
    return re.sub(r"\*+|(?<= )\d\. ", "", words(answer)).split()


def titled(content: bytes, title: str) -> bytes:
    notebook = json.loads(content)
    notebook["metadata"]["title"] = title
    return json.dumps(notebook).encode()


def joined(contents: Iterable[bytes]) -> bytes:
    """Return a notebook with the cells of several."""
    first, *others = map(json.loads, contents)
    first["cells"] += [cell for each in others for cell in each["cells"]]
    return json.dumps(first).encode()


def emptied(content: bytes) -> bytes:
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return json.dumps(notebook).encode()


def pictures(content: bytes) -> int:
    shown = (each.get("data", {}).get("text/html", "") for each in outputs(content))
    return sum("".join(html).count("<img ") for html in shown)


SAYS = """awaited => [...document.querySelectorAll('.jp-OutputArea-output')].some(
    shown => shown.innerText.trim().split(/\\s+/).join(' ') === awaited
)"""


def drawn(page: Page) -> list[int]:
    """Return how wide each picture of an output is, once the browser has read it."""
    wide = """images => Promise.all(
        images.map(each => each.decode().then(() => each.naturalWidth, () => 0)))"""
    found: list[int] = page.locator(".jp-OutputArea-output img").evaluate_all(wide)
    return found


@pytest.mark.parametrize("trust", TRUST)
def test_the_notebooks_are_read_with_all_their_outputs(
    browser: Browser, lab: Lab, executed: Mapping[str, bytes], trust: str
) -> None:
    content = joined(executed.values())
    with lab.opened(browser, f"{trust}.ipynb") as page:
        page.wait_for_function(
            "count => document.querySelectorAll('.jp-OutputArea-output').length >= count",
            arg=len(outputs(content)),
        )
        said = {"trusted": "Notebook trusted", "untrusted": "Notebook not trusted"}[trust]
        page.wait_for_selector(f'.jp-StatusItem-trust[title^="{said}"]')
        assert page.locator(".jp-OutputArea-output").count() == len(outputs(content))
        wide = drawn(page)
        assert len(wide) == pictures(content) >= 2 * len(executed)
        assert min(wide) > 0
        for each in executed.values():
            answer = " ".join(read_as(outputs(each)[-1]))
            page.wait_for_function(SAYS, arg=answer)  # Markdown is set a little later
        kept(page, trust)


def test_all_cells_are_run_in_the_lab(
    browser: Browser, lab: Lab, executed: Mapping[str, bytes]
) -> None:
    """A notebook without outputs, run by the menu, says the same as the docs."""
    with lab.opened(browser, "live.ipynb") as page:
        page.wait_for_selector("text=Python 3 (ipykernel) | Idle")
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        answer = " ".join(read_as(outputs(executed["first-case"])[-1]))
        page.wait_for_function(SAYS, arg=answer)
        assert page.locator(".jp-OutputArea-output").count() == len(outputs(executed["first-case"]))
        assert min(drawn(page)) > 0
        kept(page, "live")


SAID = {
    "first-case": [
        "before-qualification-deadline",
        "True ('enough-authorities',)",
        "Enlist participants",
        "**Too late for spring, and in time for autumn.** Received Monday 15 April 2024 at 09:12",
    ],
    "spring-round": [
        "12 days later (against: as it is) What changes, and why This changes nothing",
        "14 days later (against: as it is) What changes, and why It is autumn 2024 instead",
        "Answer of Realdania (days): +0.",
        "Of all that is uncertain, the application for qualification weighs most.",
    ],
    "secretariats-spring": [
        "Approval process: 3 (50.0 %)",
        "Vand i ådalen qualification enough-authorities",
        "before-approval-deadline: 1 late, 4 to spare",
        "**Write to 4 of the 6 today.**",
    ],
    "minimum-of-four": [
        "only under the second 0 0.0 %",
        "3, 0: 0%; 3, 1: 0%; 4, 0: 94%; 4, 1: 0%; 5, 0: 94%",
    ],
}
"""What the prose of each notebook says of the outputs beside it."""


@pytest.mark.parametrize(("name", "said"), [(n, each) for n, all in SAID.items() for each in all])
def test_the_prose_says_what_the_cells_computed(
    executed: Mapping[str, bytes], name: str, said: str
) -> None:
    assert [each for each in map(words, outputs(executed[name])) if said in each]


@pytest.mark.parametrize("name", SOURCES)
def test_a_notebook_begins_with_a_question_and_ends_with_an_answer(
    executed: Mapping[str, bytes], name: str
) -> None:
    prose = [
        each for each in json.loads(executed[name])["cells"] if each["cell_type"] == "markdown"
    ]
    assert "?" in "".join(prose[0]["source"]).partition("\n\n## ")[0]
    assert "".join(prose[-1]["source"]).endswith("## The answer")
    assert words(outputs(executed[name])[-1]).startswith("**")
    assert {each["output_type"] for each in outputs(executed[name])} <= {
        "display_data",
        "execute_result",
        "stream",
    }
    assert [each for each in outputs(executed[name]) if each.get("name") == "stderr"] == []


STICKING_OUT = """() => {
    const whole = document.querySelector('svg').getBoundingClientRect();
    return [...document.querySelectorAll('text')].filter(each => {
        const box = each.getBoundingClientRect();
        return box.left < whole.left || box.right > whole.right
            || box.top < whole.top || box.bottom > whole.bottom;
    }).map(each => each.textContent);
}"""


@pytest.mark.parametrize("name", SOURCES)
def test_no_word_of_a_picture_is_cut_off_where_letters_are_wider(
    browser: Browser, executed: Mapping[str, bytes], name: str
) -> None:
    page = browser.new_page()
    shown = ("".join(each.get("data", {}).get("text/html", "")) for each in outputs(executed[name]))
    svgs = [each[1] for html in shown if (each := re.search(r"svg\+xml;base64,([^\"]+)", html))]
    assert len(svgs) >= 2
    for svg in svgs:
        page.set_content(base64.b64decode(svg).decode())
        page.add_style_tag(content="text { font-family: 'DejaVu Sans', sans-serif !important }")
        assert page.evaluate(STICKING_OUT) == []
    page.close()


def kept(page: Page, name: str) -> None:
    """Keep a picture of a whole notebook, for who looks, where `KLIMAFLOW_LOOK` says."""
    if folder := os.environ.get("KLIMAFLOW_LOOK"):
        high = page.locator(".jp-WindowedPanel-viewport").evaluate("each => each.scrollHeight")
        page.set_viewport_size({"width": 1280, "height": min(int(high) + 120, 12_000)})
        page.screenshot(path=Path(folder) / f"{name}.png")
