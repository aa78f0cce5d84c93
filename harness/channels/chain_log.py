"""What a channel contract has emitted on the chain as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.chain.logs import FollowedLogs
from harness.channels.types import ChannelState

if TYPE_CHECKING:
    from harness.contracts.bindings import Contract


class ChainLog:
    """The contract's events, kept up to date by `read` through reorgs and restores.

    ``reveals`` maps a hashlock to its preimage and the time at which that was published. ``posted`` maps a channel to
    the newest state that closed or answered it. ``unlocked`` maps a channel to the hashlock and amount of each lock
    decided since.
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
        """Read up to the head; return whether events came or went."""
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
