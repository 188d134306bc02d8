"""What a case has promised follows from its last grant, as it does from its events one by one."""

from collections.abc import Mapping

from hypothesis import given, settings

from klimaflow import History, Phase
from klimaflow.events import Approved, GrantAmended
from klimaflow.store.ledger import drawn, promised_of
from tests.property.test_moved_histories import lives

fewest = settings(max_examples=settings().max_examples // 20)  # a life takes long to draw


@fewest
@given(lives())
def test_what_a_case_has_promised_is_what_its_events_promise_one_by_one(history: History) -> None:
    promised: Mapping[str, int] = {}
    for decision, stage in zip(history.decisions(), history.stages(), strict=True):
        event, proposal = stage.events[-1], stage.proposal
        if isinstance(event, Approved | GrantAmended):
            promised = drawn(decision.procedure, event)
        elif proposal.grant is None or proposal.phase is Phase.WITHDRAWN:
            promised = {}
        assert promised_of(stage) == promised
