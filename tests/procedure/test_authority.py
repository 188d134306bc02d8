"""Who does what: the document names the parties, and this is how a secretariat works with them."""

import pytest

from klimaflow import Phase, Procedure
from klimaflow.commands import COMMANDS
from klimaflow.lifecycle import MOVES
from tests.conftest import COMMITTEE, DGO, PROPOSER, SECRETARIAT, command, found, in_phase

FUNDER = "funder:realdania"
EVERYONE = (PROPOSER, "participant:0461", DGO, SECRETARIAT, COMMITTEE, FUNDER)
WHO: dict[str, tuple[str, ...]] = {
    "register-idea": EVERYONE,
    "hold-sparring": (DGO, SECRETARIAT),
    "enlist-participants": (PROPOSER, SECRETARIAT),
    "release-participant": (PROPOSER, SECRETARIAT),
    "describe": (PROPOSER,),
    "propose-budget": (PROPOSER,),
    "submit-for-qualification": (PROPOSER,),
    "assess-criterion": (DGO, SECRETARIAT),
    "submit-for-approval": (PROPOSER,),
    "put-before-committee": (SECRETARIAT,),
    "approve": (COMMITTEE,),
    "return": (DGO, SECRETARIAT),
    "defer": (COMMITTEE,),
    "reject": (COMMITTEE,),
    "give-consent": (FUNDER,),
    "refuse-consent": (FUNDER,),
    "withdraw-consent": (FUNDER,),
    "meet-condition": (SECRETARIAT,),
    "amend-grant": (SECRETARIAT,),
    "start": (SECRETARIAT,),
    "withdraw": (PROPOSER,),
}
ELSEWHERE: dict[tuple[str, Phase | None], tuple[str, ...]] = {
    ("return", Phase.COMMITTEE_DECISION): (COMMITTEE,),
    ("return", Phase.FUNDER_CONSENT): (COMMITTEE,),
    ("defer", Phase.APPROVAL_PROCESS): (SECRETARIAT,),
}


def test_every_command_is_somebody_s() -> None:
    assert WHO.keys() == COMMANDS.keys()


@pytest.mark.parametrize(("do", "phase"), [(each.command.do, each.source) for each in MOVES])
def test_a_command_is_given_by_its_parties_and_by_no_other(
    do: str, phase: Phase | None, procedure: Procedure
) -> None:
    history = in_phase(phase, procedure)
    asked = {by: history.decide(command(do, by=by)) for by in EVERYONE}
    may = {by for by, decision in asked.items() if found(decision, "authorised").holds}
    assert may == {*ELSEWHERE.get((do, phase), WHO[do])}
