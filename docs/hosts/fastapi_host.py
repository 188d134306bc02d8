"""A host: klimaflow behind HTTP with FastAPI, on the host's own connection and transaction.

Replace `caller`, which lets nobody in, by your own session. Leave `now` as it is: a command was
received when your clock says so, not when its sender does.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import attrs
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from starlette.exceptions import HTTPException

from klimaflow import CaseError, Decision, Procedure
from klimaflow.case import parse_command
from klimaflow.commands import Command, RegisterIdea
from klimaflow.errors import Conflict, KeyReused
from klimaflow.exports import schema
from klimaflow.parties import Actor
from klimaflow.store import Answer, Store, prepare
from klimaflow.store.registration import RULE as OF_REGISTRATION

router = APIRouter()

OWN = MetaData()
RECEIVED = Table(
    "received", OWN, Column("key", String(100), primary_key=True), Column("at", String)
)
"""The host's own table: when a request was first received. Repeated, it is still the same one."""
INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

# The problems of RFC 9457.

PROBLEMS = {
    "nobody": (401, "Nobody is logged in", "Ingen er logget ind"),
    "foreign": (403, "You do not speak for this actor", "Du taler ikke for denne aktør"),
    "no-such-case": (404, "There is no such case", "Sagen findes ikke"),
    "refused": (409, "The procedure does not permit it", "Proceduren tillader det ikke"),
    "changed": (412, "The case is at another version", "Sagen har en anden version"),
    "garbled": (400, "The body cannot be decoded", "Indholdet kan ikke afkodes"),
    "unreadable": (422, "The request cannot be read", "Anmodningen kan ikke læses"),
    "key-reused": (422, "The key stands for another request", "Nøglen tilhører en anden anmodning"),
    "failed": (500, "Something failed here", "Noget gik galt her"),
}


class Problem(Exception):
    """Ends a request with one of `PROBLEMS`; `members` say more."""

    def __init__(self, kind: str, **members: Any) -> None:
        self.kind, self.members = kind, members


def answered(request: Request, problem: Problem) -> JSONResponse:
    """Return a problem as the caller reads it."""
    status, *titles = PROBLEMS[problem.kind]
    title = titles[language(request) == "da"]
    return _problem(status, f"urn:klimaflow:problem:{problem.kind}", title, **problem.members)


def _problem(status: int, of: str, title: str, **members: Any) -> JSONResponse:
    content = {"type": of, "title": title, "status": status, **members}
    return JSONResponse(content, status, media_type="application/problem+json")


def of_http(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 400:
        return answered(request, Problem("garbled"))
    response = _problem(error.status_code, "about:blank", error.detail)
    response.headers.update(error.headers or {})
    return response


def of_fastapi(request: Request, error: RequestValidationError) -> JSONResponse:
    problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return answered(request, Problem("unreadable", problems=problems))


def of_case(request: Request, error: CaseError) -> JSONResponse:
    return answered(request, Problem("unreadable", problems=error.problems))


def of_version(request: Request, error: Conflict) -> JSONResponse:
    return answered(request, Problem("changed", detail=str(error)))


def of_key(request: Request, error: KeyReused) -> JSONResponse:
    return answered(request, Problem("key-reused"))


def of_the_rest(request: Request, error: Exception) -> JSONResponse:
    return answered(request, Problem("failed"))


HANDLERS: dict[Any, Any] = {
    Problem: answered,
    HTTPException: of_http,
    RequestValidationError: of_fastapi,
    CaseError: of_case,
    Conflict: of_version,
    KeyReused: of_key,
    Exception: of_the_rest,
}


# What a request has: who asks, when, in which language, on which connection.


def caller() -> Callable[[Actor], bool]:
    """Return what tells for which actors the session speaks; this one speaks for nobody."""
    raise Problem("nobody")


def now() -> datetime:
    return datetime.now(UTC)


def language(request: Request) -> str:
    """Return `da` if the caller would rather read Danish than English, else `en`."""
    wanted = request.headers.get("accept-language", "").lower()
    found = re.findall(r"(?:^|,)\s*(da|en)\b[^,;]*(?:;\s*q=([01](?:\.[0-9]{1,3})?))?", wanted)
    weights = {lang: float(weight or 1) for lang, weight in reversed(found)}
    return "da" if weights.get("da", 0) > weights.get("en", 0) else "en"


def connection(request: Request) -> Iterator[Connection]:
    """Give a connection; what is not committed on it is undone."""
    with request.app.state.engine.connect() as opened:
        yield opened


Speaks = Annotated[Callable[[Actor], bool], Depends(caller)]
Now = Annotated[datetime, Depends(now)]
Language = Annotated[str, Depends(language)]
Opened = Annotated[Connection, Depends(connection, scope="function")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern="^[!-~]{1,100}$")]
Version = Annotated[str | None, Header(alias="If-Match", pattern='^"[0-9]{1,9}"$')]
CaseId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,50}$")]


