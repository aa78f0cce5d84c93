"""What a channel contract has said, by the events of the chain that there is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.chain.logs import FollowedLogs
from harness.channels.types import ChannelState

if TYPE_CHECKING:
    from harness.contracts.bindings import Contract


class ChainLog:
    """Kept up by `read`, through reorgs and restores.

    ``reveals`` holds, by hashlock, a preimage and the time at which it was made public; ``posted`` the newest state
    that each channel was closed or answered with; ``unlocked`` the hashlock and amount of each lock decided since.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._logs = FollowedLogs(contract.chain, address=contract)
        self._forget()

    def _forget(self) -> None:
        self.reveals: dict[bytes, tuple[bytes, int]] = {}
        self.posted: dict[bytes, ChannelState] = {}
        self.unlocked: dict[bytes, list[tuple[bytes, int]]] = {}

    def read(self) -> bool:
        """Read on to the head; whether the chain said anything new, or took anything back."""
        lost, logs = self._logs.news()
        if lost:
            self._forget()
        for log in logs:
            event = self.contract.type.index.decode_event(log.address, log.topics, log.data)
            if event is not None:
                self._take(event.name, event.fields, log.block_number)
        return lost or bool(logs)

    def _take(self, name: str, fields: Any, block: int) -> None:
        if name == "Revealed":
            time = self.contract.chain.block_at(block).timestamp
            self.reveals[bytes(fields["hashlock"])] = (bytes(fields["preimage"]), time)
        elif name in ("Closing", "Updated"):
            version, base, paid_a, paid_b, locked_a, locked_b, root = tuple(fields["state"])
            state = ChannelState(version, base, paid_a, paid_b, locked_a, locked_b, bytes(root))
            self.posted[bytes(fields["channel"])] = state
            self.unlocked.pop(bytes(fields["channel"]), None)
        elif name == "Unlocked":
            decided = self.unlocked.setdefault(bytes(fields["channel"]), [])
            decided.append((bytes(fields["hashlock"]), int(fields["amount"])))
