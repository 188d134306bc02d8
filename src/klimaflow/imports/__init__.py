"""Cases from the spreadsheets of a secretariat. It needs the extra `sheets`."""

from klimaflow.imports.cases import case_text
from klimaflow.imports.sheets import Sheet

__all__ = ["Sheet", "case_text"]
