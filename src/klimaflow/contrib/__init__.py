"""Adapters for the frameworks of hosts; each needs the extra of its name."""
