"""The table of all forms in which something is exported; a row here is a form of the command."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from klimaflow.markup.sheet import Sheet

__all__ = ["FORMATS", "Format", "Of"]


class Of(StrEnum):
    """What a form is made of, and so the first argument of the function that makes it."""

    PROCEDURE = "procedure"
    """A `Procedure`."""
    LIFECYCLE = "lifecycle"
    """A `Procedure`, or the `Course` of one case."""
    CASES = "cases"
    """The `Course` of each case."""
    SCHEMA = "schema"
    """The name of a schema, or None for all."""


@frozen
class Format(Sheet):
    """A form: `function` of `module` takes what it is `of`, and a language, and returns the text.

    `about` says in a line what it is.
    The module may need an extra, which brings the `packages`; it is imported when it is used.
    """

    about: str
    of: Of
    module: str
    function: str
    extra: str = ""
    packages: tuple[str, ...] = ()


FORMATS = {
    "mermaid": Format(
        "the lifecycle as a state diagram; of a CASE, with its way through it",
        Of.LIFECYCLE,
        "klimaflow.exports.lifecycle",
        "mermaid",
    ),
    "dot": Format("the same for Graphviz", Of.LIFECYCLE, "klimaflow.exports.lifecycle", "dot"),
    "ical": Format(
        "the deadlines and meetings of a procedure as a calendar",
        Of.PROCEDURE,
        "klimaflow.planning.calendar",
        "rounds",
        "plan",
        ("icalendar",),
    ),
    "bpmn": Format(
        "a procedure as a BPMN 2.0 process with a diagram",
        Of.PROCEDURE,
        "klimaflow.exports.bpmn",
        "bpmn",
    ),
    "scxml": Format(
        "the lifecycle under a procedure as a state chart",
        Of.PROCEDURE,
        "klimaflow.exports.scxml",
        "scxml",
    ),
    "xes": Format(
        "an event log with a trace for each CASE", Of.CASES, "klimaflow.exports.xes", "log"
    ),
    "csv": Format(
        "a table with a row for each step of each CASE", Of.CASES, "klimaflow.exports.csv", "steps"
    ),
    "csv-findings": Format(
        "a row for each finding of each step", Of.CASES, "klimaflow.exports.csv", "findings"
    ),
    "json-schema": Format(
        "what a file or an answer may hold: the schema that is named, or all",
        Of.SCHEMA,
        "klimaflow.exports.schemas",
        "schema_text",
    ),
}
"""Each form by its name."""
