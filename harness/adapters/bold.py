"""Arbitrum's BoLD, deployed from the package @arbitrum/nitro-contracts of npm or from a team's own build.

```python
from harness.adapters import bold

stack = bold.deploy(l1)
child = stack.propose(stack.genesis, bold.state(1, send_root=bytes(32)), accounts.alice)
```

``bold.deploy(l1, "out")`` takes the contracts of another folder of artifacts. Challenges end at the package's simple
prover, SimpleOneStepProofEntry. The package's licence is BUSL-1.1; the harness fetches it, and holds none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode

from harness.adapters.published import ARBITRUM
from harness.contracts.library import Contracts
from harness.contracts.project import prebuilt_project
from harness.primitives.hashing import keccak256

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract, ContractType

    ContractTypes = Contracts | Mapping[str, ContractType]

FINISHED = 1
ZERO = "0x" + 40 * "0"
MODULE = keccak256(b"module root")
CHAIN_CONFIG = '{"chainId":901}'
MOST_DATA = 117_964
ETHER = 10**18
STATE_TYPE = "((bytes32[2],uint64[2]),uint8,bytes32)"
_DATA = f"({STATE_TYPE},bytes32,bytes32)"
_INPUTS = f"((bytes32,bytes32,(bytes32,uint256,address,uint64,uint64)),{STATE_TYPE},{STATE_TYPE})"
_DEPENDENCIES = (
    "bridge", "sequencer_inbox", "inbox", "outbox", "event_inbox", "challenges", "admin_logic", "user_logic", "wallets",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoldRules:
    """The rules of assertions and challenges; periods are in blocks of L1, stakes in wei of wrapped ether.

    ``heights`` has the number of steps of an edge at level zero: of blocks, of big steps, and of small steps. There are
    ``big_levels`` levels of big steps, and ``edge_stakes`` has the stake of each level.
    """

    confirm_period: int = 20
    grace_period: int = 5
    stake: int = ETHER
    edge_stakes: tuple[int, ...] = (ETHER // 2, ETHER // 4, ETHER // 8)
    heights: tuple[int, int, int] = (4, 4, 4)
    big_levels: int = 1
    chain_id: int = 901


@dataclass(frozen=True, slots=True)
class State:
    """What an assertion says of L2: block hash, send root, place in the inbox, and the history of the blocks to it."""

    block_hash: bytes = bytes(32)
    send_root: bytes = bytes(32)
    inbox: int = 0
    message: int = 0
    history: bytes = bytes(32)

    @property
    def execution(self) -> tuple[Any, int]:
        """The state as challenges take it."""
        return ([self.block_hash, self.send_root], [self.inbox, self.message]), FINISHED

    @property
    def struct(self) -> tuple[Any, int, bytes]:
        """The state as the rollup takes it."""
        return (*self.execution, self.history)

    @property
    def hash(self) -> bytes:
        """The hash of the state in an assertion."""
        return keccak256(encode([STATE_TYPE], [self.struct]))

    @property
    def machine(self) -> bytes:
        """The hash that challenges bisect: that of the global state."""
        numbers = self.inbox.to_bytes(8, "big") + self.message.to_bytes(8, "big")
        return keccak256(b"Global state:" + self.block_hash + self.send_root + numbers)


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion: its state, its parent, and where the inbox ends for its children."""

    state: State
    parent: Assertion | None
    accumulator: bytes
    next_inbox: int

    @property
    def hash(self) -> bytes:
        """The assertion's id."""
        parent = bytes(32) if self.parent is None else self.parent.hash
        return keccak256(parent + self.state.hash + self.accumulator)

    @property
    def state_data(self) -> tuple[Any, bytes, bytes]:
        """The assertion as challenges take it."""
        return self.state.struct, bytes(32) if self.parent is None else self.parent.hash, self.accumulator

    def proof(self, inclusion: Sequence[bytes]) -> bytes:
        """Return the proof of an edge that claims the assertion; ``inclusion`` is that of its last state."""
        assert self.parent is not None
        data = [each.state_data for each in (self.parent, self)]
        return bytes(encode(["bytes32[]", _DATA, _DATA], [inclusion, *data]))


