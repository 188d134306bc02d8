"""The app as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register

from klimaflow.contrib.django.checks import configured

__all__ = ["KlimaflowConfig"]


class KlimaflowConfig(AppConfig):
    """The app `klimaflow`; its tables have the names that those of a store have everywhere."""

    name = "klimaflow.contrib.django"
    label = "klimaflow"
    verbose_name = "Klimaflow"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(configured)
