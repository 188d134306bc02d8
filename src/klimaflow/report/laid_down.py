"""A procedure as a page: rounds, participants, criteria, money, readings, each with its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from klimaflow import phrases
from klimaflow.entries import Entry
from klimaflow.moments import Moment
from klimaflow.phrases import label
from klimaflow.procedure import Fund, Procedure, RequiredAt
from klimaflow.report.page import CROSS, TICK, Grid, Line, Page, Span
from klimaflow.report.passages import Check, Sentence
from klimaflow.seen.words import criterion_label, quoted, round_label

__all__ = ["check_page", "procedure_dict", "procedure_page"]


def procedure_dict(procedure: Procedure) -> dict[str, Any]:
    """Return what `klimaflow procedure --json` prints: the policy file's keys, and the SHA-256."""
    return {**procedure.to_dict(), "sha256": procedure.sha256}


def procedure_page(procedure: Procedure, lang: str = "en") -> Page:
    """Return all that a procedure lays down; what its file says itself stays in its language."""
    return _Shown(procedure, lang).page()


def check_page(result: Check, lang: str = "en") -> Page:
    """Return the document sentence by sentence: what rests on each, and what is not cited."""
    page: list[Line | Grid] = [Line(), Line([Span(label("laid_down", "sentences", lang), "title")])]
    for sentence in result.sentences:
        page += [Line(), *_sentence(sentence, lang)]
    if result.not_found:
        page += [Line(), Line([Span(label("laid_down", "not_found", lang), "title")])]
    for path, quote in result.not_found.items():
        words = Span(f"{quoted(quote, lang)} ")
        page.append(Line([words, Span(path, "bad")], indent=4, mark=[Span("  "), CROSS]))
    kinds = [(s.encoded, s.listed, s.uncited) for s in result.sentences]
    counts = (
        [len(kinds), *(sum(column) for column in zip(*kinds, strict=True))] if kinds else [0] * 4
    )
    summary = label("laid_down", "check", lang)
    text = summary.format(*counts, result.quotations, len(result.not_found))
    return [*page, Line(), Line([Span(text, "good" if result.passed else "bad")])]


def _sentence(sentence: Sentence, lang: str) -> Iterator[Line]:
    mark = TICK if sentence.encoded else CROSS if sentence.uncited else Span("–", "dim")
    yield Line([sentence.text], indent=4, mark=[Span("  "), mark])
    if sentence.uncited:
        yield Line([Span(label("laid_down", "nowhere", lang), "bad")], indent=6)
        return
    rules = ", ".join(sentence.rules) or label("laid_down", "no_rule", lang)
    reasons = iter(sentence.because)
    for path in sentence.entries:
        if path.startswith("not_encoded."):
            yield Line([Span(f"{path}: {next(reasons)}", "dim")], indent=6)
    encoded = [path for path in sentence.entries if not path.startswith("not_encoded.")]
    if encoded:
        yield Line([f"{', '.join(encoded)} → ", Span(rules, "phase")], indent=6)


