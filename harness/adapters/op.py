"""The OP Stack's dispute games and portal, deployed from the npm package or from a team's own build.

```python
from harness.adapters import op

stack = op.deploy(l1)
game = stack.propose(stack.output(16), block=16, sender=accounts.alice)
```

``op.deploy(l1, "out")`` takes the contracts of a Foundry project's ``out``. Claims down to the split depth are outputs
of L2's blocks. Below, they are states of a machine that decides about one block. The machine runs a program that counts
its steps, `BlockStepper`, on a chain whose every output is the hash of the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.op_program import AFTER_LENGTH, GENESIS, STARTING, Program, output
from harness.adapters.published import OPTIMISM
from harness.contracts.library import Contracts
from harness.contracts.project import built_in_contracts, prebuilt_project
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract, ContractType

    ContractTypes = Contracts | Mapping[str, ContractType]

ZERO = "0x" + 40 * "0"
GAME_TYPE = 0
RESOURCES = (20_000_000, 10, 8, 10**9, 1_000_000, 2**128 - 1)
"""The OP Stack's default terms of its market for deposits' gas."""


@dataclass(frozen=True, slots=True)
class OpRules:
    """The rules of the games; times are in seconds.

    ``delay`` is how long credit waits in DelayedWETH. ``maturity`` and ``finality`` are the portal's waits after the
    proof of a withdrawal and after the end of its game.
    """

    max_depth: int = 8
    split_depth: int = 4
    extension: int = 60
    max_clock: int = 3_600
    delay: int = 600
    maturity: int = 0
    finality: int = 0
    chain_id: int = 901

    @property
    def program(self) -> Program:
        """The program, with as many steps as a game below the split has leaves."""
        return Program(1 << (self.max_depth - self.split_depth - 1))


def deploy(
    chain: Chain,
    out: Path | str | ContractTypes | None = None,
    *,
    owner: Account | None = None,
    rules: OpRules | None = None,
    prestate: bytes | None = None,
) -> OpStack:
    """Deploy factory, games, registry, DelayedWETH and portal, each behind its proxy as the OP Stack deploys it.

    ``prestate`` is the hash that the OP Stack's own MIPS machine starts from; `op_mips.MipsState` has one. Without it,
    games are about the program of `BlockStepper`.
    ``out`` is a folder of artifacts, or contracts; None takes the npm package. ``owner`` is judy by default. Raises
    ToolNotFound if the package cannot be fetched, and what `Contracts` raises for a contract that is not in ``out``.
    """
    found: ContractTypes
    if out is None:
        found = OPTIMISM.contracts()
    elif isinstance(out, str | Path):
        found = Contracts(prebuilt_project(Path(out).absolute(), Path(out).absolute()))
    else:
        found = out
    return _Deployment(chain, found, owner or chain.accounts.judy, rules or OpRules(), prestate).stack()


class _Deployment:
    def __init__(
        self, chain: Chain, contracts: ContractTypes, owner: Account, rules: OpRules, prestate: bytes | None
    ) -> None:
        self.chain, self.contracts, self.owner, self.rules = chain, contracts, owner, rules
        self.prestate = prestate

    def _new(self, name: str, *arguments: Any) -> Contract:
        return self.chain.deploy(self.contracts[name], *arguments, sender=self.owner)

    def _proxied(self, name: str, *arguments: Any) -> tuple[Contract, Contract, Contract]:
        proxy = self._new("Proxy", self.owner.address)
        return proxy, self._new(name, *arguments), self.chain.at(self.contracts[name], proxy.address)

    def _begin(self, made: tuple[Contract, Contract, Contract], *arguments: Any) -> Contract:
        proxy, model, bound = made
        call = model.functions["initialize"].encode(*arguments)
        proxy.upgradeToAndCall(model.address, call, sender=self.owner)
        return bound

    def stack(self) -> OpStack:
        rules, owner = self.rules, self.owner
        superchain = self._begin(self._proxied("SuperchainConfig"), owner.address, False)
        system = self._begin(
            self._proxied("SystemConfig"),
            *(owner.address, 0, 0, bytes(32), 30_000_000, owner.address, RESOURCES, ZERO, (ZERO,) * 7),
        )
        factory = self._begin(self._proxied("DisputeGameFactory"), owner.address)
        registry = self._begin(self._proxied("AnchorStateRegistry", factory.address), [(GAME_TYPE, (GENESIS, 0))])
        weth = self._begin(self._proxied("DelayedWETH", rules.delay), owner.address, superchain.address)
        oracle = self._new("PreimageOracle", 126_000, 86_400)
        if self.prestate is None:
            stepper = self.chain.deploy(_stepper(), oracle.address, rules.program.last, sender=owner)
        else:
            stepper = self._new("MIPS", oracle.address)
        game = self._new(
            "FaultDisputeGame", GAME_TYPE, self.prestate or rules.program.hash(0), rules.max_depth,
            rules.split_depth, rules.extension, rules.max_clock, stepper.address, weth.address, registry.address,
            rules.chain_id,
        )  # fmt: skip
        factory.setImplementation(GAME_TYPE, game.address, sender=owner)
        portal = self._begin(
            self._proxied("OptimismPortal2", rules.maturity, rules.finality),
            *(factory.address, system.address, superchain.address, GAME_TYPE),
        )
        parts = {"registry": registry, "weth": weth, "oracle": oracle, "stepper": stepper, "superchain": superchain}
        return OpStack(self.chain, owner, rules, self.contracts["FaultDisputeGame"], factory, portal, parts)


def _stepper() -> ContractType:
    return Contracts(built_in_contracts())["BlockStepper"]


@dataclass(frozen=True, slots=True, eq=False)
class OpStack:
    """What was deployed. ``parts`` has registry, weth, oracle, stepper and superchain."""

    chain: Chain
    owner: Account
    rules: OpRules
    game_type: ContractType
    factory: Contract
    portal: Contract
    parts: Mapping[str, Contract] = field(default_factory=dict)

    def output(self, block: int) -> bytes:
        """Return the true output of a block."""
        return output(block)

    def propose(self, root: bytes, *, block: int, sender: Account) -> OpGame:
        """Claim an output of a block, with the bond that the factory asks."""
        bond = self.factory.initBonds(GAME_TYPE)
        extra = block.to_bytes(32, "big")
        self.factory.create(GAME_TYPE, root, extra, sender=sender, value=bond)
        _, _, address = self.factory.gameAtIndex(self.factory.gameCount() - 1)
        return OpGame(self, self.chain.at(self.game_type, address), block)


class NotALeaf(HarnessError):
    """A claim is no leaf, so that no step answers it."""

    def __init__(self, claim: int, depth: int, expected: int) -> None:
        super().__init__(f"claim {claim} is at depth {depth}, expected {expected}")
        self.claim, self.depth, self.expected = claim, depth, expected


@dataclass(frozen=True, slots=True, eq=False)
class OpGame:
    """One game. Claims go by their number; the root is 0. ``contract`` has every function of FaultDisputeGame."""

    stack: OpStack
    contract: Contract
    block: int

    def position(self, claim: int) -> int:
        """Return a claim's position, a generalized index."""
        return int(self.contract.claimData(claim).position)

    def attack(self, claim: int, value: bytes, sender: Account) -> int:
        """Claim something else about the same states; return the number of the new claim."""
        return self._move(claim, value, sender, is_attack=True)

    def defend(self, claim: int, value: bytes, sender: Account) -> int:
        """Claim something about the states that follow; return the number of the new claim."""
        return self._move(claim, value, sender, is_attack=False)

    def _move(self, claim: int, value: bytes, sender: Account, *, is_attack: bool) -> int:
        place = answer(self.position(claim), is_attack=is_attack)
        disputed, bond = self.contract.claimData(claim).claim, self.contract.getRequiredBond(place)
        self.contract.move(disputed, claim, value, is_attack, sender=sender, value=bond)
        return int(self.contract.claimDataLen()) - 1

    def true(self, claim: int, *, is_attack: bool) -> bytes:
        """Return the value that an honest player claims in answer to a claim."""
        place, split = answer(self.position(claim), is_attack=is_attack), self.stack.rules.split_depth
        depth = place.bit_length() - 1
        if depth <= split:
            return self.stack.output(min(_last(place, split) + 1, self.block))
        starting, disputed = self._outputs(claim, is_attack=is_attack)
        low = split + 1
        inside = place - (place >> depth - low) * 2 ** (depth - low) + 2 ** (depth - low)
        steps = _last(inside, self.stack.rules.max_depth - low) + 1
        return self.stack.rules.program.hash(steps, starting, disputed)

    def _outputs(self, claim: int, *, is_attack: bool) -> tuple[bytes, bytes]:
        """Return the starting and the disputed output of the machine that an answer to a claim is about."""
        split, at = self.stack.rules.split_depth, claim
        place, attacked = self.position(at), is_attack
        while place.bit_length() - 1 > split:
            at_parent = int(self.contract.claimData(at).parentIndex)
            attacked = place == 2 * self.position(at_parent)
            at, place = at_parent, self.position(at_parent)
        own = bytes(self.contract.claimData(at).claim)
        if not attacked:
            return own, self._ancestor(at, place + 1)
        return (self._ancestor(at, place - 1) if place > 2**split else GENESIS), own

    def _ancestor(self, claim: int, place: int) -> bytes:
        """Return the value that a claim's line has for a position: that of the highest claim that ends with it."""
        while place % 2 and place > 1:
            place //= 2
        at = claim
        while self.position(at) != place:
            at = int(self.contract.claimData(at).parentIndex)
        return bytes(self.contract.claimData(at).claim)

    def step(self, claim: int, sender: Account, *, is_attack: bool = True) -> Any:
        """Counter a claim at the lowest depth by a step of the machine, with the outputs that the step reads."""
        rules, place = self.stack.rules, self.position(claim)
        depth = place.bit_length() - 1
        if depth != rules.max_depth:
            raise NotALeaf(claim, depth, rules.max_depth)
        starting, disputed = self._outputs(claim, is_attack=is_attack)
        index = place % 2 ** (rules.max_depth - rules.split_depth - 1) + (not is_attack)
        if index < 2:
            self.contract.addLocalData(STARTING + index, claim, AFTER_LENGTH, sender=sender)
        state = rules.program.state(index, starting, disputed)
        return self.contract.step(claim, is_attack, state, b"", sender=sender)

    def resolve(self, sender: Account) -> None:
        """Resolve every claim, children first, and then the game; their clocks must have run out."""
        for claim in reversed(range(self.contract.claimDataLen())):
            self.contract.resolveClaim(claim, 0, sender=sender)
        self.contract.resolve(sender=sender)

    def collect(self, who: Account) -> None:
        """Pay an account what it has won; the delay of DelayedWETH must be over."""
        self.contract.claimCredit(who, sender=who)


def answer(position: int, *, is_attack: bool) -> int:
    """Return the position of an answer to a claim."""
    return 2 * position if is_attack else 2 * position + 2


def _last(position: int, depth: int) -> int:
    """Return the index of the last leaf at a depth that a position holds."""
    below: int = 1 << depth - (position.bit_length() - 1)
    return (position + 1) * below - 1 - (1 << depth)
