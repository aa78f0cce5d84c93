"""How the harness drives TwoPhaseChannel."""

from typing import Any

from harness.adapters import Channel, State


class TwoPhaseAdapter(Channel):
    """Drives TwoPhaseChannel: a state has both shares, and its end credits both parties."""

    window = 3 * 86_400

    def deploy(self) -> None:
        """Deploy the contract for the harness's token."""
        self.contract = self.create("TwoPhaseChannel", self.token)

    def open(self, parties: Any, deposits: tuple[int, int]) -> bytes:
        """Fund as the first party, and accept as the second."""
        channel = bytes(self.contract.fund.call(parties[1], *deposits, sender=parties[0]))
        self.contract.fund(parties[1], *deposits, sender=parties[0])
        self.contract.accept(channel, sender=parties[1])
        return channel

    def sign(self, channel: bytes, state: State, who: Any) -> bytes:
        """Sign an update by EIP-712."""
        return self.signature(who, bytes(self.contract.hashOf(channel, state.version, *state.shares)))

    def submit(self, channel: bytes, state: State, signatures: Any, sender: Any) -> Any:
        """Begin the close, or rebut it."""
        is_open = self.contract.chans(channel)[8] == 2
        method = self.contract.begin if is_open else self.contract.rebut
        return method(channel, state.version, *state.shares, *signatures, sender=sender)

    def settle(self, channel: bytes, sender: Any) -> Any:
        """Credit both parties."""
        return self.contract.finish(channel, sender=sender)

    def withdraw(self, channel: bytes, who: Any, sender: Any) -> Any:
        """Pay all that a party is credited with."""
        return self.contract.claim(sender=who)

    def owed(self, channel: bytes, who: Any) -> int:
        """Return a party's credit."""
        return int(self.contract.credit(who))

    def deadline(self, channel: bytes) -> int | None:
        """Return the last second of the window."""
        made = self.contract.chans(channel)
        return made[7] - 1 if made[8] == 3 else None
