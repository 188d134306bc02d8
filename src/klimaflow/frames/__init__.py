"""The same rules over whole tables: what a procedure says of every row.

    screen(frame, load_procedure("klimaalliancen-2024"), "submit-for-approval")
    course(frame, load_procedure("klimaalliancen-2024"))

A table of pandas, polars, pyarrow, duckdb or pyspark goes in, and one of the same kind comes back.
The rules are those that `decide` asks: their own texts are evaluated over columns. Needs the extra
`frames`.
"""

from klimaflow.frames.columns import Column, Kind
from klimaflow.frames.course import COURSE, course, course_columns
from klimaflow.frames.explaining import Explained, ExplainedCourse, explain
from klimaflow.frames.screening import ADDED, SCREENED, columns, reasons, screen

__all__ = [
    "ADDED",
    "COURSE",
    "SCREENED",
    "Column",
    "Explained",
    "ExplainedCourse",
    "Kind",
    "columns",
    "course",
    "course_columns",
    "explain",
    "reasons",
    "screen",
]
