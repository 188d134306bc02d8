"""The pages in a browser: nothing is fetched, runs or sticks out, and all can read them."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from klimaflow.pages import case_page
from tests.browser.shown import HOSTILE, NOW, PAGES, VALUES, example, hostile

HERE = Path(__file__).parent
AXE = HERE / "node_modules/axe-core/axe.min.js"
VALIDATOR = HERE / "node_modules/.bin/html-validate"
Scheme = Literal["light", "dark"]


@contextmanager
def opened(
    browser: Browser, path: Path, width: int = 1280, scheme: Scheme = "light"
) -> Iterator[Page]:
    """Open a page without a network; whatever it asks for and complains of fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(path.as_uri())
    yield page
    assert [url for url in asked if not url.startswith("data:image/svg+xml;")] == [path.as_uri()]
    assert complaints == []
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_fits_and_can_be_read_by_all(
    browser: Browser, folder: Path, name: str, width: int, scheme: Scheme
) -> None:
    """It opens offline and asks for nothing; nothing sticks out; axe finds no violation."""
    with opened(browser, folder / f"{name}.html", width, scheme) as page:
        assert all(page.evaluate(DRAWN))
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(STICKING_OUT) == []
        page.evaluate(AXE.read_text("utf-8"))
        result = page.evaluate("axe.run({resultTypes: ['violations']})")
        assert [told(each) for each in result["violations"]] == []
        assert len(result["passes"]) > 15


@pytest.mark.parametrize("name", VALUES)
def test_what_a_notebook_shows_is_whole_and_can_be_read_by_all(
    browser: Browser, folder: Path, name: str
) -> None:
    with opened(browser, folder / f"notebook-{name}.html", scheme="dark") as page:
        assert all(page.evaluate(DRAWN))
        assert page.evaluate("document.querySelectorAll('main [class], main style').length") == 0
        page.evaluate(AXE.read_text("utf-8"))
        ours = {
            "resultTypes": ["violations"],
            "rules": {"page-has-heading-one": OFF},
        }  # the notebook's to have
        result = page.evaluate("rules => axe.run(rules)", ours)
        assert [told(each) for each in result["violations"]] == []


OFF = {"enabled": False}
DRAWN = "[...document.images].map(image => image.complete && image.naturalWidth > 0)"
STICKING_OUT = """[...document.querySelectorAll('main *, header *, footer *')]
    .filter(e => !e.closest('.wide > *') && !e.matches('.aside'))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5
              || e.getBoundingClientRect().left < -0.5
              || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                 && !e.matches('.wide') && getComputedStyle(e).display != 'inline')
    .map(e => e.outerHTML.slice(0, 120))"""


def told(violation: dict[str, Any]) -> str:
    nodes = [f"{node['html'][:160]}: {node['failureSummary']}" for node in violation["nodes"][:3]]
    return f"{violation['id']}: {nodes}"


