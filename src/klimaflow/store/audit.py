"""Verifies an export of a store, and a checkpoint, with nothing but Python.

    python audit.py EXPORT [CHECKPOINT]

It prints the first thing that is wrong with each case, a line each, and ends with status 1; where
nothing is, it prints `sound` and ends with 0. Status 2 is a file that cannot be read.

It was written from docs/reference/store-tables.md, by somebody who had not read the store's code.
It does not fold the cases: whether a phase follows from the entries, `Store.verify` says.
"""

import base64
import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["audit", "main"]

EXPORT, CHECKPOINT, ALGORITHM = "klimaflow.export.v1", "klimaflow.checkpoint.v1", "sha-256"
KINDS = {"event": ("record", "event"), "refusal": ("command", "do"), "erasure": (None, None)}
LINES = ("procedure", "proposal", "entry")
HEAD = {"line": "export", "format": EXPORT, "algorithm": ALGORITHM}

_HASH = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")
Table = dict[str, Any]


class Wrong(ValueError):
    """Something is not as it must be; the message says what."""


def audit(lines: Iterable[str], checkpoint: Mapping[str, Any] | None = None) -> list[str]:
    """Return what is wrong, the first thing of each case as `case: position n: what`.

    `lines` are those of an export. Raises `ValueError` for lines that are none.
    """
    rows = _rows(lines)
    wrong = [*_procedures(rows["procedure"])]
    procedures = {str(row.get("sha256")) for row in rows["procedure"]}
    entries, proposals = _by_case(rows["entry"]), _by_case(rows["proposal"])
    names = sorted({*entries, *proposals})
    cases = {name: _Case(name, entries[name], proposals[name], procedures) for name in names}
    wrong += [each.wrong for each in cases.values() if each.wrong]
    if checkpoint is not None:
        wrong += _against(cases, checkpoint)
    return [_shown(each) for each in wrong]


def main(arguments: list[str]) -> int:
    """Verify the files that are named; return the exit status."""
    if len(arguments) not in (1, 2):
        sys.stderr.write("usage: audit.py EXPORT [CHECKPOINT]\n")
        return 2
    try:
        export, *kept = (Path(each).read_text("utf-8") for each in arguments)
        checkpoint = _table(kept[0]) if kept else None
        wrong = audit(export.removesuffix("\n").split("\n"), checkpoint)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{each}\n" for each in wrong) or "sound\n")
    return 1 if wrong else 0


