"""A bridge between a chain and a sidechain: both ends deployed, validators that attest, and proofs for the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import to_canonical_address, to_checksum_address

from harness.chain.chain import Chain
from harness.chain.errors import TransactionRejected
from harness.chain.receipts import Receipt
from harness.chain.rpc import request
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import TX_GAS_CAP, create_address
from harness.contracts.bindings import Contract
from harness.primitives.hashing import keccak256
from harness.sidechain.header import Header, seal
from harness.sidechain.light_client import LightClient, contract_type
from harness.sidechain.sealed_chain import SealedChain
from harness.sidechain.validators import quorum

RESERVE = 2**100
"""Wei that the sidechain's end has at genesis; what is missing of them is what L1 has locked."""

DEPTH = 5
"""Blocks of L1 that lie on a deposit before a validator attests to it."""

SENT, RECEIVED = 0, 1
"""The slots of both ends' mappings."""

_NO_CHECKPOINT = (bytes(32), 0, 0)


@dataclass(frozen=True, slots=True)
class BridgedMessage:
    """A message that was sent at one end: the fields of ``IMessageBridge.Message`` in their order, and its id."""

    id: bytes
    words: tuple[int, str, str, int, int, int, bytes]

    @property
    def value(self) -> int:
        """Wei that go along."""
        return self.words[3]

    @property
    def deadline(self) -> int:
        """The last second at which it may run; 0 on the way to L1."""
        return self.words[4]

    @property
    def gas(self) -> int:
        """The gas that its call has at least."""
        return self.words[5]

    @property
    def data(self) -> bytes:
        """What its receiver is called with."""
        return self.words[6]


