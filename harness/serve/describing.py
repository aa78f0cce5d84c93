"""The state of a rollup as plain JSON: heads, batches, assertions, games, messages on their way, accounts.

Numbers that can be large are 0x and hex digits, as everywhere in JSON-RPC. Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.agents.proposer import Status
from harness.chain.backend import Head
from harness.chain.logs import FollowedLogs
from harness.chain.values.hexadecimal import hexed
from harness.dispute.view import ClaimView, GameView
from harness.errors import GoneByReorg
from harness.rollup.codec.messages import DelayedMessage
from harness.rollup.node.blocks import L2Block
from harness.rollup.withdrawals import OutputRootProof, Withdrawal, sent_in
from harness.testbed.assertions import AssertionHandle
from harness.testbed.games import GameHandle
from harness.testbed.rollup import Rollup

Json = dict[str, Any]
RECENT = 50
"""Batches, assertions, and messages that an overview shows, newest first."""


class Sent:
    """The withdrawals of a rollup's blocks, as far as they were looked at last; blocks that are gone are forgotten."""

    def __init__(self, rollup: Rollup) -> None:
        self._rollup = rollup
        self._known: Mapping[bytes, Sequence[Withdrawal]] = {}
        self.portal = PortalRecord(rollup)

    def newest(self, most: int = RECENT) -> list[tuple[L2Block, Withdrawal]]:
        """Return the newest withdrawals with the L2 block of each, newest first."""
        found: list[tuple[L2Block, Withdrawal]] = []
        seen: dict[bytes, Sequence[Withdrawal]] = {}
        for block in _blocks(self._rollup):
            known = self._known.get(block.hash)
            messages = seen[block.hash] = sent_in(block) if known is None else known
            found += [(block, message) for message in reversed(messages)]
            if len(found) >= most:
                break
        self._known = seen
        return found[:most]


class PortalRecord:
    """Which withdrawals L1's portal has seen proven and executed, by its events, through reorgs.

    The portal's getters would cost a request for each withdrawal and each account that may have proven it.
    """

    def __init__(self, rollup: Rollup) -> None:
        events = rollup.portal.type.events
        self._executed = events["WithdrawalFinalized"].topic
        topics = [[events["WithdrawalProven"], events["WithdrawalFinalized"]]]
        self._logs = FollowedLogs(rollup.l1, address=rollup.portal.address, topics=topics, since=rollup.since)
        self.proven: set[bytes] = set()
        self.executed: set[bytes] = set()

    def look(self) -> None:
        """Read what is new on L1."""
        are_void, found = self._logs.news()
        if are_void:
            self.proven, self.executed = set(), set()
        for log in found:
            (self.executed if log.topics[0] == self._executed else self.proven).add(log.topics[1])


def head(found: Head) -> Json:
    """Return a block by which a chain is known."""
    return {
        "number": hex(found.number),
        "hash": hexed(found.hash),
        "parentHash": hexed(found.parent_hash),
        "timestamp": hex(found.timestamp),
    }


def heads(rollup: Rollup) -> Json:
    """Return L1's head, and L2's by how sure each is."""
    backend = rollup.l2.backend
    safe, finalized = backend.heads()
    found = {"unsafeL2": backend.head(), "safeL2": backend.block(safe), "finalizedL2": backend.block(finalized)}
    return {"headL1": head(rollup.l1.head), **{name: head(block) for name, block in found.items()}}


def batch(rollup: Rollup, index: int) -> Json:
    """Return a batch that L1 holds."""
    derived = rollup.node.derived[index]
    found, blocks = derived.batch, derived.blocks
    return {
        "index": hex(index),
        "hash": hexed(found.hash),
        "bytes": hex(len(found.data)),
        "l1Block": hex(found.l1_block),
        "delayedCount": hex(found.delayed_count),
        "forced": found.forced,
        "fork": found.fork.name.lower(),
        "firstBlock": hex(blocks[0].number),
        "lastBlock": hex(blocks[-1].number),
        "transactions": hex(sum(len(block.transactions) for block in blocks)),
        "timestamp": hex(found.l1.timestamp),
    }


def output(rollup: Rollup, batches: int) -> Json:
    """Return the output roots after so many batches: the machine's, and the OP Stack's with its parts."""
    idle = rollup.node.idle_after(batches)
    proof = OutputRootProof.of(idle)
    return {
        "batches": hex(batches),
        "block": hex(idle.env.number),
        "machineRoot": hexed(idle.root),
        "outputRoot": hexed(proof.root),
        "version": hexed(proof.version),
        "stateRoot": hexed(proof.state_root),
        "messagePasserStorageRoot": hexed(proof.passer_storage_root),
        "latestBlockhash": hexed(proof.block_hash),
    }


def assertion(rollup: Rollup, id: bytes) -> Json:
    """Return an assertion with its clock: when it can be confirmed, and what it waits for."""
    handle = AssertionHandle(rollup, id)
    record, status = handle.record, handle.status
    at = handle.confirmable_at
    return {
        "id": hexed(id),
        "parent": hexed(bytes(record.parent)),
        "proposer": record.proposer,
        "proposerName": rollup.name_of(record.proposer),
        "root": hexed(bytes(record.root)),
        "end": hex(int(record.end)),
        "status": status.name.lower(),
        "disputed": bool(record.disputed),
        "createdAt": hex(int(record.createdAt)),
        "confirmableAt": None if at is None else hex(at),
        "isRight": _is_right(rollup, bytes(record.root), int(record.end)),
        "waitsFor": handle.waits_for if status is Status.PENDING else "",
    }


