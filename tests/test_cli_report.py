"""`klimaflow report`: which page is written where, and what is not written."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from klimaflow.cli import commands
from tests.conftest import POLICY
from tests.test_tables import Seen

EXAMPLES = Path(__file__).parent.parent / "examples"
DEMO = str(EXAMPLES / "skybrud-paa-tvaers.toml")
AT = ("--at", "2025-02-01 09:00")


def run(*args: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(commands.klimaflow, [str(a) for a in args])


def written(page: Path, *args: str | Path) -> str:
    """Return the page that a command writes: it says nothing and ends with status 0."""
    result = run("report", *args, "--html", page, *AT)
    assert (result.exit_code, result.output) == (0, "")
    return page.read_text("utf-8")


def refused(*args: str | Path) -> list[str]:
    """Return the lines of a refusal: status 2, nothing on standard output."""
    result = run("report", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr.splitlines()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


class TestOneCase:
    def test_its_page_has_its_title_and_its_language(self, page: Path) -> None:
        english, danish = (
            written(page.with_name(f"{lang}.html"), DEMO, "--lang", lang) for lang in ("en", "da")
        )
        assert "Skybrud på tværs (opdigtet eksempel)" in Seen(english).texts
        assert '<html lang="en">' in english
        assert '<html lang="da">' in danish
        assert "What is missing, and who must act" in english
        assert "Hvad der mangler, og hvem der skal handle" in danish

    def test_the_same_case_at_the_same_moment_gives_the_same_page(self, page: Path) -> None:
        assert written(page, DEMO) == written(page.with_name("again.html"), DEMO)

    def test_a_refused_step_is_no_reason_to_fail(self, page: Path) -> None:
        assert "12 minutes late" in written(page, DEMO)

    def test_without_a_moment_it_is_planned_from_now(self, page: Path) -> None:
        assert run("report", DEMO, "--html", page).exit_code == 0


class TestManyCases:
    def test_a_folder_is_a_portfolio_of_the_case_files_in_it(
        self, page: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "cases"
        shutil.copytree(EXAMPLES, folder)
        (folder / "policy.toml").write_text(POLICY, "utf-8")
        (folder / "a.story.toml").write_text("no story", "utf-8")
        texts = Seen(written(page, folder)).texts
        assert "3 cases, as they stand on Saturday 1 February 2025 at 09:00." in texts
        assert {"Started ", "Rejected ", "Withdrawn "} <= set(texts)

    def test_files_and_folders_may_be_mixed_and_no_case_is_counted_twice(self, page: Path) -> None:
        texts = Seen(written(page, EXAMPLES, DEMO)).texts
        assert "3 cases, as they stand on Saturday 1 February 2025 at 09:00." in texts

    def test_a_folder_of_one_case_is_a_portfolio_too(self, page: Path, tmp_path: Path) -> None:
        folder = tmp_path / "cases"
        folder.mkdir()
        shutil.copy(DEMO, folder)
        assert "The tracks of Klimaalliancen" in Seen(written(page, folder)).texts

    def test_what_the_cases_draw_together_is_added_up(self, page: Path, tmp_path: Path) -> None:
        folder = tmp_path / "cases"
        folder.mkdir()
        for number in range(2):
            shutil.copy(DEMO, folder / f"{number}.toml")
        texts = Seen(written(page, folder)).texts
        assert texts.count("DKK 3,000,000") == 1
        assert texts.count("DKK 600,000") == 1


class TestWhatIsNotWritten:
    def test_a_file_that_is_there_stays_unless_it_may_be_replaced(self, page: Path) -> None:
        page.write_text("mine", "utf-8")
        (line,) = refused(DEMO, "--html", page, *AT)
        assert line == f"{page}: is there already: choose another name, or say --overwrite"
        assert page.read_text("utf-8") == "mine"
        assert "Skybrud" in written(page, DEMO, "--overwrite")

    def test_nothing_is_left_beside_a_page(self, page: Path) -> None:
        written(page, DEMO)
        written(page, DEMO, "--overwrite")
        assert [*page.parent.iterdir()] == [page]

    @pytest.mark.parametrize("may", [(), ("--overwrite",)])
    def test_a_place_that_is_none_is_told(self, tmp_path: Path, may: tuple[str, ...]) -> None:
        (line,) = refused(DEMO, "--html", tmp_path / "no" / "page.html", *may, *AT)
        assert "cannot be written" in line

    def test_the_problems_of_all_cases_are_told_at_once(self, page: Path, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / f"{name}.toml").write_text('case = ""\n', "utf-8")
        lines = refused(tmp_path, DEMO, "--html", page, *AT)
        assert {line.partition(":")[0] for line in lines} == {
            str(tmp_path / f"{name}.toml") for name in ("a", "b")
        }
        assert len(lines) > 2
        assert not page.exists()

    def test_a_folder_without_cases_is_told(self, page: Path, tmp_path: Path) -> None:
        (line,) = refused(tmp_path, "--html", page)
        assert line == f"{tmp_path}: has no case files: *.toml with a `case` in it"

    def test_a_file_that_cannot_be_read_is_no_missing_case(
        self, page: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "broken.toml").write_bytes(b"case = \xff")
        (line, *_) = refused(tmp_path, "--html", page)
        assert line.startswith(str(tmp_path / "broken.toml"))

    def test_a_moment_before_the_last_step_is_refused_for_each_case(self, page: Path) -> None:
        lines = refused(EXAMPLES, "--html", page, "--at", "2024-02-01 10:00")
        assert len(lines) == 3
        assert all("say a later moment with --at" in line for line in lines)
        assert not page.exists()

    def test_at_the_last_step_itself_it_is_written(self, page: Path) -> None:
        last = "2025-01-13 08:00"
        assert run("report", DEMO, "--html", page, "--at", last).exit_code == 0
        (line,) = refused(DEMO, "--html", page, "--overwrite", "--at", "2025-01-13 07:59:59.999999")
        assert "2025-01-13T08:00:00+01:00" in line

    def test_a_page_must_have_a_name(self) -> None:
        result = run("report", DEMO)
        assert result.exit_code == 2
        assert "--html" in result.stderr
