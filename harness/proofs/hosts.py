"""Hosts that run the prover's bytecode: pyrevm, which is fast, and py-evm, the L1 of the rest of the harness.

Each host deploys the real prover and the real inboxes by their own creation code, and takes batches that are really
posted. pyrevm judges only poststates, since its gas and its fork differ from L1's.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

from eth_abi.abi import encode
from eth_utils import to_canonical_address, to_checksum_address

from harness.contracts.plan import PlannedContract, Planner
from harness.errors import NativeLibraryMissing
from harness.primitives.hashing import keccak256
from harness.proofs.deploy import plan_prover
from harness.proofs.errors import ProverRejected
from harness.rollup.codec.messages import Batch, L1Attributes
from harness.rollup.contracts import NO_DISPUTES
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_word, proven_on
from harness.rollup.machine.environment import GAS_CAP, GAS_PER_BLOCK, TX_GAS_CAP
from harness.rollup.node.inbox import batch_of

VERIFY = keccak256(b"verify(bytes32,uint256,uint256,bytes)")[:4]
POST = keccak256(b"postBatch(uint256,uint256,uint256,bytes)")[:4]
_WINDOW = 2**32
_LEAD = 2**32
_MARKET = (TX_GAS_CAP, TX_GAS_CAP, 8)
"""The market for gas of delayed messages: cap, target, and lowest price."""
_BUDGET = (GAS_PER_BLOCK, GAS_CAP)
_TIMESTAMP = 1_700_000_000
_GAS = 2**60
"""Gas of a call. State tests have precompiles that cost more gas than any block has."""

_PYREVM_FORK = Fork.CANCUN
"""The fork of the batches that pyrevm takes, an L1 that can prove no later one.

It proves steps of later forks all the same, but for those of precompiles that it lacks.
"""


def verify_calldata(pre_hash: bytes, index: int, end_batch: int, witness: bytes) -> bytes:
    """Return the calldata of a call of the prover's `verify`. ``witness`` is already encoded."""
    head = pre_hash + index.to_bytes(32, "big") + end_batch.to_bytes(32, "big") + (128).to_bytes(32, "big")
    return VERIFY + head + len(witness).to_bytes(32, "big") + witness + bytes(-len(witness) % 32)


def plan_prover_and_inboxes(sender: str, nonce: int, fork: Fork = DEFAULT_FORK) -> list[PlannedContract]:
    """Plan a prover with inboxes of its own, to which ``sender`` may post any bytes; all batches have one fork."""
    planner = Planner(to_canonical_address(sender), nonce)
    delayed = planner.add("delayed_inbox", "DelayedInbox", to_checksum_address(sender), *_MARKET)
    owner = to_checksum_address(sender)
    terms = (_WINDOW, _LEAD, 1, 0, 0, 0, *_BUDGET, fork_word(fork), NO_DISPUTES)
    inbox = planner.add("sequencer_inbox", "SequencerInbox", delayed, owner, *terms)
    plan_prover(planner, inbox, delayed)
    return planner.contracts


