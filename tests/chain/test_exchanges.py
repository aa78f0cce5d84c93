"""How often a transaction asks a node, each time a round trip."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain import open_chain
from harness.chain.errors import UnknownTransaction


def test_a_transaction_takes_seven_exchanges_and_its_receipt_is_kept_until_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_chain("anvil") as chain:
        alice, bob = chain.accounts.alice, chain.accounts.bob
        chain.send(sender=alice, to=bob, value=1)  # the first one sets the base fee as well
        backend: Any = chain.backend
        exchange, asked = backend._exchange, []

        def counted(body: Any, is_read: bool) -> Any:
            asked.append(body)
            return exchange(body, is_read)

        monkeypatch.setattr(backend, "_exchange", counted)
        receipt = chain.send(sender=alice, to=bob, value=1)
        assert len(asked) == 7
        chain.head  # noqa: B018 - asks the node
        assert chain.receipt(receipt.hash) == receipt
        assert len(asked) == 10  # somebody else may have changed the chain since
        chain.reorg(1)
        with pytest.raises(UnknownTransaction):
            chain.receipt(receipt.hash)
