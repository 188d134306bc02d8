"""The lifecycle under a procedure as a state chart in SCXML (W3C, 2015).

A phase is a state, and each activity a transition. Its event is the command with the verdict, as
`approve.permitted`: whoever drives the chart asks `decide` first. What is refused leads nowhere.
The data model is `null`, so that every interpreter can run it.
"""

from __future__ import annotations

from klimaflow.exports.activities import activities
from klimaflow.lifecycle import Move
from klimaflow.machine import UNREGISTERED
from klimaflow.markup.elements import Element, element, xml_text
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase

__all__ = ["scxml"]


def scxml(procedure: Procedure, lang: str = "en") -> str:
    """Return the lifecycle as an SCXML document; its states are the phases, by their names.

    The names are those of the design in either language, since programs read them.
    """
    moves = tuple(dict.fromkeys(each.move for each in activities(procedure)))
    reached = dict.fromkeys(move.target for move in moves)
    root = element(
        "scxml",
        (_state(phase, moves) for phase in (None, *reached)),
        xmlns="http://www.w3.org/2005/07/scxml",
        version="1.0",
        datamodel="null",
        initial=UNREGISTERED,
        name=procedure.id,
    )
    return xml_text(root)


def _state(phase: Phase | None, moves: tuple[Move, ...]) -> Element:
    if phase is not None and phase.final:
        return element("final", id=phase)
    leaving = (_transition(move) for move in moves if move.source == phase)
    return element("state", leaving, id=phase or UNREGISTERED)


def _transition(move: Move) -> Element:
    event = f"{move.command.do}.permitted"
    return element("transition", event=event, target=move.target)
