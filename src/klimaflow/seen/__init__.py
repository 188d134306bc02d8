"""How a value is seen: HTML that fetches nothing, runs nothing, and is readable without colour.

The values stand above and call it to show themselves; their types are known here by name only.
"""
