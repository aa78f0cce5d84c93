"""Messages through a portal with the ABI of OptimismPortal2: the OP Stack's own, or the built-in one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.bridge import Bridge, Message, Proof
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import OutputRootProof, prove

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract
    from harness.rollup.machine.machine import Idle

DEPOSITED = 10**18
DEPOSIT_GAS = 100_000
_UNSENT = (1 << 240) + (1 << 128)
"""A nonce of version 1 that no message has reached."""
_ROOT = ("version", "state_root", "storage_root", "block_hash")


class PortalMessages(Bridge):
    """The part of an adapter that proves and executes messages; ``portal`` is bound to its proxy."""

    own_proofs: ClassVar[bool] = True
    portal: Contract

    def proof_in(self, idle: Idle, index: int, message: Message) -> Proof:
        """Return the proof of a message's slot in a machine, whose root has this number on L1."""
        words = dict(zip(_ROOT, OutputRootProof.of(idle).struct, strict=True))
        return {"index": index, **words, "nodes": list(prove(message, idle).nodes)}

    def forged_in(self, idle: Idle, value: int, sender: Account) -> tuple[Message, Idle]:
        """Return a message to the sender that nobody has sent, and the machine if somebody had."""
        forged = Message(_UNSENT, sender.address, sender.address, value, 0, b"")
        return forged, replace(idle, state=idle.state.with_account(PASSER, storage={forged.slot: 1}))

    def prove(self, message: Message, proof: Proof, sender: Account) -> None:
        """Call proveWithdrawalTransaction."""
        root = tuple(proof[name] for name in _ROOT)
        self.portal.proveWithdrawalTransaction(message.struct, proof["index"], root, proof["nodes"], sender=sender)

    def execute(self, message: Message, sender: Account, *, prover: Account | None = None, gas: int = 0) -> None:
        """Call finalizeWithdrawalTransaction, or the same with somebody else's proof."""
        options: dict[str, Any] = {"sender": sender, "gas": gas or 2_000_000}
        if prover is None:
            self.portal.finalizeWithdrawalTransaction(message.struct, **options)
        else:
            self.portal.finalizeWithdrawalTransactionExternalProof(message.struct, prover.address, **options)

    def held(self) -> int:
        """Return the portal's wei."""
        return self.chain.balance(self.portal)

    def told_sender(self) -> str:
        """Return the portal's l2Sender."""
        return str(self.portal.l2Sender())

    def forbidden_targets(self) -> tuple[str, ...]:
        """Return the portal."""
        return (self.portal.address,)

    def call_of_execute(self, message: Message, prover: Account) -> bytes:
        """Encode finalizeWithdrawalTransactionExternalProof."""
        call = self.portal.functions["finalizeWithdrawalTransactionExternalProof"]
        return bytes(call.encode(message.struct, prover.address))

    def call_of_deposit(self, to: str) -> tuple[str, bytes]:
        """Encode depositTransaction of one ether."""
        call = self.portal.functions["depositTransaction"].encode(to, DEPOSITED, DEPOSIT_GAS, False, b"")
        return self.portal.address, bytes(call)
