"""How the harness drives TotalsChannel."""

from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from harness.adapters import Channel, State


class TotalsAdapter(Channel):
    """Drives TotalsChannel: totals never fall, so a state's totals follow from the version before."""

    window = 86400
    one_sided = True

    def deploy(self) -> None:
        """Deploy the contract."""
        self.t = self.create("TotalsChannel", self.token)
        self.made: dict[Any, tuple[int, int]] = {}

    def open(self, parties: Any, deposits: tuple[int, int]) -> int:
        """Open as the first party; both put their deposits in."""
        self.t.open(parties[1], sender=parties[0])
        id = int(self.t.made())
        for who, amount in zip(parties, deposits, strict=True):
            self.t.put(id, amount, sender=who)
        return id

    def totals(self, id: int, state: State) -> tuple[int, int]:
        """Return what the first and the second party has received by a state."""
        if (id, state) not in self.made:
            older = [(s.version, t) for (i, s), t in self.made.items() if i == id and s.version < state.version]
            a, b = max(older)[1] if older else (0, 0)
            moved = state.shares[0] - (self.t.look(id)[0][0][1] + a - b)
            self.made[id, state] = (a + max(0, moved), b + max(0, -moved))
        return self.made[id, state]

    def sign(self, channel: int, state: State, who: Any) -> bytes:
        """Sign what this party has sent; anybody else signs as the second party would."""
        sides = self.t.look(channel)[0]
        mine = 0 if who.address == sides[0][0] else 1
        kinds = ["uint256", "address", "uint256", "address", "uint64", "uint128"]
        total = self.totals(channel, state)[1 - mine]
        values = [self.chain.chain_id, self.t.address, channel, sides[1 - mine][0], state.version, total]
        return self.signature(who, keccak(encode(kinds, values)))

    def submit(self, channel: int, state: State, signatures: Any, sender: Any) -> Any:
        """Show what the sender received: to close, or while the close runs."""
        sides, settle_at, _ = self.t.look(channel)
        mine = 0 if sender.address == sides[0][0] else 1
        given = state.version, self.totals(channel, state)[mine], signatures[1 - mine]
        if settle_at:
            return self.t.show(channel, sides[mine][0], *given, sender=sender)
        return self.t.close(channel, *given, sender=sender)

    def settle(self, channel: int, sender: Any) -> Any:
        """Pay both parties."""
        return self.t.settle(channel, sender=sender)

    def deadline(self, channel: int) -> int | None:
        """Return the last second to show something."""
        return int(self.t.look(channel)[1]) - 1 if self.t.look(channel)[1] else None
