"""What a user may ask for, and on whose behalf."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import PermissionDenied

from klimaflow.commands import COMMANDS
from klimaflow.contrib.django.rows import table
from klimaflow.parties import Actor

__all__ = ["PERMISSIONS", "permission_of", "require"]


def permission_of(do: str) -> str:
    """Return the codename of the permission that a command needs, by the command's name."""
    return do.replace("-", "_")


PERMISSIONS: Final[list[tuple[str, Any]]] = [
    *((permission_of(do), f"Can {do.replace('-', ' ')}") for do in COMMANDS),
    ("move", "Can move to another procedure"),
    ("erase", "Can erase what persons are named"),
]
"""The codenames of the permissions of the app, with their names: one for each command, two more."""


def require(user: Any, by: Actor, codename: str) -> None:
    """Raise `PermissionDenied` unless a user has a permission and speaks for an actor.

    The user speaks for the actor's organisation in the actor's role by a `Representation`, also as
    a superuser; a person who is named must be the user, by the user name.
    """
    if not (user.is_authenticated and user.is_active and user.has_perm(f"klimaflow.{codename}")):
        raise PermissionDenied(f"the permission klimaflow.{codename} is missing")
    speaks = {"user_id": user.pk, "role": str(by.role), "organisation": by.organisation}
    if not table("Representation").objects.filter(**speaks).exists():
        raise PermissionDenied(f"the user does not speak for {by.role}:{by.organisation}")
    if by.person not in (None, user.get_username()):
        raise PermissionDenied(f"the user is not {by.person}")
