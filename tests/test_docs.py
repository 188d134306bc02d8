"""The docs: built without a warning, complete, their links good. Their code runs in conftest.py."""

import inspect
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import cache
from html import unescape
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from urllib.parse import unquote, urlsplit

import attrs
import pytest
from attrs import frozen

import klimaflow
from klimaflow import errors, load_procedure
from klimaflow.commands import COMMANDS
from klimaflow.events import EVENTS
from klimaflow.lifecycle import MOVES
from klimaflow.phrases import kroner, moment, phrases
from klimaflow.procedure import Readings
from klimaflow.proposal import Phase
from klimaflow.report.basis import entries, rules_of
from klimaflow.rules import RULES
from tests.built import built_docs
from tests.conftest import SHIPPED

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))
SOURCES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *PAGES]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FETCHED = re.compile(r'<(?:script|img|link)[^>]*(?:src|href)="(https?:[^"]*)"')
MACHINE = re.compile(r"/(home|root|work|tmp|Users)/|[A-Z]:\\\\|localhost|127\.0\.0\.1")

RUNS = {"console", "json", "pycon", "python", "shell", "text", "toml"}  # see conftest.py

Site = Mapping[str, "Page"]


@frozen
class Page:
    """One built page: its text, where it links to, and what can be linked to on it."""

    html: str
    text: str
    links: tuple[str, ...]
    ids: frozenset[str]

    @classmethod
    def of(cls, html: str) -> "Page":
        body = html.partition('<div class="content">')[2] or html
        return cls(
            html,
            " ".join(unescape(re.sub(r"<[^>]+>", "", body)).split()),
            tuple(map(unescape, re.findall(r'href="([^"]*)"', html))),
            frozenset(map(unescape, re.findall(r' id="([^"]*)"', html))),
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    target = built_docs(tmp_path_factory)
    pages = target.rglob("*.html")
    return {page.relative_to(target).as_posix(): Page.of(page.read_text("utf-8")) for page in pages}


def public_members() -> Iterator[str]:
    for name in klimaflow.__all__:
        value = getattr(klimaflow, name)
        yield name
        if inspect.isclass(value) and not issubclass(value, Phase):
            fields = {each.name for each in attrs.fields(value)} if attrs.has(value) else set()
            yield from (
                f"{name}.{member}"
                for member, of in vars(value).items()
                if member[0] != "_" and member not in fields and (callable(of) or is_property(of))
            )


def entrances() -> list[str]:
    """Return the packages and the modules of the core from which one imports."""
    names = [each.name for each in walk_packages(klimaflow.__path__, "klimaflow.") if each.ispkg]
    closed = {"klimaflow.cli", "klimaflow.markup", "klimaflow.seen", "klimaflow.store.migrations"}
    closed |= {each for each in names if each.startswith("klimaflow.contrib")}
    core = "case changes commands entries errors events lifecycle machine moments parties"
    own = [f"klimaflow.{name}" for name in (*core.split(), "policy", "rules", "scenarios.specs")]
    return ["klimaflow", *(each for each in names if each not in closed), *own]


def is_property(value: object) -> bool:
    return isinstance(value, property | classmethod)


@cache
def passages() -> Mapping[str, set[str]]:
    """Return the quotations of the shipped policy file on which each rule rests."""
    procedure = load_procedure(SHIPPED)
    cited: dict[str, set[str]] = {rule: set() for rule in RULES}
    for path, rules in rules_of(procedure).items():
        if (source := entries(procedure)[path].source) is not None:
            for rule in rules:
                cited[rule].add(" ".join(source.quote.split()))
    return {**cited, "known-round": set()}  # where there is no such round, nothing is laid down


class TestTheReferenceIsComplete:
    @pytest.mark.parametrize("name", list(public_members()))
    def test_every_public_name_has_its_entry(self, site: Site, name: str) -> None:
        found = {each.rpartition("klimaflow.")[2] for each in site["reference/api.html"].ids}
        if name == "commands":
            assert "module-klimaflow.commands" in site["reference/api.html"].ids
        else:
            assert {name, f"errors.{name}"} & found

    @pytest.mark.parametrize("entrance", entrances())
    def test_all_that_an_entrance_exports_is_there(self, site: Site, entrance: str) -> None:
        page = site["reference/api.html"]
        last = {each.rpartition(".")[2] for each in page.ids if each.startswith("klimaflow.")}
        exported = import_module(entrance).__all__
        missing = [n for n in exported if n not in last and f">{n}</span></code>" not in page.html]
        assert [each for each in missing if f"module-{entrance}.{each}" not in page.ids] == []

    @pytest.mark.parametrize("name", errors.__all__)
    def test_every_error_is_explained(self, site: Site, name: str) -> None:
        assert f"klimaflow.errors.{name}" in site["reference/api.html"].ids

    @pytest.mark.parametrize("do", COMMANDS)
    def test_every_command_is_listed_with_its_class_and_its_fields(
        self, site: Site, do: str
    ) -> None:
        command = COMMANDS[do]
        assert f"klimaflow.commands.{command.__name__}" in site["reference/api.html"].ids
        row = f"{do} {command.__name__} {command.trigger} "
        assert row in site["reference/lifecycle.html"].text
        fields = [f.name for f in attrs.fields(command) if f.name not in ("at", "by")]
        said = site["reference/lifecycle.html"].text.partition(row)[2].replace("?", "")
        assert said.startswith(", ".join(fields) or "–")

    @pytest.mark.parametrize("name", EVENTS)
    def test_every_event_is_listed(self, site: Site, name: str) -> None:
        assert f"klimaflow.events.{name}" in site["reference/api.html"].ids
        assert f" {name} " in site["reference/lifecycle.html"].text

    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_has_its_section_with_the_words_of_both_languages(
        self, site: Site, rule: str
    ) -> None:
        page = site["reference/rules.html"]
        assert rule in page.ids
        for lang in ("en", "da"):
            for sentence in phrases(lang)["rules"][rule].values():
                for words in re.split(r"\{\w+\}", sentence):
                    assert plain(words) in plain(page.text)

    @pytest.mark.parametrize("move", MOVES, ids=repr)
    def test_every_rule_of_a_move_is_linked_from_the_lifecycle(
        self, site: Site, move: klimaflow.lifecycle.Move
    ) -> None:
        links = site["reference/lifecycle.html"].links
        assert {f"rules.html#{rule.id}" for rule in move.rules} <= set(links)

    @pytest.mark.parametrize("phase", Phase)
    def test_every_phase_is_in_the_picture(self, site: Site, phase: Phase) -> None:
        for page, lang in (
            ("index", "en"),
            ("reference/lifecycle", "en"),
            ("da/sagens-gang", "da"),
        ):
            after = site[f"{page}.html"].html.partition('<div class="lifecycle"')[2]
            drawn = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', after)
            assert drawn
            assert f">{phrases(lang)['phases'][phase]}<" in b64decode(drawn[1]).decode()


def refusal(page: Page, rule: str) -> str:
    """Return what is said of one rule, up to the next one."""
    after = re.search(rf'id="da-{rule}".*?(?=id="da-|<footer)', page.html, re.DOTALL)
    assert after
    return Page.of(after[0]).text


def plain(text: str) -> str:
    """Return the words alone: the build sets quotation marks and dashes of its own."""
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


class TestThePagesForCaseOfficers:
    """In Danish, and made of what the library says."""

    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_has_the_sentences_with_which_it_refuses(
        self, site: Site, rule: str
    ) -> None:
        page = site["da/hvad-siger-systemet.html"]
        assert f"da-{rule}" in page.ids
        told = plain(refusal(page, rule))
        sentences = phrases("da")["rules"][rule]
        for name in sentences.keys() & {"broken", "unknown"}:
            for words in re.split(r"\{\w+\}", sentences[name]):
                assert plain(words) in told

    @pytest.mark.parametrize("rule", RULES)
    def test_a_refusal_quotes_what_it_rests_on_or_says_that_it_is_ours(
        self, site: Site, rule: str
    ) -> None:
        why = refusal(site["da/hvad-siger-systemet.html"], rule).partition("Hvorfor: ")[2]
        if passages()[rule]:
            quoted = {f"»{each}« Gælder ved: " for each in passages()[rule]}
            assert why.startswith(tuple(quoted))
        else:
            assert why.startswith("Det siger dokumentet ikke. Kravet er vores eget")

    @pytest.mark.parametrize(
        ("page", "of"),
        [("samtykke", "consents"), ("sagens-gang", "commands"), ("sagens-gang", "phases")],
    )
    def test_the_words_are_those_of_the_answers(self, site: Site, page: str, of: str) -> None:
        text = site[f"da/{page}.html"].text.lower()
        assert [each for each in phrases("da")[of].values() if each.lower() not in text] == []

    def test_every_round_and_every_fund_is_there(self, site: Site) -> None:
        procedure = load_procedure(SHIPPED)
        for gates in procedure.gates.values():
            for closes in (gates.qualification_closes_at, gates.approval_closes_at):
                assert moment(closes, "da", procedure.zone) in site["da/frister.html"].text
        for fund in procedure.funds:
            assert kroner(fund.amount, "da") in site["da/penge.html"].text

    def test_a_page_in_danish_says_so(self, site: Site) -> None:
        languages = {
            name: re.search(r'<html[^>]* lang="(\w+)"', page.html) for name, page in site.items()
        }
        for name, found in languages.items():
            assert found
            assert (found[1] == "da") is name.startswith(("da/", "pages/")), name


class TestTheInterpretationIsComplete:
    INTERPRETATION = (ROOT / "docs/explanation/interpretation.md").read_text("utf-8")

    @pytest.mark.parametrize("name", [each.name for each in attrs.fields(Readings)])
    def test_every_reading_of_the_policy_file_is_explained(self, name: str) -> None:
        assert f"`readings.{name}" in self.INTERPRETATION

    @pytest.mark.parametrize(
        "field",
        [
            *("participants.minimum", "participants.kinds"),
            *("participants.binding_at", "participants.advisory_at"),
            *("consent.required_at", "funds.released_on", "valid_until"),
            *("[[rounds]]", "[[criteria]]", "[[funds]]", "[authority]", "[not_encoded]"),
        ],
    )
    def test_every_other_field_that_a_reading_rests_on_is_named(self, field: str) -> None:
        assert f"`{field}" in self.INTERPRETATION

    def test_every_criterion_of_the_shipped_procedure_is_named(self) -> None:
        missing = [c.id for c in load_procedure(SHIPPED).criteria]
        assert [each for each in missing if f"`{each}`" not in self.INTERPRETATION] == []

    def test_the_values_shown_are_those_of_the_shipped_procedure(self, site: Site) -> None:
        readings = load_procedure(SHIPPED).readings
        for each in attrs.fields(Readings):
            if (reading := getattr(readings, each.name)) is None:
                continue
            value = reading.value
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            row = f"readings.{each.name} {shown} "
            assert row in site["explanation/interpretation.html"].text


class TestTheLinks:
    def test_every_link_between_the_pages_leads_somewhere(self, site: Site) -> None:
        dead = [
            f"{name}: {link}"
            for name, page in site.items()
            for link in page.links
            if not leads_somewhere(site, name, link)
        ]
        assert dead == []

    @pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
    def test_every_link_in_a_source_leads_to_a_file_and_a_heading(self, source: Path) -> None:
        text = FENCED.sub("", source.read_text("utf-8"))
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            parts = urlsplit(link)
            if not parts.scheme:
                target = (source.parent / unquote(parts.path)).resolve() if parts.path else source
                assert target.is_file(), link
                generated = target.name in ("rules.md", "command-line.md", "hvad-siger-systemet.md")
                assert not parts.fragment or generated or parts.fragment in headings(target), link

    def test_nothing_is_fetched_from_the_network_to_show_a_page(self, site: Site) -> None:
        fetched = [found for page in site.values() for found in FETCHED.findall(page.html)]
        assert fetched == []


def leads_somewhere(site: Site, name: str, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme or "_static/" in link or link.startswith(("data:", "#svg-")):
        return True
    path = Path("/", name).parent.joinpath(unquote(parts.path)) if parts.path else Path("/", name)
    target = Path("/").joinpath(*normal(path.parts)).relative_to("/").as_posix()
    if target not in site:
        return target.startswith(("_sources/", "_modules/"))
    return not parts.fragment or unquote(parts.fragment) in site[target].ids


def normal(parts: tuple[str, ...]) -> list[str]:
    kept: list[str] = []
    for part in parts[1:]:
        if part == "..":
            kept.pop()
        else:
            kept.append(part)
    return kept


@cache
def headings(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    found = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    slugs = (re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in found)
    return frozenset(slugs)


class TestThePages:
    @pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
    def test_no_page_holds_a_path_of_a_machine(self, source: Path) -> None:
        assert MACHINE.findall(source.read_text("utf-8")) == []

    @pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
    def test_every_block_is_of_a_language_that_runs_or_is_read(self, source: Path) -> None:
        fences = re.findall(r"^( *)```+ *(\S*)", source.read_text("utf-8"), re.MULTILINE)
        assert not any(indent for indent, _ in fences), "an indented block would not run"
        assert not any(word for _, word in fences[1::2]), "a block is not closed"
        assert {word for _, word in fences[::2] if not word.startswith("{")} <= RUNS

    def test_no_built_page_holds_a_path_of_a_machine(self, site: Site) -> None:
        assert [name for name, page in site.items() if str(ROOT) in page.html] == []

    def test_the_readme_fits_and_says_that_nobody_is_authenticated(self) -> None:
        readme = (ROOT / "README.md").read_text("utf-8")
        assert readme.count("\n") < 150
        assert "klimaflow authenticates nobody" in readme

    def test_every_page_can_be_reached_from_the_first(self, site: Site) -> None:
        index = (ROOT / "docs/index.md").read_text("utf-8")
        names = [page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES]
        assert [each for each in names if each != "index" and f"\n{each}\n" not in index] == []