def test_a_validator_that_others_wrote_finds_the_pages_valid(folder: Path) -> None:
    pages = [str(folder / f"{name}.html") for name in PAGES]
    config = ["--config", str(HERE / "html-validate.json")]
    done = subprocess.run(
        [VALIDATOR, *config, "--formatter", "json", *pages],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    found = [
        (result["filePath"], each["line"], each["ruleId"], each["message"])
        for result in json.loads(done.stdout)
        for each in result["messages"]
    ]
    assert (found, done.returncode) == ([], 0)


def test_with_the_keyboard_one_comes_to_the_content_and_to_every_link(
    browser: Browser, folder: Path
) -> None:
    with opened(browser, folder / "started-da.html", 375) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        stops = page.evaluate("document.querySelectorAll('a, [tabindex]').length")
        seen = set()
        for _ in range(stops):
            seen.add(page.evaluate("document.activeElement.outerHTML.slice(0, 99)"))
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
            page.keyboard.press("Tab")
        assert len(seen) == stops == 10
        page.evaluate("document.querySelector('.skip').focus()")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#main"


def test_every_entry_of_the_contents_leads_to_its_section(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "started-da.html") as page:
        links = page.evaluate("[...document.querySelectorAll('nav a')].map(a => a.hash)")
        sections = page.evaluate(
            "[...document.querySelectorAll('main > section')].map(s => '#' + s.id)"
        )
        assert links == sections


def test_light_is_light_and_dark_is_dark(browser: Browser, folder: Path) -> None:
    brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme, bright in zip(schemes, (True, False), strict=True):
        with opened(browser, folder / "started-da.html", scheme=scheme) as page:
            assert (min(page.evaluate(brightness)) > 200) is bright
            assert (max(page.evaluate(brightness)) < 60) is not bright


@pytest.mark.parametrize("name", ["started-da", "lost-da", "portfolio-da"])
def test_print_fits_a4_and_cuts_no_line(browser: Browser, folder: Path, name: str) -> None:
    """A line that is cut would lie across the edge of the text, or be missing."""
    with opened(browser, folder / f"{name}.html", scheme="dark") as page:
        printed = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
        shown = page.inner_text("main")
    words: list[str] = []
    for sheet in printed:
        width, height = sheet.get_size()
        assert (round(width), round(height)) == (595, 842)
        text = sheet.get_textpage()
        words += text.get_text_bounded().split()
        for number in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(number)
            assert 40 < left < right < width - 40
            assert 45 < bottom < top < height - 45
    on_paper = "".join(words)
    wanted = [word for word in shown.split() if word.isalpha()]
    assert [word for word in wanted if word not in on_paper] == []


def test_what_must_not_be_cut_in_print_is_kept_whole(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "started-da.html") as page:
        page.emulate_media(media="print")
        inside = page.evaluate(
            "[...document.querySelectorAll('tr, .entry, .line-entry, img')]"
            ".map(e => getComputedStyle(e).breakInside)"
        )
        assert {*inside} == {"avoid"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_title_stays_text(browser: Browser, tmp_path: Path, text: str) -> None:
    course = hostile(text)
    (tmp_path / "case.html").write_text(case_page(course, NOW, "da"), "utf-8")
    visible = "".join(each if each.isprintable() else "\ufffd" for each in text)
    with opened(browser, tmp_path / "case.html", 375) as page:
        assert page.evaluate("document.querySelector('h1').textContent") == visible
        assert page.title() == " ".join(visible.split())
        assert page.evaluate("document.querySelectorAll('script, iframe, object').length") == 0
        assert page.evaluate(HANDLERS) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 375
        assert page.evaluate("document.querySelectorAll('main section').length") == 7
        assert not page.evaluate("'pwned' in window")


HANDLERS = """[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
    .filter(a => a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value)
              || a.name == 'src' && !a.value.startsWith('data:image/svg+xml;base64,'))
    .map(a => a.name + a.value)"""


class TestTheReport:
    """What one reads on the page of a case: nothing of what `follow` says is missing."""

    def test_every_answer_is_there_with_its_sentence(self, browser: Browser, folder: Path) -> None:
        with opened(browser, folder / "started-da.html") as page:
            text = " ".join(page.inner_text("#answers").split())
        for step in example().steps:
            for finding in step.decision.findings:
                assert " ".join(finding.explained("da").split()) in text

    def test_who_must_act_and_by_when_stands_at_the_top(
        self, browser: Browser, folder: Path
    ) -> None:
        with opened(browser, folder / "qualifying-da.html") as page:
            assert page.inner_text("#stands .notice") == (
                "Faglig kvalificering. Næste skridt: Tilmeld deltagere (forslagsstilleren eller "
                "sekretariatet), senest torsdag den 25. april 2024 kl. 9.00."
            )
            assert page.inner_text("[aria-current=step]").endswith("Faglig kvalificering")

    def test_a_lost_round_is_said_in_words(self, browser: Browser, folder: Path) -> None:
        with opened(browser, folder / "lost-da.html") as page:
            assert "Runden efteråret 2024 er tabt." in page.inner_text("#stands .notice")

    def test_the_consents_and_the_money_are_in_kroner(self, browser: Browser, folder: Path) -> None:
        with opened(browser, folder / "started-da.html") as page:
            consents, money = page.inner_text("#consents"), page.inner_text("#money")
        assert "Region Syddanmark\t300.000 kr.\t✓ givet" in consents.replace("\t\n", "\t")
        assert "I alt\t2.000.000 kr.\t1.800.000 kr." in money
        in_the_fund = "10.000.000 kr.\t2.500.000 kr.\t1.500.000 kr.\t6.000.000 kr."
        assert f"Realdania\t{in_the_fund}" in money

    def test_a_board_has_each_case_in_its_phase(self, browser: Browser, folder: Path) -> None:
        with opened(browser, folder / "portfolio-da.html") as page:
            headings = page.locator(".column h3").all_inner_texts()
        assert headings == [
            "Sparring 1",
            "Faglig kvalificering 2",
            "Behandling i forretningsudvalget 1",
            "Afventer bidragende parter 1",
            "Igangsat 1",
            "Afslag 1",
            "Trukket 1",
        ]
