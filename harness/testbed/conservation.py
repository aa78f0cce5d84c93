"""Value conservation of a rollup, in ether and tokens: what came in equals what went out plus what is held.

It is checked after every L1 transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from eth_utils import to_canonical_address, to_checksum_address

from harness.chain.chain import Chain
from harness.chain.logs import FollowedLogs
from harness.chain.receipts import Receipt
from harness.chain.values.codec import AbiIndex
from harness.dispute.reader import GameReader
from harness.errors import HarnessError
from harness.primitives.hashing import keccak256, word
from harness.primitives.patricia import walk
from harness.rollup.contracts import contract_type
from harness.rollup.machine.state import AccountState, State
from harness.rollup.node.supply import RunningSupply
from harness.rollup.predeploys import TOKEN_BRIDGE
from harness.rollup.withdrawals import SentMessages
from harness.testbed.rollup import Rollup


class NotConserved(HarnessError):
    """Value appeared or vanished. Amounts are wei, or a token's smallest units."""

    def __init__(self, what: str, actual: int, expected: int) -> None:
        super().__init__(f"{what} is {actual}, expected {expected} (off by {actual - expected})")
        self.what = what
        self.actual = actual
        self.expected = expected


@dataclass(slots=True)
class ExpectedBooks:
    """What the rollup's books must say, from L1's events alone."""

    minted: int = 0
    donated: int = 0
    paid_out: int = 0
    executed: set[bytes] = field(default_factory=set)
    tokens: Counter[str] = field(default_factory=Counter)
    pending: set[bytes] = field(default_factory=set)
    unsettled: set[bytes] = field(default_factory=set)
    credited: int = 0
    burnt_bonds: int = 0

    @property
    def moved(self) -> tuple[int, int, int]:
        """The wei that went through the portal."""
        return self.minted, self.donated, self.paid_out


