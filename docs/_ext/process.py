"""Draws the exported process at each build, as bpmn-js shows it in Chromium."""

import re
from pathlib import Path

from playwright.sync_api import sync_playwright
from tables import SHIPPED

from klimaflow.exports import bpmn

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
MODULES = Path(__file__).parents[2] / "tests/standards/node_modules"
VIEWER = MODULES / "bpmn-js/dist/bpmn-viewer.production.min.js"
DRAW = """async text => {
    const viewer = new BpmnJS({ container: document.body });
    await viewer.importXML(text);
    return (await viewer.saveSVG()).svg;
}"""
SHOWN = 'width="1700" height="1700" viewBox="0 0 1700 1700"'
"""The first phases; the whole is several times as high."""


def drawn() -> str:
    """Return the first phases of the process as an SVG document."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.add_script_tag(path=VIEWER)
        svg: str = page.evaluate(DRAW, bpmn(SHIPPED))
        browser.close()
    return re.sub(r'width="[^"]*" height="[^"]*" viewBox="[^"]*"', SHOWN, svg, count=1)