class Host(Protocol):
    """An L1 with the prover on it."""

    def verify(self, pre_hash: bytes, index: int, end_batch: int, witness: bytes, gas: int | None = None) -> bytes:
        """Return the hash that the prover computes. ``gas`` limits the call. Raises ProverRejected if it reverts."""

    def post(self, data: bytes) -> Batch:
        """Post a batch to the sequencer inbox and return its record."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """Addresses of the prover and of the sequencer inbox."""

    prover: str
    inbox: str


class PyrevmHost:
    """The prover on pyrevm."""

    def __init__(self) -> None:
        import pyrevm

        self._sender = "0x" + "5e" * 20
        self._evm: Any = pyrevm.EVM(
            env=pyrevm.Env(
                cfg=pyrevm.CfgEnv(chain_id=900),
                block=pyrevm.BlockEnv(number=1, timestamp=_TIMESTAMP, gas_limit=2**63),
            )
        )
        self._evm.set_balance(self._sender, 10**30)
        self._batches = 0
        planned = plan_prover_and_inboxes(self._sender, 0, _PYREVM_FORK)
        for contract in planned:
            self._evm.deploy(self._sender, contract.creation_code, gas=_GAS)
        found = {contract.name: contract.address for contract in planned}
        self.deployed = Deployed(found["prover"], found["sequencer_inbox"])

    def verify(self, pre_hash: bytes, index: int, end_batch: int, witness: bytes, gas: int | None = None) -> bytes:
        calldata = verify_calldata(pre_hash, index, end_batch, witness)
        try:
            answer: bytes = self._evm.message_call(
                self._sender, self.deployed.prover, calldata=calldata, gas=gas or _GAS, is_static=True
            )
        except RuntimeError as error:
            raise ProverRejected(str(error)) from error
        return bytes(answer)

    def post(self, data: bytes) -> Batch:
        index = self._batches
        calldata = POST + encode(["uint256", "uint256", "uint256", "bytes"], [index, 0, 0, data])
        self._evm.message_call(self._sender, self.deployed.inbox, calldata=calldata, gas=_GAS)
        self._batches += 1
        l1 = L1Attributes(0, _TIMESTAMP, bytes(self._evm.block_hash(0)), 1)
        return Batch(index, data, max(0, _TIMESTAMP - _WINDOW), _TIMESTAMP + _LEAD, 1, 0, _PYREVM_FORK, l1=l1)


class PyEvmHost:
    """The prover on the harness's own L1, whose fork is the newest that can prove L2's, unless it is named."""

    def __init__(self, fork: Fork = DEFAULT_FORK, l1_fork: str | None = None) -> None:
        from harness.chain import open_chain

        self.chain: Any = open_chain("py-evm", chain_id=900, fork=l1_fork or proven_on(fork)[-1])
        self._sender = self.chain.accounts.alice
        planned = plan_prover_and_inboxes(self._sender.address, self.chain.nonce(self._sender), fork)
        found = {contract.name: contract.deploy(self.chain, self._sender) for contract in planned}
        self.delayed, self.inbox = found["delayed_inbox"], found["sequencer_inbox"]
        self.prover = found["prover"]
        self._batches = 0

    def verify(self, pre_hash: bytes, index: int, end_batch: int, witness: bytes, gas: int | None = None) -> bytes:
        return _ask(self.chain, self.prover.address, verify_calldata(pre_hash, index, end_batch, witness), gas or _GAS)

    def gas_of(self, pre_hash: bytes, index: int, end_batch: int, witness: bytes) -> int:
        """Return the gas that a real transaction uses to prove a step, the calldata floor included."""
        calldata = verify_calldata(pre_hash, index, end_batch, witness)
        receipt = self.chain.send(sender=self._sender, to=self.prover.address, data=calldata, gas=2**24)
        return int(receipt.gas_used)

    def post(self, data: bytes) -> Batch:
        index = self._batches
        receipt = self.inbox.postBatch(index, 0, 0, data, sender=self._sender)
        self._batches += 1
        return batch_of(next(event for event in receipt.events if event.name == "BatchPosted"))


class NetworkHost:
    """A prover that is already deployed on an existing chain."""

    def __init__(self, chain: Any, prover: str) -> None:
        self.chain = chain
        self.prover = prover

    def verify(self, pre_hash: bytes, index: int, end_batch: int, witness: bytes, gas: int | None = None) -> bytes:
        return _ask(self.chain, self.prover, verify_calldata(pre_hash, index, end_batch, witness), gas)

    def gas_of(self, pre_hash: bytes, index: int, end_batch: int, witness: bytes) -> int:
        """Return the gas that the network estimates for a transaction that proves a step."""
        calldata = verify_calldata(pre_hash, index, end_batch, witness)
        return int(self.chain.w3.eth.estimate_gas({"to": self.prover, "data": "0x" + calldata.hex(), "gas": 2**24}))


def _ask(chain: Any, prover: str, calldata: bytes, gas: int | None) -> bytes:
    """Call a prover on one of the harness's chains."""
    from harness.errors import Reverted

    try:
        return bytes(chain.call(to=prover, data=calldata, gas=gas))
    except Reverted as error:
        raise ProverRejected(str(error)) from error


def fast_evm() -> str:
    """Return the name of the fastest EVM at hand: pyrevm, or py-evm where pyrevm is not installed."""
    return "pyrevm" if find_spec("pyrevm") is not None else "py-evm"


def open_host(name: str) -> Host:
    """Return a host by its name, pyrevm or py-evm; raises NativeLibraryMissing."""
    if name != "pyrevm":
        return PyEvmHost()
    try:
        return PyrevmHost()
    except ImportError as error:
        raise NativeLibraryMissing("pyrevm", "proving on pyrevm", str(error)) from error
