"""Gas of every step of a channel's life, beside published figures of other projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.channels.judge import ChannelJudge
from harness.channels.locks import LockTree, hashlock_of
from harness.channels.messages import Messages, Signer
from harness.channels.types import ETHER, ChannelState, CloseTogether, Lock, Side, SignedState, Terms

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.contracts.bindings import ContractType


@dataclass(frozen=True, slots=True)
class Row:
    """A published figure, and the step or steps of ours that do the same."""

    what: str
    gas: int
    ours: str


PUBLISHED = (
    Row("Raiden: open", 111_094, "open"),
    Row("Raiden: close", 118_501, "close"),
    Row("Raiden: update", 90_516, "update"),
    Row("Raiden: settle", 108_569, "settle"),
    Row("Raiden: cooperative close", 112_270, "cooperative exit"),
    Row("Raiden: unlock of one lock", 38_619, "unlock"),
    Row("Nitro: cooperative exit", 111_514, "cooperative exit"),
    Row("Nitro: sad exit", 195_172, "sad exit"),
    Row("Celer: open", 328_861, "open with both deposits"),
    Row("Celer: cooperative settle", 129_257, "cooperative exit"),
)
"""Figures from the projects' own publications, which the guide "costs" cites."""

WINDOW = 3_600
_ETHER = 10**18


def measure(chain: Chain, contract_type: ContractType) -> dict[str, int]:
    """Return the gas of each step, each in a fresh channel in ether.

    ``cooperative exit`` is the close by both and the payout to both, ``sad exit`` a one-sided close, settlement and
    payout to both.
    """
    meter = _Meter(ChannelJudge(chain.deploy(contract_type, sender=chain.accounts[-1]), chain.accounts[-1]))
    meter.open_and_close_together()
    meter.close_alone()
    return meter.gas


class _Meter:
    def __init__(self, judge: ChannelJudge) -> None:
        accounts = judge.chain.accounts
        self.judge, self.gas = judge, dict[str, int]()
        self.a, self.b = sorted((accounts[0], accounts[1]), key=lambda account: int(account.address, 16))
        self.signers = (Signer(self.a.private_key), Signer(self.b.private_key))

    def open_and_close_together(self) -> None:
        judge, terms = self.judge, self._terms(1)
        judge.open(terms, 0, self.a)
        judge.deposit(terms, Side.A, _ETHER, self.a)
        terms = self._terms(2)
        self.gas["open with a deposit"] = judge.open(terms, _ETHER, self.a).gas_used
        self.gas["deposit"] = judge.deposit(terms, Side.B, _ETHER, self.b).gas_used
        self.gas["open with both deposits"] = self.gas["open with a deposit"] + self.gas["deposit"]
        close = CloseTogether(_ETHER // 2, 3 * _ETHER // 2, judge.now + WINDOW)
        digest = Messages.of(judge.domain, terms).close_together(close)
        receipt = judge.close_together(terms, close, [signer.sign(digest) for signer in self.signers])
        self.gas["close together"] = receipt.gas_used
        self.gas["payout to both"] = judge.payout_both(terms).gas_used
        self.gas["cooperative exit"] = self.gas["close together"] + self.gas["payout to both"]

    def close_alone(self) -> None:
        judge = self.judge
        # The first opening of a pair in a token costs most.
        other = Terms(judge.contract.address, self.a.address, self.b.address, 1, WINDOW)
        self.gas["open"] = judge.open(other, 0, self.a).gas_used
        terms = self._terms(3)
        judge.open(terms, 2 * _ETHER, self.a)
        secret = b"\x07" * 32
        lock = Lock(hashlock_of(secret), _ETHER // 4, judge.now + 10 * WINDOW, Side.A)
        tree = LockTree([lock])
        old = self._signed(terms, ChannelState(1, 0, _ETHER // 2))
        new = self._signed(terms, ChannelState(3, 1, _ETHER, 0, lock.amount, 0, tree.root))
        self.gas["close"] = judge.close(terms, old, self.a).gas_used
        self.gas["update"] = judge.update(terms, new).gas_used
        judge.chain.warp(to=judge.info(terms).deadline + 1)
        self.gas["settle"] = judge.settle(terms, new.state).gas_used
        self.gas["reveal"] = judge.reveal(secret).gas_used
        index, proof = tree.prove(lock)
        self.gas["unlock"] = judge.unlock(terms, lock, index, proof, tree.pool).gas_used
        self.gas["payout"] = judge.payout(terms, Side.A, sender=self.a).gas_used
        self.gas["sad exit"] = self.gas["close"] + self.gas["settle"] + self.gas["payout to both"]

    def _terms(self, epoch: int) -> Terms:
        return Terms(ETHER, self.a.address, self.b.address, epoch, WINDOW)

    def _signed(self, terms: Terms, state: ChannelState) -> SignedState:
        digest = Messages.of(self.judge.domain, terms).state(state)
        return SignedState(state, (), *(signer.sign(digest) for signer in self.signers))
