"""The course of a proposal through Klimaalliancen: what may happen next, and why not."""

from klimaflow import commands
from klimaflow.decider import Decision, Finding, decide, evolve
from klimaflow.errors import (
    CaseError,
    HistoryError,
    KlimaflowError,
    MomentError,
    NotPermitted,
    PolicyError,
)
from klimaflow.history import History
from klimaflow.moments import copenhagen
from klimaflow.policy import load_procedure
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase, Proposal

__all__ = [
    "CaseError",
    "Decision",
    "Finding",
    "History",
    "HistoryError",
    "KlimaflowError",
    "MomentError",
    "NotPermitted",
    "Phase",
    "PolicyError",
    "Procedure",
    "Proposal",
    "commands",
    "copenhagen",
    "decide",
    "evolve",
    "load_procedure",
]
