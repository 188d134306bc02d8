"""The tables of a store as models, who speaks for whom, and the case of a host's own model.

The models of the tables are read only: what changes them is `Cases`, on a command.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from klimaflow.commands import Command
from klimaflow.contrib.django.cases import Cases
from klimaflow.contrib.django.configuration import language, word
from klimaflow.contrib.django.fields import CaseField, Instant
from klimaflow.contrib.django.permissions import PERMISSIONS
from klimaflow.errors import StoreError
from klimaflow.history import History
from klimaflow.parties import IDENTIFIER, Role
from klimaflow.phrases import label
from klimaflow.store import Answer
from klimaflow.store.door import NAME

__all__ = [
    "Case",
    "CaseModel",
    "Event",
    "Fund",
    "Idempotency",
    "Outbox",
    "Procedure",
    "Proposal",
    "Representation",
    "Timer",
]

HASH = 64


def _refused(*_arguments: Any, **_values: Any) -> NoReturn:
    raise StoreError("only a store writes its tables: hand a command to Cases.execute")


class _Read(models.QuerySet[Any]):
    """Rows that can be read only."""

    create = get_or_create = update_or_create = _refused
    bulk_create = bulk_update = update = delete = _refused


class _Row(models.Model):
    """A row that only a store writes."""

    objects = _Read.as_manager()

    save = save_base = delete = _refused

    class Meta:
        abstract = True


class Case:
    """What a row with a case can be asked."""

    case_id: str
    _state: Any  # Django's, of whatever model this is mixed into

    @property
    def history(self) -> History:
        """The history of the case, read anew; empty, under the first procedure, before it opens."""
        return Cases(self._state.db).begun(self.case_id)

    def execute(
        self,
        command: Command,
        *,
        user: Any,
        key: str | None = None,
        expected_version: int | None = None,
    ) -> Answer:
        """Do what a command asks on behalf of a user; see `Cases.execute`."""
        return Cases(self._state.db).execute(
            self.case_id, command, user=user, key=key, expected_version=expected_version
        )


class CaseModel(Case, models.Model):
    """A host's model that has a case: `case`, its row, and `history` and `execute`."""

    case = CaseField()

    class Meta:
        abstract = True


class Procedure(_Row):
    """A procedure that a case was under."""

    sha256 = models.CharField(max_length=HASH, primary_key=True)
    identifier = models.CharField(max_length=NAME, db_column="id")
    edition = models.BigIntegerField()
    content = models.BinaryField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.identifier}, {self.edition}"


class Proposal(Case, _Row):
    """Where a case stands."""

    case_id = models.CharField(max_length=NAME, primary_key=True)
    version = models.BigIntegerField()
    length = models.BigIntegerField()
    head = models.CharField(max_length=HASH)
    procedure = models.ForeignKey(
        Procedure, models.PROTECT, db_column="procedure", related_name="+", db_index=False
    )
    opened_under = models.ForeignKey(
        Procedure, models.PROTECT, db_column="opened_under", related_name="+", db_index=False
    )
    recorded_at = Instant()
    phase = models.CharField(max_length=50, null=True)
    since = Instant(null=True)
    round = models.TextField(null=True)
    revision = models.BigIntegerField()
    proposer = models.TextField(null=True)
    title = models.TextField()
    granted = models.TextField()
    promised = models.TextField()

    class Meta:
        default_permissions = ("view",)
        permissions: ClassVar = PERMISSIONS
        verbose_name = word("django", "track")
        verbose_name_plural = word("django", "tracks")
        ordering: ClassVar = ["case_id"]
        indexes: ClassVar = [models.Index(fields=["phase"], name="klimaflow_proposal_phase")]

    def __str__(self) -> str:
        return self.title or self.case_id


class Event(_Row):
    """An entry of the chain of a case."""

    pk = models.CompositePrimaryKey("case_id", "position")
    case = models.ForeignKey(Proposal, models.PROTECT, related_name="entries", db_index=False)
    position = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    number = models.BigIntegerField(null=True)
    name = models.CharField(max_length=50)
    at = Instant()
    recorded_at = Instant()
    body = models.BinaryField()
    beside = models.BinaryField()
    hash = models.CharField(max_length=HASH)

    class Meta:
        default_permissions = ("view",)
        ordering: ClassVar = ["case_id", "position"]
        indexes: ClassVar = [
            models.Index(fields=["recorded_at"], name="klimaflow_event_recorded_at")
        ]


class Idempotency(_Row):
    """The hash of a key, and the entry that was made under it."""

    key = models.CharField(max_length=HASH, primary_key=True)
    request = models.CharField(max_length=HASH)
    case_id = models.CharField(max_length=NAME)
    position = models.BigIntegerField()

    class Meta:
        default_permissions = ()


class Fund(_Row):
    """What a fund has promised across all cases, in kroner."""

    fund = models.CharField(max_length=NAME, primary_key=True)
    promised = models.BigIntegerField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.fund


class Outbox(_Row):
    """An event that was not delivered yet."""

    sequence = models.BigAutoField(primary_key=True)
    case_id = models.CharField(max_length=NAME)
    position = models.BigIntegerField()
    entry = models.ForeignObject(
        Event,
        models.DO_NOTHING,
        from_fields=("case_id", "position"),
        to_fields=("case_id", "position"),
        related_name="+",
    )

    class Meta:
        default_permissions = ()


class Timer(_Row):
    """A reminder that is not claimed yet."""

    pk = models.CompositePrimaryKey("case_id", "name")
    case_id = models.CharField(max_length=NAME)
    name = models.CharField(max_length=NAME)
    due_at = Instant()

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["due_at"], name="klimaflow_timer_due_at")]


def roles() -> list[tuple[str, str]]:
    """Return the roles with their names in the active language."""
    return [(str(role), label("roles", role, language())) for role in Role]


class Representation(models.Model):
    """An organisation for which a user speaks, and in which role."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="representations",
        verbose_name=word("django", "user"),
    )
    role = models.CharField(word("django", "role"), max_length=20, choices=roles)
    organisation = models.CharField(
        word("django", "organisation"),
        max_length=100,
        validators=[RegexValidator(rf"\A{IDENTIFIER.pattern}\Z")],
    )

    class Meta:
        verbose_name = word("django", "representation")
        verbose_name_plural = word("django", "representations")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "role", "organisation"], name="klimaflow_representation_once"
            )
        ]

    @property
    def actor(self) -> str:
        """The user as the `by` of a command."""
        return f"{self}/{self.user.get_username()}"

    def __str__(self) -> str:
        return f"{self.role}:{self.organisation}"
