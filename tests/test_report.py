"""What reports promise: section 6's object to the letter, pictures from MOVES, values as text."""

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klimaflow import History, Phase, Procedure, report
from klimaflow.case import Case, load_case, parse_case
from klimaflow.lifecycle import MOVES
from klimaflow.moments import moment
from klimaflow.phrases import phrases
from klimaflow.report import Course, plain
from klimaflow.report.diagram import dot, mermaid
from klimaflow.report.page import Grid, Line, Span, cells, printable
from tests.conftest import command, in_phase
from tests.oracle import follow as oracle

EXAMPLES = sorted(Path(__file__).parent.parent.joinpath("examples").glob("*.toml"))
DEMO = next(each for each in EXAMPLES if each.stem == "skybrud-paa-tvaers")
EDGES = {(move.source, move.target, move.command.do) for move in MOVES}
HOSTILE = "\x1b[31m[red]{do} %s\nnext\u202e\u009b2J`*_#"


def case(*steps: str) -> Case:
    """Return a case of these steps, each `do|at|by|other fields`."""
    lines = ['case = "a-case"', 'procedure = "klimaalliancen-2024"', ""]
    for step in steps:
        do, at, by, *fields = step.split("|")
        lines += ["[[step]]", f'do = "{do}"', f'at = "{at}"', f'by = "{by}"', *fields]
    return parse_case("\n".join(lines))


def idea(title: str = "Skybrud", at: str = "2024-02-01 10:00") -> str:
    return f"register-idea|{at}|proposer:0751|title = {json.dumps(title)}"


def course_of(history: History) -> Course:
    return Course.of_history(history, "a-case")


class TestFollowJson:
    def test_its_keys_and_their_order(self) -> None:
        followed = report.follow_json(case(idea()))
        assert list(followed) == [
            *("case", "procedure", "phase", "round", "granted", "consents", "steps"),
        ]
        (step,) = followed["steps"]
        assert list(step) == [
            *("do", "at", "permitted", "phase", "refused_by", "remarks", "findings"),
        ]
        assert list(step["findings"][0]) == [
            *("rule", "holds", "strength", "because", "margin", "source"),
        ]
        assert list(step["findings"][0]["source"]) == ["document", "section", "quote"]

    def test_before_any_idea_there_is_neither_phase_nor_round(self) -> None:
        followed = report.follow_json(case("start|2024-02-01 10:00|secretariat:kl"))
        assert (followed["phase"], followed["round"]) == (None, None)
        assert (followed["granted"], followed["consents"]) == ({}, {})
        assert followed["steps"][0]["phase"] is None
        assert followed["steps"][0]["refused_by"] == ["known-move"]

    def test_a_case_without_steps(self) -> None:
        text = 'case = "none"\nprocedure = "klimaalliancen-2024"\nstep = []'
        followed = report.follow_json(parse_case(text))
        assert (followed["phase"], followed["steps"]) == (None, [])
        assert (followed["granted"], followed["consents"]) == ({}, {})

    def test_moments_have_the_danish_offset_of_their_day(self) -> None:
        withdraw = 'withdraw|2024-04-01T08:00:00Z|proposer:0751|reason = "x"'
        steps = report.follow_json(case(idea(), withdraw))["steps"]
        assert [step["at"] for step in steps] == [
            *("2024-02-01T10:00:00+01:00", "2024-04-01T10:00:00+02:00"),
        ]

    def test_the_phase_is_that_after_the_step_and_a_refusal_leaves_it(self) -> None:
        early = "start|2024-02-02 10:00|secretariat:kl"
        withdraw = 'withdraw|2024-02-03 10:00|proposer:0751|reason = "x"'
        steps = report.follow_json(case(early, idea(), early, withdraw))["steps"]
        assert [step["phase"] for step in steps] == [None, "idea", "idea", "withdrawn"]
        assert [step["permitted"] for step in steps] == [False, True, False, True]

    def test_refusals_and_remarks_are_sorted_ids(self) -> None:
        submit = 'submit-for-approval|2024-05-01 10:00|funder:x|round = "2024-spring"'
        step = report.follow_json(case(idea(), submit))["steps"][1]
        assert step["refused_by"] == [
            *("authorised", "before-approval-deadline", "budget-stated", "criteria-met"),
            *("enough-authorities", "qualification-first"),
        ]
        assert step["remarks"] == ["cofinancing-considered"]
        broken = {each["rule"] for each in step["findings"] if not each["holds"]}
        assert broken == {*step["refused_by"], *step["remarks"]}

    @pytest.mark.parametrize(
        ("at", "round_", "rule", "margin"),
        [
            ("2024-04-15 09:00", "2024-spring", "before-qualification-deadline", "PT0S"),
            ("2024-04-15 09:12", "2024-spring", "before-qualification-deadline", "-PT12M"),
            ("2024-04-14 09:00", "2024-spring", "before-qualification-deadline", "P1D"),
            ("2024-04-15 09:00", "2024-winter", "before-qualification-deadline", None),
            ("2024-04-15 09:00", "2024-spring", "enough-authorities", -3),
            ("2024-04-15 09:00", "2024-winter", "known-round", -1),
        ],
    )
    def test_margins(self, at: str, round_: str, rule: str, margin: str | int | None) -> None:
        submit = f'submit-for-qualification|{at}|proposer:0751|round = "{round_}"'
        findings = report.follow_json(case(idea(), submit))["steps"][1]["findings"]
        assert [each["margin"] for each in findings if each["rule"] == rule] == [margin]

    def test_because_is_in_the_chosen_language_and_the_source_in_its_own(self) -> None:
        submit = 'submit-for-qualification|2024-04-15 09:12|proposer:0751|round = "2024-spring"'
        late = case(idea(), submit)
        english, danish = (report.follow_json(late, lang) for lang in ("en", "da"))
        pairs = zip(english["steps"][1]["findings"], danish["steps"][1]["findings"], strict=True)
        for one, other in pairs:
            assert one.pop("because") != other.pop("because")
            assert one == other

    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    def test_the_examples_end_as_the_procedure_written_a_second_time_says(self, path: Path) -> None:
        raw = tomllib.loads(path.read_text("utf-8"))
        steps = [{**step, "at": moment(step["at"])} for step in raw["step"]]
        second = oracle(steps, raw.get("committed"))
        first = report.follow_json(load_case(path))
        for key in ("phase", "round", "granted", "consents"):
            assert first[key] == second[key], key
        keys = ("permitted", "phase", "refused_by", "remarks")
        for one, other in zip(first["steps"], second["steps"], strict=True):
            assert {key: one[key] for key in keys} == {key: other[key] for key in keys}


