from django.db import models

from klimaflow.contrib.django.models import CaseModel


class Track(CaseModel):
    journal_number = models.CharField(max_length=20, unique=True)

    def __str__(self) -> str:
        return self.journal_number


class Received(models.Model):
    """When a request was first received: repeated under its key, it is still the same one."""

    key = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()
