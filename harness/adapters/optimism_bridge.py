"""The OP Stack's bridge, from the package @eth-optimism/contracts-bedrock of npm or a team's own build.

L1 has OptimismPortal2 and real dispute games. L2 is a rollup of the harness whose message passer is the OP Stack's own;
its state roots are claimed in the games.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from eth_utils import to_checksum_address

from harness.adapters import op
from harness.adapters.bridge import Message, Proof
from harness.adapters.errors import NotApplicable
from harness.adapters.game_values import Promise
from harness.adapters.optimism_bridge_promises import promises
from harness.adapters.portal_messages import DEPOSIT_GAS, PortalMessages
from harness.adapters.published import OPTIMISM, WithPackage
from harness.primitives.hashing import keccak256
from harness.rollup.config import RollupConfig
from harness.rollup.machine.machine import Idle
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import OutputRootProof
from harness.testbed.rollup import Rollup

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import ContractType

GAMES = op.OpRules(max_depth=5, split_depth=2, extension=100, max_clock=10_000, delay=600, maturity=600, finality=300)
DEPOSIT_EVENT = keccak256(b"TransactionDeposited(address,address,uint256,bytes)")


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a node of L2 reads in the event of a deposit; amounts are wei."""

    sender: str
    to: str
    mint: int
    value: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A root that a game is about: the game, its number in the factory, and the machine of L2."""

    game: op.OpGame
    index: int
    idle: Idle


class OptimismBridge(PortalMessages):
    """Drives OptimismPortal2, whose proofs mature for ten minutes and whose air gap is five minutes long."""

    guarded: ClassVar[tuple[str, ...]] = (
        "OptimismPortal2.blacklistDisputeGame", "OptimismPortal2.setRespectedGameType", "OptimismPortal2.initialize",
        "SuperchainConfig.pause", "SuperchainConfig.unpause", "SuperchainConfig.initialize",
    )  # fmt: skip
    games: ClassVar[op.OpRules] = GAMES

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType]) -> None:
        super().__init__(chain, WithPackage(contracts, OPTIMISM))

    def deploy(self) -> None:
        """Deploy the OP Stack's contracts on L1, and its message passer on an L2."""
        self.stack = op.deploy(self.chain, self.contracts, rules=self.games)
        self.portal, self.superchain = self.stack.portal, self.stack.parts["superchain"]
        passer = {
            "contract": "L2ToL1MessagePasser",
            "artifacts": str(OPTIMISM.home() / OPTIMISM.artifacts),
            "replace": True,
        }
        self.l2 = Rollup.deploy(self.chain, RollupConfig.of({"genesis": {"0x" + PASSER.hex(): passer}}))
        self.claimed: Claimed | None = None
        self.began = self.chain.head.number

    def deposit(self, value: int, sender: Account) -> None:
        """Deposit for the sender; L2 runs the deposit that it reads in the event."""
        self.portal.depositTransaction(sender.address, value, DEPOSIT_GAS, False, b"", sender=sender, value=value)
        read = self.deposits()[-1]
        owner = self.chain.accounts.get(read.to)
        if owner is not None:
            self.l2.deposit(read.value, sender=owner)

    def deposits(self) -> list[Deposit]:
        """Return the deposits that a node reads in the portal's events."""
        logs = self.chain.logs(self.portal.address, [DEPOSIT_EVENT], since=self.began)
        return [_deposit(log.topics, log.data) for log in logs]

    def withdraw(self, value: int, target: str, sender: Account, *, gas: int = 0, data: bytes = b"") -> Message:
        """Send a message through the OP Stack's passer."""
        return self.l2.withdraw(value, sender=sender, to=target, gas=gas, data=data)

    # -- roots

    def confirm(self) -> None:
        """Claim a root, let its clock run out, resolve its game, and wait for the air gap."""
        self.pend()
        self.chain.warp(to=self.trusted_at())
        self.settle(self.chain.accounts.judy)
        self.chain.warp(self.games.finality + 1)

    def pend(self) -> None:
        """Claim the root of L2's state after all its batches."""
        self._claim(self._posted())

    def _posted(self) -> Idle:
        self.l2.sequencer.post()
        self.l2.l2.backend.follow()
        return self.l2.node.idle_after(int(self.l2.contracts.sequencer_inbox.batchCount()))

    def _claim(self, idle: Idle) -> None:
        factory = self.stack.factory
        index = int(factory.gameCount())
        game = self.stack.propose(OutputRootProof.of(idle).root, block=index + 1, sender=self.chain.accounts.judy)
        self.claimed = Claimed(game, index, idle)

    @property
    def _root(self) -> Claimed:
        if self.claimed is None:
            raise NotApplicable("no root is claimed")
        return self.claimed

    def trusted_at(self) -> int:
        """Return when the clock of the root runs out."""
        return int(self._root.game.contract.createdAt()) + self.games.max_clock

    def settle(self, sender: Account) -> None:
        """Resolve the root, and its game."""
        self._root.game.resolve(sender)

    def gap(self) -> int:
        """Return the portal's delay after the end of a game."""
        return self.games.finality

    def forge(self, value: int, sender: Account) -> Message:
        """Claim the root of a state in which the sender's message was sent."""
        forged, idle = self.forged_in(self._posted(), value, sender)
        self._claim(idle)
        return forged

    def reject(self) -> None:
        """Attack the root by another one, which nobody answers."""
        game, alice = self._root.game, self.chain.accounts.alice
        game.attack(0, OutputRootProof.of(self._posted()).root, alice)
        self.chain.warp(2 * self.games.max_clock)
        game.resolve(alice)

    # -- messages

    def proof(self, message: Message) -> Proof:
        """Prove the message's slot, whatever it holds."""
        return self.proof_in(self._root.idle, self._root.index, message)

    def maturity(self) -> int:
        """Return the portal's delay after a proof."""
        return self.games.maturity

    # -- what L2 sees

    def arrived(self, address: str) -> int:
        """Return what deposits have brought to an address."""
        read = self.deposits()
        brought = sum(each.value for each in read if each.to == address)
        return brought + sum(each.mint - each.value for each in read if each.sender == address)

    def sender_of_last(self) -> str:
        """Return the sender of the newest deposit."""
        return self.deposits()[-1].sender

    def promises(self, message: Message) -> Iterable[Promise]:
        """Return what the guardian can stop."""
        return promises(self, message)


def _deposit(topics: Any, data: bytes) -> Deposit:
    opaque = data[64:]
    amounts = [int.from_bytes(opaque[place : place + 32], "big") for place in (0, 32)]
    sender, to = (to_checksum_address(bytes(topic)[12:]) for topic in topics[1:3])
    return Deposit(sender, to, *amounts)
