"""Tells mutmut that a function called while its module is imported stands under every test.

Mutmut runs only the tests that it saw call a function, and credits a call at import to whichever
test came first: the tables that are built at import would seem all but untested.
"""

import pytest
from mutmut.state import state

AT_IMPORT = pytest.StashKey[frozenset[str]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    session.stash[AT_IMPORT] = frozenset(state()._stats)


def pytest_runtest_setup(item: pytest.Item) -> None:
    state()._stats.update(item.session.stash[AT_IMPORT])