class SidechainBridge:
    """Both ends of a bridge, with a port for tokens at each: ``near`` is on the L1, ``far`` on the sidechain.

    ``wrapped`` is the L1's ether as a token, where the bridge does not carry ether itself; else None.
    """

    def __init__(
        self, l1: Chain, side: SealedChain, client: LightClient, depth: int = DEPTH, *, carries_ether: bool = True
    ) -> None:
        self.l1, self.side, self.client, self.depth = l1, side, client, depth
        by, there = l1.accounts.trent, side.chain.accounts.trent
        near = [_address(by, l1.nonce(by) + place) for place in range(2)]
        far = [_address(there, side.chain.nonce(there) + place) for place in range(2)]
        ids = l1.backend.chain_id, side.chain.backend.chain_id
        self.near = l1.deploy(contract_type("ProvenBridge"), client.contract, ids[1], far[0], carries_ether, sender=by)
        self.near_port = l1.deploy(contract_type("TokenPort"), self.near, far[1], sender=by)
        members = [to_checksum_address(each) for each in side.members]
        self.far = side.chain.deploy(contract_type("AttestedBridge"), ids[0], near[0], members, sender=there)
        self.far_port = side.chain.deploy(contract_type("TokenPort"), self.far, near[1], sender=there)
        self.wrapped = None if carries_ether else l1.deploy(contract_type("WrappedEther"), sender=by)
        if carries_ether:
            side.chain.set_balance(self.far, RESERVE)
        side.chain.mine()
        self.since = l1.head.number

    # -- from L1

    def deposit(
        self, to: Any, value: int = 0, data: bytes = b"", *, sender: Account, within: int = 86_400, gas: int = 0
    ) -> BridgedMessage:
        """Send ether and a call to the sidechain; ``within`` so many seconds it has to run there.

        The call has ``gas`` at least, or it does not run.
        """
        receipt = self.near.send(to, self.l1.now + within, gas, data, sender=sender, value=value)
        return message_of(receipt)

    def seen(self) -> list[BridgedMessage]:
        """Return the messages that validators have seen on L1 deep enough, and that have not run, oldest first."""
        deep = self.l1.head.number - self.depth
        if deep < self.since or self.client.contract.isOver():
            return []
        return [each for each in self.sent(deep) if not self.far.received(each.id)]

    def sent(self, until: int | None = None) -> list[BridgedMessage]:
        """Return the messages that L1's blocks up to ``until``, or the head, hold, oldest first."""
        logs = self.l1.logs(self.near, self.near.MessageSent, since=self.since, until=until)
        return [_message(self.l1.knowledge.event(log)) for log in logs]

    def sent_back(self) -> list[BridgedMessage]:
        """Return the messages that were sent on the sidechain, oldest first."""
        logs = self.side.chain.logs(self.far, self.far.MessageSent)
        return [_message(self.side.chain.knowledge.event(log)) for log in logs]

    def attest(self, *, by: Iterable[bytes] | None = None) -> list[Receipt]:
        """Let validators attest to what they have seen, and deliver it; return the deliveries.

        ``by`` are the addresses of the validators who take part; all that are online if None. What has no quorum, what
        is over its deadline, and what fails is left for later.
        """
        receipts = []
        for message in self.seen():
            signed = self.attestations(message.id, by)
            if len(signed) < quorum(len(self.validators())) or message.deadline < self.side.chain.now:
                continue
            try:
                receipt = self.deliver(message, signed, check=False)
            except TransactionRejected:  # no block has room for it
                continue
            receipts += [receipt] if receipt.succeeded else []
        return receipts

    def follow(self) -> None:
        """Have the light client accept the newest header, unless it has it, with seals that it counts."""
        self.client.sync()
        head = self.side.head
        if head.number > self.client.newest.number:
            self.client.update(self.client.counted(head, self.side.seals(head.number)))

    def validators(self) -> tuple[bytes, ...]:
        """Return whom the sidechain's end believes, in order."""
        return tuple(map(to_canonical_address, self.far.validators()))

    def attestations(self, message_id: bytes, by: Iterable[bytes] | None = None) -> dict[int, bytes]:
        """Return validators' signatures on a message, by their seats."""
        return self._signatures(self.far.attestation(message_id), by)

    def deliver(self, message: BridgedMessage, signed: dict[int, bytes], *, check: bool = True) -> Receipt:
        """Have a message run on the sidechain; raises Reverted if ``check``."""
        seats = sorted(signed)
        gas = {} if check else {"gas": min(TX_GAS_CAP, 2_000_000 + message.gas * 65 // 64 + 100 * len(message.data))}
        receipt: Receipt = self.far.deliver(
            message.words, bytes(seats), [signed[seat] for seat in seats],
            sender=self.side.chain.accounts.trent, check=check, **gas,
        )  # fmt: skip
        return receipt

    def succeed(self, *, by: Iterable[bytes] | None = None) -> Receipt:
        """Let the validators that the sidechain's end believes name those of the next block."""
        successors = [to_checksum_address(each) for each in self.side.members]
        signed = self._signatures(self.far.succession(successors), by)
        seats = sorted(signed)
        receipt: Receipt = self.far.replaceValidators(
            successors, bytes(seats), [signed[seat] for seat in seats], sender=self.side.chain.accounts.trent
        )
        return receipt

    def _signatures(self, digest: bytes, by: Iterable[bytes] | None) -> dict[int, bytes]:
        keys = self.side.keys()
        willing = set(self.side.online() if by is None else by)
        places = enumerate(self.validators())
        return {place: seal(keys[each], digest) for place, each in places if each in willing and each in keys}

    # -- to L1

    def withdraw(self, to: Any, value: int = 0, data: bytes = b"", *, sender: Account, gas: int = 0) -> BridgedMessage:
        """Send ether and a call, which has ``gas`` at least, to L1."""
        return message_of(self.far.send(to, 0, gas, data, sender=sender, value=value))

    def prove(self, mapping: int, message_id: bytes, header: Header | None = None) -> tuple[Any, ...]:
        """Return the proof of an id in one of the sidechain's mappings, as ``IProvenBridge.Proof``.

        It is against a header that the light client has, or the newest one of those.
        """
        height = (header or self.client.newest).number
        checkpoint = self.client.checkpoints[height]
        return (height, checkpoint.words, *slot_proof(self.side, self.far, slot_of(message_id, mapping), height))

    def execute(self, message: BridgedMessage, proof: Any = None, *, sender: Account | None = None) -> Receipt:
        """Have a message run on L1 by a proof; raises Reverted."""
        by = sender or self.l1.accounts.trent
        receipt: Receipt = self.near.execute(message.words, proof or self.prove(SENT, message.id), sender=by)
        return receipt

    def refund(
        self,
        message: BridgedMessage,
        header: Header | None = None,
        *,
        behind: int = 0,
        to: Any = None,
        sender: Account | None = None,
    ) -> Receipt:
        """Have a message paid back that had not run at a header; raises Reverted.

        ``behind`` is the height accepted behind it, if the light client is over. Only the message's own sender may name
        somebody else ``to`` pay.
        """
        proof = self.prove(RECEIVED, message.id, header)
        following = self.client.checkpoints.get(behind) if behind else None
        words = _NO_CHECKPOINT if following is None else following.words
        by = sender or self.l1.accounts.trent
        receipt: Receipt = self.near.refund(message.words, to or message.words[1], proof, behind, words, sender=by)
        return receipt


def message_of(receipt: Receipt) -> BridgedMessage:
    """Return the message that a transaction sent."""
    (event,) = [each for each in receipt.events if each.name == "MessageSent"]
    return _message(event)


def _message(event: Any) -> BridgedMessage:
    found = event.message
    words = (found.nonce, found.sender, found.to, found.value, found.deadline, found.gas, found.data)
    return BridgedMessage(event.id, words)


def slot_of(message_id: bytes, mapping: int) -> int:
    """Return the storage slot of an id in a mapping."""
    return int.from_bytes(keccak256(message_id + mapping.to_bytes(32, "big")), "big")


def slot_proof(side: SealedChain, contract: Contract, slot: int, height: int) -> tuple[list[bytes], list[bytes]]:
    """Return the nodes from a block's root to a contract, and from its storage root to a slot."""
    found = request(side.execution.backend, "eth_getProof", [contract.address, [hex(slot)], hex(height)])
    return _nodes(found["accountProof"]), _nodes(found["storageProof"][0]["proof"])


def _nodes(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text[2:]) for text in texts]


def _address(deployer: Account, nonce: int) -> str:
    return create_address(deployer.address_bytes, nonce)