def _shown(text: str) -> str:
    """Return a text as it can be printed: an export may hold anything."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _table(text: str | bytes) -> Table:
    """Return the table that a JSON text is; raise `Wrong` for anything else."""
    try:
        table = JSON.decode(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError):
        raise Wrong("is no JSON of whole numbers in which each key stands once") from None
    if not isinstance(table, dict):
        raise Wrong("is no table")
    return table


def _unique(pairs: list[tuple[str, Any]]) -> Table:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice")
    return table


JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_float=int, parse_constant=int)
"""Reads whole numbers only: `int` refuses the text of any other."""


def _octets(text: Any) -> bytes:
    with suppress(TypeError, ValueError):
        octets = base64.b64decode(text, validate=True)
        if base64.b64encode(octets).decode() == text:
            return octets
    raise Wrong("has octets that are no base64")


def _canonical(value: Any) -> bytes:
    """Return a value in the form of RFC 8785; a store keeps no fractions."""
    try:
        return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":")).encode()
    except (UnicodeEncodeError, RecursionError):
        raise Wrong("has a value without a canonical form") from None


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _sorted(value[key]) for key in keys}
    if isinstance(value, list):
        return [_sorted(each) for each in value]
    return value


def _canonical_table(octets: bytes) -> Table:
    table = _table(octets)
    if _canonical(table) != octets:
        raise Wrong("is not in canonical form")
    return table


def _rows(lines: Iterable[str]) -> dict[str, list[Table]]:
    """Return the rows of an export by what they are of; raise `Wrong` for what is none."""
    rows: dict[str, list[Table]] = {name: [] for name in ("export", *LINES)}
    for number, line in enumerate(lines, start=1):
        try:
            row = _table(line)
            rows[row["line"]].append(row)
        except (Wrong, KeyError, TypeError):
            raise Wrong(f"line {number}: is no line of an export") from None
        if number == 1 and {**row, **HEAD} != row:
            raise Wrong(f"line 1: is not the head of {EXPORT}")
    if len(rows["export"]) != 1:
        raise Wrong("it has no head, or several")
    return rows


def _by_case(rows: list[Table]) -> defaultdict[str, list[Table]]:
    found = defaultdict(list)
    for row in rows:
        found[str(row.get("case_id"))].append(row)
    return found


def _procedures(rows: list[Table]) -> Iterator[str]:
    """Yield what is wrong with procedures: each is its content, whose hash names it."""
    hashes = [row.get("sha256") for row in rows]
    for row in rows:
        try:
            content = _octets(row.get("content"))
            if hashlib.sha256(content).hexdigest() != row.get("sha256"):
                raise Wrong("its content has another hash")
            if hashes.count(row["sha256"]) != 1:
                raise Wrong("it stands twice")
            table = _canonical_table(content)
            one, other = ([each.get("id"), each.get("edition")] for each in (table, row))
            if json.dumps(one) != json.dumps(other):
                raise Wrong("its content has another id or edition")
        except Wrong as error:
            yield f"procedure {row.get('sha256')}: {error}"


def _framed(tag: str, *parts: bytes) -> bytes:
    every = (tag.encode(), ALGORITHM.encode(), *parts)
    return b"".join(len(part).to_bytes(8, "big") + part for part in every)


def _hashed(tag: str, *parts: bytes) -> bytes:
    return hashlib.sha256(_framed(tag, *parts)).digest()


def _tree(leaves: list[bytes]) -> bytes:
    """Return the root of the Merkle tree of RFC 9162, section 2.1.1."""
    if len(leaves) < 2:
        return hashlib.sha256(b"".join(b"\0" + leaf for leaf in leaves)).digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _tree(leaves[:left]) + _tree(leaves[left:])).digest()


class _Case:
    """What is stored of one case, and the first thing that is wrong with it, if anything is."""

    def __init__(
        self, name: str, entries: list[Table], proposals: list[Table], procedures: set[str]
    ) -> None:
        self.name, self.procedures = name, procedures
        self.bodies: list[Table] = []
        self.hashes: list[str] = []
        self.wrong: str | None = None
        position = self.records = 0
        self.head = _hashed("klimaflow.case.v1", name.encode("utf-8", "surrogatepass"))
        try:
            for position, row in enumerate(entries, start=1):
                self._take(position, row)
            erased = self._erased()
            for position, row in enumerate(entries, start=1):
                _values(self.bodies[position - 1], row, erased[str(position)])
            self._proposal(proposals)
        except Wrong as error:
            self.wrong = f"{name}: position {position}: {error}"

    def _take(self, position: int, row: Table) -> None:
        """Take the next entry: its hash, its form, its columns, its place."""
        octets = _octets(row.get("body"))
        self.head = _hashed("klimaflow.entry.v1", self.head, octets)
        if row.get("hash") != self.head.hex():
            raise Wrong("the hash is not that of what is stored")
        body = _canonical_table(octets)
        if body.get("case") != self.name or json.dumps(body.get("position")) != str(position):
            raise Wrong("an entry is missing, doubled or out of order")
        _columns(row, body)
        self._in_its_place(body)
        self.bodies.append(body)
        self.hashes.append(self.head.hex())

    def _in_its_place(self, body: Table) -> None:
        event = body["kind"] == "event"
        self.records += event
        if event and json.dumps(body["record"].get("number")) != str(self.records):
            raise Wrong("a record is missing, doubled or out of order")
        if body["kind"] == "refusal" and json.dumps(body.get("version")) != str(self.records):
            raise Wrong("it was refused at another version")
        if str(body.get("procedure")) not in self.procedures:
            raise Wrong("its procedure is missing")
        if self.bodies and _instant(body) < _instant(self.bodies[-1]):
            raise Wrong("it was recorded before the entry before it")

    def _erased(self) -> dict[str, set[str]]:
        """Return the paths that were erased on the record, by position."""
        erased: dict[str, set[str]] = {}
        for position, body in enumerate(self.bodies, start=1):
            told = _table_in(body, "erased") if body["kind"] == "erasure" else {}
            for place, paths in told.items():
                if place not in erased or not isinstance(paths, list):
                    raise Wrong(f"entry {position} erases what was not there")
                erased[place].update(map(str, paths))
            erased[str(position)] = set()
        return erased

    def _proposal(self, proposals: list[Table]) -> None:
        if len(proposals) != 1 or not self.bodies:
            raise Wrong("it has entries without a proposal, a proposal without, or several")
        (row,) = proposals
        last = self.bodies[-1]
        holds = last["procedure"]
        if last["kind"] == "event" and last["record"].get("event") == "ProcedureChanged":
            holds = _table_in(_table_in(last["record"], "said"), "after").get("sha256")
        expected = {
            "length": len(self.bodies),
            "head": self.hashes[-1],
            "version": self.records,
            "procedure": holds,
            "opened_under": self.bodies[0]["procedure"],
            "recorded_at": last["recorded_at"],
        }
        for column, value in expected.items():
            if json.dumps(row.get(column)) != json.dumps(value):
                raise Wrong(f"the proposal's {column} is not that of the entries")


def _table_in(table: Table, name: str) -> Table:
    found = table.get(name)
    if not isinstance(found, dict):
        raise Wrong(f"its {name} is no table")
    return found


def _instant(body: Table) -> datetime:
    try:
        return datetime.fromisoformat(body["recorded_at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Wrong("its recorded_at is no time") from None


def _columns(row: Table, body: Table) -> None:
    """Hold the columns against the body; each kind of entry has its time and name elsewhere."""
    kind = str(body.get("kind"))
    if kind not in KINDS:
        raise Wrong("its kind is none")
    inner, name = KINDS[kind]
    table = _table_in(body, inner) if inner else body
    expected = {
        "case_id": body["case"],
        "position": body["position"],
        "kind": kind,
        "number": table.get("number") if kind == "event" else None,
        "name": table.get(name) if name else kind,
        "at": table.get("at"),
        "recorded_at": body.get("recorded_at"),
    }
    for column, value in expected.items():
        if column not in row or json.dumps(row[column]) != json.dumps(value):
            raise Wrong(f"its column {column} is not what its body says")
    hashes = [body.get(each, "0" * 64) for each in ("key", "request")]
    if ("key" in body) != ("request" in body) or not all(map(_is_hash, hashes)):
        raise Wrong("its key and its request are not two hashes")


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and bool(_HASH.fullmatch(value))


def _values(body: Table, row: Table, erased: set[str]) -> None:
    """Hold each commitment against its value, which is there unless it was erased."""
    beside = _canonical_table(_octets(row.get("beside")))
    committed = dict(_commitments(body, ""))
    if strange := sorted({*beside, *erased} - {*committed}):
        raise Wrong(f"there is no commitment at {strange[0]}")
    for path, commitment in committed.items():
        if (path in beside) == (path in erased):
            there = "still there" if path in beside else "missing and was not erased on the record"
            raise Wrong(f"the value at {path} is {there}")
        if path in beside:
            _discloses(beside[path], commitment, path)
    _acts_as(body, beside)


def _commitments(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield each commitment with its path: the keys and places from the body down."""
    if not isinstance(value, dict | list):
        return
    if isinstance(value, dict) and [*value] == ["commitment"]:
        if not _is_hash(value["commitment"]):
            raise Wrong(f"the commitment at {path} is no hash")
        yield path, value["commitment"]
        return
    places = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in places:
        yield from _commitments(each, f"{path}/{key}")


