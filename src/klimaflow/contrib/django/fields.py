"""The field of a moment, and the field that gives a host's model a case."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from klimaflow.moments import Moment, moment

__all__ = ["CaseField", "Instant", "new_case_id"]


class Instant(models.DateTimeField):  # type: ignore[type-arg]  # known to the stubs only
    """A moment, kept in UTC to the microsecond; what has no zone is refused with `MomentError`.

    It does not depend on the zone of the project or of the connection. On SQLite it is text in the
    order of time.
    """

    def get_internal_type(self) -> str:
        return "Instant"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return str(connection.data_types["DateTimeField"])

    def get_prep_value(self, value: Any) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(moment(value).isoformat())

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> datetime | str | None:
        at: datetime | None = value if prepared else self.get_prep_value(value)
        if at is None or connection.vendor != "sqlite":
            return at
        return at.replace(tzinfo=None).isoformat(" ", "microseconds")

    def from_db_value(
        self, value: datetime | str | None, _expression: object, _connection: object
    ) -> Moment | None:
        if value is None:
            return None
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment(at if at.tzinfo else at.replace(tzinfo=UTC))


def new_case_id() -> str:
    """Return an id that no case has."""
    return str(uuid4())


class CaseField(models.OneToOneField):  # type: ignore[type-arg]  # known to the stubs only
    """The case of a host's row, which opens with its first command.

    `Track.objects.filter(case__phase="idea")` asks for where it stands; before the first command
    there is only its id, `case_id`, which the host may choose.
    """

    def __init__(
        self, to: Any = "klimaflow.Proposal", on_delete: Any = models.PROTECT, **options: Any
    ) -> None:
        ours = {"db_constraint": False, "default": new_case_id, "editable": False}
        super().__init__(to, on_delete, **{**ours, **options})

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Accept the id of a case that is not open yet."""
