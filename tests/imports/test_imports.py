"""Cases from spreadsheets: the same as from a case file, and every mistake told by its cell."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as clock
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from click.testing import CliRunner, Result
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from klimaflow import CaseError
from klimaflow.case import Case, load_case, parse_case
from klimaflow.cli import commands
from klimaflow.frozenmap import FrozenMap
from klimaflow.imports import case_text, cells
from klimaflow.imports.files import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from klimaflow.imports.template import template
from klimaflow.moments import Moment, moment
from klimaflow.proposal import Budget
from klimaflow.report import Course
from tests.conftest import SHIPPED

DEMO = Path(__file__).parents[2] / "examples/skybrud-paa-tvaers.toml"
BY = "proposer:0751"
IDEA = ["Received", "By", "What", "Title"]
EVENTS = "Modtaget;Af;Handling;Titel;Deltagere;Runde;Beløb;Bidragende part;Gælder til;Opfyldt\n"
FIRST = f"01-02-2024 kl. 10.00;{BY};Registrér ideen;Skybrud på tværs;;;;;;\n"
CONSENT = (
    "10.06.2024 10.00;funder:realdania;Giv godkendelse som bidragende part"
    ";;;;{};realdania;31/12/2024;\n"
)
NOTHING = [None, None]
BOMB = 17 * 1024 * 1024

Rows = list[list[Any]]


def run(*args: str) -> Result:
    return CliRunner().invoke(commands.klimaflow, ["import", *args])


def read(path: Path) -> Case:
    return parse_case(case_text(path, "a-case", SHIPPED))


def problems(path: Path) -> list[str]:
    with pytest.raises(CaseError) as caught:
        case_text(path, "a-case", SHIPPED)
    return [*caught.value.problems]


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a workbook of these sheets, and returns its path."""

    def write(change: Callable[[Any], object] = lambda _: None, /, **sheets: Rows) -> Path:
        found = openpyxl.Workbook()
        found.remove(found.worksheets[0])
        for name, rows in sheets.items():
            sheet = found.create_sheet(name)
            for row in rows:
                sheet.append(row)
        change(found)
        path = tmp_path / "case.xlsx"
        found.save(path)
        return path

    return write


