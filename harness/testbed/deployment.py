"""Deploying a rollup to a chain that stays: resumable, and written down in a file that agents attach by.

``deployments/<chainId>.json``:

| key         | value                                                                            |
|-------------|----------------------------------------------------------------------------------|
| chainId     | of the L1                                                                        |
| genesisHash | hash of the L1's block 0, by which a chain that was started anew is told apart   |
| deployer    | address                                                                          |
| firstNonce  | the deployer's nonce before the first transaction; decides all addresses         |
| firstBlock  | L1 block from which on events are read                                           |
| sequencer   | address                                                                          |
| parameters  | those of RollupConfig, from chain_id to genesis; seconds, wei, code in hexadecimal |
| steps       | name, contract, address, arguments, transaction (null until it was sent), in order |
| abis        | ABI of each contract                                                             |
| complete    | whether every step was done                                                      |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils import to_checksum_address

from harness.chain.chain import PRIORITY_FEE, Chain
from harness.chain.errors import InsufficientFunds
from harness.chain.receipts import Receipt
from harness.chain.rpc import request
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import TX_GAS_CAP
from harness.contracts.plan import PlannedContract
from harness.dispute.deploy import RollupPlan, plan_rollup
from harness.progress import Tally
from harness.rollup.config import Addresses, RollupConfig
from harness.rollup.contracts import ORDER, contract_type
from harness.rollup.deployed import address_in, check_chain, read_deployment
from harness.rollup.errors import DeploymentMismatch, DeploymentUnwritable
from harness.rollup.networks import check_network, check_precompiles
from harness.testbed.rollup import Rollup
from harness.tools import write_atomically

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A rollup that stays on a chain, as its deployment file describes it."""

    path: Path
    content: Mapping[str, Any]

    @property
    def addresses(self) -> Addresses:
        """The contracts that a node needs."""
        return Addresses(**{name: address_in(self.path, self.content, name) for name in ORDER})

    @property
    def complete(self) -> bool:
        """Whether every contract was deployed."""
        return bool(self.content["complete"])

    def attach(self, l1: Chain, *, sequencer: Account, proposer: Account) -> Rollup:
        """Drive the rollup: a node, and agents with these accounts. Raises DeploymentMismatch on another chain."""
        check_chain(l1, self.path, self.content)
        since = self.content["firstBlock"]
        genesis = RollupConfig.of(self.content["parameters"]).genesis
        return Rollup.attach(l1, self.addresses, sequencer=sequencer, proposer=proposer, since=since, genesis=genesis)


def load(path: Path) -> Deployment:
    """Read a deployment file. Raises DeploymentUnreadable."""
    return Deployment(path, read_deployment(path))


def deploy(
    chain: Chain,
    deployer: Account,
    folder: Path,
    *,
    config: RollupConfig | None = None,
    sequencer: str | None = None,
    report: Report = lambda _: None,
    tally: Tally | None = None,
) -> Deployment:
    """Deploy all contracts, or what an interrupted run left to do; ``sequencer`` is the deployer unless named.

    Raises PublicNetwork, PrecompileDiffers, DeploymentUnreadable, DeploymentMismatch where the file stands for another
    deployment, and DeploymentUnwritable. A file that is refused stays as it is, and nothing is sent. Raises
    InsufficientFunds before a transaction that the deployer cannot pay for; the next run goes on there.
    """
    check_network(chain)
    chosen = config or RollupConfig()
    check_precompiles(chain, chosen.first_fork)
    operator = to_checksum_address(sequencer or deployer.address)
    path = folder / f"{chain.chain_id}.json"
    run = _Run(chain, deployer, path, chosen, operator)
    run.prepare()
    total = len(run.content["steps"])
    if tally is not None:
        tally.total = total
    for position, step in enumerate(run.plan):
        report(f"{position + 1:2} of {total}  {step.contract:20} {step.address}  {run.deploy(position, step)}")
        if tally is not None:
            tally.advance()
    run.finish()
    return load(path)


