"""The docs in a browser: whole without a network, narrow and wide, searched in two languages."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.test_pages import AXE, DRAWN, Scheme, told
from tests.built import built_docs

ROOT = Path(__file__).parents[2]
READ_BY_ALL = [
    "index",
    "da/hvad-siger-systemet",
    "how-to/show-a-case",
    "notebooks/first-case",
    "reference/lifecycle",
]
"""Pages of each kind: the first, in Danish, with other pages in it, with outputs, with tables."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_docs(tmp_path_factory)


@contextmanager
def visited(
    browser: Browser, start: str, width: int = 1280, scheme: Scheme = "light"
) -> Iterator[Page]:
    """Open pages that begin with `start`; what asks for another, or complains, fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    outside: list[str] = []
    complaints: list[str] = []

    def asked(url: str) -> None:
        if not url.startswith((start, "data:")):
            outside.append(url)

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # an icon that the next page did not wait for
            complaints.append(f"{request.failure} {request.url}")

    page.on("request", lambda request: asked(request.url))
    page.on("requestfailed", failed)
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert (outside, complaints) == ([], [])
    context.close()


ASKED = "{resultTypes: ['violations'], preload: false, iframes: false}"
LOADED = "Promise.all([...document.images].map(each => each.decode()))"
WIDTH = "document.documentElement.scrollWidth"


def test_every_page_opens_from_the_disk_and_fits_a_telephone(browser: Browser, site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    wide = {}
    with visited(browser, site.as_uri(), 375) as page:
        for each in pages:
            page.goto(each.as_uri())
            wide[each.relative_to(site).as_posix()] = page.evaluate(WIDTH)
    assert {name: found for name, found in wide.items() if found != 375} == {}


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
@pytest.mark.parametrize("name", READ_BY_ALL)
def test_a_page_can_be_read_by_all(
    browser: Browser, site: Path, name: str, width: int, scheme: Scheme
) -> None:
    with visited(browser, site.as_uri(), width, scheme) as page:
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate(WIDTH) == width
        page.evaluate(LOADED)
        assert all(page.evaluate(DRAWN))
        page.evaluate(AXE.read_text("utf-8"))
        result = page.evaluate(
            "axe.run({resultTypes: ['violations'], preload: false, iframes: false})"
        )
        grave = [each for each in result["violations"] if each["impact"] in ("serious", "critical")]
        assert [told(each) for each in grave] == []
        assert len(result["passes"]) > 15


def test_the_first_screen_has_the_lifecycle_and_a_way_in_for_each(
    browser: Browser, site: Path
) -> None:
    with visited(browser, site.as_uri()) as page:
        page.goto((site / "index.html").as_uri())
        picture = page.locator(".lifecycle img").bounding_box()
        assert picture is not None
        assert picture["y"] + picture["height"] < 900
        ways = page.locator(".sd-card")
        assert ways.count() == 4
        for way in ways.all():
            box = way.bounding_box()
            assert box is not None
            assert box["y"] < 820
            assert way.locator("a").count() > 0


def test_the_picture_is_as_dark_as_the_reader_chooses(browser: Browser, site: Path) -> None:
    brightness = """async () => {
        const image = document.querySelector('.lifecycle img');
        await image.decode();
        return getComputedStyle(image).colorScheme;
    }"""
    with visited(browser, site.as_uri(), scheme="light") as page:
        page.goto((site / "index.html").as_uri())
        light = page.locator(".lifecycle").screenshot()
        page.evaluate("document.body.dataset.theme = 'dark'")
        assert page.evaluate(brightness) == "dark"
        assert page.locator(".lifecycle").screenshot() != light


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The docs from a server on this machine, as a search that shows excerpts wants them."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=site)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("særskilt godkendelse", "Samtykke: den særskilte godkendelse"),
        ("overskredet", "Frister kl. 9.00"),
        ("medfinansiering", "Penge"),
        ("idé", "Sagens gang"),
        ("enough-authorities", "Rules"),
        ("SubmitForQualification", "API"),
        ("counterexample notebook dataframe zebra", None),
    ],
)
def test_search_finds_words_of_both_languages(
    browser: Browser, served: str, words: str, title: str | None
) -> None:
    with visited(browser, served) as page:
        found = searched(page, f"{served}index.html", words)
    assert (title in found) if title else not found


def test_search_finds_pages_on_the_disk(browser: Browser, site: Path) -> None:
    with visited(browser, site.as_uri()) as page:
        found = searched(page, (site / "index.html").as_uri(), "medfinansiering")
    assert "Penge" in found


def searched(page: Page, first: str, words: str) -> list[str]:
    """Search by the field beside a page, and return the titles of what is found."""
    page.goto(first)
    page.fill(".sidebar-search", words)
    page.press(".sidebar-search", "Enter")
    page.wait_for_function("/\\d|not/.test(document.querySelector('.search-summary')?.innerText)")
    page.wait_for_load_state("networkidle")
    return page.locator(".search li > a").all_inner_texts()