def deploy(
    chain: Chain,
    out: Path | str | ContractTypes | None = None,
    *,
    owner: Account | None = None,
    rules: BoldRules | None = None,
) -> BoldStack:
    """Deploy rollup, challenge manager, bridge, inboxes and outbox, each behind its proxy, and let anybody validate.

    ``out`` is a folder of artifacts, or contracts; None takes the npm package. ``owner`` is judy by default. Raises
    ToolNotFound if the package cannot be fetched.
    """
    found: ContractTypes
    if out is None:
        found = ARBITRUM.contracts()
    elif isinstance(out, str | Path):
        found = Contracts(prebuilt_project(Path(out).absolute(), Path(out).absolute()))
    else:
        found = out
    return _Deployment(chain, found, owner or chain.accounts.judy, rules or BoldRules()).stack()


class _Deployment:
    def __init__(self, chain: Chain, contracts: ContractTypes, owner: Account, rules: BoldRules) -> None:
        self.chain, self.contracts, self.owner, self.rules = chain, contracts, owner, rules
        self.parts: dict[str, Contract] = {}

    def _new(self, name: str, *arguments: Any) -> Contract:
        return self.chain.deploy(self.contracts[name], *arguments, sender=self.owner)

    def _proxied(self, name: str, *arguments: Any) -> Contract:
        logic = self._new(name, *arguments)
        proxy = self._new("TransparentUpgradeableProxy", logic.address, self.parts["admin"].address, b"")
        return self.chain.at(self.contracts[name], proxy.address)

    def stack(self) -> BoldStack:
        parts, rules, owner = self.parts, self.rules, self.owner
        parts["admin"] = self._new("ProxyAdmin")
        parts["stake"] = self._new("TestWETH9", "Wrapped Ether", "WETH")
        rollup = self._new("RollupProxy")
        self._bridge(rollup)
        parts["prover"] = self._new("SimpleOneStepProofEntry")
        challenges = parts["challenges"] = self._proxied("EdgeChallengeManager")
        challenges.initialize(
            rollup.address, rules.confirm_period, parts["prover"].address, *rules.heights, parts["stake"].address,
            owner.address, rules.big_levels, list(rules.edge_stakes), sender=owner,
        )  # fmt: skip
        for part, name in {
            "admin_logic": "RollupAdminLogic", "user_logic": "RollupUserLogic", "wallets": "ValidatorWalletCreator",
        }.items():  # fmt: skip
            parts[part] = self._new(name)
        rollup.initializeProxy(self._config(), tuple(parts[each].address for each in _DEPENDENCIES), sender=owner)
        admin = self.chain.at(self.contracts["RollupAdminLogic"], rollup.address)
        admin.setValidatorWhitelistDisabled(True, sender=owner)
        parts["sequencer_inbox"].setIsBatchPoster(owner.address, True, sender=owner)
        users = self.chain.at(self.contracts["RollupUserLogic"], rollup.address)
        genesis = Assertion(State(), None, bytes(32), 1)
        return BoldStack(self.chain, owner, rules, users, parts, genesis)

    def _bridge(self, rollup: Contract) -> None:
        parts, owner = self.parts, self.owner
        bridge = parts["bridge"] = self._proxied("Bridge")
        reader = self._reader()
        sequencer = parts["sequencer_inbox"] = self._proxied("SequencerInbox", MOST_DATA, reader, False, False)
        parts["inbox"] = self._proxied("Inbox", MOST_DATA)
        parts["event_inbox"], parts["outbox"] = self._proxied("RollupEventInbox"), self._proxied("Outbox")
        bridge.initialize(rollup.address, sender=owner)
        sequencer.initialize(bridge.address, (5_760, 64, 86_400, 3_600), (0, 0, 0), ZERO, sender=owner)
        parts["inbox"].initialize(bridge.address, sequencer.address, sender=owner)
        for part in ("event_inbox", "outbox"):
            parts[part].initialize(bridge.address, sender=owner)

    def _reader(self) -> str:
        """Deploy the contract that reads hashes of blobs, which is written in Yul and lies beside the others."""
        if "Reader4844" in self.contracts:
            return self._new("Reader4844").address
        home = ARBITRUM.home()
        return self.chain.deploy(
            Contracts(prebuilt_project(home / "out/yul", home))["Reader4844"], sender=self.owner
        ).address

    def _config(self) -> tuple[Any, ...]:
        rules, owner = self.rules, self.owner.address
        return (
            rules.confirm_period, self.parts["stake"].address, rules.stake, MODULE, owner, owner, rules.chain_id,
            CHAIN_CONFIG, 0, 201_600, list(rules.edge_stakes), (5_760, 64, 86_400, 3_600), *rules.heights,
            State().struct, 0, ZERO, rules.big_levels, rules.grace_period, (0, 0, 0), 1,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class BoldStack:
    """What was deployed. ``parts`` has bridge, outbox, inbox, sequencer_inbox, challenges, prover and stake."""

    chain: Chain
    owner: Account
    rules: BoldRules
    rollup: Contract
    parts: Mapping[str, Contract]
    genesis: Assertion

    def post(self) -> int:
        """Post an empty batch; return how many there are."""
        inbox, count = self.parts["sequencer_inbox"], int(self.parts["bridge"].sequencerMessageCount())
        read = int(inbox.totalDelayedMessagesRead())
        inbox.addSequencerL2Batch(count, b"\0", read, ZERO, 0, 0, sender=self.owner)
        return count + 1

    def config(self, parent: Assertion) -> tuple[Any, ...]:
        """Return what the rollup asks of children of an assertion."""
        rules = self.rules
        return MODULE, rules.stake, self.parts["challenges"].address, rules.confirm_period, parent.next_inbox

    def propose(self, parent: Assertion, state: State, sender: Account) -> Assertion:
        """Stake on a child of an assertion, which reads the inbox up to the parent's bound, or to where the state says.

        A sender that has a stake moves it.
        """
        while int(self.parts["bridge"].sequencerMessageCount()) < parent.next_inbox:
            self.post()
        if not state.inbox:
            state = replace(state, inbox=parent.next_inbox, message=0)
        accumulator = bytes(self.parts["bridge"].sequencerInboxAccs(state.inbox - 1))
        posted = int(self.parts["bridge"].sequencerMessageCount())
        child = Assertion(state, parent, accumulator, posted + (posted == state.inbox))
        before = bytes(32) if parent.parent is None else parent.parent.hash
        inputs = (before, parent.accumulator, self.config(parent)), parent.state.struct, state.struct
        if self.rollup.isStaked(sender):
            self.rollup.stakeOnNewAssertion(inputs, child.hash, sender=sender)
            return child
        self.fund(sender, self.rules.stake, self.rollup)
        stake = self.rollup.functions[f"newStakeOnNewAssertion(uint256,{_INPUTS},bytes32)"]
        stake.transact(self.rules.stake, inputs, child.hash, sender=sender)
        return child

    def fund(self, who: Account, wei: int, spender: Contract) -> None:
        """Wrap ether, and let a contract take it."""
        self.parts["stake"].deposit(sender=who, value=wei)
        self.parts["stake"].approve(spender.address, wei, sender=who)

    def pass_blocks(self, count: int) -> None:
        """Mine blocks."""
        self.chain.mine(count)

    def confirm(self, child: Assertion, sender: Account, edge: bytes = bytes(32)) -> None:
        """Confirm an assertion; ``edge`` is the confirmed edge that claims it, if it has a rival."""
        assert child.parent is not None
        arguments = child.hash, child.parent.hash, child.state.struct, edge, self.config(child.parent)
        self.rollup.confirmAssertion(*arguments, child.accumulator, sender=sender)
