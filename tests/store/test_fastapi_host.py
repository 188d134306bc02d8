"""The host of docs/how-to/embed-with-fastapi.md: what it answers, on both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from time import sleep
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from sqlalchemy import create_engine, select

from docs.hosts import fastapi_host as host
from klimaflow import History, Procedure, copenhagen
from klimaflow.exports import schema
from klimaflow.parties import Actor
from klimaflow.store import Store
from tests.store.databases import registering

IDEA = {"do": "register-idea", "title": "Skybrud på tværs", "by": "proposer:0751"}
LATE = {"do": "submit-for-qualification", "round": "2024-spring", "by": "proposer:0751"}
COMMANDS = "/cases/2024-7/commands"
PROBLEM = "application/problem+json"


class Surroundings:
    """Who is logged in at the host, and what time it is there."""

    def __init__(self) -> None:
        self.organisation, self.now = "0751", "2024-04-15 08:12"

    def caller(self) -> Callable[[Actor], bool]:
        return lambda actor: actor.organisation == self.organisation


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


@pytest.fixture
def app(url: str, procedure: Procedure, around: Surroundings) -> Iterator[FastAPI]:
    engine = create_engine(url)
    app = host.create_app(engine, procedure)
    app.dependency_overrides[host.caller] = around.caller
    app.dependency_overrides[host.now] = lambda: copenhagen(around.now)
    yield app
    engine.dispose()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def problem(response: httpx2.Response, status: int, kind: str) -> Any:
    """Return a problem of this kind, as RFC 9457 writes it."""
    content = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM), content
    assert (content["status"], content["type"]) == (status, f"urn:klimaflow:problem:{kind}")
    Draft202012Validator(host.PROBLEM).validate(content)
    return content


class TestSubmit:
    def test_what_is_permitted_is_done_and_committed(
        self, client: TestClient, app: FastAPI, procedure: Procedure
    ) -> None:
        response = client.post(COMMANDS, json=IDEA)
        assert (response.status_code, response.headers["etag"]) == (200, '"1"')
        assert response.json()["permitted"] is True
        stored = Store(app.state.engine, procedure).history("2024-7")
        assert stored.proposal.title == "Skybrud på tværs"
        assert stored.events[0].at == copenhagen("2024-04-15 08:12")

    def test_a_refusal_is_a_problem_with_the_findings_and_changes_nothing(
        self, client: TestClient, around: Surroundings
    ) -> None:
        client.post(COMMANDS, json=IDEA)
        around.now = "2024-04-15 09:12"
        answer = problem(client.post(COMMANDS, json=LATE), 409, "refused")["answer"]
        assert answer["refused_by"] == ["before-qualification-deadline"]
        (late,) = [each for each in answer["findings"] if each["rule"] == answer["refused_by"][0]]
        assert late["margin"] == "-PT12M"
        assert "12 minutes late" in late["because"]
        assert late["source"]["quote"].endswith("Mandag 15. april kl. 9.00")
        assert client.get("/cases/2024-7/history").headers["etag"] == '"1"'

    @pytest.mark.parametrize(("strength", "status"), [("binding", 409), (None, 200)])
    def test_what_the_store_has_against_it_is_told_too(
        self, client: TestClient, app: FastAPI, strength: str | None, status: int
    ) -> None:
        app.state.procedure = registering(60, strength)
        response = client.post(COMMANDS, json=IDEA)
        answer = response.json()
        if status == 409:
            answer = problem(response, 409, "refused")["answer"]
        Draft202012Validator(host.ANSWER).validate(answer)
        assert (response.status_code, answer["permitted"]) == (status, status == 200)
        told = answer["refused_by"] if status == 409 else answer["remarks"]
        assert told == ["registered-in-time"]
        (late,) = [each for each in answer["findings"] if each["rule"] == "registered-in-time"]
        assert (late["holds"], late["source"]["quote"]) == (False, "Journalpligt.")
        assert late["margin"].startswith("-P")

    @pytest.mark.parametrize(
        ("asked", "title", "words"),
        [
            ("da", "Proceduren tillader det ikke", "12 minutter for sent"),
            ("de, en;q=0.2, da-DK;q=0.3", "Proceduren tillader det ikke", "12 minutter for sent"),
            ("en, da;q=0.9", "The procedure does not permit it", "12 minutes late"),
            ("da;q=0", "The procedure does not permit it", "12 minutes late"),
            ("", "The procedure does not permit it", "12 minutes late"),
        ],
    )
    def test_it_is_said_in_the_language_that_the_caller_reads(
        self, client: TestClient, around: Surroundings, asked: str, title: str, words: str
    ) -> None:
        client.post(COMMANDS, json=IDEA)
        around.now = "2024-04-15 09:12"
        response = client.post(COMMANDS, json=LATE, headers={"Accept-Language": asked})
        assert problem(response, 409, "refused")["title"] == title
        assert words in response.text

    def test_nobody_is_let_in_until_the_host_says_who_calls(
        self, client: TestClient, app: FastAPI
    ) -> None:
        del app.dependency_overrides[host.caller]
        problem(client.post(COMMANDS, json=IDEA), 401, "nobody")
        problem(client.get("/cases/2024-7/history"), 401, "nobody")

    def test_a_caller_speaks_for_nobody_else(
        self, client: TestClient, around: Surroundings
    ) -> None:
        foreign = {**IDEA, "by": "proposer:0461"}
        problem(client.post(COMMANDS, json=foreign), 403, "foreign")
        problem(client.get("/cases/2024-7/possible", params={"by": "dgo:midt"}), 403, "foreign")
        around.organisation = "0461"
        assert client.post(COMMANDS, json=foreign).status_code == 200

    def test_a_case_that_there_is_not_is_not_found(self, client: TestClient) -> None:
        problem(client.post(COMMANDS, json=LATE), 404, "no-such-case")
        problem(client.post("/cases/2024-7/decisions", json=LATE), 404, "no-such-case")
        problem(client.get("/cases/2024-7/history"), 404, "no-such-case")
        response = client.get("/cases/2024-7/possible", params={"by": "proposer:0751"})
        problem(response, 404, "no-such-case")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
class TestWhatCannotBeRead:
    def test_every_mistake_is_named_with_its_path(self, client: TestClient) -> None:
        spoilt = {
            "do": "propose-budget",
            "by": "aarhus",
            "contributions": {"realdania": -1},
            "x": 1,
        }
        problems = problem(client.post(COMMANDS, json=spoilt), 422, "unreadable")["problems"]
        assert [each.partition(":")[0] for each in problems] == [
            "x",
            "by",
            "contributions.realdania",
        ]

    def test_the_sender_does_not_say_when_it_was_received(self, client: TestClient) -> None:
        early = {**LATE, "at": "2024-04-01 10:00"}
        (said,) = problem(client.post(COMMANDS, json=early), 422, "unreadable")["problems"]
        assert said.startswith("at: ")

    def test_a_criterion_that_the_procedure_does_not_have(self, client: TestClient) -> None:
        judged = {"do": "assess-criterion", "criterion": "beauty", "met": True, "reason": "It is."}
        response = client.post(COMMANDS, json={**judged, "by": "dgo:0751"})
        (said,) = problem(response, 422, "unreadable")["problems"]
        assert said.startswith("criterion: beauty is none of ")

    @pytest.mark.parametrize("body", [b"[]", b"{", b"null", b'"\\ud800"', b'{"do": NaN}'])
    def test_a_body_that_is_no_command(self, client: TestClient, body: bytes) -> None:
        response = client.post(COMMANDS, content=body, headers={"Content-Type": "application/json"})
        problem(response, 422, "unreadable")

    @pytest.mark.parametrize("body", [b"\xff", b"[" * 100_000])
    def test_a_body_that_cannot_be_decoded(self, client: TestClient, body: bytes) -> None:
        response = client.post(COMMANDS, content=body, headers={"Content-Type": "application/json"})
        problem(response, 400, "garbled")

    @pytest.mark.parametrize(
        "headers", [{"If-Match": "1"}, {"If-Match": '"-1"'}, {"Idempotency-Key": "a b"}]
    )
    def test_a_header_that_is_none(self, client: TestClient, headers: dict[str, str]) -> None:
        response = client.post(COMMANDS, json=IDEA, headers=headers)
        (said,) = problem(response, 422, "unreadable")["problems"]
        assert said.startswith(f"header.{next(iter(headers))}: ")

    def test_what_is_nowhere_is_a_problem_too(self, client: TestClient) -> None:
        for response, status in ((client.get("/x"), 404), (client.get(COMMANDS), 405)):
            assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
        assert client.get(COMMANDS).headers["allow"] == "POST"

    def test_a_failure_of_ours_says_nothing_of_what_is_inside(
        self, client: TestClient, app: FastAPI
    ) -> None:
        app.state.procedure = None
        assert problem(client.post(COMMANDS, json=IDEA), 500, "failed").keys() == {
            "type",
            "title",
            "status",
        }


class TestTheSameRequestTwice:
    def test_it_counts_once_though_the_clock_went_on(
        self, client: TestClient, around: Surroundings
    ) -> None:
        client.post(COMMANDS, json=IDEA)
        headers = {"Idempotency-Key": "letter-17"}
        first = client.post(COMMANDS, json=LATE, headers=headers)
        around.now = "2024-04-15 09:12"
        again = client.post(COMMANDS, json=LATE, headers=headers)
        assert (first.status_code, again.status_code) == (200, 200)
        assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
        assert first.headers["etag"] == again.headers["etag"] == '"2"'

    def test_a_key_does_not_carry_another_command_back_in_time(
        self, client: TestClient, around: Surroundings
    ) -> None:
        headers = {"Idempotency-Key": "letter-17"}
        client.post(COMMANDS, json=IDEA, headers=headers)
        around.now = "2024-04-15 09:12"
        problem(client.post(COMMANDS, json=LATE, headers=headers), 422, "key-reused")
        assert client.get("/cases/2024-7/history").headers["etag"] == '"1"'

    def test_a_refusal_leaves_its_key_free(
        self, client: TestClient, app: FastAPI, around: Surroundings
    ) -> None:
        client.post(COMMANDS, json=IDEA)
        around.now = "2024-04-15 09:12"
        problem(
            client.post(COMMANDS, json=LATE, headers={"Idempotency-Key": "letter-17"}),
            409,
            "refused",
        )
        with app.state.engine.connect() as connection:
            assert connection.execute(select(host.RECEIVED)).all() == []

    def test_eight_at_once_count_once(self, client: TestClient) -> None:
        client.post(COMMANDS, json=IDEA)
        together = Barrier(8)

        def ask(_: int) -> httpx2.Response:
            together.wait()
            return client.post(COMMANDS, json=LATE, headers={"Idempotency-Key": "letter-17"})

        with ThreadPoolExecutor(8) as pool:
            answers = [each.json() for each in pool.map(ask, range(8))]
        assert sorted(each["repeated"] for each in answers) == [False, *[True] * 7]
        assert {each["version"] for each in answers} == {2}


class TestTheVersion:
    def test_what_was_seen_must_still_be_so(self, client: TestClient) -> None:
        assert client.post(COMMANDS, json=IDEA, headers={"If-Match": '"0"'}).status_code == 200
        stale = client.post(COMMANDS, json=LATE, headers={"If-Match": '"0"'})
        problem(stale, 412, "changed")
        tag = client.get("/cases/2024-7/history").headers["etag"]
        assert client.post(COMMANDS, json=LATE, headers={"If-Match": tag}).status_code == 200


class TestWithoutDoingAnything:
    def test_a_decision_is_what_submitting_would_answer_and_leaves_nothing(
        self, client: TestClient, around: Surroundings
    ) -> None:
        client.post(COMMANDS, json=IDEA)
        would = client.post("/cases/2024-7/decisions", json=LATE).json()
        assert (would["permitted"], would["version"]) == (True, 2)
        assert client.get("/cases/2024-7/history").headers["etag"] == '"1"'
        around.now = "2024-04-15 09:12"
        refused = client.post("/cases/2024-7/decisions", json=LATE)
        assert (refused.status_code, refused.json()["permitted"]) == (200, False)
        assert refused.json() == client.post(COMMANDS, json=LATE).json()["answer"]

    def test_the_history_is_its_records(self, client: TestClient, procedure: Procedure) -> None:
        client.post(COMMANDS, json=IDEA)
        client.post(COMMANDS, json=LATE)
        records = client.get("/cases/2024-7/history").json()
        Draft202012Validator(schema("records")).validate(records)
        history = History.from_records(records, procedure)
        assert [each.command.do for each in history.decisions()] == [
            "register-idea",
            "submit-for-qualification",
        ]

    def test_what_is_possible_is_said_for_an_actor_at_this_moment(
        self, client: TestClient, around: Surroundings
    ) -> None:
        client.post(COMMANDS, json=IDEA)

        def permitted() -> set[str]:
            asked = client.get("/cases/2024-7/possible", params={"by": "proposer:0751"})
            return {each["do"] for each in asked.json() if each["permitted"]}

        assert "submit-for-qualification" in permitted()
        around.now = "2024-12-01 10:00"
        assert "submit-for-qualification" not in permitted()


def test_it_runs_on_a_real_server(app: FastAPI) -> None:
    config = uvicorn.Config(app, port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert client.post(COMMANDS, json=IDEA).status_code == 200
            assert client.get("/cases/2024-7/history").headers["etag"] == '"1"'
            assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
    finally:
        server.should_exit = True
        thread.join()
