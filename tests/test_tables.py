"""What a notebook shows: read back by an HTML parser that others wrote."""

from html.parser import HTMLParser

from klimaflow import History, load_procedure
from klimaflow import commands as do
from klimaflow.markup.tables import html_table

HOSTILE = '<script>alert(1)</script> & "x" \x1b[31m\x00'


class Seen(HTMLParser):
    """The tags and the texts of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def idea(title: str) -> History:
    history = History(load_procedure("klimaalliancen-2024"))
    return history.then(do.RegisterIdea(title=title, by="proposer:0751", at="2024-02-01 10:00"))


def test_a_table_has_its_caption_head_and_rows_in_order() -> None:
    seen = Seen(html_table("What", ["a", "b"], [["1", "2"], ["3", "4"]]))
    assert seen.texts == ["What", "a", "b", "1", "2", "3", "4"]
    row = ["tr", "td", "td"]
    assert seen.tags == ["table", "caption", "thead", "tr", "th", "th", "tbody", *row, *row]


def test_values_stay_text_and_nothing_runs() -> None:
    seen = Seen(html_table(HOSTILE, [HOSTILE], [[HOSTILE]]))
    assert "script" not in seen.tags
    assert seen.texts == ['<script>alert(1)</script> & "x" \ufffd[31m\ufffd'] * 3


def test_a_decision_shows_every_finding_with_reason_and_words() -> None:
    late = do.SubmitForQualification(round="2024-spring", by="proposer:0751", at="2024-04-15 09:01")
    decision = idea("Skybrud").decide(late)
    seen = Seen(decision._repr_html_())
    assert seen.texts[0].endswith("refused")
    for finding in decision.findings:
        assert finding.because in seen.texts
        assert any(finding.source.quote in text for text in seen.texts)
    assert "✗ Deadline for qualification" in seen.texts
    assert "! Municipalities and regions" in seen.texts
    assert {finding.rule for finding in decision.findings} <= {*seen.texts}


def test_a_history_shows_each_event_and_a_hostile_title_stays_text() -> None:
    seen = Seen(idea("<b>Skybrud</b>")._repr_html_())
    assert seen.texts[0] == "<b>Skybrud</b>"
    assert "Register the idea: “<b>Skybrud</b>”" in seen.texts
    assert "b" not in seen.tags
