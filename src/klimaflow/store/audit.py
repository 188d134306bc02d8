"""Check an export of a store, with nothing but Python: `python audit.py EXPORT [CHECKPOINT]`.

It shares no line with the code that writes the format, and imports nothing of it. It prints what is
wrong, a line for each case, and ends with 1 if anything is, with 2 if a file cannot be read.
What it cannot see without a checkpoint: an end that was cut off, and a chain that was written anew
as a whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["audit", "main"]

Row = dict[str, Any]


def hashed(tag: str, *parts: bytes) -> bytes:
    """Return SHA-256 over tag, algorithm and parts, each after its length in eight octets."""
    framed = [tag.encode(), b"sha-256", *parts]
    joined = b"".join(len(part).to_bytes(8, "big") + part for part in framed)
    return hashlib.sha256(joined).digest()


def commitment(salt: str, value: str) -> str:
    """Return the commitment to a text: RFC 8785 writes a text as JSON does, in UTF-8."""
    text = json.dumps(value, ensure_ascii=False)
    return hashed("klimaflow.value.v1", bytes.fromhex(salt), text.encode()).hex()


def audit(lines: Iterable[str], checkpoint: Row | None = None) -> list[str]:
    """Return what is wrong with the lines of an export, one sentence for each case."""
    rows: dict[str, list[Row]] = {"export": [], "procedure": [], "proposal": [], "entry": []}
    for line in lines:
        row = json.loads(line)
        rows[row["line"]].append(row)
    if [row.get("format") for row in rows["export"]] != ["klimaflow.export.v1"]:
        return ["this is no export of the form klimaflow.export.v1"]
    return [*_procedures(rows["procedure"]), *_cases(rows, checkpoint)]


def _procedures(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        if hashlib.sha256(base64.b64decode(row["content"])).hexdigest() != row["sha256"]:
            yield f"procedure {row['id']}: the content is not that of its SHA-256"


def _cases(rows: dict[str, list[Row]], checkpoint: Row | None) -> Iterator[str]:
    proposals = {row["case_id"]: row for row in rows["proposal"]}
    known = {row["sha256"] for row in rows["procedure"]}
    heads: Row = {} if checkpoint is None else checkpoint["heads"]
    if checkpoint is not None and _root(heads) != checkpoint["root"]:
        yield "the heads of the checkpoint are not those of its root"
    entries: dict[str, list[Row]] = {case: [] for case in (*proposals, *heads)}
    for row in rows["entry"]:
        entries.setdefault(row["case_id"], []).append(row)
    for case, those in sorted(entries.items()):
        try:
            _case(case, those, proposals[case], heads.get(case), known)
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            yield f"{case}: {error}"


def _case(case: str, entries: list[Row], proposal: Row, head: Row | None, known: set[str]) -> None:
    """Raise `AssertionError` with the first thing that is wrong with a case."""
    before, number, missing, erased = hashed("klimaflow.case.v1", case.encode()), 0, set(), set()
    for position, row in enumerate(entries, start=1):
        stored = base64.b64decode(row["body"])
        before = hashed("klimaflow.entry.v1", before, stored)
        body = json.loads(stored)
        _hold(before.hex() == row["hash"], position, "the hash is not that of the body")
        place = (body["case"], body["position"], body["kind"])
        columns = (case, position, row["kind"])
        _hold(
            place == columns == (row["case_id"], row["position"], place[2]), position, "misplaced"
        )
        _hold(body["recorded_at"] == row["recorded_at"], position, "another time of record")
        _hold(body["procedure"] in known, position, "its procedure is not here")
        if body["kind"] == "event":
            number += 1
            _hold(body["record"]["number"] == row["number"] == number, position, "misnumbered")
        missing |= {(position, path) for path in _missing(position, body, row["beside"])}
        paths = body.get("erased", {}).items()
        erased |= {(int(place), path) for place, listed in paths for path in listed}
        if head is not None and position == head["length"]:
            _hold(row["hash"] == head["hash"], position, "the checkpoint has another hash")
    _hold(head is None or len(entries) >= head["length"], len(entries), "the end is cut off")
    _hold(missing <= erased, len(entries), "a value is missing and was not erased on the record")
    stated = (proposal["length"], proposal["head"], proposal["version"])
    _hold(stated == (len(entries), before.hex(), number), len(entries), "the proposal disagrees")


def _hold(so: bool, position: int, otherwise: str) -> None:
    if not so:
        raise AssertionError(f"position {position}: {otherwise}")


def _missing(position: int, body: Row, beside: str) -> list[str]:
    """Return the paths of commitments without a value; the values that are there must fit."""
    stored = base64.b64decode(beside)
    values, found = json.loads(stored), dict(_commitments(body, ""))
    written = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    _hold(written.encode() == stored, position, "the values are not in canonical form")
    _hold(values.keys() <= found.keys(), position, "a value of nothing")
    for path, each in values.items():
        salt = bytes.fromhex(each["salt"]).hex() == each["salt"]  # no capitals, no blanks
        fits = salt and commitment(each["salt"], each["value"]) == found[path]
        _hold(fits, position, f"{path} is not what was recorded")
    return [path for path in found if path not in values]


def _commitments(value: Any, path: str) -> Iterator[tuple[str, str]]:  # what JSON holds
    if isinstance(value, dict) and value.keys() == {"commitment"}:
        yield path, value["commitment"]
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            yield from _commitments(each, f"{path}/{key}")


def _root(heads: Row) -> str:
    """Return the root of the Merkle tree of RFC 9162 over the heads, in the order of the ids."""
    leaves = []
    for case in sorted(heads, key=str.encode):
        length, head = heads[case]["length"].to_bytes(8, "big"), bytes.fromhex(heads[case]["hash"])
        parts = (b"klimaflow.head.v1", b"sha-256", case.encode(), length, head)
        leaves.append(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
    return _tree(leaves).hex()


def _tree(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1  # the largest power of two below their number
    left, right = _tree(leaves[:half]), _tree(leaves[half:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def main(arguments: list[str]) -> int:
    """Audit the files that are named; return the exit status."""
    try:
        with open(arguments[0], encoding="utf-8") as export:
            lines = export.readlines()
        checkpoint = None
        if len(arguments) > 1:
            with open(arguments[1], encoding="utf-8") as file:
                checkpoint = json.load(file)
        found = audit(lines, checkpoint)
    except (IndexError, OSError, KeyError, TypeError, ValueError) as error:
        sys.stderr.write(f"cannot be read: {error!r}\n")
        return 2
    sys.stdout.writelines(f"{each}\n" for each in found or ["sound"])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
