"""Value conservation of channels: after every transaction the contract holds exactly what its channels owe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.chain.logs import FollowedLogs
from harness.channels.judge import ChannelJudge
from harness.channels.types import ETHER, Status, Terms

if TYPE_CHECKING:
    from harness.chain import Chain, Receipt


@dataclass(slots=True)
class Books:
    """What each channel still holds under locks, and what each token's channels owe together.

    `check` compares that with the contract. Channels of strangers count too, because the contract holds their money as
    well.
    """

    judge: ChannelJudge
    terms: dict[bytes, Terms] = field(default_factory=dict)
    _locked: dict[bytes, int] = field(default_factory=dict)
    _logs: FollowedLogs = field(init=False)

    def __post_init__(self) -> None:
        self._logs = FollowedLogs(self.judge.chain, address=self.judge.contract)

    def add(self, terms: Terms) -> None:
        """Check a channel from now on."""
        self.terms[terms.channel] = terms

    def read(self) -> None:
        """Take in the contract's new events. After a reorg it takes in all of them again."""
        _, logs = self._logs.news()
        for log in logs:
            event = self.judge.contract.type.index.decode_event(log.address, log.topics, log.data)
            if event is not None:
                self._note(event.name, event.fields)

    def on_transaction(self, _: Chain, receipt: Receipt) -> None:
        """Check after a transaction; a hook for `Chain.on_transaction`."""
        self.read()
        self.check()

    def value_of(self, terms: Terms) -> int:
        """Return what a channel owes to its two sides and its locks."""
        info = self.judge.info(terms)
        if info.status is Status.SETTLED:
            return info.funds.held_a + info.funds.held_b + self._locked.get(terms.channel, 0)
        return info.funds.pool

    def check(self) -> None:
        """Raise AssertionError unless the contract's balance is what its channels owe."""
        owed: dict[str, int] = {}
        for terms in self.terms.values():
            owed[terms.token] = owed.get(terms.token, 0) + self.value_of(terms)
        for token, expected in owed.items():
            contract = self.judge.contract
            if token == ETHER:
                held = self.judge.chain.balance(contract.address)
                assert held == expected, f"the contract holds {held} wei and owes {expected}"
            else:
                booked = contract.owed(token)
                assert booked == expected, f"the contract books {booked} of {token} and owes {expected}"

    def _note(self, name: str, args: Any) -> None:
        if name == "Opened":
            self.add(Terms(*args["key"]))
        elif name == "Settled":
            self._locked[bytes(args["channel"])] = args["locked"]
        elif name == "Unlocked":
            self._locked[bytes(args["channel"])] -= args["amount"]
