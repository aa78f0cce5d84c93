"""A promise that does not hold is found, one that reverts or holds is not, and none leaves anything behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.adapters.base import Adapter
from harness.adapters.errors import AdapterError
from harness.adapters.game_values import Promise
from harness.attack.attack import Found
from harness.attack.promises import try_promises
from harness.chain import open_chain
from harness.chain.chain import Chain


@pytest.fixture
def chain() -> Iterator[Chain]:
    with open_chain("py-evm") as opened:
        yield opened


class Nothing(Adapter):
    """Drives nothing."""

    def deploy(self) -> None:
        """Deploy nothing."""


def paying(chain: Chain, says: str) -> Callable[[], str]:
    def test() -> str:
        chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
        return says

    return test


def refused(chain: Chain) -> str:
    chain.send(sender=chain.accounts.alice, data=b"\xfe", gas=100_000)
    return "a revert is no broken promise"


def test_what_holds_and_what_reverts_is_held(chain: Chain) -> None:
    promises = [Promise("one", "harm", paying(chain, ""), True), Promise("two", "harm", lambda: refused(chain))]
    assert try_promises(Nothing(chain, {}), promises).startswith("2 promises hold; two: reverted")
    assert chain.head.number == 0


def test_what_does_not_hold_is_found(chain: Chain) -> None:
    promises = [
        Promise("one", "harm", paying(chain, ""), True),
        Promise("two", "bob is rich", paying(chain, "it paid")),
    ]
    with pytest.raises(Found, match="two: it paid, so bob is rich"):
        try_promises(Nothing(chain, {}), promises)
    assert chain.head.number == 0


def test_a_refusal_of_what_must_work_is_found(chain: Chain) -> None:
    with pytest.raises(Found, match="one: it is refused: reverted without data: invalid opcode, so nobody leaves"):
        try_promises(Nothing(chain, {}), [Promise("one", "nobody leaves", lambda: refused(chain), works=True)])
    assert chain.head.number == 0


def test_a_promise_of_a_refusal_without_one_is_a_mistake_of_the_adapter(chain: Chain) -> None:
    with pytest.raises(
        AdapterError, match="Nothing: nothing is refused in the test of the promise 'one', expected works=True"
    ):
        try_promises(Nothing(chain, {}), [Promise("one", "harm", paying(chain, ""))])
    assert chain.head.number == 0
