"""What `klimaflow export` writes, and that no text in it is more than text."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from klimaflow import Phase, Procedure, copenhagen
from klimaflow.case import load_case
from klimaflow.cli import commands
from klimaflow.exports import FORMATS, SCHEMAS, Of, dot, mermaid, schema
from klimaflow.exports import csv as as_csv
from klimaflow.planning.calendar import rounds
from klimaflow.report import Course
from tests.conftest import POLICY, command, in_phase, policy
from tests.test_plan_pages import read

EXAMPLES = Path(__file__).parents[2] / "examples"
DEMO = str(EXAMPLES / "skybrud-paa-tvaers.toml")
HOSTILE = [
    "=1+1",
    "+45 12345678",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=cmd|' /C calc'!A0",
    'a","=1+1","b',
    "a;=1+1;b",
    "a, =1+1",
    *("＝1+1", "＋1", "－1", "＠SUM(1)"),
    "\n@SUM(1)",
]


def run(*args: str) -> Result:
    return CliRunner().invoke(commands.klimaflow, ["export", *args])


def titled(procedure: Procedure, title: str) -> Course:
    return Course.of_history(
        in_phase(Phase.IDEA, procedure, register_idea={"title": title}), name=title
    )


def rows(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(StringIO(text), strict=True)]


class TestCalendar:
    def test_each_deadline_is_that_instant_and_a_meeting_lasts_the_day(
        self, procedure: Procedure
    ) -> None:
        events = read(rounds(procedure).encode())
        assert [each["dtstart"].dt for each in events] == [
            *(datetime(2024, 4, 15, 7, tzinfo=UTC), datetime(2024, 4, 25, 7, tzinfo=UTC)),
            copenhagen("2024-05-30 00:00"),
            *(datetime(2024, 10, 7, 7, tzinfo=UTC), datetime(2024, 10, 24, 7, tzinfo=UTC)),
            copenhagen("2024-11-21 00:00"),
        ]
        ends = [each["dtend"].dt for each in events if "dtend" in each]
        assert ends == [copenhagen("2024-05-31 00:00"), copenhagen("2024-11-22 00:00")]
        assert len({str(each["uid"]) for each in events}) == len(events)

    def test_an_exclusive_deadline_is_not_told_a_second_late(self) -> None:
        found = policy(('value = "inclusive"', 'value = "exclusive"'))
        first, *_ = read(rounds(found).encode())
        assert first["dtstart"].dt == datetime(2024, 4, 15, 6, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_each_cites_the_document_and_a_title_adds_no_event(
        self, procedure: Procedure, lang: str
    ) -> None:
        title = "A;B\\n\r\nBEGIN:VEVENT\n\x1b[31m"
        hostile = attrs.evolve(procedure, title=title)
        events = read(rounds(hostile, lang).encode())
        assert len(events) == 3 * len(procedure.rounds)
        assert all(str(e["summary"]).endswith("A;B\\n BEGIN:VEVENT \\x1b[31m") for e in events)
        assert "kl. 9.00" in str(events[0]["description"])


class TestCsv:
    def test_each_step_is_a_row_and_each_finding(self) -> None:
        course = Course.of(load_case(DEMO))
        steps = rows(run("--format", "csv", DEMO).stdout)
        for number, (row, step) in enumerate(zip(steps, course.steps, strict=True), start=1):
            assert row == {
                "case": course.name,
                "procedure": course.procedure.id,
                "number": str(number),
                "do": step.decision.command.do,
                "at": step.to_dict()["at"],
                "by": str(step.decision.command.by),
                "permitted": str(step.decision.permitted).lower(),
                "phase": str(step.history.proposal.phase),
                "round": step.history.proposal.round or "",
                "refused_by": " ".join(step.decision.refused_by),
                "remarks": " ".join(step.decision.remarks),
            }

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_each_finding_of_each_step_is_a_row(self, lang: str) -> None:
        course = Course.of(load_case(DEMO))
        found = rows(run("--format", "csv-findings", "--lang", lang, DEMO).stdout)
        told = [
            (str(number), step, each)
            for number, step in enumerate(course.steps, start=1)
            for each in step.decision.findings
        ]
        for row, (number, step, finding) in zip(found, told, strict=True):
            assert (row["case"], row["procedure"]) == (course.name, course.procedure.id)
            assert (row["number"], row["do"]) == (number, step.decision.command.do)
            assert row["at"] == step.to_dict()["at"]
            assert (row["rule"], row["strength"]) == (finding.rule, str(finding.strength))
            assert row["holds"] == str(finding.holds).lower()
            assert row["because"] == " ".join(finding.explained(lang).split())
            source = finding.source
            assert row["quote"] == " ".join(source.quote.split())
            assert (row["document"], row["section"]) == (source.document, source.section)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_no_cell_begins_a_formula_under_any_separator(
        self, procedure: Procedure, text: str
    ) -> None:
        written = as_csv.steps([titled(procedure, text)]) + as_csv.findings(
            [titled(procedure, text)], "da"
        )
        assert len(written.splitlines()) == len([*csv.reader(StringIO(written))])
        for separator in ",;\t":
            for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
                reader = csv.reader(StringIO(written), delimiter=separator, quoting=quoting)
                for cell in (cell for row in reader for cell in row):
                    assert not cell.lstrip(' "').startswith((*"=+-@＝＋－＠\t\r",))

    def test_a_text_without_a_formula_stays_as_it_is(self, procedure: Procedure) -> None:
        title = "Skybrud – på tværs (3+1), 2024; a-b"
        (row,) = {each["case"] for each in rows(as_csv.steps([titled(procedure, title)]))}
        assert row == title

    def test_numbers_are_plain_and_all_else_is_in_quotes(self) -> None:
        written = run("--format", "csv-findings", DEMO).stdout
        numbers = csv.DictReader(StringIO(written), quoting=csv.QUOTE_NONNUMERIC)
        found = [(each["number"], each["rule"], each["margin"]) for each in numbers]
        assert {type(number) for number, *_ in found} == {float}
        short = [margin for _, rule, margin in found if rule == "enough-authorities"]
        assert -1.0 in short

    def test_a_margin_below_zero_is_text_or_a_number(self, procedure: Procedure) -> None:
        late = in_phase(Phase.SPARRING, procedure)
        decision = late.decide(command("submit-for-qualification", at="2024-04-15 09:12"))
        assert not decision.permitted
        found = rows(run("--format", "csv-findings", DEMO).stdout)
        assert "'-PT12M" in {each["margin"] for each in found}


class TestPictures:
    def test_a_case_has_its_title_and_its_way(self, procedure: Procedure) -> None:
        for make, mark in ((mermaid, "class idea visited"), (dot, 'idea [label="Idea", color=')):
            drawn = make(titled(procedure, "Skybrud på tværs"))
            assert "Skybrud på tværs" in drawn
            assert mark in drawn
            assert mark not in make(procedure)
            assert procedure.title in make(procedure, "da")

    def test_no_text_in_dot_is_an_entity_or_an_escape(self, procedure: Procedure) -> None:
        assert r"A&amp;lt;B \"C\" \\n" in dot(titled(procedure, r'A&lt;B "C" \n'))


class TestCommand:
    def test_without_anything_it_is_the_shipped_procedure_in_mermaid(
        self, procedure: Procedure
    ) -> None:
        assert run().stdout == mermaid(procedure)
        assert run("--lang", "da", "--format", "dot").stdout == dot(procedure, "da")

    @pytest.mark.parametrize("kind", FORMATS)
    def test_every_form_is_written_and_to_a_file_the_same(self, kind: str, tmp_path: Path) -> None:
        given = [DEMO] if FORMATS[kind].of is Of.CASES else []
        to = tmp_path / "out"
        shown, written = (
            run("--format", kind, *given),
            run("--format", kind, *given, "--out", str(to)),
        )
        assert (shown.exit_code, written.exit_code, written.output) == (0, 0, "")
        assert to.read_bytes().decode("utf-8") == shown.stdout_bytes.decode("utf-8") != ""
        again = run("--format", kind, *given, "--out", str(to))
        assert (again.exit_code, again.stdout) == (2, "")
        assert run("--format", kind, *given, "--out", str(to), "--overwrite").exit_code == 0

    def test_what_is_laid_out_by_graphviz_says_that_it_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        answer = run("--format", "bpmn")
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert "bpmn is laid out by what is missing: Graphviz (dot)" in answer.stderr

    def test_cases_of_one_name_are_two_traces(self, tmp_path: Path) -> None:
        again = tmp_path / "again.toml"
        again.write_bytes(Path(DEMO).read_bytes())
        assert run("--format", "xes", DEMO, str(again)).stdout.count("<trace>") == 2

    def test_a_policy_file_and_a_case_are_told_apart(self, tmp_path: Path) -> None:
        file = tmp_path / "policy.toml"
        file.write_text(POLICY.replace('title = "Proc', 'title = "Ann', 1), "utf-8")
        assert 'state "Annedure for' in run(str(file)).stdout
        assert 'state "Skybrud på tværs #40;' in run(DEMO).stdout

    def test_a_schema_is_one_by_its_name_or_all(self) -> None:
        assert json.loads(run("--format", "json-schema", "case").stdout) == schema("case")
        assert [*json.loads(run("--format", "json-schema").stdout)["$defs"]] == [*SCHEMAS]

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (("--format", "csv"), "csv is written of cases: name one or more."),
            (
                ("--format", "ical", DEMO),
                "is a case, and ical is written of a procedure; klimaflow plan",
            ),
            (("--format", "dot", DEMO, DEMO), "dot is written of one thing only: leave out"),
            (
                ("--format", "json-schema", "story"),
                "story: there is no such schema; there are case,",
            ),
            (("no-such",), "no-such: is neither a file nor a shipped procedure"),
            (("a\0b",), "is neither a file nor"),
            ((str(EXAMPLES),), "is not a file"),
            (("--format", "csv", "no-such"), "no-such: is not a file"),
            (("--format", "pdf"), "'pdf' is not one of 'mermaid', 'dot'"),
        ],
    )
    def test_what_cannot_be_written_is_told_in_a_line(
        self, args: tuple[str, ...], said: str
    ) -> None:
        result = run(*args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