class TestConsents:
    GIVEN = (
        'give-consent|2024-06-10 10:00|funder:realdania|funder = "realdania"'
        "|amount = 1500000|valid_until = 2024-06-30"
    )

    def course(self, procedure: Procedure, *later: str) -> Course:
        history = in_phase(Phase.FUNDER_CONSENT, procedure)
        before = course_of(history)
        steps = case(self.GIVEN, *later).steps
        answered = []
        for step in steps:
            decision = history.decide(step.command)
            history = history.record(decision) if decision.permitted else history
            answered.append(report.Answered(decision, history))
        return Course("a-case", procedure, (*before.steps, *answered))

    def test_they_are_of_the_funders_granted_above_zero(self, procedure: Procedure) -> None:
        assert self.course(procedure).to_dict()["consents"] == {
            "realdania": "given",
            "region-syddanmark": "awaited",
        }
        amend = (
            "amend-grant|2024-06-12 10:00|secretariat:kl"
            '|granted = { realdania = 1500000, region-syddanmark = 0 }|reason = "x"'
        )
        followed = self.course(procedure, amend).to_dict()
        assert followed["consents"] == {"realdania": "given"}
        assert followed["granted"] == {"realdania": 1_500_000, "region-syddanmark": 0}

    def test_one_that_has_run_out_by_the_last_step_has_lapsed(self, procedure: Procedure) -> None:
        in_force = "start|2024-06-30 23:59|secretariat:kl"
        assert self.course(procedure, in_force).consents()["realdania"] == "given"
        refused_later = "start|2024-07-01 00:00|secretariat:kl"
        assert self.course(procedure, refused_later).consents()["realdania"] == "lapsed"

    def test_the_latest_step_counts_in_whatever_order_they_stand(
        self, procedure: Procedure
    ) -> None:
        late, early = (f"start|2024-{day} 10:00|secretariat:kl" for day in ("08-01", "06-15"))
        course = self.course(procedure, late, early)
        assert course.consents()["realdania"] == "lapsed"
        assert course.today == date(2024, 8, 1)

    def test_in_a_final_phase_it_stands_as_when_that_was_entered(
        self, procedure: Procedure
    ) -> None:
        other = (
            'give-consent|2024-06-11 10:00|funder:region-syddanmark|funder = "region-syddanmark"'
            "|amount = 500000"
        )
        start, long_after = (f"start|2024-{d} 10:00|secretariat:kl" for d in ("06-20", "12-01"))
        course = self.course(procedure, other, start, long_after)
        assert course.proposal.phase is Phase.STARTED
        assert course.consents() == {"realdania": "given", "region-syddanmark": "given"}