def _is_right(rollup: Rollup, root: bytes, end: int) -> bool | None:
    """Return whether a root is this node's; None if the node has not come so far."""
    return rollup.node.idle_after(end).root == root if end <= len(rollup.node.derived) else None


def assertions(rollup: Rollup) -> list[Json]:
    """Return the newest assertions, newest first."""
    events = rollup.l1.logs(rollup.assertions.address, rollup.assertions.type.events["Asserted"], since=rollup.since)
    kind = rollup.assertions.type.index
    made = [kind.decode_event(log.address, log.topics, log.data) for log in events[-RECENT:]]
    return [assertion(rollup, bytes(event.fields["id"])) for event in reversed(made) if event is not None]


def game(rollup: Rollup, assertion_id: bytes, address: str) -> Json:
    """Return a game with its claims; each names its parent."""
    view = GameHandle(rollup, assertion_id, address).view
    return {
        "address": address,
        "assertion": hexed(assertion_id),
        "outcome": view.outcome.name.lower(),
        "over": view.over,
        "decidedAt": hex(view.decided_at),
        "ends": hex(view.ends),
        "maxClock": hex(view.rules.max_clock),
        "maxDepth": hex(view.rules.max_depth),
        "claims": [_claim(rollup, view, each) for each in view.claims],
    }


def _claim(rollup: Rollup, view: GameView, claim: ClaimView) -> Json:
    return {
        "number": claim.number,
        "parent": None if claim.is_root else claim.parent,
        "side": claim.side.name.lower(),
        "depth": claim.depth,
        "value": hexed(claim.value),
        "claimant": rollup.name_of(claim.claimant),
        "bond": hex(claim.bond),
        "time": hex(claim.time),
        "elapsed": hex(claim.elapsed),
        "deadline": hex(view.deadline(claim)),
        "running": view.running(claim),
        "resolved": claim.resolved,
        "counter": None if claim.counter is None else rollup.name_of(claim.counter),
        "stepper": None if claim.stepper is None else rollup.name_of(claim.stepper),
    }


def games(rollup: Rollup) -> list[Json]:
    """Return the games that L1 has, newest first."""
    return [game(rollup, id, address) for id, address in reversed(rollup.game_events()[-RECENT:])]


# -- messages


def deposit(rollup: Rollup, message: DelayedMessage) -> Json:
    """Return a delayed message: queued on L1, then executed on L2, then part of a batch."""
    safe, unsafe = rollup.node.idle.cursor.delayed, rollup.unsafe.idle.cursor.delayed
    return {
        "index": hex(message.index),
        "sender": hexed(message.sender),
        "minted": hex(message.minted),
        "l1Block": hex(message.l1_block),
        "l2Transaction": hexed(message.transaction_hash),
        "status": "safe" if message.index < safe else "executed" if message.index < unsafe else "queued",
    }


def _blocks(rollup: Rollup) -> Iterator[L2Block]:
    """Yield L2's blocks, newest first."""
    for draft in reversed(rollup.unsafe.drafts):
        yield from reversed(draft.blocks)
    yield from reversed(rollup.node.blocks)


def withdrawals(rollup: Rollup, sent: Sent) -> list[Json]:
    """Return the newest withdrawals, newest first, and how far each has come."""
    sent.portal.look()
    safe, finalized = rollup.l2.backend.heads()
    return [_withdrawal(sent.portal, safe, finalized, *each) for each in sent.newest()]


def _withdrawal(portal: PortalRecord, safe: int, finalized: int, block: L2Block, message: Withdrawal) -> Json:
    """Return a withdrawal: sent, then in a batch, covered by a confirmed assertion, and executed."""
    if message.hash in portal.executed:
        status = "executed"
    elif block.number <= finalized:
        status = "executable"
    else:
        status = "safe" if block.number <= safe else "sent"
    return {
        "hash": hexed(message.hash),
        "block": hex(block.number),
        "sender": message.sender,
        "target": message.target,
        "value": hex(message.value),
        "status": status,
        "isProven": message.hash in portal.proven,
    }


# -- who takes part


def accounts(rollup: Rollup) -> list[Json]:
    """Return the well-known accounts with their wei on both layers."""
    return [
        {
            "name": account.name,
            "address": account.address,
            "l1": hex(rollup.l1.balance(account)),
            "l2": hex(rollup.l2.balance(account)),
        }
        for account in rollup.l1.accounts
    ]


def overview(rollup: Rollup, sent: Sent) -> Json:
    """Return all that the page shows."""
    backend, node = rollup.l2.backend, rollup.node
    backend.follow()
    unposted = [draft.data for draft in rollup.unsafe.drafts]
    found: Json = {
        "now": hex(rollup.l1.now),
        "period": hex(rollup.config.period),
        "heads": heads(rollup),
        "unposted": {"batches": hex(len(unposted)), "bytes": hex(sum(map(len, unposted)))},
        "batches": [batch(rollup, index) for index in range(len(node.derived))[: -RECENT - 1 : -1]],
        "deposits": [deposit(rollup, each) for each in node.inbox.messages[: -RECENT - 1 : -1]],
        "withdrawals": withdrawals(rollup, sent),
        "accounts": accounts(rollup),
    }
    try:
        return {**found, "assertions": assertions(rollup), "games": games(rollup)}
    except GoneByReorg:  # in between; the next overview shows what is there then
        return {**found, "assertions": [], "games": []}
