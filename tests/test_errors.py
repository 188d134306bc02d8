"""What the errors of a store say, what a host reads off them, and that they survive a process."""

import pickle

import pytest

from klimaflow.errors import Conflict, KeyReused, KlimaflowError, StoreError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Conflict("skybrud", 3, 5),
            "skybrud is at version 5, not 3: read it again, and decide again",
        ),
        (
            KeyReused("a-key"),
            "'a-key' stands for another request already: a new request needs a new key",
        ),
    ],
)
def test_an_error_of_a_store_says_the_way_out_here_and_in_another_process(
    error: StoreError, said: str
) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert isinstance(there, KlimaflowError)
    assert str(error) == str(there) == said
    assert vars(error) == vars(there)
