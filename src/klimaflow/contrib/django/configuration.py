"""What a host's settings say: `KLIMAFLOW_PROCEDURES` and `KLIMAFLOW_RECORDS_REFUSALS`."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import lazystr
from django.utils.translation import get_language

from klimaflow import load_procedure
from klimaflow.errors import PolicyError
from klimaflow.phrases import LANGUAGES, label
from klimaflow.procedure import Procedure

__all__ = ["language", "procedures", "records_refusals", "word"]


def procedures() -> tuple[Procedure, ...]:
    """Return the procedures of `KLIMAFLOW_PROCEDURES`, ids or paths; the first is for new cases.

    Raises `ImproperlyConfigured` if there are none, and for one that cannot be read.
    """
    named = getattr(settings, "KLIMAFLOW_PROCEDURES", ())
    if not named or isinstance(named, str):
        raise ImproperlyConfigured("KLIMAFLOW_PROCEDURES: name at least one procedure, in a list")
    return tuple(_loaded(str(each)) for each in named)


@cache
def _loaded(which: str) -> Procedure:
    try:
        return load_procedure(which)
    except (PolicyError, OSError) as error:
        raise ImproperlyConfigured(f"KLIMAFLOW_PROCEDURES: {which}: {error}") from error


def records_refusals() -> bool:
    """Return whether a refusal of an open case stands in its chain; by default it does not."""
    return bool(getattr(settings, "KLIMAFLOW_RECORDS_REFUSALS", False))


def language() -> str:
    """Return Django's active language if it is one of klimaflow's, else English."""
    active = (get_language() or "").partition("-")[0]
    return active if active in LANGUAGES else "en"


class _Word:
    def __init__(self, of: str, name: str) -> None:
        self.of, self.name = of, name

    def __str__(self) -> str:
        return label(self.of, self.name, language())


def word(of: str, name: str) -> Any:  # a lazy text of Django's
    """Return a word of klimaflow's, in the language that is active when it is read."""
    return lazystr(_Word(of, name))
