"""What everybody has at the beginning and at the end, and whether value is conserved in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.errors import HarnessError
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import sent_in
from harness.scenarios.world import World
from harness.testbed.conservation import Conservation, NotConserved, total_supply


@dataclass(slots=True)
class Books:
    """The books of one run. ``breaches`` says where value appeared or vanished, each kind once."""

    world: World
    breaches: list[str] = field(default_factory=list)
    before: dict[str, dict[str, int]] = field(init=False)
    _conservation: Conservation | None = field(init=False, default=None)
    _checked: object = None

    def __post_init__(self) -> None:
        self.before = self.balances()
        if self.world.has_rollup:
            self._conservation = Conservation(self.world.rollup)

    def balances(self) -> dict[str, dict[str, int]]:
        """Return the ether of each account by its name, on L1 and on L2."""
        world = self.world
        layers = {"l1": world.l1, **({"l2": world.rollup.l2} if world.has_rollup else {})}
        if world.has_sidechain:
            layers["sidechain"] = world.sidechain.side.chain
        if world.has_rollup:
            world.rollup.l2.backend.follow()
        return {
            account.name: {layer: chain.balance(account) for layer, chain in layers.items()}
            for account in world.l1.accounts
        }

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Check after every transaction on L1 that value is conserved."""
        with self.world.l1.on_transaction(self._after):
            yield

    def _after(self, chain: Chain, receipt: Receipt) -> None:
        if chain.version == self._checked:
            return
        self._checked = chain.version
        if self.world.has_channels and (said := self.world.desk.breach()) and not self.breaches:
            self.breaches.append(said)
        if self.world.has_sidechain and (said := self.world.sidechain.breach()) and not self.breaches:
            self.breaches.append(said)
        if self._conservation is None:
            return
        try:
            self._conservation.check()
        except NotConserved as breach:
            if not any(said.startswith(breach.what) for said in self.breaches):
                self.breaches.append(str(breach))
        except HarnessError as problem:
            # A contract of a user's own may lack what the books ask for; then they say nothing about it.
            if not self.breaches:
                self.breaches.append(f"the books cannot be read: {problem}")
            self._conservation = None

    # -- at the end

    def gas(self, name: str) -> int:
        """Return the wei that an account has paid for gas, on both layers."""
        return sum(self.gas_of(name).values())

    def gas_of(self, name: str) -> dict[str, int]:
        """Return the wei that an account has paid for gas on each layer, in transactions that L1 has."""
        world = self.world
        account = world.l1.accounts[name]
        paid = {
            "l1": sum(
                one.receipt.cost
                for one in world.recorder.kept
                if one.record.block > world.began_at and one.receipt.raw.sender == account.address
            )
        }
        if world.has_rollup:
            # The set-up has deposits alone, which pay no gas.
            paid["l2"] = _paid(world.rollup.l2, account.address)
        if world.has_sidechain:
            paid["sidechain"] = _paid(world.sidechain.side.chain, account.address, world.sidechain.began)
        return paid

    def gains(self) -> dict[str, int]:
        """Return what each account has more than at the beginning, gas not counted, in ether on both layers."""
        after = self.balances()
        return {
            name: sum(layers.values()) - sum(self.before[name].values()) + self.gas(name)
            for name, layers in after.items()
        }

    def shortfall(self) -> int:
        """Return the wei that L2 owes and the portal does not have.

        L2 owes what its accounts have, the messages that L1 has not executed, and the deposits that no batch has
        brought yet. The passer keeps what it has sent.
        """
        if not self.world.has_rollup:
            return 0
        rollup = self.world.rollup
        rollup.l2.backend.follow()
        state = rollup.node.idle.state
        sent = (message for block in rollup.node.blocks for message in sent_in(block))
        waiting = sum(each.value for each in sent if not rollup.portal.finalizedWithdrawals(each.hash))
        underway = rollup.node.inbox.messages[rollup.node.idle.cursor.delayed :]
        minted = sum(each.minted for each in underway)
        owed = total_supply(state) - state.balance(PASSER) + waiting + minted
        return max(0, owed - rollup.l1.balance(rollup.portal))


def _paid(chain: Chain, address: str, since: int = 0) -> int:
    receipts = (
        chain.receipt(bytes(tx_hash))
        for number in range(since + 1, chain.block_number + 1)
        for tx_hash in chain.backend.transactions(number)
    )
    return sum(receipt.cost for receipt in receipts if receipt.raw.sender == address)
