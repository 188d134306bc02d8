"""Faults in the facts that rules compare, in how events are obeyed, and in what funds carry."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.faults.fault import Fault


def code_faults() -> Iterator[Fault]:
    files = tomllib.loads(Path(__file__).with_name("code.toml").read_text("utf-8"))
    equivalent = files.pop("equivalent")
    for file, faults in files.items():
        for name, words in faults.items():
            pairs = zip(words[::2], words[1::2], strict=True)
            yield Fault(name, file, tuple(pairs), equivalent.pop(name, ""))
    assert not equivalent, f"of no fault: {equivalent}"


CODE_FAULTS = (*code_faults(),)