class TestText:
    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_it_is_in_one_language(self, path: Path, lang: str) -> None:
        text = " ".join(plain(report.course_page(Course.of(load_case(path)), lang)).split())
        own, foreign = (said_in(each) for each in (lang, "da" if lang == "en" else "en"))
        assert sum(words in text for words in own) > 10
        assert [words for words in foreign - own if words in text] == []

    @pytest.mark.parametrize("width", [40, 60, 80, 100])
    def test_it_keeps_to_the_width(self, width: int) -> None:
        text = plain(report.course_page(Course.of(load_case(DEMO)), "da"), width)
        assert max(map(cells, text.splitlines())) <= width

    def test_a_refusal_tells_every_broken_rule_and_the_documents_words(self) -> None:
        course = Course.of(load_case(DEMO))
        text = " ".join(plain(report.course_page(course)).split())
        broken = [
            finding
            for step in course.steps
            for finding in step.decision.findings
            if not finding.holds and not step.decision.permitted
        ]
        assert len(broken) >= 5
        for finding in broken:
            assert finding.because in text
            assert f"“{finding.source.quote}”" in text

    def test_where_it_stands_names_what_is_missing(self, procedure: Procedure) -> None:
        course = course_of(in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["A"]}))
        text = " ".join(plain(report.course_page(course)).split())
        assert "Realdania: DKK 1,500,000, consent awaited" in text
        assert "“A”, not met yet" in text
        assert "Start the track: ✗ The consent of 2 of 2 contributing parties is missing" in text
        assert "Return" not in text.partition("Next")[2]

    def test_what_leads_on_weighs_what_the_funds_have_promised(self, procedure: Procedure) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        steps = course_of(history).steps
        late = report.Answered(history.decide(command("withdraw", by="dgo:x")), history)
        for committed, missing in (({}, False), ({"realdania": 9_000_000}, True)):
            course = Course("a-case", procedure, (*steps, late), committed)
            text = plain(report.course_page(course)).partition("Next")[2]
            assert ("is missing: the open funds" in " ".join(text.split())) is missing

    def test_what_leads_on_from_an_idea_is_not_what_must_wait(self) -> None:
        text = plain(report.course_page(Course.of(case(idea())))).partition("Next")[2]
        assert "Submit for professional qualification" in text
        assert "Submit for the approval process" not in text

    def test_who_and_when(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure)
        given = command("give-consent", at="2024-06-10 10:00:01.000002", by="funder:realdania/Bo")
        foreign = command("give-consent", by="funder:region-sjaelland")
        steps = [report.Answered(history.decide(each), history) for each in (given, foreign)]
        text = plain(report.course_page(Course("a-case", procedure, tuple(steps))))
        assert "Give consent: DKK 1,500,000\n" in text
        assert "Mon 10 Jun 2024 10:00:01.000002 · Bo, Realdania, funder" in text
        assert "Give consent: Realdania, DKK 1,500,000\n" in text
        assert "Mon 10 Jun 2024 10:00 · Region Sjælland, funder" in text

    def test_hostile_values_stay_text(self) -> None:
        course = Course.of(case(idea(HOSTILE)))
        text = plain(report.course_page(course))
        assert "\\x1b[31m[red]{do} %s next\\u202e\\x9b2J" in text
        assert all(each.isprintable() for line in text.splitlines() for each in line)


def said_in(lang: str) -> set[str]:
    """Return what klimaflow says in a language between the figures, in three words or more."""
    said = set()
    for sentence in all_texts(phrases(lang)):
        said |= {part.strip(" .,:;()") for part in re.split(r"\{[^}]*\}", sentence)}
    return {part for part in said if len(part.split()) >= 3}


def all_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if hasattr(value, "values") else value
    return [text for each in inner for text in all_texts(each)]


