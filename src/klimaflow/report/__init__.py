"""A course, a history, a procedure and the lifecycle as text, JSON-safe values and pictures.

All of it is pure, but for `drawn`, which calls Graphviz. Neither that nor `terminal`, which colours
and needs rich, is imported here.
"""

from klimaflow.report.course import Answered, Course, follow_json
from klimaflow.report.diagram import dot, mermaid
from klimaflow.report.laid_down import check_page, procedure_dict, procedure_page
from klimaflow.report.lifecycle import Lifecycle
from klimaflow.report.markdown import history_markdown
from klimaflow.report.narrative import course_page
from klimaflow.report.page import Page, plain
from klimaflow.report.passages import Check, Sentence, check

__all__ = [
    "Answered",
    "Check",
    "Course",
    "Lifecycle",
    "Page",
    "Sentence",
    "check",
    "check_page",
    "course_page",
    "dot",
    "follow_json",
    "history_markdown",
    "mermaid",
    "plain",
    "procedure_dict",
    "procedure_page",
]
