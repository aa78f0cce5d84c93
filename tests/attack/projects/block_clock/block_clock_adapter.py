"""How the harness drives BlockChannel."""

from typing import Any

from eth_abi.packed import encode_packed
from eth_utils import keccak

from harness.adapters import Channel, State


class BlockClockAdapter(Channel):
    """Drives BlockChannel: a state moves an amount, which may be negative, from the second party to the first."""

    window = 51
    counts_blocks = True
    strict_signatures = True

    def deploy(self) -> None:
        """Deploy the contract for the harness's token."""
        self.contract = self.create("BlockChannel", self.token)
        self.deltas: dict[Any, int] = {}

    def open(self, parties: Any, deposits: tuple[int, int]) -> int:
        """Create as the first party, and top up as the second."""
        channel = int(self.contract.create.call(parties[1], deposits[0], sender=parties[0]))
        self.contract.create(parties[1], deposits[0], sender=parties[0])
        self.contract.topUp(channel, deposits[1], sender=parties[1])
        return channel

    def delta(self, channel: int, what: Any, share: int) -> int:
        """Return what is moved. It follows from the deposit at the time when this is first asked, and stays."""
        return self.deltas.setdefault((channel, what), share - self.contract.chs(channel)[2])

    def signed(self, who: Any, kinds: list[str], *values: Any) -> bytes:
        """Sign packed bytes as a message."""
        packed = encode_packed(["address", "uint256", *kinds], [self.contract.address, self.chain.chain_id, *values])
        return self.signature(who, keccak(packed), prefixed=True)

    def sign(self, channel: int, state: State, who: Any) -> bytes:
        """Sign a state."""
        delta = self.delta(channel, state, state.shares[0])
        return self.signed(who, ["string", "uint256", "int256", "uint256"], "state", channel, delta, state.version)

    def submit(self, channel: int, state: State, signatures: Any, sender: Any) -> Any:
        """Start the close, or answer it."""
        delta = self.delta(channel, state, state.shares[0])
        return self.contract.challenge(channel, delta, state.version, *signatures, sender=sender)

    def settle(self, channel: int, sender: Any) -> Any:
        """Pay both parties."""
        return self.contract.settle(channel, sender=sender)

    def deadline(self, channel: int) -> int | None:
        """Return the last block of the window."""
        return self.contract.chs(channel)[6] or None

    def agree(self, channel: int, shares: tuple[int, int], expiry: int, who: Any) -> bytes:
        """Sign a final state, which has no expiry."""
        delta = self.delta(channel, shares, shares[0])
        return self.signed(who, ["string", "uint256", "int256"], "final", channel, delta)

    def close_together(self, channel: int, shares: Any, expiry: int, signatures: Any, sender: Any) -> Any:
        """Pay both parties at once."""
        return self.contract.mutual(channel, self.delta(channel, shares, shares[0]), *signatures, sender=sender)
