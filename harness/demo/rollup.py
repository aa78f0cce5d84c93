"""A day on L2: deposits, an exchange, a thousand transactions, batches, an assertion, and withdrawals."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from harness.chain.values.units import ether
from harness.demo.stage import Stage
from harness.rollup.withdrawals import Withdrawal
from harness.testbed.conservation import Conservation, total_supply
from harness.testbed.rollup import Rollup

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.chain.receipts import Receipt
    from harness.chain.values.accounts import Account

TRANSACTIONS = 1_000
PER_BLOCK = 25
BLOCKS_PER_BATCH = 8
TRADERS = 8
_SUPPLY = 10**24
_POOL = 10**22


@dataclass(slots=True)
class _Tally:
    """Number and L2 gas of the transactions of each kind."""

    count: dict[str, int] = field(default_factory=dict)
    gas: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, gas: int) -> None:
        self.count[kind] = self.count.get(kind, 0) + 1
        self.gas[kind] = self.gas.get(kind, 0) + gas


def show(stage: Stage) -> None:
    """Show the rollup."""
    stage.title(
        "The rollup",
        f"Deposits through the portal, an ERC-20 and an exchange on L2, {TRANSACTIONS:,} signed transactions in batches"
        " on L1, an assertion, the challenge period, withdrawals. After every L1 transaction the books are checked.",
    )
    with stage.chains() as chains:
        if not chains:
            return
        day = _Day(stage, chains[0])
        day.play()


class _Day:
    """The day, on one L1."""

    def __init__(self, stage: Stage, l1: Chain) -> None:
        self.stage = stage
        self.rollup = Rollup.deploy(l1)
        self.books = Conservation(self.rollup).watch()
        self.accounts = list(l1.accounts)[:TRADERS]
        self.drawn = random.Random(stage.seed)
        self.tally = _Tally()
        self.inbox_gas = 0
        self.posted_bytes = 0
        self.spent = 0.0
        self.deposited: dict[str, int] = {}
        self.withdrawn: dict[str, int] = {}
        self.fees: dict[str, int] = {}
        self.market: Any = None
        self.tokens: tuple[Any, Any] = (None, None)

    def play(self) -> None:
        rollup = self.rollup
        self._deposit()
        self.market, self.tokens = self._open_market(rollup.l2, self.accounts[0])
        rollup.sequencer.post()
        self._trade()
        messages = self._leave()
        turns = rollup.confirm_all()
        for message in messages:
            rollup.execute(message, sender=self.accounts[0])
        self.books.stop()
        self._show_costs(self._l1_prices())
        self._show_balances()
        self.stage.console.print(
            f"Confirmed in {turns} turns of the agents; the books were right after each of {self.books.checks} looks."
            f" Output root 0x{rollup.latest_confirmed.root.hex()}"
        )

    def _deposit(self) -> None:
        for account in self.accounts:
            self.rollup.deposit(ether(100), sender=account)
            self.deposited[account.name] = ether(100)

    def _open_market(self, chain: Chain, owner: Account) -> tuple[Any, tuple[Any, Any]]:
        """Deploy two tokens and their exchange, give every trader some of each, and fill the pool."""
        types = self.stage.contracts
        receipts: list[Receipt] = []
        gold = chain.deploy(types["DemoToken"], "Gold", "GLD", _SUPPLY, sender=owner)
        salt = chain.deploy(types["DemoToken"], "Salt", "SLT", _SUPPLY, sender=owner)
        market = chain.deploy(types["Exchange"], gold.address, salt.address, sender=owner)
        for token in (gold, salt):
            for account in self.accounts[1:]:
                receipts.append(token.transfer(account.address, _POOL, sender=owner))
            for account in self.accounts:
                receipts.append(token.approve(market.address, 2**256 - 1, sender=account))
        receipts.append(market.provide(_POOL, _POOL, sender=owner))
        deployments = [contract.receipt for contract in (gold, salt, market)]
        if chain is self.rollup.l2:
            self._charge([*deployments, *receipts])
        return market, (gold, salt)

    def _draw(self) -> tuple[str, Account, Callable[..., Any]]:
        """Draw a transfer or a swap by some trader."""
        sender = self.drawn.choice(self.accounts)
        token = self.drawn.choice(self.tokens)
        if self.drawn.random() < 0.5:
            target = self.drawn.choice([account for account in self.accounts if account is not sender])
            amount = self.drawn.randrange(1, 10**15)
            return "transfer", sender, lambda: token.transfer(target.address, amount, sender=sender, gas=100_000)
        amount = self.drawn.randrange(10**12, 10**15)
        return "swap", sender, lambda: self.market.swap(token.address, amount, 0, sender=sender, gas=200_000)

    def _trade(self) -> None:
        """Send a thousand transactions, in blocks and in batches."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        start = time.perf_counter()
        with Progress(*columns, console=self.stage.console, transient=True) as progress:
            task = progress.add_task("transactions on L2", total=TRANSACTIONS)
            for number, size in enumerate(_blocks()):
                self._trade_block(size)
                progress.advance(task, size)
                if number % BLOCKS_PER_BATCH == BLOCKS_PER_BATCH - 1:
                    self._post()
            self._post()
        self.spent = time.perf_counter() - start

    def _trade_block(self, size: int) -> None:
        sent: list[tuple[str, Receipt]] = []
        with self.rollup.l2.block():
            for _ in range(size):
                kind, _, act = self._draw()
                sent.append((kind, act()))
        for kind, receipt in sent:
            self.tally.add(kind, receipt.gas_used)
        self._charge([receipt for _, receipt in sent])
        self.rollup.l1.warp(12)

    def _charge(self, receipts: list[Any]) -> None:
        """Record who paid how much for gas on L2."""
        for receipt in receipts:
            account = self.rollup.l1.accounts.get(receipt.sender)
            name = receipt.sender if account is None else account.name
            self.fees[name] = self.fees.get(name, 0) + receipt.cost

    def _post(self) -> None:
        """Post all drafts, and count their gas on L1."""
        sequencer = self.rollup.sequencer
        for action in sequencer.agent.decide(sequencer.view()):
            self.inbox_gas += sequencer.perform(action).gas_used
            self.posted_bytes += len(action.data)

    def _leave(self) -> list[Withdrawal]:
        """Withdraw ten ether for every account."""
        messages = []
        for account in self.accounts:
            message = self.rollup.withdraw(ether(10), sender=account)
            messages.append(message)
            self.withdrawn[account.name] = message.value
            self._charge([self.rollup.l2.receipt(self._last_of(account))])
        return messages

    def _last_of(self, account: Account) -> bytes:
        """Return the hash of the newest transaction, which is this account's."""
        item = self.rollup.unsafe.head.transactions[-1]
        assert item.sender == account.address_bytes
        return item.hash

    def _l1_prices(self) -> dict[str, int]:
        """Return the gas of the same two kinds of transaction on L1 itself."""
        l1, owner, other = self.rollup.l1, self.accounts[0], self.accounts[1]
        mark = l1.snapshot()
        market, (gold, _) = self._open_market(l1, owner)
        prices = {
            "transfer": gold.transfer(other.address, 10**12, sender=owner).gas_used,
            "swap": market.swap(gold.address, 10**12, 0, sender=owner).gas_used,
        }
        l1.restore(mark)
        return prices

    def _show_costs(self, l1_prices: dict[str, int]) -> None:
        total = sum(self.tally.count.values())
        share = self.inbox_gas / total
        table = Table(title="What a transaction costs", title_justify="left", header_style="bold")
        for column in ("kind", "number", "L2 gas", "L1 gas, its share of the batches", "L1 gas on L1 itself", "saved"):
            table.add_column(column, justify="left" if column == "kind" else "right")
        for kind, count in sorted(self.tally.count.items()):
            direct = l1_prices[kind]
            table.add_row(
                kind,
                f"{count:,}",
                f"{self.tally.gas[kind] // count:,}",
                f"{share:,.0f}",
                f"{direct:,}",
                f"{direct / share:.1f} times",
            )
        self.stage.console.print(table)
        self.stage.console.print(
            f"{total:,} transactions in {self.spent:.1f} s, {total / self.spent:,.0f} per second from signing to L1;"
            f" {self.posted_bytes:,} bytes posted, {self.posted_bytes / total:.0f} per transaction"
        )

    def _show_balances(self) -> None:
        """Show that each account has its deposits less fees and withdrawals; note each difference."""
        rollup = self.rollup
        table = Table(title="Where the ether of L2 is", title_justify="left", header_style="bold")
        for column in ("account", "deposited", "fees", "withdrawn", "has", ""):
            table.add_column(column, justify="left" if column in ("account", "") else "right")
        for account in self.accounts:
            name = account.name
            fees, has = self.fees.get(name, 0), rollup.l2.balance(account)
            expected = self.deposited[name] - fees - self.withdrawn[name]
            if has != expected:
                self.stage.disagreements.append(f"balance of {name}: {has}, expected {expected}")
            table.add_row(
                name,
                _ether(self.deposited[name]),
                _ether(fees),
                _ether(self.withdrawn[name]),
                _ether(has),
                "[green]accounted for[/green]" if has == expected else f"[red]expected {_ether(expected)}[/red]",
            )
        self.stage.console.print(table)
        vault, passer = rollup.l2.balance(rollup.fee_vault), rollup.l2.balance(rollup.passer)
        supply = total_supply(rollup.node.idle.state)
        burnt = sum(self.deposited.values()) - supply
        self.stage.console.print(
            f"Priority fees in the vault {_ether(vault)}, burnt base fee {_ether(burnt)}, withdrawn through the"
            f" message passer {_ether(passer)}; the portal holds {_ether(rollup.l1.balance(rollup.portal))}"
        )


def _blocks() -> Iterator[int]:
    """Yield the sizes of the blocks that hold all transactions."""
    left = TRANSACTIONS
    while left:
        size = min(PER_BLOCK, left)
        left -= size
        yield size


def _ether(wei: int) -> str:
    return f"{wei / 10**18:.6f}"
