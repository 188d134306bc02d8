"""Pictures of what a table holds: how far proposals come, what stops them, what a change changes.

    picture = funnel(course(frame, procedure), lang="da")
    picture.save("funnel.svg")

Each takes tables as `klimaflow.frames` gives them, counts them where they are, and draws the
counts: a million rows make no larger picture than ten. Needs the extra `plots`; nothing is fetched
from a network. Titles and axes are in English or Danish, with a unit on every axis.
"""

from klimaflow.plots.courses import before_and_after, funnel, over_time
from klimaflow.plots.inputs import heat_map, tornado
from klimaflow.plots.picture import SUFFIXES, Picture
from klimaflow.plots.screens import margins

__all__ = [
    "SUFFIXES",
    "Picture",
    "before_and_after",
    "funnel",
    "heat_map",
    "margins",
    "over_time",
    "tornado",
]
