"""Short stories for the tests: a head, an idea, and what a test adds."""

from klimaflow.errors import CaseError
from klimaflow.testing.stories import Story, Told, parse_story

HEAD = 'case = "a story"\nprocedure = "klimaalliancen-2024"\n'
IDEA = """
[[step]]
do = "register-idea"
at = "2024-spring qualification - 70 days"
by = "proposer:0751"
title = "Skybrud på tværs"
"""
SUBMISSION = """
[[step]]
do = "submit-for-qualification"
at = "2024-spring qualification"
by = "proposer:0751"
round = "2024-spring"
"""


def story(*parts: str, head: str = "") -> Story:
    """Return a story of an idea and what follows; `head` stands before the steps."""
    return parse_story("".join([HEAD, head, IDEA, *parts]))


def told(*parts: str, head: str = "") -> Told:
    """Return how such a story goes."""
    return Told.of("a.story.toml", story(*parts, head=head))


def unlike(*parts: str, head: str = "") -> list[str]:
    """Return what is otherwise in such a story, each with its place."""
    went = told(*parts, head=head).unlike
    return [f"{answer.asked.where}: {each.explained('en')}" for answer, each in went]


def problems(*parts: str, head: str = "") -> tuple[str, ...]:
    """Return what is wrong with the text of such a story; nothing if it can be read."""
    try:
        story(*parts, head=head)
    except CaseError as error:
        return error.problems
    return ()
