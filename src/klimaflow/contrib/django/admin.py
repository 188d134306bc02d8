"""Cases in Django's admin, to be read: by phase, with the next deadline, the course, the reasons.

Nobody adds, changes or deletes a case by hand, a superuser neither. Who speaks for whom is edited.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, When
from django.http import HttpRequest

from klimaflow.contrib.django import shown
from klimaflow.contrib.django.cases import Cases
from klimaflow.contrib.django.configuration import language, word
from klimaflow.contrib.django.models import Proposal, Representation
from klimaflow.errors import KlimaflowError
from klimaflow.history import History
from klimaflow.phrases import label
from klimaflow.proposal import Phase

__all__ = ["ProposalAdmin", "RepresentationAdmin"]

IN_ORDER = Case(
    *(When(phase=str(phase), then=number) for number, phase in enumerate(Phase)),
    output_field=IntegerField(),
)
"""The phases in the order of the course."""


class PhaseFilter(admin.SimpleListFilter):
    """The cases of a phase."""

    title = word("report", "phase")
    parameter_name = "phase"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(str(phase), label("phases", phase, language())) for phase in Phase]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(phase=self.value()) if self.value() else rows


@admin.register(Proposal)
class ProposalAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # known to the stubs only
    """Cases by phase, each with its next deadline; one of them with all its answers."""

    list_display = ("number", "titled", "where", "deadline")
    list_filter = (PhaseFilter,)
    list_per_page = 25
    search_fields = ("case_id", "title")
    fields: ClassVar = ("stands", "missing", "course", "answers")
    readonly_fields = fields

    def get_ordering(self, _request: HttpRequest) -> Any:
        return [IN_ORDER, "case_id"]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    @admin.display(description=word("report", "case"), ordering="case_id")
    def number(self, proposal: Proposal) -> str:
        return proposal.case_id

    @admin.display(description=word("django", "track"), ordering="title")
    def titled(self, proposal: Proposal) -> str:
        return proposal.title

    @admin.display(description=word("report", "phase"), ordering=IN_ORDER)
    def where(self, proposal: Proposal) -> str:
        return label("phases", proposal.phase, language()) if proposal.phase else "–"

    @admin.display(description=word("seen", "by_when"))
    def deadline(self, proposal: Proposal) -> str:
        return _read(proposal, shown.deadline)

    @admin.display(description=word("pages", "stands"))
    def stands(self, proposal: Proposal) -> str:
        return _read(proposal, shown.stands)

    @admin.display(description=word("pages", "missing"))
    def missing(self, proposal: Proposal) -> str:
        return _read(proposal, shown.missing)

    @admin.display(description=word("pages", "course"))
    def course(self, proposal: Proposal) -> str:
        return _read(proposal, lambda history: shown.course(history, proposal.case_id))

    @admin.display(description=word("pages", "answers"))
    def answers(self, proposal: Proposal) -> str:
        cases = Cases(proposal._state.db)
        return _read(proposal, lambda history: shown.answers(history, cases.trail(proposal.pk)))


def _read(proposal: Proposal, show: Callable[[History], str]) -> str:
    """Return what is shown of a history; of one that cannot be, why: the others still are."""
    try:
        return show(proposal.history)
    except KlimaflowError as error:
        return f"✗ {error}"


@admin.register(Representation)
class RepresentationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # known to the stubs only
    """Who speaks for whom."""

    list_display = ("user", "role", "organisation")
    list_filter = ("role",)
    search_fields = ("organisation",)
    raw_id_fields = ("user",)
