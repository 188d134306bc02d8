"""Schemathesis puts what the host's OpenAPI says to the host, and to bad twins of it.

All its checks are asked but one: that valid data is accepted. What the schemas let through and
klimaflow cannot read, a date that does not exist or a code that is nobody's, is 422 on purpose.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from schemathesis.engine import events, from_schema
from sqlalchemy import create_engine

from docs.hosts import fastapi_host as host
from klimaflow import CaseError, Phase, Procedure, copenhagen
from klimaflow.commands import RegisterIdea
from klimaflow.store import Store
from tests.conftest import PROPOSER
from tests.store.databases import brought, course

KNOWN = "2024-7"


@pytest.fixture
def app(url: str, procedure: Procedure) -> Iterator[FastAPI]:
    """The host, whose caller may speak for anybody, with a case before the committee."""
    engine = create_engine(url)
    app = host.create_app(engine, procedure)
    app.dependency_overrides[host.caller] = lambda: lambda actor: True
    app.dependency_overrides[host.now] = lambda: copenhagen("2024-05-30 13:00")
    brought(Store(engine, procedure), KNOWN, *course(procedure, Phase.COMMITTEE_DECISION))
    yield app
    engine.dispose()


def fuzzed(
    app: FastAPI,
    path: str,
    examples: int,
    *,
    mode: str = "all",
    coverage: bool = False,
    case: str | None = None,
) -> tuple[Counter[int], set[str]]:
    """Return how often each status was answered, and the names of the checks that failed."""
    settings: dict[str, Any] = {
        "generation": {
            "deterministic": True,
            "max-examples": examples,
            "mode": mode,
            "no-shrink": True,
        },
        "checks": {"positive_data_acceptance": {"enabled": False}},
        "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": coverage}},
    }
    if case is not None:
        settings["parameters"] = {"path.case": case}
    config = schemathesis.Config.from_dict(settings)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    statuses: Counter[int] = Counter()
    failed: set[str] = set()
    for event in from_schema(schema.include(path_regex=path)).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failed.add(type(event).__name__)
        if isinstance(event, events.ScenarioFinished):
            kept = event.recorder
            statuses.update(
                e.response.status_code for e in kept.interactions.values() if e.response
            )
            failed |= {each.name for of in kept.checks.values() for each in of if each.failure_info}
    return statuses, failed


class TestTheHost:
    @pytest.mark.parametrize("url", ["sqlite"], indirect=True)
    def test_it_answers_as_its_openapi_says_whatever_is_asked(self, app: FastAPI) -> None:
        statuses, failed = fuzzed(app, "decisions|history|possible", 10, coverage=True)
        assert failed == set()
        assert {404, 405, 422} <= statuses.keys()
        assert sum(statuses.values()) > 200

    def test_it_does_so_for_a_case_that_goes_on(self, app: FastAPI, procedure: Procedure) -> None:
        statuses, failed = fuzzed(app, "commands|possible", 60, case=KNOWN)
        assert failed == set()
        assert {200, 409, 422} <= statuses.keys()
        assert Store(app.state.engine, procedure).verify() == []


def undocumented(app: FastAPI) -> None:
    app.exception_handlers[CaseError] = lambda *_: JSONResponse({}, 418)


def of_another_shape(app: FastAPI) -> None:
    wrong = JSONResponse({"oops": 1}, 422, media_type="application/problem+json")
    app.exception_handlers[CaseError] = lambda *_: wrong


def of_another_type(app: FastAPI) -> None:
    plain = {"type": "about:blank", "title": "no", "status": 422}
    app.exception_handlers[CaseError] = lambda *_: JSONResponse(plain, 422)


def failing(app: FastAPI) -> None:
    app.exception_handlers[CaseError] = lambda request, _: host.answered(
        request, host.Problem("failed")
    )


def raising(app: FastAPI) -> None:
    app.exception_handlers[CaseError] = lambda request, _: host.answered(
        request, host.Problem("on purpose")
    )


def credulous(app: FastAPI) -> None:
    idea = RegisterIdea(title="Ja", by=PROPOSER, at="2024-05-30 13:00")
    app.dependency_overrides[host.asked] = lambda: idea


class TestBadTwins:
    """Each has one fault, and the check that is for it says so."""

    @pytest.mark.parametrize("url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize(
        ("spoil", "check"),
        [
            (undocumented, "status_code_conformance"),
            (of_another_shape, "response_schema_conformance"),
            (of_another_type, "content_type_conformance"),
            (failing, "not_a_server_error"),
            (raising, "NonFatalError"),
            (credulous, "negative_data_rejection"),
        ],
    )
    def test_it_is_found(self, app: FastAPI, spoil: Callable[[FastAPI], None], check: str) -> None:
        spoil(app)
        _, failed = fuzzed(app, "decisions", 10, mode="negative", case=KNOWN)
        assert check in failed
