"""Takes the pictures of the docs anew, in the browser that the tests use."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from klimaflow import load_procedure
from klimaflow.exports import bpmn
from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.shown import PAGES, VALUES, board, in_notebook

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
VIEWER = ROOT / "tests/standards/node_modules/bpmn-js/dist/bpmn-viewer.production.min.js"


def process(left: int, top: int, width: int, height: int) -> str:
    """Return a page on which bpmn-js draws a part of the process of 2024."""
    text = json.dumps(bpmn(load_procedure("klimaalliancen-2024"))).replace("</", "<\\/")
    part = {"x": left, "y": top, "width": width, "height": height}
    return f"""<!DOCTYPE html><meta charset="utf-8"><body style="margin: 0">
<div id="drawn" style="height: 100vh" aria-busy="true"></div>
<script>{VIEWER.read_text("utf-8")}</script>
<script>
const viewer = new BpmnJS({{ container: "#drawn" }});
viewer.importXML({text}).then(() => {{
    viewer.get("canvas").viewbox({json.dumps(part)});
    document.querySelector("#drawn").removeAttribute("aria-busy");
}});
</script>"""


TAKEN = {
    "case": (PAGES["qualifying-da"], 1280, 1000),
    "portfolio": (board, 1280, 1180),
    "history": (lambda: light(VALUES["history"]()), 900, 620),
    "decision": (lambda: light(VALUES["decision"]()), 900, 410),
    "procedure": (lambda: light(VALUES["procedure"]()), 900, 560),
    "process": (lambda: process(0, 0, 1700, 1700), 1280, 1280),
}
"""Each picture: what it shows, and its width and height in pixels."""


def light(html: str) -> str:
    """Return a page around a value, as a notebook in the light shows it."""
    ground = "background: #fff; color: #1d2b27; font-family: sans-serif; font-size: 14px"
    return in_notebook(html, ground)


def take(browser: Browser, folder: Path) -> None:
    for name, (make, width, height) in TAKEN.items():
        (folder / f"{name}.html").write_text(make(), "utf-8")
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        page.goto((folder / f"{name}.html").as_uri())
        page.wait_for_selector("[aria-busy]", state="detached")
        page.screenshot(path=PICTURES / f"{name}.png")
        page.close()


def main() -> None:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        take(browser, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
