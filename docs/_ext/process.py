"""Draws the exported process at each build, as bpmn-js shows it in Chromium."""

from pathlib import Path

from playwright.sync_api import sync_playwright
from tables import SHIPPED

from klimaflow.exports import bpmn

CHROMIUM = "/usr/bin/chromium-headless-shell"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
MODULES = Path(__file__).parents[2] / "tests/standards/node_modules"
VIEWER = MODULES / "bpmn-js/dist/bpmn-viewer.production.min.js"
DRAW = """async text => {
    const viewer = new BpmnJS({ container: document.body });
    await viewer.importXML(text);
    return (await viewer.saveSVG()).svg;
}"""


def drawn() -> str:
    """Return the process as an SVG document."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.add_script_tag(path=VIEWER)
        svg: str = page.evaluate(DRAW, bpmn(SHIPPED))
        browser.close()
    return svg