class _Shown:
    """One procedure in one language, section by section."""

    def __init__(self, procedure: Procedure, lang: str) -> None:
        self.procedure, self.lang = procedure, lang

    def page(self) -> Page:
        sections = [
            *(self._rounds, self._participants, self._criteria, self._consent, self._funders),
            *(self._funds, self._authority, self._readings, self._not_encoded),
        ]
        page: list[Line | Grid] = [*self._heading()]
        for section in sections:
            name = section.__name__.strip("_")
            page += [Line(), Line([Span(self._word(name), "title")]), *section()]
        return page

    def _word(self, name: str, *values: object) -> str:
        return label("laid_down", name, self.lang).format(*values)

    def _heading(self) -> Iterator[Line]:
        it = self.procedure
        yield Line([Span(it.title, "title")])
        edition = label("report", "edition", self.lang).format(it.id, it.edition)
        day = phrases.day(it.checked.on, self.lang)
        yield Line([f"{edition}, {self._word('checked', day, it.checked.by)}"])
        span = (phrases.day(each.value, self.lang) for each in (it.valid_from, it.valid_until))
        yield self._fact(self._word("in_force"), self._word("in_force_from", *span))
        yield from self._whys((it.valid_from, it.valid_until), indent=10)
        parts = (it.source.document, it.source.publisher, it.source.url)
        yield self._fact(self._word("document"), ", ".join(each for each in parts if each))
        yield self._fact("SHA-256", it.sha256)

    def _fact(self, name: str, text: str) -> Line:
        return Line([text], indent=10, mark=[Span(name, "dim")])

    def _why(self, entry: Entry, indent: int = 4) -> Line:
        """Return the document's words for an entry, or the file's own."""
        words, passage = entry.because or "", entry.source
        if passage is not None:
            words = f"{quoted(passage.quote, self.lang)} ({passage.section})"
        return Line([Span(words, "dim")], indent)

    def _whys(self, entries: Iterable[Entry], indent: int = 4) -> Iterable[Line]:
        """Return the words for several entries, each once."""
        return dict.fromkeys(self._why(entry, indent) for entry in entries)

    def _moment(self, at: Moment) -> str:
        return phrases.moment(at, self.lang, self.procedure.zone)

    def _commands(self, names: tuple[str, ...]) -> str:
        known = phrases.phrases(self.lang)["commands"]
        return phrases.listed((known.get(name, name) for name in names), self.lang, "nothing")

    def _rounds(self) -> Iterator[Line | Grid]:
        zone = self.procedure.zone
        head = ["", *(self._word(gate) for gate in ("qualification", "approval", "committee"))]
        rows = [
            [
                round_label(stated, self.lang),
                self._moment(stated.qualification.in_zone(zone)),
                self._moment(stated.approval.in_zone(zone)),
                phrases.day(stated.committee, self.lang),
            ]
            for stated in self.procedure.rounds
        ]
        yield Grid(rows, head, indent=2)
        for stated in self.procedure.rounds:
            quotes = attrs.astuple(stated.sources, recurse=False)
            yield self._why(stated)
            yield from self._whys(Entry(source=quote) for quote in quotes if quote is not None)

    def _participants(self) -> Iterator[Line]:
        terms = self.procedure.participants
        *first, last = (label("kinds", kind, self.lang) for kind in terms.kinds or ("other",))
        kinds = self._word("or", ", ".join(first), last) if first else last
        yield Line([self._word("minimum", terms.minimum, kinds)], indent=2)
        if terms.binding_at:
            yield Line([self._word("refuses_at", self._commands(terms.binding_at))], indent=2)
        if terms.advisory_at:
            yield Line([self._word("remarks_at", self._commands(terms.advisory_at))], indent=2)
        yield self._why(terms)

    def _criteria(self) -> Iterator[Line]:
        for each in self.procedure.criteria:
            strength = label("strengths", each.strength, self.lang)
            text = f"{criterion_label(each, self.lang)} ({each.id}, {strength})"
            yield Line([text], indent=2)
            yield self._why(each)

    def _consent(self) -> Iterator[Line]:
        needed = self.procedure.consent.required_at is RequiredAt.START
        yield Line([self._word("consent_start" if needed else "consent_never")], indent=2)
        yield self._why(self.procedure.consent)

    def _funders(self) -> Iterator[Line | Grid]:
        rows = [[each.name, each.id, each.authority or ""] for each in self.procedure.funders]
        if rows:
            yield Grid(rows, indent=2)
        yield from self._whys(self.procedure.funders)

    def _funds(self) -> Iterator[Line]:
        for fund in self.procedure.funds:
            amount = phrases.kroner(fund.amount, self.lang)
            names = (self.procedure.funder_names.get(each, each) for each in fund.funders)
            parts = [f"{amount}: {phrases.listed(names, self.lang)}", *self._lock(fund)]
            yield Line([f"{fund.id}, {'; '.join(parts)}"], indent=2)
            yield self._why(fund)

    def _lock(self, fund: Fund) -> Iterator[str]:
        if fund.released_on is not None:
            yield self._word("released", phrases.day(fund.released_on, self.lang))
        elif fund.awaits is not None:
            yield self._word("awaits", fund.awaits)

    def _authority(self) -> Iterator[Line | Grid]:
        known = phrases.phrases(self.lang)
        rows = []
        for key, roles in self.procedure.authority.roles.items():
            do, _, phase = key.partition("@")
            place = f" ({known['phases'].get(phase, phase)})" if phase else ""
            named = (known["roles"][role] for role in roles)
            rows.append(
                [f"{known['commands'].get(do, do)}{place}", phrases.listed(named, self.lang)]
            )
        if rows:
            yield Grid(rows, indent=2)
        yield self._why(self.procedure.authority)

    def _readings(self) -> Iterator[Line]:
        readings = self.procedure.readings
        for field in attrs.fields(type(readings)):
            reading = getattr(readings, field.name)
            if reading is None:
                continue
            value = reading.value
            if isinstance(value, bool):
                value = self._word("yes" if value else "no")
            yield Line([f"{field.name} = ", Span(str(value), "phase")], indent=2)
            yield self._why(reading)

    def _not_encoded(self) -> Iterator[Line]:
        for each in self.procedure.not_encoded.values():
            yield Line([f"{quoted(each.quote, self.lang)}: ", Span(each.because, "dim")], indent=2)
