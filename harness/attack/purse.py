"""What accounts have of one asset, gas not counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.receipts import Receipt
    from harness.contracts.bindings import Contract


class Purse:
    """Reads balances of a token, or of ether (None) with all that was paid for gas since the purse was opened."""

    def __init__(self, chain: Chain, token: Contract | None) -> None:
        self.chain = chain
        self.token = token
        self._gas: defaultdict[str, int] = defaultdict(int)
        self._listening = chain.on_transaction(self._hear)

    def _hear(self, _: Chain, receipt: Receipt) -> None:
        self._gas[str(receipt.sender)] += receipt.cost

    def close(self) -> None:
        """Stop listening to the chain."""
        self._listening()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Forget at the end what the body paid for gas, because the chain forgets the body, too."""
        kept = self._gas.copy()
        try:
            yield
        finally:
            self._gas = kept

    def of(self, who: Any) -> int:
        """Return what an account or a contract has; gas that it paid is added."""
        if self.token is not None:
            return int(self.token.balanceOf(who))
        address = str(getattr(who, "address", who))
        return self.chain.balance(who) + self._gas[address]
