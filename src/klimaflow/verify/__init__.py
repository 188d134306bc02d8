"""Proof of a procedure."""
