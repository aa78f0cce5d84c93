"""How the harness drives FixedExpiry."""

from typing import Any

from eth_abi.packed import encode_packed
from eth_utils import keccak

from harness.adapters import Channel, NotApplicable, State

LIFE = 2 * 86_400


class FixedExpiryAdapter(Channel):
    """Drives FixedExpiry: a state is what the recipient gets, and only the recipient can show one."""

    assets = ("ether",)
    both_ways = False
    one_sided = True
    fixed_expiry = True
    window = LIFE
    guarded = ("extend",)

    def deploy(self) -> None:
        """Deploy the contract."""
        self.hub = self.create("FixedExpiry")

    def open(self, parties: Any, deposits: tuple[int, int]) -> bytes:
        """Open as the sender."""
        given = {"sender": parties[0], "value": deposits[0]}
        channel = bytes(self.hub.open.call(parties[1], LIFE, **given))
        self.hub.open(parties[1], LIFE, **given)
        return channel

    def sign(self, channel: bytes, state: State, who: Any) -> bytes:
        """Sign the recipient's amount; the recipient's own signature counts for nothing."""
        message = keccak(encode_packed(["bytes32", "uint256"], [channel, state.shares[1]]))
        return self.signature(who, message, prefixed=True)

    def submit(self, channel: bytes, state: State, signatures: Any, sender: Any) -> Any:
        """Close as the recipient."""
        if sender.address == self.hub.ps(channel)[0]:
            raise NotApplicable("the sender has nothing to show")
        return self.hub.close(channel, state.shares[1], signatures[0], sender=sender)

    def settle(self, channel: bytes, sender: Any) -> Any:
        """Pay the sender back."""
        return self.hub.claimTimeout(channel, sender=sender)

    def deadline(self, channel: bytes) -> int | None:
        """Return the second before the channel expires."""
        expires = int(self.hub.ps(channel)[2])
        return expires - 1 if expires else None