class _Run:
    """One run, which goes on from where the file ends."""

    def __init__(self, chain: Chain, deployer: Account, path: Path, config: RollupConfig, sequencer: str) -> None:
        self.chain, self.deployer, self.path = chain, deployer, path
        self.config, self.sequencer = config, sequencer
        self.content: dict[str, Any] = {}
        self.plan: RollupPlan

    def prepare(self) -> None:
        """Take up the file, or begin one."""
        genesis = "0x" + self.chain.block_at(0).hash.hex()
        known: dict[str, Any] = read_deployment(self.path) if self.path.exists() else {}
        if known and known["chainId"] != self.chain.chain_id:
            raise DeploymentMismatch(str(self.path), "chain id", known["chainId"], self.chain.chain_id)
        # A development chain that was started anew knows nothing of the old deployment.
        fresh = known.get("genesisHash") != genesis
        if not fresh:
            self._compare(known)
        nonce: int = self.chain.nonce(self.deployer) if fresh else known["firstNonce"]
        self.plan = plan_rollup(self.config, self.deployer.address, nonce, self.sequencer)
        begun = self._begin(genesis, nonce)
        if not fresh:
            self._compare_steps(known["steps"], begun["steps"])
        self.content = begun if fresh else known
        self._write()

    def _compare(self, known: dict[str, Any]) -> None:
        """Raise DeploymentMismatch unless the file stands for what is to be deployed now."""
        if known["firstBlock"] > self.chain.block_number + 1:
            last = self.chain.block_number + 1
            raise DeploymentMismatch(str(self.path), "firstBlock", known["firstBlock"], f"at most {last}")
        wanted = (
            ("deployer", self.deployer.address),
            ("sequencer", self.sequencer),
            ("parameters", self.config.table()),
        )
        # Files of older versions do not say the rules of games: those were always the usual ones.
        stated = known | {"parameters": RollupConfig.of(known["parameters"]).table()}
        for key, value in wanted:
            if stated[key] != value:
                raise DeploymentMismatch(str(self.path), key, stated[key], value)

    def _compare_steps(self, known: list[dict[str, Any]], planned: list[dict[str, Any]]) -> None:
        """Raise DeploymentMismatch unless the file has the steps that are planned from its first nonce on."""
        if len(known) != len(planned):
            raise DeploymentMismatch(str(self.path), "number of steps", len(known), len(planned))
        for number, (one, other) in enumerate(zip(known, planned, strict=True)):
            for key in ("name", "contract", "address"):
                if one[key] != other[key]:
                    raise DeploymentMismatch(str(self.path), f"{key} of step {number}", one[key], other[key])

    def _begin(self, genesis: str, nonce: int) -> dict[str, Any]:
        return {
            "chainId": self.chain.chain_id,
            "genesisHash": genesis,
            "deployer": self.deployer.address,
            "firstNonce": nonce,
            "firstBlock": self.chain.block_number + 1,
            "sequencer": self.sequencer,
            "parameters": self.config.table(),
            "complete": False,
            "steps": [
                {
                    "name": step.name,
                    "contract": step.contract,
                    "address": step.address,
                    "arguments": _plain(step.arguments),
                    "transaction": None,
                }
                for step in self.plan
            ],
            "abis": {step.contract: _plain(step.type.abi) for step in self.plan},
        }

    def deploy(self, position: int, step: PlannedContract) -> str:
        """Deploy one contract unless it is there; says which."""
        if self.chain.code(step.address):
            return "was there"
        expected = self.content["firstNonce"] + position
        actual = self.chain.nonce(self.deployer)
        if actual != expected:
            # Every address follows from the nonce, and the constructors have them already.
            raise DeploymentMismatch(str(self.path), f"nonce of {self.deployer.address}", actual, expected)
        receipt = self._send(step.creation_code)
        self.content["steps"][position]["transaction"] = "0x" + receipt.hash.hex()
        self._write()
        return f"{receipt.gas_used} gas"

    def finish(self) -> None:
        """Give the factory its implementation of games, once."""
        factory = contract_type("DisputeGameFactory").at(self.chain, self.plan.factory)
        if factory.functions["implementation"]() != self.plan.game:
            self._send(factory.functions["setImplementation"].encode(self.plan.game), factory.address)
        self.content["complete"] = True
        self._write()

    def _send(self, data: bytes, to: str | None = None) -> Receipt:
        """Send as an account of the harness, or let the node sign for one of its own; raises RpcError."""
        if self.deployer.key is not None:
            self._check_funds(data, to)
            return self.chain.send(sender=self.deployer, to=to, data=data)
        from harness.chain.nodes.provider import await_receipt  # web3, which not every test needs

        wanted = {"from": self.deployer.address, "data": "0x" + data.hex(), "gas": hex(TX_GAS_CAP)}
        tx_hash = request(self.chain.backend, "eth_sendTransaction", [wanted if to is None else wanted | {"to": to}])
        await_receipt(self.chain.backend.provider, bytes.fromhex(tx_hash.removeprefix("0x")))
        receipt = self.chain.receipt(tx_hash)
        receipt.raise_if_reverted()
        return receipt

    def _check_funds(self, data: bytes, to: str | None) -> None:
        """Raise InsufficientFunds for a transaction that would run out of the gas that the deployer can pay for.

        It would be mined all the same, and take the nonce from which the addresses of later contracts follow.
        """
        price = 2 * self.chain.backend.next_base_fee() + PRIORITY_FEE  # what `Chain.send` offers
        balance = self.chain.balance(self.deployer)
        if balance >= price * TX_GAS_CAP:
            return
        wanted = {"from": self.deployer.address, "data": "0x" + data.hex()}
        estimate = request(self.chain.backend, "eth_estimateGas", [wanted if to is None else wanted | {"to": to}])
        if balance < price * int(estimate, 16):
            raise InsufficientFunds(self.deployer.address, balance, price * int(estimate, 16))

    def _write(self) -> None:
        """Replace the file as a whole, so that an interruption leaves the old one or the new one."""
        try:
            write_atomically(self.path, json.dumps(self.content, indent=2) + "\n")
        except OSError as problem:
            raise DeploymentUnwritable(str(self.path), problem.strerror or str(problem)) from problem


def _plain(value: Any) -> Any:
    """A value as JSON has it; bytes become hexadecimal."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