@pytest.fixture
def text(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Return a function that writes a CSV file of events, and returns its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "case.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


class TestTemplate:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_is_a_case_of_which_all_is_permitted(self, tmp_path: Path, lang: str) -> None:
        path, case = tmp_path / "spring.xlsx", tmp_path / "case.toml"
        assert run("--template", str(path), "--lang", lang).output == ""
        assert run(str(path), "--out", str(case)).output == ""
        found = load_case(case)
        assert found.name == "spring"
        course = Course.of(found)
        assert course.permitted
        assert len(course.proposal.participants) == 4
        asked = FrozenMap({"realdania": 1_500_000, "region-syddanmark": 500_000})
        assert course.proposal.budget == Budget(asked, 250_000)

    def test_has_every_heading(self) -> None:
        found = openpyxl.load_workbook(BytesIO(template("da")))
        assert found.sheetnames == ["Hændelser", "Parter", "Budget"]
        assert [each.value for each in found["Budget"][1]] == ["Bidragende part", "Beløb"]


class TestTheSameCase:
    def test_as_the_case_file_of_the_example(self, tmp_path: Path) -> None:
        """All its steps, written to a CSV file as a person would, are read back as they were."""
        example = load_case(DEMO)
        columns = [
            *dict.fromkeys(f.name for s in example.steps for f in attrs.fields(type(s.command)))
        ]
        with (tmp_path / "events.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(["do", *columns])
            for step in example.steps:
                said = {n: _typed(getattr(step.command, n, None)) for n in columns}
                writer.writerow([step.command.do, *said.values()])
        firms = {
            each.id: each
            for step in example.steps
            for each in getattr(step.command, "participants", ())
            if each.kind not in ("municipality", "region")
        }
        rows = [f"{each.id},{each.name},{each.kind}\n" for each in firms.values()]
        (tmp_path / "parter.csv").write_text("Code,Name,Kind\n" + "".join(rows), "utf-8")
        found = read(tmp_path)
        assert [each.command for each in found.steps] == [each.command for each in example.steps]

    def test_of_a_workbook_with_days_times_numbers_and_truth_values(
        self, book: Callable[..., Path]
    ) -> None:
        path = book(
            Events=[
                ["Received", "By", "What", "Title", "Participants", "Criterion", "Met", "Reason"],
                [datetime(2024, 2, 1, 10), BY, "register-idea", 2024],
                [45356.604166666664, BY, "Enlist participants", None, "751; 461;\n1083"],
                [None] * 8,
                [
                    "2024-03-05 09:15",
                    BY,
                    "ASSESS A CRITERION",
                    None,
                    None,
                    "results-open",
                    True,
                    "Ja",
                ],
            ]
        )
        register, enlist, assess = (each.command for each in read(path).steps)
        assert (str(register.at), register.title) == ("2024-02-01 09:00:00+00:00", "2024")  # type: ignore[attr-defined]
        assert str(enlist.at) == "2024-03-05 13:30:00+00:00"
        assert [each.id for each in enlist.participants] == ["0751", "0461", "1083"]  # type: ignore[attr-defined]
        assert assess.met is True  # type: ignore[attr-defined]

    def test_of_numbers_that_a_spreadsheet_made_of_codes_days_and_amounts(
        self, book: Callable[..., Path]
    ) -> None:
        consent = ["2024-06-10 10:00", "funder:realdania", "give-consent"]
        path = book(
            Events=[
                [
                    "Received",
                    "By",
                    "What",
                    "Title",
                    "Participant",
                    "Funder",
                    "Amount",
                    "Valid until",
                ],
                ["2024-02-01 10:00", BY, "register-idea", 7.0],
                ["2024-02-02 10:00", BY, "release-participant", None, 751.0],
                [*consent, *NOTHING, "realdania", 1_500_000.0, 45657],
                [None, "", "   "],
            ]
        )
        idea, release, given = (each.command for each in read(path).steps)
        assert idea.title == "7"  # type: ignore[attr-defined]
        assert release.participant == "0751"  # type: ignore[attr-defined]
        assert given.amount == 1_500_000  # type: ignore[attr-defined]
        assert given.valid_until == date(2024, 12, 31)  # type: ignore[attr-defined]

    def test_of_a_danish_csv_with_semicolons_a_byte_order_mark_and_kroner(
        self, text: Callable[[str | bytes], Path]
    ) -> None:
        for amount in ("1.500.000,00 kr.", "1 500 000", "1500000", "1.500.000,-"):
            (_, found) = read(text("\ufeff" + EVENTS + FIRST + CONSENT.format(amount))).steps
            assert found.command.amount == 1_500_000  # type: ignore[attr-defined]
            assert found.command.valid_until == date(2024, 12, 31)  # type: ignore[attr-defined]

    def test_of_amounts_in_one_cell(self, text: Callable[[str | bytes], Path]) -> None:
        said = f"At,By,What,Contributions,Title\n2024-02-01 10:00,{BY},register-idea,,A\n".replace(
            "At,", "Received,"
        )
        said += (
            f'2024-02-02 10:00,{BY},propose-budget,"realdania: 1,500,000; region-syddanmark: 5",\n'
        )
        _, found = read(text(said)).steps
        assert dict(found.command.contributions) == {  # type: ignore[attr-defined]
            "realdania": 1_500_000,
            "region-syddanmark": 5,
        }


def _typed(value: Any) -> Any:
    """Return a value as it is typed into a cell."""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, tuple):
        return "\n".join(getattr(each, "id", str(each)) for each in value)
    if hasattr(value, "items"):
        return "; ".join(f"{funder}: {amount}" for funder, amount in value.items())
    return value


class TestMistakes:
    def test_all_are_told_by_their_cells_in_the_words_of_the_case_file(
        self, book: Callable[..., Path]
    ) -> None:
        path = book(
            Hændelser=[
                ["Modtaget", "Af", "Handling", "Titel", "Runde", "Deltagere"],
                ["30-02-2024 09:00", BY, "Registrér ideen", "A"],
                [date(2024, 2, 1), "nogen", "Tilmeld deltagere"],
                ["2024-02-02 10:00", BY, "Foreslå et budget", None, "2024-spring"],
                ["2024-02-03 10:00", BY, "Udsæt", None, None],
                ["2024-02-03 10:00", BY, "Tilmeld deltagerne"],
                ["2024-02-03 10:00", BY, "Tilmeld deltagere", None, None, "0751; 9999"],
            ],
            Parter=[["Kode", "Navn", "Art"], ["0751"], ["9999"], ["cvr:1", None, "firma"]],
            Budget=[
                ["Bidragende part", "Beløb"],
                ["realdania", 1.5],
                ["realdania", 2],
                ["Medfinansiering", "ingen"],
            ],
        )
        found = problems(path)
        said = {problem.partition(": ")[0]: problem.partition(": ")[2] for problem in found}
        assert len(said) == len(found), found
        expected = {
            "Hændelser!A2": "'2024-02-30 09:00' is not a time",
            "Hændelser!A3": "'2024-02-01' is not a time",
            "Hændelser!B3": "'nogen' is no actor",
            "Hændelser!E4": "is not a key here",
            "Hændelser!E5": "is missing",
            "Hændelser!5": "Begrundelse: is missing",
            "Hændelser!C6": "'Tilmeld deltagerne' is no command",
            "Parter!A3": "'9999' is not the code of a Danish municipality or region",
            "Parter!B4": "is missing",
            "Parter!C4": "'firma' is none of",
            "Budget!A3": "'realdania' stands twice",
            "Budget!B4": "expected a whole number",
        }
        assert said.keys() == expected.keys()
        assert [each for each, begin in expected.items() if not said[each].startswith(begin)] == []

    @pytest.mark.parametrize(
        ("sheets", "told"),
        [
            ({"Noter": [["x"]]}, "Noter: is no sheet that is read here"),
            ({"Events": [IDEA], "Hændelser": [IDEA]}, "Hændelser: is there already"),
            ({"Budget": [["Funder", "Amount"]]}, "there is no sheet Events or Hændelser"),
            ({"Events": [[*IDEA, "Titel"]]}, "Events!E1: 'Titel' stands twice"),
            (
                {"Events": [[*IDEA, "Tittle"]]},
                "Events!E1: 'Tittle' is no heading; did you mean",
            ),
            (
                {"Events": [[*IDEA, "Q"]]},
                "Events!E1: 'Q' is no heading; the headings are",
            ),
            ({"Events": [IDEA, [*IDEA, "x"]]}, "Events!E1: a column with something in it has no"),
            ({}, "there is no sheet"),
        ],
    )
    def test_of_sheets_and_headings(
        self, book: Callable[..., Path], sheets: dict[str, Rows], told: str
    ) -> None:
        change = (lambda found: found.create_sheet("Sheet1")) if not sheets else (lambda _: None)
        assert problems(book(change, **sheets))[0].startswith(told)

    def test_a_value_of_another_type_is_told_as_in_a_case_file(
        self, book: Callable[..., Path]
    ) -> None:
        heading = ["Received", "By", "What", "Title", "Need", "Elements", "Granted", "Reason"]
        path = book(
            Events=[
                [*heading, None],
                [True, BY, "describe", None, True, 1.5, None, None],
                ["2024-02-02 10:00", "secretariat:kl", "amend-grant", *NOTHING, None, 1.5, "x"],
                ["2024-02-02 10:00", "secretariat:kl", "amend-grant", *NOTHING, None, "a; b", "x"],
                [clock(9), BY, "register-idea", "A"],
            ],
            Parties=[["Code", "Name", "Kind"], [None, "Nobody", "company"]],
        )
        found = {each.partition(": ")[0] for each in problems(path)}
        assert {
            "Events!A2",
            "Events!E2",
            "Events!F2",
            "Events!G3",
            "Events!G4",
            "Events!A5",
        } <= found

    def test_a_number_with_a_point_or_an_exponent_is_whole_if_it_is(self) -> None:
        """A spreadsheet may store 1500000 as 1.5E6; openpyxl itself never does."""
        assert (cells.text(7.0), cells.amount(1.5e6, "da")) == ("7", 1_500_000)

    @pytest.mark.parametrize(
        ("number", "day"),
        [(36_525, None), (36_526, "2000-01-01"), (73_050, "2099-12-31"), (73_051, None)],
    )
    def test_a_number_is_a_day_of_this_century(self, number: int, day: str | None) -> None:
        assert cells.in_case(number, date, "en") == (day or number)
        assert cells.in_case(number, Moment, "en") == (f"{day} 00:00" if day else number)

    def test_a_time_is_written_as_in_a_case_file(self, book: Callable[..., Path]) -> None:
        for at, told in (
            (datetime(2024, 2, 1, 10), "2024-02-01 10:00"),
            (datetime(2024, 2, 1, 10, 0, 30), "2024-02-01 10:00:30"),
        ):
            path = book(Events=[IDEA, [at, BY, "register-idea", at]])
            text = case_text(path, "a-case", SHIPPED)
            assert text.count(f'= "{told}"') == 2, text

    def test_an_empty_column_without_a_heading_is_none(self, book: Callable[..., Path]) -> None:
        heading = ["Received", "By", None, "What", "Title"]
        path = book(Events=[heading, ["2024-02-01 10:00", BY, None, "register-idea", "A"]])
        assert len(read(path).steps) == 1

    def test_a_party_without_a_code_is_told(self, book: Callable[..., Path]) -> None:
        path = book(
            Events=[IDEA, ["2024-02-01 10:00", BY, "enlist-participants"]],
            Parties=[["Code", "Name", "Kind"], [None, "Nobody", "company"]],
        )
        assert problems(path) == ["Parties!A2: is missing"]

    def test_an_amount_in_parts_of_a_krone_is_not_rounded(
        self, text: Callable[[str | bytes], Path]
    ) -> None:
        for amount in ("1.500,50", "1,500.00", "1.50.0", "½", "-5", "1e6"):
            (found,) = problems(text(EVENTS + FIRST + CONSENT.format(amount)))
            assert found.startswith("Events!G3: "), amount


class TestWhatNobodyVouchesFor:
    def test_a_bomb_is_not_unpacked(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b" " * BOMB)
        assert problems(path) == [
            "unpacks to more than 16 MiB: remove what is not part of the table"
        ]

    def test_an_archive_that_lies_about_its_size_is_no_workbook(self, tmp_path: Path) -> None:
        path = tmp_path / "lies.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", b" " * BOMB)
            archive.infolist()[0].file_size = 10
        assert problems(path) == ["is not a workbook that can be read: BadZipFile"]

    @pytest.mark.parametrize(
        "body",
        [
            '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><workbook>&b;</workbook>',
            '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><workbook>&a;</workbook>',
            "<workbook",
            "",
        ],
    )
    def test_entities_and_broken_parts_are_refused(
        self, book: Callable[..., Path], tmp_path: Path, body: str
    ) -> None:
        path = tmp_path / "other.xlsx"
        good = zipfile.ZipFile(book(Events=[IDEA]))
        with zipfile.ZipFile(path, "w") as archive:
            for name in good.namelist():
                part = good.read(name)
                archive.writestr(name, body if name == "xl/worksheets/sheet1.xml" else part)
        (found,) = problems(path)
        assert found.startswith("is not a workbook that can be read: ")

    @pytest.mark.parametrize("reference", ["A1000000000", "ZZZ2", "A1048576"])
    def test_a_cell_far_away_is_not_waited_for(
        self, book: Callable[..., Path], tmp_path: Path, reference: str
    ) -> None:
        good, path = zipfile.ZipFile(book(Events=[IDEA, ["x"]])), tmp_path / "far.xlsx"
        row = reference.lstrip("AZ")
        with zipfile.ZipFile(path, "w") as archive:
            for name in good.namelist():
                part = good.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    part = part.replace(b'<row r="2"', f'<row r="{row}"'.encode())
                    part = part.replace(b'<c r="A2"', f'<c r="{reference}"'.encode())
                archive.writestr(name, part)
        assert problems(path)[0].startswith("Events: goes beyond ")

    def test_a_million_rows_are_refused(self, text: Callable[[str | bytes], Path]) -> None:
        assert problems(text(EVENTS + "x\n" * 1_000_000)) == [
            "goes beyond row 5000: remove the rows below the table"
        ]
        assert problems(text(EVENTS + "x\n" * 2_000_000)) == ["is larger than 2048 KiB"]

    def test_a_file_may_be_as_large_as_is_read_and_no_larger(
        self, text: Callable[[str | bytes], Path]
    ) -> None:
        content = (EVENTS + FIRST).encode()
        lines, rest = divmod(MOST_BYTES - len(content), 1_000)
        content += (b" " * 999 + b"\n") * lines + b" " * rest
        assert len(content) == MOST_BYTES
        assert len(read(text(content)).steps) == 1
        assert problems(text(content + b" ")) == ["is larger than 2048 KiB"]

    @pytest.mark.parametrize(
        ("more", "told"),
        [(0, "is not a workbook that can be read: "), (1, "unpacks to more than 16 MiB: ")],
    )
    def test_a_workbook_may_unpack_to_what_is_read_and_no_more(
        self, tmp_path: Path, more: int, told: str
    ) -> None:
        path = tmp_path / "large.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for size in (16 * 1024 * 1024 - 5, 5 + more):
                archive.writestr(f"xl/{size}.xml", b" " * size)
        assert problems(path)[0].startswith(told)

    def test_rows_and_columns_up_to_the_last_that_is_read(
        self, text: Callable[[str | bytes], Path]
    ) -> None:
        blank = "\n" * (MOST_ROWS - 2)
        assert len(read(text(EVENTS + FIRST + blank)).steps) == 1
        (found,) = problems(text(EVENTS + FIRST + blank + "\n"))
        assert found == "goes beyond row 5000: remove the rows below the table"
        wide = "x".rjust(MOST_COLUMNS, ";")
        assert problems(text(EVENTS + FIRST + wide)) == [
            "Events!CV1: a column with something in it has no heading"
        ]
        assert problems(text(EVENTS + FIRST + ";" + wide)) == ["goes beyond 100 columns in row 3"]

    def test_more_steps_than_a_case_may_have_are_refused(
        self, text: Callable[[str | bytes], Path]
    ) -> None:
        (found,) = problems(text(EVENTS + FIRST * 1001))
        assert found == "step: has more than 1,000 entries"

    def test_what_is_merged_an_error_or_a_formula_without_a_value_is_named(
        self, book: Callable[..., Path]
    ) -> None:
        def merge(found: Any) -> None:
            found["Events"].merge_cells("D2:D3")

        row = ["2024-02-01 10:00", BY, "register-idea"]
        path = book(merge, Events=[IDEA, [*row, "A"], row, [*row, "=1+1"], [*row, "#REF!"]])
        assert problems(path) == [
            "Events!D2:D3: cells are merged: write the value in each of them",
            "Events!D4: is a formula without a stored value: "
            "save it in a spreadsheet program, or type a value",
            "Events!D5: is the error #REF!",
        ]

    def test_what_is_hidden_is_named_unless_it_is_empty(self, book: Callable[..., Path]) -> None:
        def hide(found: Any) -> None:
            found["Budget"].sheet_state = "hidden"
            found.create_sheet("Empty").sheet_state = "hidden"
            for row in (3, 4, 9):
                found["Events"].row_dimensions[row].hidden = True
            for column in "CG":
                found["Events"].column_dimensions[column].hidden = True

        row = ["2024-02-01 10:00", BY, "register-idea", "A"]
        path = book(hide, Events=[IDEA, row, row, [None]], Budget=[["Funder", "Amount"]])
        assert problems(path) == [
            "Events!3: is hidden: show it, or remove it",
            "Events!C:C: is hidden: show it, or remove it",
            "Budget: is hidden: show it, or remove it",
        ]

    def test_days_that_are_counted_from_1904_are_the_same_days(
        self, book: Callable[..., Path]
    ) -> None:
        """As old workbooks of a Mac do; LibreOffice keeps it."""

        def count(found: Any) -> None:
            found.epoch = CALENDAR_MAC_1904

        at = datetime(2024, 2, 1, 10)
        (step,) = read(book(count, Events=[IDEA, [at, BY, "register-idea", "A"]])).steps
        assert step.command.at == moment("2024-02-01 10:00")

    def test_a_formula_is_the_value_that_was_stored(
        self, book: Callable[..., Path], tmp_path: Path
    ) -> None:
        row = ["2024-02-01 10:00", BY, "register-idea", "=1+1"]
        good, path = zipfile.ZipFile(book(Events=[IDEA, row])), tmp_path / "stored.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            for name in good.namelist():
                archive.writestr(name, good.read(name).replace(b"<v></v>", b"<v>7</v>"))
        (step,) = read(path).steps
        assert step.command.title == "7"  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ((EVENTS + FIRST).encode("cp1252"), "is not UTF-8 text: save it as “CSV UTF-8”"),
            ((EVENTS + FIRST).encode("utf-16"), "is not UTF-8 text: save it as “CSV UTF-8”"),
            (b"", "there is no sheet Events or Hændelser"),
            (b"\x00\x01\x02", "Events!A1: "),
            (b'Received,By\n"a', "line 2 is not CSV: unexpected end of data"),
            (b"," * 200 + b"x", "goes beyond 100 columns in row 1"),
        ],
    )
    def test_a_csv_file_that_is_none(
        self, text: Callable[[str | bytes], Path], content: bytes, told: str
    ) -> None:
        assert problems(text(content))[0].startswith(told)

    def test_a_bad_file_of_a_folder_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "events.csv").write_bytes(b"\xff")
        assert problems(tmp_path) == ["events.csv: is not UTF-8 text: save it as “CSV UTF-8”"]
        (tmp_path / "budget.csv").mkdir()
        (found,) = problems(tmp_path)
        assert "budget.csv' is not a file, but a folder" in found

    def test_a_name_that_is_none(self) -> None:
        (found,) = problems(Path("x" * 5000))
        assert "cannot be read: File name too long" in found

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("no-such.xlsx", "is not a file"),
            ("text.xlsx", "is not an .xlsx workbook"),
            ("old.xls", "is neither an .xlsx workbook, a .csv file, nor a folder of .csv files"),
            ("new.zip", "is neither an .xlsx workbook, a .csv file, nor a folder of .csv files"),
            (".", "has no .csv files"),
            ("a\0b.csv", "is not a file"),
        ],
    )
    def test_a_file_of_another_kind(self, tmp_path: Path, name: str, told: str) -> None:
        for written in ("text.xlsx", "old.xls", "new.zip"):
            (tmp_path / written).write_text("x")
        result = run(str(tmp_path / name) if "\0" not in name else name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert told in result.stderr


class TestCommand:
    def test_a_mistake_is_a_line_with_its_file_and_cell(self, text: Callable[[str], Path]) -> None:
        path = text("Received,By,What\nnow,x,start\n")
        result = run(str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        first, second = result.stderr.splitlines()
        assert first.startswith(f"{path}: Events!A2: 'now' is not a time")
        assert second.startswith(f"{path}: Events!B2: 'x' is no actor")

    def test_nothing_is_written_over_or_half(
        self, tmp_path: Path, text: Callable[[str], Path]
    ) -> None:
        path, out = text("Received,By,What\nnow,x,start\n"), tmp_path / "case.toml"
        assert run(str(path), "--out", str(out)).exit_code == 2
        assert not out.exists()
        book = tmp_path / "new.xlsx"
        assert run("--template", str(book)).exit_code == 0
        before = book.read_bytes()
        assert "is there already" in run("--template", str(book)).stderr
        assert book.read_bytes() == before
        assert run(str(book), "--name", "Et spor", "--out", str(out)).exit_code == 0
        assert load_case(out).name == "Et spor"

    def test_one_of_file_and_template_is_named(self, tmp_path: Path) -> None:
        for args in ((), ("a.csv", "--template", "b.xlsx")):
            assert "Name the spreadsheet FILE, or write one" in run(*args).stderr
        assert "it ends in .xlsx" in run("--template", "a.ods").stderr

    def test_an_unknown_procedure_is_told(self, text: Callable[[str], Path]) -> None:
        result = run(str(text(EVENTS + FIRST)), "--procedure", "klimaalliancen-2025")
        assert "procedure: 'klimaalliancen-2025' is neither a shipped procedure" in result.stderr
