"""The methods ``rollup_*``: what no chain's JSON-RPC has, answered on both layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from harness.chain.errors import RpcError
from harness.chain.jsonrpc.answers import INVALID_PARAMS
from harness.chain.jsonrpc.parameters import LATEST, Address, Block, Hash, Quantity
from harness.chain.jsonrpc.view import NOT_FOUND, ChainView
from harness.chain.values.hexadecimal import hexed
from harness.rollup.withdrawals import Opening
from harness.serve import describing
from harness.serve.describing import Json
from harness.serve.passing import let_pass
from harness.testbed.agent import AgentHandle
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Runner

MOST_BATCHES = 1_000
"""Batches that one answer lists."""


class RollupMethods:
    """``runner`` steps the agents."""

    def __init__(self, rollup: Rollup, runner: Runner) -> None:
        self._rollup = rollup
        self._runner = runner
        self.sent = describing.Sent(rollup)
        self._view = ChainView(rollup.l2.backend)

    def table(self) -> Mapping[str, Callable[..., Any]]:
        """Return the function of each method."""
        return {name: getattr(self, name) for name in dir(type(self)) if name.startswith("rollup_")}

    # -- heads and roots

    def rollup_syncStatus(self) -> Json:
        self._follow()
        return describing.heads(self._rollup)

    def rollup_overview(self) -> Json:
        return describing.overview(self._rollup, self.sent)

    def rollup_outputAtBlock(self, name: Block = LATEST) -> Json:
        """Return the root at the end of the batch that holds a block; "latest" is the newest safe one."""
        self._follow()
        number = self._rollup.l2.safe_head if name.tag in ("latest", "pending") else self._view.number(name)
        node = self._rollup.node
        if number >= len(node.blocks):
            reason = f"block {number} is in no batch yet, the safe head is {len(node.blocks) - 1}"
            raise RpcError("rollup_outputAtBlock", reason, NOT_FOUND)
        return describing.output(self._rollup, node.blocks[number].batch + 1)

    def rollup_openingOf(self, assertion: Hash) -> Json:
        """Return the arguments with which anybody opens an assertion's root on L1."""
        self._follow()
        record = self._record(assertion)
        arguments = Opening.of(self._rollup.node.idle_after(int(record.end)), assertion).arguments
        id, machine, env, nodes = arguments
        shown = {"machine": machine, "environment": env, "nodes": nodes}
        return {"assertion": hexed(id), **{name: [hexed(each) for each in parts] for name, parts in shown.items()}}

    # -- batches, assertions, games

    def rollup_batches(self, first: Quantity = 0, count: Quantity = 100) -> list[Json]:
        self._follow()
        known = range(len(self._rollup.node.derived))
        return [describing.batch(self._rollup, index) for index in known[first : first + min(count, MOST_BATCHES)]]

    def rollup_assertions(self) -> list[Json]:
        self._follow()
        return describing.assertions(self._rollup)

    def rollup_assertion(self, id: Hash) -> Json:
        self._follow()
        self._record(id)
        return describing.assertion(self._rollup, id)

    def rollup_games(self) -> list[Json]:
        return describing.games(self._rollup)

    def rollup_game(self, address: Address) -> Json:
        for id, found in self._rollup.game_events():
            if bytes.fromhex(found[2:]) == address:
                return describing.game(self._rollup, id, found)
        raise RpcError("rollup_game", f"no game is at {hexed(address)}", NOT_FOUND)

    def _record(self, id: bytes) -> Any:
        record = self._rollup.assertion(id)
        if not record.status:
            raise RpcError("rollup_assertion", f"L1 has no assertion {hexed(id)}", NOT_FOUND)
        return record

    # -- messages

    def rollup_deposits(self) -> list[Json]:
        self._follow()
        newest = self._rollup.node.inbox.messages[: -describing.RECENT - 1 : -1]
        return [describing.deposit(self._rollup, message) for message in newest]

    def rollup_withdrawals(self) -> list[Json]:
        self._follow()
        return describing.withdrawals(self._rollup, self.sent)

    def rollup_withdrawalProof(self, withdrawal: Hash) -> Json:
        """Return what the portal asks for: the withdrawal, the root's parts, the nodes; by the newest confirmed root.

        ``gameIndex`` is null until somebody has opened that root on L1.
        """
        self._follow()
        rollup = self._rollup
        found = next((each for _, each in self.sent.newest(2**31) if each.hash == withdrawal), None)
        if found is None:
            raise RpcError("rollup_withdrawalProof", f"L2 has no withdrawal {hexed(withdrawal)}", NOT_FOUND)
        confirmed = rollup.latest_confirmed
        proof = rollup.proof(found, confirmed)
        is_open = int(rollup.roots.gameOf(confirmed.id), 16) != 0
        nonce, sender, target, value, gas_limit, data = found.struct
        return {
            "withdrawal": {
                "nonce": hex(nonce), "sender": sender, "target": target, "value": hex(value),
                "gasLimit": hex(gas_limit), "data": hexed(data),
            },
            "assertion": hexed(confirmed.id),
            "gameIndex": hex(int(rollup.roots.indexOf(confirmed.id))) if is_open else None,
            "output": describing.output(rollup, confirmed.end),
            "nodes": [hexed(node) for node in proof.nodes],
        }  # fmt: skip

    # -- the rollup itself

    def rollup_config(self) -> Json:
        return self._rollup.config.table()

    def rollup_contracts(self) -> Mapping[str, str]:
        return asdict(self._rollup.contracts.addresses)

    # -- agents

    def rollup_agents(self) -> list[Json]:
        return [
            {"name": each.name, "role": each.role.lower(), "account": each.account.address, "is": each._character()}
            for each in self._handles()
        ]

    def _handles(self) -> list[AgentHandle]:
        members = [getattr(member, "handle", member) for member in self._runner.members]
        return [member for member in members if isinstance(member, AgentHandle)]

    def rollup_step(self) -> str:
        """Let each agent act once; return the number of actions."""
        return hex(self._runner.step())

    def rollup_run(self, seconds: Quantity | None = None) -> str:
        """Let the agents act for so many seconds of L1's time, or until all is quiet; return the number of turns."""
        if seconds is not None and seconds >= 2**40:
            raise RpcError("rollup_run", f"{seconds} seconds are more than 2**40 - 1", INVALID_PARAMS)
        return hex(let_pass(self._runner, seconds))

    def _follow(self) -> None:
        self._rollup.l2.backend.follow()