def _discloses(found: Any, commitment: str, path: str) -> None:
    salt = found.get("salt") if isinstance(found, dict) else None
    if not isinstance(salt, str) or not _SALT.fullmatch(salt) or {*found} != {"salt", "value"}:
        raise Wrong(f"what stands at {path} is no salt and value")
    hashed = _hashed("klimaflow.value.v1", bytes.fromhex(salt), _canonical(found["value"]))
    if hashed.hex() != commitment:
        raise Wrong(f"the value at {path} is not the one that was recorded")


def _acts_as(body: Table, beside: Table) -> None:
    """Hold what is left of an actor whose person is sealed against the whole actor."""
    inner, _ = KINDS[body["kind"]]
    table = body[inner] if inner else body
    sealed = isinstance(table.get("by"), dict)
    if sealed != ("as" in table):
        raise Wrong("an actor is sealed without what is left of it, or the reverse")
    path = f"/{inner}/by" if inner else "/by"
    if path in beside and not str(beside[path]["value"]).startswith(f"{table['as']}/"):
        raise Wrong("an actor is not of the organisation that is left of it")


def _against(cases: Mapping[str, _Case], checkpoint: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a checkpoint has otherwise; cases that are wrong already are not told again."""
    try:
        heads = _heads(checkpoint)
    except Wrong as error:
        yield f"checkpoint: {error}"
        return
    for name, (length, found) in heads.items():
        hashes = cases[name].hashes if name in cases else []
        if name in cases and cases[name].wrong:
            continue
        if len(hashes) < length:
            yield f"{name}: position {len(hashes)}: the end is cut off"
        elif hashes[length - 1] != found:
            yield f"{name}: position {length}: it was written anew after the checkpoint"


def _heads(checkpoint: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Return the length and the last hash of each case, if they are those of the root."""
    if [checkpoint.get(each) for each in ("format", "algorithm")] != [CHECKPOINT, ALGORITHM]:
        raise Wrong(f"it is none of {CHECKPOINT}")
    heads = {}
    for name, head in _table_in(dict(checkpoint), "heads").items():
        length = head.get("length") if isinstance(head, dict) else None
        if type(length) is not int or not 0 < length < 1 << 63 or not _is_hash(head.get("hash")):
            raise Wrong(f"the head of {name} is none")
        heads[name] = (length, head["hash"])
    leaves = [
        _framed("klimaflow.head.v1", name.encode(), length.to_bytes(8, "big"), bytes.fromhex(last))
        for name, (length, last) in sorted(heads.items(), key=lambda each: each[0].encode())
    ]
    if _tree(leaves).hex() != checkpoint.get("root"):
        raise Wrong("the root is not that of its heads")
    return heads


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
