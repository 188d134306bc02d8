"""Pages of every kind, as files for a browser to show."""

from pathlib import Path

import pytest

from tests.browser.shown import PAGES, VALUES, in_notebook


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each page."""
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PAGES.items():
        (folder / f"{name}.html").write_text(make(), "utf-8")
    for name, make in VALUES.items():
        (folder / f"notebook-{name}.html").write_text(in_notebook(make()), "utf-8")
    return folder
