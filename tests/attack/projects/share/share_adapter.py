"""How the harness drives ShareChannel."""

from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from harness.adapters import Channel, State


class ShareAdapter(Channel):
    """Drives ShareChannel: a state's first share is the contract's share of the first party."""

    window = 86_400

    def deploy(self) -> None:
        """Deploy the contract for the harness's token."""
        self.contract = self.create("ShareChannel", self.token)

    def open(self, parties: Any, deposits: tuple[int, int]) -> int:
        """Open as the first party, and join as the second."""
        self.contract.open(parties[1], deposits[0], sender=parties[0])
        channel = int(self.contract.count())
        self.contract.join(channel, deposits[1], sender=parties[1])
        return channel

    def sign(self, channel: int, state: State, who: Any) -> bytes:
        """Sign chain, contract, channel, nonce and share."""
        kinds = ["uint256", "address", "uint256", "uint64", "uint256"]
        values = [self.chain.chain_id, str(self.contract.address), channel, state.version, state.shares[0]]
        return self.signature(who, keccak(encode(kinds, values)))

    def submit(self, channel: int, state: State, signatures: Any, sender: Any) -> Any:
        """Start the close, or answer it."""
        return self.contract.submit(channel, state.version, state.shares[0], *signatures, sender=sender)

    def settle(self, channel: int, sender: Any) -> Any:
        """Pay both parties."""
        return self.contract.settle(channel, sender=sender)

    def deadline(self, channel: int) -> int | None:
        """Return the last second of the window."""
        return self.contract.channels(channel)[5] or None