def store(request: Request, opened: Opened) -> Store:
    return Store(opened, request.app.state.procedure)


def asked(request: Request, body: Annotated[Any, Body()], speaks: Speaks, at: Now) -> Command:
    """Return what is asked of an actor for whom the caller speaks, received by our clock."""
    if isinstance(body, Mapping):
        if "at" in body:
            raise Problem("unreadable", problems=["at: our clock says when it was received"])
        body = {**body, "at": at.isoformat()}
    command = parse_command(body, request.app.state.procedure)
    if not speaks(command.by):
        raise Problem("foreign", detail=str(command.by))
    return command


Asked = Annotated[Command, Depends(asked)]
Cases = Annotated[Store, Depends(store, scope="function")]


# What OpenAPI says is taken from klimaflow's own schemas.


HEADING = ("$schema", "$id", "$defs")


def _plain(part: Any, named: Mapping[str, Any]) -> Any:
    """Return a part of a schema with what it refers to in its place."""
    if isinstance(part, list):
        return [_plain(each, named) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _plain(named[part["$ref"].removeprefix("#/$defs/")], named)
    return {key: _plain(each, named) for key, each in part.items() if key not in HEADING}


def _schema(of: str) -> Any:
    found = schema(of)
    return _plain(found, found.get("$defs", {}))


def _without_at(table: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: each for name, each in table["properties"].items() if name != "at"}
    required = [name for name in table["required"] if name != "at"]
    return {**table, "properties": properties, "required": required}


def _table(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


STEP = _schema("case")["properties"]["step"]["items"]
RECORDS = _schema("records")
RECORDS["items"] = {
    "anyOf": [*RECORDS.pop("prefixItems"), RECORDS["items"]]
}  # tools know no tuples
COMMAND = {"oneOf": [_without_at(each["then"]) for each in STEP["allOf"]]}
FOLLOWED = _schema("follow")["properties"]["steps"]["items"]["properties"]
VERDICT = {name: FOLLOWED[name] for name in ("permitted", "refused_by", "remarks", "findings")}
RULES = [*VERDICT["refused_by"]["items"]["enum"], OF_REGISTRATION]
VERDICT["findings"]["items"]["properties"]["rule"]["enum"] = RULES
VERDICT["refused_by"]["items"]["enum"] = VERDICT["remarks"]["items"]["enum"] = RULES
ANSWER = _table(**VERDICT, version={"type": "integer"}, repeated={"type": "boolean"})
OPTIONS = {"type": "array", "items": _table(do=FOLLOWED["do"], **VERDICT)}
ACTOR = COMMAND["oneOf"][0]["properties"]["by"]
TEXT = {"type": "string"}
PROBLEM = _table(type=TEXT, title=TEXT, status={"type": "integer"})
PROBLEM["properties"] |= {
    "detail": TEXT,
    "problems": {"type": "array", "items": TEXT},
    "answer": ANSWER,
}


def _content(of: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"content": {kind: {"schema": of}}}


def _responses(of: Any, *kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of an answer, and of the problems that there may be."""
    statuses = {PROBLEMS[kind][0]: kind for kind in ("nobody", "unreadable", "failed", *kinds)}
    problem = _content(PROBLEM, "application/problem+json")
    answers: dict[int | str, dict[str, Any]] = {200: {"description": "answered", **_content(of)}}
    return answers | {each: {"description": kind, **problem} for each, kind in statuses.items()}


BODY = {"requestBody": {"required": True, **_content(COMMAND)}}
OF_A_COMMAND = ("garbled", "foreign", "no-such-case", "changed")


# The four operations.


@router.post(
    "/cases/{case}/commands",
    responses=_responses(ANSWER, "refused", *OF_A_COMMAND),
    openapi_extra=BODY,
)
def submit(
    case: CaseId,
    command: Asked,
    cases: Cases,
    opened: Opened,
    lang: Language,
    key: Key = None,
    version: Version = None,
) -> JSONResponse:
    """Do a command, once for each key; a refusal is a problem that has the findings."""
    if key is not None:
        command = attrs.evolve(command, at=_first_received(opened, key, command.at))
    answer = _executed(cases, case, command, version, key)
    if not answer.permitted:
        raise Problem("refused", answer=_told(answer, lang))
    opened.commit()
    return JSONResponse(_told(answer, lang), headers=_tag(answer.version))


@router.post(
    "/cases/{case}/decisions", responses=_responses(ANSWER, *OF_A_COMMAND), openapi_extra=BODY
)
def decide(
    case: CaseId, command: Asked, cases: Cases, lang: Language, version: Version = None
) -> JSONResponse:
    """Say what would become of a command: it is done, and not committed."""
    return JSONResponse(_told(_executed(cases, case, command, version), lang))


@router.get("/cases/{case}/history", responses=_responses(RECORDS, "no-such-case"))
def history(case: CaseId, cases: Cases, speaks: Speaks) -> JSONResponse:
    """Give the records of a case; its version is the `ETag`, for `If-Match`."""
    version = _existing(cases, case)
    return JSONResponse(cases.history(case).to_records(), headers=_tag(version))


@router.get("/cases/{case}/possible", responses=_responses(OPTIONS, "foreign", "no-such-case"))
def possible(
    case: CaseId,
    by: Annotated[str, Query(json_schema_extra=ACTOR)],
    cases: Cases,
    speaks: Speaks,
    at: Now,
    lang: Language,
) -> JSONResponse:
    """Say what an actor may do now, and what is missing for the rest."""
    if not speaks(Command(at=at, by=by).by):
        raise Problem("foreign", detail=by)
    _existing(cases, case)
    options = cases.history(case).possible(at=at, by=by)
    told = [(each.do, each.decision) for each in options]
    return JSONResponse([{"do": do, **_verdict(of, of.findings, lang)} for do, of in told])


def _existing(cases: Store, case: str) -> int:
    version = cases.version(case)
    if not version:
        raise Problem("no-such-case", detail=case)
    return version


def _first_received(opened: Connection, key: str, at: datetime) -> datetime:
    """Return when the request of this key was first received: now, unless it was committed."""
    insert = INSERT[opened.dialect.name](RECEIVED)
    opened.execute(insert.values(key=key, at=at.isoformat()).on_conflict_do_nothing())
    first = opened.scalars(select(RECEIVED.c.at).where(RECEIVED.c.key == key)).one()
    return datetime.fromisoformat(first)


def _executed(
    cases: Store, case: str, command: Command, version: str | None, key: str | None = None
) -> Answer:
    if not isinstance(command, RegisterIdea):
        _existing(cases, case)
    expected = None if version is None else int(version.strip('"'))
    return cases.execute(case, command, key=key, expected_version=expected)


def _told(answer: Answer, lang: str) -> dict[str, Any]:
    """Return an answer; the findings of one that is repeated were told the first time."""
    found: list[Any] = [] if answer.decision is None else [*answer.decision.findings]
    if answer.registration is not None:  # asked by the store, which alone knows when it recorded
        found.append(answer.registration)
    verdict = _verdict(answer, found, lang)
    return {**verdict, "version": answer.version, "repeated": answer.repeated}


def _verdict(of: Answer | Decision, findings: Iterable[Any], lang: str) -> dict[str, Any]:
    return {
        "permitted": of.permitted,
        "refused_by": of.refused_by,
        "remarks": of.remarks,
        "findings": [each.to_dict(lang) for each in findings],
    }


def _tag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def create_app(engine: Engine, procedure: Procedure) -> FastAPI:
    """Return the host on a database of SQLite or PostgreSQL, with its tables."""
    if engine.dialect.name == "sqlite":
        prepare(engine)
    Store(engine, procedure).create()
    OWN.create_all(engine)
    app = FastAPI(title="klimaflow", exception_handlers=HANDLERS)
    app.state.engine, app.state.procedure = engine, procedure
    app.include_router(router)
    return app
