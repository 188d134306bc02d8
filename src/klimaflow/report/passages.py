"""A procedure held against its document: which sentence is cited where, and which nowhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import attrs
from attrs import field, frozen

from klimaflow.markup.sheet import Sheet
from klimaflow.procedure import Procedure
from klimaflow.report.basis import entries, rules_of

__all__ = ["Check", "Sentence", "check", "sentences"]

SHORT = 60
"""A line of no more characters is a heading or a cell if the next one begins with a capital."""

_LINK = re.compile(r"(https?://|mailto:)\S+")
_ABBREVIATED = "".join(rf"(?<!\b{word}\.)" for word in ("ca", "fx", "hhv", "jf", "nr", "pr"))
_END = re.compile(rf"(?<=[.?!]){_ABBREVIATED} (?=[^a-zæøå0-9])")


@frozen
class Sentence(Sheet):
    """A sentence of the document, and the paths of the entries whose quotation touches it.

    `rules` are the ids of the rules that rest on these entries; `because` says, for each entry
    of `not_encoded`, why it was left out.
    """

    text: str
    entries: tuple[str, ...]
    rules: tuple[str, ...]
    because: tuple[str, ...]

    @property
    def encoded(self) -> bool:
        """Whether an entry that is not merely listed cites it."""
        return len(self.entries) > len(self.because)

    @property
    def listed(self) -> bool:
        """Whether it is cited as left out on purpose, and by nothing else."""
        return bool(self.because) and not self.encoded

    @property
    def uncited(self) -> bool:
        """Whether nothing cites it."""
        return not self.entries


@frozen
class Check(Sheet):
    """All sentences of a document in its order, and the quotations that are not in it, by path."""

    sentences: tuple[Sentence, ...]
    quotations: int
    not_found: dict[str, str] = field(factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every quotation is found and no sentence is uncited."""
        return not self.not_found and not any(each.uncited for each in self.sentences)

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-safe values."""
        return {**attrs.asdict(self, recurse=True), "passed": self.passed}


def check(procedure: Procedure, document: str) -> Check:
    """Hold each quotation of a procedure against the text of its document.

    White space counts as one space and letters are compared in Unicode NFC; all else counts.
    """
    body = sentences(document)
    text = " ".join(body)
    whole = _normal(document)
    quotes = _quotations(procedure)
    not_found = {path: q for path, q in quotes.items() if q not in text and q not in whole}
    rules = rules_of(procedure)
    found: list[Sentence] = []
    start = 0
    for sentence in body:
        touching = [path for path, q in quotes.items() if _touches(text, q, start, len(sentence))]
        found.append(_sentence(procedure, sentence, touching, rules))
        start += len(sentence) + 1
    return Check(tuple(found), len(quotes), not_found)


def _sentence(
    procedure: Procedure, text: str, paths: list[str], rules: dict[str, list[str]]
) -> Sentence:
    ids = dict.fromkeys(rule for path in paths for rule in rules.get(path, ()))
    reasons = {f"not_encoded.{name}": each for name, each in procedure.not_encoded.items()}
    because = (reasons[path].because for path in paths if path in reasons)
    return Sentence(text, tuple(paths), tuple(ids), tuple(because))


def _quotations(procedure: Procedure) -> dict[str, str]:
    cited = {path: each.source for path, each in entries(procedure).items()}
    quotes = {path: source.quote for path, source in cited.items() if source is not None}
    quotes |= {f"not_encoded.{name}": each.quote for name, each in procedure.not_encoded.items()}
    return {path: _normal(quote) for path, quote in quotes.items()}


def _touches(text: str, quote: str, start: int, length: int) -> bool:
    """Tell whether the quotation occurs in the text at or across this sentence."""
    at = text.find(quote, max(start - len(quote) + 1, 0))
    return 0 <= at < start + length


def sentences(document: str) -> list[str]:
    """Return the sentences of a text, its headings and cells among them, white space normalised.

    A line that is only a link is none. Joined by spaces they are the text.
    """
    return [each for piece in _pieces(document) for each in _END.split(piece)]


def _pieces(document: str) -> Iterator[str]:
    """Yield the text in pieces that end where a heading or a cell does."""
    piece, last = "", ""
    for line in map(_normal, document.splitlines()):
        if not line or _LINK.fullmatch(line):
            continue
        if piece and len(last) <= SHORT and line[0].isupper():
            yield piece
            piece = ""
        piece, last = f"{piece} {line}".strip(), line
    if piece:
        yield piece


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