class Conservation:
    """Checks a rollup's books; `watch` does it after every transaction on L1."""

    def __init__(self, rollup: Rollup) -> None:
        self.rollup = rollup
        self.checks = 0
        self._remove: Callable[[], None] | None = None
        self._checked: Hashable = None
        contracts = (rollup.portal, rollup.contracts.delayed_inbox, rollup.assertions, rollup.token_bridge)
        self._kinds: dict[str, AbiIndex] = {contract.address: contract.type.index for contract in contracts}
        self._logs = FollowedLogs(rollup.l1, address=contracts, since=rollup.since)
        self._ledger = ExpectedBooks()
        self._given = 0
        self._moved: tuple[int, int, int] | None = None
        self._games: dict[str, tuple[Hashable, int]] = {}
        self._supply = RunningSupply()
        self._sent = SentMessages()

    def watch(self) -> Conservation:
        """Check after every L1 transaction from now on. NotConserved is raised to the sender of the transaction."""
        self._moved = self._books().moved
        self._remove = self.rollup.l1.on_transaction(self._after)
        return self

    def stop(self) -> None:
        """Stop checking."""
        if self._remove is not None:
            self._remove()

    def _after(self, chain: Chain, receipt: Receipt) -> None:
        # The transactions of one block are reported one by one, but all of them are in the state already.
        if chain.version != self._checked:
            self.check()

    def check(self) -> None:
        """Compare every balance with the books; raises NotConserved."""
        self.checks += 1
        rollup = self.rollup
        self._checked = rollup.l1.version
        books = self._books()
        balance = rollup.l1.balance
        self._check_portal(balance(rollup.portal), books)
        _same("the delayed inbox's ether", balance(rollup.contracts.delayed_inbox), 0)
        locked = rollup.config.bond * (len(books.pending) + len(books.unsettled))
        _same("the ether burnt of bonds", int(rollup.assertions.burnt()), books.burnt_bonds)
        owed = locked + books.credited + books.burnt_bonds
        _same("the assertion chain's ether", balance(rollup.assertions), owed)
        for _, address in rollup.game_events():
            self._check_game(address)
        self._check_l2()
        for token, amount in books.tokens.items():
            self._check_token(token, amount)

    def _check_portal(self, held: int, books: ExpectedBooks) -> None:
        """Compare the portal's ether with the books.

        Nobody can refuse ether that comes by SELFDESTRUCT or as a block's fees, and no event tells of it. It is taken
        for a gift if the portal did nothing else since the last check.
        """
        surplus = held - (books.minted + books.donated - books.paid_out)
        if self._moved is None:
            self._given = max(0, min(self._given, surplus))  # a reorg may have taken gifts back
        elif self._moved == books.moved:
            self._given = max(self._given, surplus)
        self._moved = books.moved
        _same("the portal's ether", held, held - surplus + self._given)

    def _check_game(self, address: str) -> None:
        """Compare a game's ether with its claims, credits and burnt shares, and its books with its events."""
        rollup = self.rollup
        view = rollup.game_readers.setdefault(address, GameReader(rollup.l1, address, rollup.since)).view()
        surplus = rollup.l1.balance(address) - view.locked
        moved = (len(view.claims), view.outcome, view.burnt, view.locked)
        before, given = self._games.get(address, (moved, 0))
        # Nobody can refuse ether that comes by SELFDESTRUCT. It is a gift if nothing else happened in the game.
        if before == moved:
            given = max(given, surplus)
        self._games[address] = (moved, given)
        _same(f"the ether of the game at {address}", view.locked + surplus, view.locked + given)
        game = contract_type("DisputeGame").at(rollup.l1, address)
        _same(f"the ether burnt by the game at {address}", int(game.burnt()), view.burnt)
        _same(f"the credits of the game at {address}", int(game.credits()), sum(view.credits.values()))

    def _books(self) -> ExpectedBooks:
        """Return the ledger up to L1's head."""
        lost, logs = self._logs.news()
        if lost:
            self._ledger = ExpectedBooks()
            self._moved = None
        bond = self.rollup.config.bond
        for log in logs:
            event = self._kinds[log.address].decode_event(log.address, log.topics, log.data)
            if event is not None:
                _enter(self._ledger, event, bond, self._value_of)
        return self._ledger

    def _value_of(self, withdrawal: bytes) -> int:
        """The wei of a message that L1 executed, as L2's blocks have it."""
        self.rollup.l2.backend.follow()
        value = self._sent.in_blocks(self.rollup.node.blocks).get(withdrawal)
        if value is None:
            raise NotConserved(f"L2's messages with the hash 0x{withdrawal.hex()}, which L1 executed,", 0, 1)
        return value

    def _check_l2(self) -> None:
        """Check that all balances on the safe chain together are what was minted less what was burnt."""
        rollup = self.rollup
        rollup.l2.backend.follow()
        held = total_supply(rollup.node.idle.state)
        _same("L2's ether", held, self._supply.up_to(rollup.node.blocks))

    def _check_token(self, token: str, amount: int) -> None:
        rollup = self.rollup
        _same(f"what the bridge says it locks of {token}", rollup.token_bridge.locked(token), amount)
        held = contract_type("DemoToken").at(rollup.l1, token).balanceOf(rollup.token_bridge.address)
        if held < amount:
            raise NotConserved(f"the bridge's balance of {token}", held, amount)
        twin = rollup.node.idle.state.storage(TOKEN_BRIDGE, _twin_slot(token))
        if twin:
            supply = (
                contract_type("TwinToken").at(rollup.l2, to_checksum_address(twin.to_bytes(20, "big"))).totalSupply()
            )
            if supply > amount:
                raise NotConserved(f"the supply on L2 of {token}", supply, amount)


def _enter(books: ExpectedBooks, event: Any, bond: int, value_of: Callable[[bytes], int]) -> None:
    """Enter an event of L1; ``value_of`` gives the wei of a message by its hash."""
    match event.name:
        case "Donated":
            books.donated += event.amount
        case "TransactionDeposited":
            books.minted += int.from_bytes(event.opaqueData[:32], "big")
        case "WithdrawalFinalized":
            message = bytes(event.withdrawalHash)
            # A message that failed may be tried again. One that was executed is owed nothing any more.
            if event.success and message not in books.executed:
                books.executed.add(message)
                books.paid_out += value_of(message)
        case "Asserted":
            books.pending.add(event.id)
        case "Confirmed":
            books.pending.discard(event.id)
            books.credited += bond
        case "Rejected":
            books.pending.discard(event.id)
            books.unsettled.add(event.id)
        case "Settled":
            books.unsettled.discard(event.id)
            books.credited += event.paid
            books.burnt_bonds += event.burnt
        case "Withdrawn":
            books.credited -= event.amount
        case "TokenDeposited":
            books.tokens[event.token] += event.amount
        case "TokenReturned":
            books.tokens[event.token] -= event.amount


def _twin_slot(token: str) -> int:
    """Return the slot of `twinOf[token]`, a mapping in slot 1."""
    return int.from_bytes(keccak256(word(to_canonical_address(token)) + word(1)), "big")


def _same(what: str, actual: int, expected: int) -> None:
    if actual != expected:
        raise NotConserved(what, actual, expected)


def total_supply(state: State) -> int:
    """Return the wei of all accounts together."""
    return sum(account.balance for _, account in walk(state.accounts) if isinstance(account, AccountState))
