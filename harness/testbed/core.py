"""A rollup without its agents: L1's contracts, L2's node, and what agents and tests read of both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from harness.chain.chain import Chain
from harness.contracts.bindings import Contract
from harness.dispute.assertion_trace import Truths
from harness.dispute.log import DisputeLog
from harness.dispute.reader import GameReader
from harness.rollup.codec.messages import MAX_BATCH_BYTES, L1Attributes
from harness.rollup.config import RollupConfig
from harness.rollup.contracts import RollupContracts, contract_type
from harness.rollup.l2.backend import L2Backend
from harness.rollup.l2.chain import L2Chain
from harness.rollup.machine.opening import L1_BLOCK, L1_FEE_VAULT
from harness.rollup.node.node import RollupNode
from harness.rollup.node.sequencing import Guess
from harness.rollup.node.unsafe import Unsafe
from harness.rollup.predeploys import FEE_VAULT, PASSER, TOKEN_BRIDGE
from harness.testbed.runner import Runner


class RollupCore(ABC):
    """What handles know of a rollup; `harness.testbed.rollup.Rollup` seats the agents.

    ``since`` is an L1 block no later than the deployment.
    """

    def __init__(self, l1: Chain, contracts: RollupContracts, since: int = 0) -> None:
        self.l1 = l1
        self.contracts = contracts
        self.since = since
        self.node = RollupNode(l1, contracts.addresses, contracts.genesis, since=since)
        self.unsafe = Unsafe(self.node, self._guess, batch_bytes=_batch_bytes(l1))
        backend = L2Backend(self.unsafe, contracts.config.chain_id, lambda: l1.now, self._set_clock)
        backend.finalized = self._finalized
        backend.harden = self._harden
        self.l2 = L2Chain(backend, l1.accounts)
        self.runner = Runner(l1, self._standstill)
        self.disputes = DisputeLog(l1, contracts.assertions, since)
        self.truths = Truths(self.node)
        self.game_readers: dict[str, GameReader] = {}
        self.passer = contract_type("L2ToL1MessagePasser").at(self.l2, PASSER)
        self.l2_token_bridge = contract_type("L2TokenBridge").at(self.l2, TOKEN_BRIDGE)
        self.fee_vault = contract_type("FeeVault").at(self.l2, FEE_VAULT)
        self.l1_fee_vault = contract_type("FeeVault").at(self.l2, L1_FEE_VAULT)
        self.l1_block = contract_type("L1Block").at(self.l2, L1_BLOCK)

    @property
    def config(self) -> RollupConfig:
        """The parameters that the rollup was deployed with."""
        return self.contracts.config

    @property
    def portal(self) -> Contract:
        """The portal on L1: deposits and withdrawals."""
        return self.contracts.portal

    @property
    def roots(self) -> Contract:
        """The roots on L1 that withdrawals are proven against: the assertions in the OP Stack's terms."""
        return self.contracts.roots

    def game_at(self, address: str) -> Contract:
        """Return an opened assertion, as a dispute game of the OP Stack."""
        return contract_type("OptimismGame").at(self.l1, address)

    @property
    def token_bridge(self) -> Contract:
        """The bridge on L1 for ERC-20 tokens."""
        return self.contracts.token_bridge

    @property
    def assertions(self) -> Contract:
        """The assertion chain on L1."""
        return self.contracts.assertions

    def data_fee(self, raw: bytes) -> int:
        """Return what a signed transaction with these bytes would pay for them on L1 now, in wei; 0 if the fee is off.

        The transaction pays by the L1 fees that its batch's record has.
        """
        return self.unsafe.idle.env.data_fee(raw)

    def _guess(self) -> Guess:
        told = self.node.idle.env.l1
        with self.l1.backend.ahead():
            now, head, base_fee = self.l1.now, self.l1.head, self.l1.backend.next_base_fee()
        l1 = L1Attributes(base_fee, now, head.hash, told.blob_base_fee)
        return Guess(head.number + 1, now, self.config.window, self.config.lead, self.node.fork_at(now), l1)

    def _finalized(self) -> int:
        return int(self.assertions.assertion(self.assertions.latestConfirmed()).end)

    @abstractmethod
    def post(self) -> int:
        """Let the sequencer post all batches at once, whatever their age; return how many."""

    @abstractmethod
    def _set_clock(self, timestamp: int) -> None:
        """Set L1's time.

        What L2 has promised for an earlier time is posted first if it would be too late afterwards.
        """

    @abstractmethod
    def _harden(self) -> None:
        """Post all that is unsafe; on a rollup on a rollup, do the same for each lower layer."""

    @abstractmethod
    def _standstill(self) -> list[str]:
        """Return why nothing moves, in words."""

    # -- disputes

    def game_events(self) -> list[tuple[bytes, str]]:
        """Return the assertions with the addresses of their games, oldest first."""
        return self.disputes.games()

    def pending_assertions(self) -> list[tuple[bytes, bytes]]:
        """Return the undecided assertions and their parents, oldest first."""
        return self.disputes.pending()

    def assertion(self, id: bytes) -> Any:
        """Return the assertion chain's record of an assertion; all zeros for one that it does not have."""
        return self.disputes.record(id)

    def name_of(self, address: str) -> str:
        """Return an account's name, or the address itself if nobody has named it."""
        return self.l1.knowledge.known_name(address) or address


def _batch_bytes(l1: Chain) -> int:
    """Return the bytes of the largest batch that one transaction of ``l1`` carries."""
    return MAX_BATCH_BYTES if l1.largest_data is None else min(MAX_BATCH_BYTES, l1.largest_data)
