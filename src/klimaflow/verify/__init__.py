"""Proof of a procedure before it is used: what it cannot do, what can happen, what would change.

    verify(load_procedure("klimaalliancen-2024")).holds

An exploration asks the real `decide`, and obeys the real `evolve`, over every state that a proposal
can come to; what it shows, and what it cannot, is told in the documentation.
"""

from klimaflow.verify.difference import Difference, difference
from klimaflow.verify.proof import Proof
from klimaflow.verify.verified import Verified, verify

__all__ = ["Difference", "Proof", "Verified", "difference", "verify"]
