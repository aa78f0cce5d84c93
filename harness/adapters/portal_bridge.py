"""The built-in bridge: portal, roots and inbox of a rollup, driven with messages of its L2."""

from __future__ import annotations

from typing import ClassVar

from eth_abi.abi import decode
from eth_utils import to_checksum_address

from harness.adapters.bridge import Message, Proof
from harness.adapters.errors import NotApplicable
from harness.adapters.portal_messages import PortalMessages
from harness.adapters.portal_tokens import PortalTokens
from harness.chain.logs import LogReader
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import create_address
from harness.errors import Reverted
from harness.primitives.hashing import keccak256
from harness.rollup.codec.messages import Deposit
from harness.rollup.config import RollupConfig
from harness.rollup.machine.machine import Idle
from harness.rollup.withdrawals import Opening
from harness.testbed.assertions import AssertionHandle
from harness.testbed.rollup import Rollup

MATURITY = 600
CALL_FAILED = keccak256(b"CallFailed(bytes32,bytes)")[:4]


class PortalBridge(PortalMessages, PortalTokens):
    """Drives a rollup of its own, whose proofs mature for ten minutes."""

    guarded: ClassVar[tuple[str, ...]] = ("TokenBridge.release",)
    says_why: ClassVar[bool] = True

    def deploy(self) -> None:
        """Deploy a rollup, and move ether to L2."""
        self.rollup = Rollup.deploy(self.chain, RollupConfig(maturity=MATURITY))
        self.portal, self.roots, self.assertions = self.rollup.portal, self.rollup.roots, self.rollup.assertions
        self.tokens = self.rollup.token_bridge
        self.proposed: AssertionHandle | None = None
        self.lie: Idle | None = None

    def deposit(self, value: int, sender: Account) -> None:
        """Deposit for the sender itself."""
        self.rollup.deposit(value, sender=sender)

    def withdraw(self, value: int, target: str, sender: Account, *, gas: int = 0, data: bytes = b"") -> Message:
        """Send a message through the passer."""
        return self.rollup.withdraw(value, sender=sender, to=target, gas=gas, data=data)

    def confirm(self) -> None:
        """Let the proposer assert everything, and let the challenge period pass."""
        self.rollup.confirm_all()
        self.lie = None
        self.proposed = self.rollup.latest_confirmed
        self.rollup.open_root(self.proposed, sender=self.chain.accounts.judy)

    def pend(self) -> None:
        """Let the proposer assert everything, and show the root."""
        self.rollup.sequencer.post()
        self.proposed = self.rollup.proposer.propose()

    def trusted_at(self) -> int:
        """Return the second after the challenge period."""
        made = self.assertions.assertion(self._root.id)
        return int(made.createdAt) + self.rollup.config.period + 1

    def settle(self, sender: Account) -> None:
        """Confirm the assertion."""
        self.assertions.confirm(self._root.id, sender=sender)

    @property
    def _root(self) -> AssertionHandle:
        if self.proposed is None:
            raise NotApplicable("no root is proposed")
        return self.proposed

    @property
    def _idle(self) -> Idle:
        return self.lie or self.rollup.node.idle_after(self._root.end)

    def root(self) -> Proof:
        """Return the machine, the environment and the proof of the passer's account."""
        opening = Opening.of(self._idle, self._root.id)
        return {
            "id": opening.assertion,
            "machine": list(opening.machine),
            "env": list(opening.env),
            "nodes": list(opening.nodes),
        }

    def show(self, root: Proof, sender: Account) -> None:
        """Open the assertion's root."""
        self.roots.open(root["id"], root["machine"], root["env"], root["nodes"], sender=sender)

    def proof(self, message: Message) -> Proof:
        """Prove the message's slot, whatever it holds."""
        self.rollup.l2.backend.follow()
        return self.proof_in(self._idle, int(self.roots.indexOf(self._root.id)), message)

    def maturity(self) -> int:
        """Return the delay that the rollup was deployed with."""
        return MATURITY

    def forbidden_targets(self) -> tuple[str, ...]:
        """Return the portal, and the delayed inbox, which believes it."""
        return *super().forbidden_targets(), self.rollup.contracts.delayed_inbox.address

    def told_reason(self, refusal: Reverted | None) -> bytes:
        """Return the reason in CallFailed: the portal keeps a message whose call fails."""
        if refusal is None or refusal.data[:4] != CALL_FAILED:
            return b""
        _, reason = decode(["bytes32", "bytes"], refusal.data[4:])
        return bytes(reason)

    def forge(self, value: int, sender: Account) -> Message:
        """Assert a machine in which the sender's message was sent."""
        self.rollup.sequencer.post()
        self.rollup.l2.backend.follow()
        parent, head = bytes(self.assertions.latestConfirmed()), self.chain.head
        idle = self.rollup.node.idle_after(int(self.assertions.childEnd(parent)))
        forged, lie = self.forged_in(idle, value, sender)
        bond = self.rollup.config.bond
        sent = self.assertions.propose(parent, lie.root, 0, head.number, head.hash, sender=sender, value=bond)
        self.proposed, self.lie = AssertionHandle(self.rollup, bytes(sent.events[0].id)), lie
        return forged

    def reject(self) -> None:
        """Let the honest challenger win the dispute about the assertion."""
        self.rollup.run_until(self.rollup.challenger.dispute(self._root).resolved)

    def arrived(self, address: str) -> int:
        """Return a balance on L2."""
        return int(self.rollup.l2.balance(address))

    def sender_of_last(self) -> str:
        """Return the sender of the newest delayed message."""
        self.rollup.l2.backend.follow()
        return to_checksum_address(self.rollup.node.inbox.messages[-1].sender)

    def create_by_deposit(self, value: int, sender: Account) -> str:
        """Deposit with initcode that returns nothing."""
        nonce = self.rollup.l2.nonce(sender)
        self.rollup.deposit(value, sender=sender, data=b"\0", gas=200_000, is_creation=True)
        return str(create_address(sender.address_bytes, nonce))

    def told_and_executed(self) -> tuple[object, object]:
        """Return version, sender, target and opaque data of the newest event, and what L2 makes of the deposit."""
        topic = keccak256(b"TransactionDeposited(address,address,uint256,bytes)")
        logs = LogReader(self.chain.backend).read(self.portal.address, [topic], 0, self.chain.block_number)
        message = self.rollup.node.inbox.messages[-1]
        made = Deposit.decode(message.sender, message.payload)
        words = made.mint, made.value
        opaque = b"".join(each.to_bytes(32, "big") for each in words) + made.gas_limit.to_bytes(8, "big")
        opaque += bytes([made.to is None]) + made.data
        executed = (made.sender.hex(), (made.to or bytes(20)).hex(), 0, opaque.hex())
        if not logs:
            return "nothing", executed
        sender, to, version = (bytes(topic) for topic in logs[-1].topics[1:])
        data = bytes(logs[-1].data)
        size = int.from_bytes(data[32:64], "big")
        return (sender[12:].hex(), to[12:].hex(), int.from_bytes(version, "big"), data[64 : 64 + size].hex()), executed