class TestPage:
    @given(st.lists(st.text(max_size=60), max_size=5), st.integers(30, 100), st.integers(0, 12))
    def test_wrapping_loses_nothing_and_keeps_to_the_width(
        self, texts: list[str], width: int, indent: int
    ) -> None:
        rows = plain([Line([Span(f"{text} ") for text in texts], indent)], width).splitlines()
        assert max(map(cells, rows), default=0) <= width
        written = "".join("".join(rows).split())
        assert written == "".join("".join(printable(text) for text in texts).split())

    @given(st.lists(st.tuples(*[st.text(max_size=40)] * 3), min_size=1, max_size=4))
    def test_a_table_keeps_to_the_width(self, rows: list[tuple[str, ...]]) -> None:
        text = plain([Grid(rows, ("A", "B", "C"), indent=2)], 50)
        assert max(map(cells, text.splitlines())) <= 50

    def test_wide_characters_take_two_columns(self) -> None:
        assert (cells("漢字"), cells("e\u0301"), cells("æ")) == (4, 1, 1)


class TestPictures:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_the_edges_of_mermaid_are_the_moves(self, lang: str) -> None:
        found = re.findall(r"^    (\S+) --> (\S+): (.+)$", mermaid(lang), re.MULTILINE)
        assert self.named(found, "[*]", "<br/>", lang) == EDGES
        assert mermaid(lang).count("-->") == len(found)

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_the_edges_of_dot_are_the_moves(self, lang: str) -> None:
        found = re.findall(r'^    (\S+) -> (\S+) \[label="(.+)"\];$', dot(lang), re.MULTILINE)
        assert self.named(found, "before", "\\n", lang) == EDGES
        assert dot(lang).count("->") == len(found)

    def named(
        self, found: list[tuple[str, str, str]], start: str, between: str, lang: str
    ) -> set[tuple[Phase | None, Phase, str]]:
        do = {words: name for name, words in phrases(lang)["commands"].items()}
        return {
            (None if source == start else Phase(source), Phase(target), do[words])
            for source, target, names in found
            for words in names.split(between)
        }

    def test_fewer_moves_are_fewer_edges(self) -> None:
        assert (mermaid("en", MOVES[:2]).count("-->"), dot("en", MOVES[:2]).count("->")) == (2, 2)

    @pytest.mark.parametrize(
        ("draw", "edge"),
        [
            (mermaid, r"    \S+ --> \w+: (?:[\w -]|#\d+;)+"),
            (dot, r'    \w+ -> \w+ \[label="(?:[^"\\]|\\.)*"\];'),
        ],
    )
    def test_labels_cannot_break_out(
        self, draw: Any, edge: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = draw("en", MOVES[:1]).splitlines()
        monkeypatch.setattr(
            "klimaflow.report.diagram.label", lambda *_: 'a"]; b --> c: d\\\n<b>#quot;'
        )
        hostile = draw("en", MOVES[:1]).splitlines()
        assert len(hostile) == len(lines)
        (row,) = [n for n, line in enumerate(lines) if "Register the idea" in line]
        assert re.fullmatch(edge, hostile[row])

    def test_dot_keeps_a_backslash_a_backslash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("klimaflow.report.diagram.label", lambda *_: "a\\n")
        assert r'before -> idea [label="a\\n"];' in dot("en", MOVES[:1])


class TestMarkdown:
    def test_a_row_for_each_event_and_where_it_stands(self, procedure: Procedure) -> None:
        history = in_phase(Phase.STARTED, procedure)
        text = report.history_markdown(history, "da")
        assert text.startswith("# Skybrud på tværs\n")
        rows = [line for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
        assert len(rows) == len(history.events)
        assert rows[-1].endswith("| Igangsat | Tilladt |")
        assert "- Fase: Igangsat\n" in text
        assert "- Realdania: godkendelse givet\n" in text

    def test_hostile_values_stay_text(self, procedure: Procedure) -> None:
        history = History(procedure).then(command("register-idea", title=HOSTILE + "<b>|x"))
        text = report.history_markdown(history)
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}
        assert "\\<b\\>" in text
        assert re.search(r"(?<!\\)[<`*\[]", text) is None

    def test_an_empty_history(self, procedure: Procedure) -> None:
        assert "- Phase: –" in report.history_markdown(History(procedure))
