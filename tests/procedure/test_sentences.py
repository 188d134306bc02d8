"""The classes beside this file quote the document: all of what the policy file cites."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from klimaflow import Procedure


def quoted() -> dict[str, str]:
    """Return the sentence that each class of this folder quotes, by the class's name."""
    trees = [ast.parse(path.read_text("utf-8")) for path in Path(__file__).parent.glob("test_*.py")]
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    return {each.name: " ".join((ast.get_docstring(each) or "").split()) for each in classes}


def cited(value: Any) -> Iterator[str]:
    """Yield every quotation within a procedure's table."""
    if isinstance(value, dict):
        yield from [value["quote"]] if "quote" in value else []
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from cited(each)


def test_every_class_quotes_a_sentence_and_no_two_the_same() -> None:
    sentences = quoted()
    assert "" not in sentences.values()
    assert len(set(sentences.values())) == len(sentences) > 15


def test_every_passage_that_the_policy_file_rests_on_is_quoted(procedure: Procedure) -> None:
    table = procedure.to_dict()
    del table["not_encoded"]
    passages = set(cited(table))
    assert len(passages) > 15
    for passage in passages:
        normal = " ".join(passage.split())
        assert any(normal in sentence for sentence in quoted().values()), passage
