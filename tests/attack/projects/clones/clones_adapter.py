"""How the harness drives ChannelFactory and its clones."""

from typing import Any

from harness.adapters import Channel, State


class ClonesAdapter(Channel):
    """Drives ChannelFactory: a channel is the address of its clone."""

    window = 7200

    def deploy(self) -> None:
        """Deploy the factory."""
        self.factory = self.create("ChannelFactory", self.token)

    def holder(self, channel: str) -> str:
        """Return the clone."""
        return channel

    def at(self, channel: str) -> Any:
        """Return the clone of a channel."""
        return self.contracts["Clone"].at(self.chain, channel)

    def open(self, parties: Any, deposits: tuple[int, int]) -> str:
        """Open as the first party, and join as the second."""
        self.factory.open(parties[1], deposits[0], sender=parties[0])
        i = int(self.factory.count()) - 1
        self.factory.join(i, deposits[1], sender=parties[1])
        return str(self.factory.all(i))

    def sign(self, channel: str, state: State, who: Any) -> bytes:
        """Sign as a message."""
        return self.signature(who, self.at(channel).hashOf(state.version, state.shares[0]), prefixed=True)

    def submit(self, channel: str, state: State, signatures: Any, sender: Any) -> Any:
        """Start the close, or answer it."""
        return self.at(channel).dispute(state.version, state.shares[0], *signatures, sender=sender)

    def settle(self, channel: str, sender: Any) -> Any:
        """Pay both parties."""
        return self.at(channel).finish(sender=sender)

    def agree(self, channel: str, shares: Any, expiry: int, who: Any) -> bytes:
        """Sign an end, which does not expire."""
        return self.signature(who, self.at(channel).hashOf(2**256 - 1, shares[0]), prefixed=True)

    def close_together(self, channel: str, shares: Any, expiry: int, signatures: Any, sender: Any) -> Any:
        """End at once."""
        return self.at(channel).conclude(shares[0], *signatures, sender=sender)

    def deadline(self, channel: str) -> int | None:
        """Return the last second to answer."""
        return int(self.at(channel).expires()) or None
