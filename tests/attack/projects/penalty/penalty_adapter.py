"""How the harness drives PenaltyChannel."""

from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from harness.adapters import Channel, State


class PenaltyAdapter(Channel):
    """Drives PenaltyChannel: the first answer ends a close, and only the other party may answer."""

    window = 6 * 3600

    def deploy(self) -> None:
        """Deploy the contract."""
        self.contract = self.create("PenaltyChannel", self.token)

    def open(self, parties: Any, deposits: tuple[int, int]) -> bytes:
        """Open as the first party, and accept as the second."""
        channel = bytes(self.contract.open.call(parties[1], *deposits, sender=parties[0]))
        self.contract.open(parties[1], *deposits, sender=parties[0])
        self.contract.accept(channel, sender=parties[1])
        return channel

    def sign(self, channel: bytes, state: State, who: Any) -> bytes:
        """Sign the channel, which names chain and contract, the nonce, and the first party's share."""
        values = [channel, state.version, state.shares[0]]
        return self.signature(who, keccak(encode(["bytes32", "uint256", "uint256"], values)))

    def submit(self, channel: bytes, state: State, signatures: Any, sender: Any) -> Any:
        """Close, or punish who closed."""
        call = self.contract.close if self.contract.get(channel)[6] == 1 else self.contract.punish
        return call(channel, state.version, state.shares[0], list(signatures), sender=sender)

    def settle(self, channel: bytes, sender: Any) -> Any:
        """Pay both parties."""
        return self.contract.end(channel, sender=sender)

    def deadline(self, channel: bytes) -> int | None:
        """Return the last second in which who closed can be punished."""
        found = self.contract.get(channel)
        return found[4] - 1 if found[6] == 2 else None
