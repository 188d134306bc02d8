"""Pages for those who decide: one case, or many, as a file that needs nothing beside it.

Each is one HTML file in one language: it fetches and runs nothing, and can be printed.
"""

from klimaflow.pages.case import case_page
from klimaflow.pages.portfolio import portfolio_page

__all__ = ["case_page", "portfolio_page"]
