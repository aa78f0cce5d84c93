"""Challenges of Arbitrum's BoLD, from the package @arbitrum/nitro-contracts of npm or a team's own build.

A claim of the game is an edge of layer zero with one state between its ends. An answer is two edges: the rival of that
claim, which claims what the answering side said above it, and below it an edge about the half on which the two
disagree. A defence agrees with the state in the middle, an attack does not. Each edge of layer zero has two steps: it
commits to all its states, and only the one in its middle is known when it is made. Of the two blocks of an assertion,
both sides agree on the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from eth_abi.abi import encode

from harness.adapters import bold
from harness.adapters.bold_edges import Layer, Span, above
from harness.adapters.bold_game_model import BoldModel
from harness.adapters.bold_game_promises import promises
from harness.adapters.bold_history import History
from harness.adapters.errors import NotApplicable
from harness.adapters.game import Claim, ClaimId, Game, Model, Money, Node, Outcome, Player, Rules, Side
from harness.adapters.game_values import WHOLE, Promise
from harness.adapters.published import ARBITRUM, WithPackage
from harness.dispute.positions import ROOT, Position, answer, depth, state
from harness.errors import Reverted
from harness.primitives.hashing import keccak256, word

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import ContractType

PERIOD = 60
LEVELS = 4
"""Levels below the blocks: each has edges of two steps, so that a block has 16 steps of the simple prover."""
STEPS = 1 << LEVELS
STAKES = (5 * 10**17, 4 * 10**17, 3 * 10**17, 2 * 10**17, 0)
"""The stakes of all levels. The step's has none, so that proving one costs nothing."""
GAS = 4_000_000
FOREVER = 2**256 - 1
NO_PROOF = bytes(encode(["bytes32[]", "bytes32[]"], [[], []]))


@dataclass(frozen=True, slots=True)
class Made:
    """A claim as it was made. ``layers`` are the rival of the answered edge, and the edge below that."""

    parent: bytes | None
    side: Side
    position: Position
    value: bytes
    layers: tuple[Layer, ...]

    @property
    def id(self) -> bytes:
        """The claim's id: that of the edge which says the value."""
        return self.layers[-1].id

    @property
    def disputed(self) -> int:
        """Which half of the claim above is disputed: the lower one, 0, by an attack; of the root, the second block."""
        return int(self.side is Side.DEFEND or depth(self.position) == 1)


class BoldGame(Game):
    """Drives challenges between two sides. Bonds are the stakes of the edges that a move makes, in wrapped ether."""

    counts_blocks: ClassVar[bool] = True
    steps: ClassVar[int] = STEPS
    guarded: ClassVar[tuple[str, ...]] = (
        "EdgeChallengeManager.initialize", "RollupAdminLogic.forceConfirmAssertion",
        "RollupAdminLogic.forceCreateAssertion", "RollupAdminLogic.setChallengeManager",
        "RollupAdminLogic.setLoserStakeEscrow", "RollupAdminLogic.pause",
    )  # fmt: skip

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType]) -> None:
        super().__init__(chain, WithPackage(contracts, ARBITRUM))

    def deploy(self) -> None:
        """Deploy the rollup; assertions need no stake, since the game is about those of edges."""
        self.stack = bold.deploy(
            self.chain,
            self.contracts,
            rules=bold.BoldRules(
                confirm_period=PERIOD, stake=0, edge_stakes=STAKES, heights=(2, 2, 2), big_levels=LEVELS - 1
            ),
        )
        self.manager, self.weth = self.stack.parts["challenges"], self.stack.parts["stake"]
        self.admin = self.chain.at(self.contracts["RollupAdminLogic"], self.stack.rollup.address)
        self.opened = 0
        self.made: dict[ClaimId, Made] = {}
        self.layers: list[Layer] = []
        self.bisected: set[bytes] = set()

    def rules(self) -> Rules:
        """Return the rules of the specification: what is lost is the winner's no more than the loser's."""
        bonds = (STAKES[0], *(STAKES[level - 1] + STAKES[level] for level in range(1, LEVELS + 1)))
        longest = 3 * PERIOD + LEVELS + 1  # both sides' time, the confirmation of the last edge, and a block per answer
        return Rules(LEVELS, PERIOD, (0,) * (LEVELS + 1), bonds, bonds[1], WHOLE, longest, decided_early=False)

    def model(self, rules: Rules, root: Node, prestate: bytes) -> Model:
        """Return the model of a challenge."""
        return BoldModel(rules, root, prestate, STAKES)

    # -- the machine of the simple prover, in the second block of the batch that the disputed assertion reads

    def _after(self, steps: int) -> bold.State:
        return bold.State(inbox=1, message=STEPS + steps)

    def true(self, steps: int) -> bytes:
        """Return the hash of the state after so many messages."""
        return self._after(steps).machine

    def witness(self, index: int) -> bytes:
        """Return the place in the inbox before the step."""
        before = self._after(index)
        return before.inbox.to_bytes(8, "big") + before.message.to_bytes(8, "big")

    # -- assertions

    def open(self, root: bytes, proposer: Account, opener: Account, value: bytes) -> None:
        """Assert the root and a rival of it, on a parent that nothing was asserted on, and make the first edges."""
        self.opened += 1
        end, name = self.true(STEPS), keccak256(b"base" + word(self.opened))
        self.base = self.stack.propose(self.stack.genesis, bold.State(history=name), self._asserter(name))
        asserted = [self._assert(each) for each in (root, end if root != end else b"")]
        top, rival = (Layer(0, self._blocks(each.state), self.base.hash) for each in asserted)
        own = above(rival.halves[1], value)
        self.assertions = dict(zip((top.id, rival.id), asserted, strict=True))
        self.made, self.layers, self.bisected = {}, [], {top.id, rival.id}
        with self.one_block():
            self.stake(proposer, STAKES[0])
            self.make(top, proposer)
            self.stake(opener, STAKES[0] + STAKES[1])
            self.make(rival, opener)
            self.bisect(opener, top, rival)
            self.make(own, opener)
        self._note(Made(None, Side.NONE, ROOT, root, (top,)))
        self._note(Made(top.id, Side.ATTACK, answer(ROOT, Side.ATTACK), value, (rival, own)))

    def _asserter(self, name: bytes) -> Account:
        """Return an account that makes one assertion and nothing else."""
        who = self.chain.impersonate(keccak256(b"asserter" + name)[-20:])
        self.chain.send(sender=self.stack.owner, to=who, value=10**18)
        return who

    def _assert(self, root: bytes) -> bold.Assertion:
        """Assert a root; a wrong one is the hash of some block."""
        end = self._after(STEPS)
        if root != end.machine:
            end = replace(end, block_hash=keccak256(b"block" + root))
        asserter = self._asserter(word(self.opened) + root)
        return self.stack.propose(self.base, replace(end, history=self._blocks(end).root), asserter)

    def _blocks(self, end: bold.State) -> History:
        return History((self._after(-STEPS).machine, self.true(0), end.machine))

    def ends(self) -> int:
        """Return when the root's edge can be confirmed if it has no rival; its assertion had none before, either."""
        shown, edge = self.stack.rollup.getAssertion(self.base.hash), self.manager.getEdge(self.layers[0].id)
        return int(edge.createdAtBlock) + PERIOD - int(shown.secondChildBlock - shown.firstChildBlock)

    # -- edges

    @contextmanager
    def one_block(self) -> Iterator[None]:
        """Send what the body sends as one block, or nothing if one of the calls is refused."""
        mark = self.chain.snapshot()
        try:
            with self.chain.block():
                yield
        except Reverted:
            self.chain.restore(mark)
            raise

    def stake(self, who: Account, wei: int) -> None:
        """Wrap ether, and let the challenge manager take it."""
        self.weth.deposit(sender=who, value=wei, gas=GAS)
        self.weth.approve(self.manager.address, wei, sender=who, gas=GAS)

    def make(self, layer: Layer, who: Account) -> None:
        """Make an edge of layer zero."""
        call: tuple[Any, ...]
        if layer.claim is None:
            claimed = self.assertions[layer.id]
            proof = claimed.proof(layer.whole.inclusion(2))
            call = 0, layer.history.root, 2, claimed.hash, layer.history.prefix_proof(1), proof
        else:
            call = layer.creation()
        self.manager.createLayerZeroEdge(call, sender=who, gas=GAS)

    def bisect(self, who: Account, *layers: Layer) -> None:
        """Bisect edges of two steps."""
        for layer in layers:
            self.manager.bisectEdge(*layer.bisection(), sender=who, gas=GAS)

    def _note(self, made: Made) -> None:
        self.made[made.id] = made
        self.layers += made.layers

    def claims(self) -> Sequence[Claim]:
        """Return the claims as their edges show them."""
        return [self._claim(made) for made in self.made.values()]

    def newest(self) -> Claim:
        """Return the claim that was made last."""
        return self._claim(next(reversed(self.made.values())))

    def _claim(self, made: Made) -> Claim:
        staker = str(self.manager.getEdge(made.id).staker)
        bond = sum(int(self.manager.stakeAmounts(layer.level)) for layer in made.layers)
        return Claim(made.id, made.parent, made.side, made.position, made.value, staker, bond)

    def rival_of(self, made: Made, side: Side) -> Layer:
        """Return the rival of a claim: what the other side said above it, with its own state in the middle.

        That is the claimed state for a defence. For an attack it is the true one, or a made-up one if that is claimed.
        """
        assert made.parent is not None
        claimed = self.made[made.parent].layers[-1].halves[made.disputed]
        true = self.true(state(made.position, LEVELS))
        other = true if true != made.value else keccak256(b"other" + made.value)
        return above(claimed, made.value if side is Side.DEFEND else other)

    def move(self, parent: ClaimId, side: Side, value: bytes, sender: Account, bond: int) -> None:
        """Make the rival of a claim, bisect both, and claim the half on which they disagree, all in one block."""
        made = self.made.get(parent) if isinstance(parent, bytes) else None
        if side is Side.NONE:
            raise NotApplicable("an answer agrees with the state in the middle, or does not")
        if made is None:
            self.manager.bisectEdge(parent, bytes(32), NO_PROOF, sender=sender)
            return
        if made.parent is None:
            raise NotApplicable("another answer to the root is another assertion")
        rival = self.rival_of(made, side)
        own = above(rival.halves[side is Side.DEFEND], value)
        if bond > sum(STAKES[rival.level : own.level + 1]):
            raise NotApplicable("the contract takes its stakes itself, and no more")
        if any(each.parent == parent and (each.side, each.value) != (side, value) for each in self.made.values()):
            raise NotApplicable("a second answer to a claim is a rival of the first one, and must be played against it")
        with self.one_block():
            self.stake(sender, bond)
            self.make(rival, sender)
            self.bisect(sender, rival, made.layers[-1])
            self.make(own, sender)
        self.bisected |= {rival.id, made.id}
        self._note(Made(made.id, side, answer(made.position, side), value, (rival, own)))

    def step(self, claim: ClaimId, side: Side, witness: bytes, sender: Account) -> None:
        """Make the rival of a leaf, bisect both, and prove the step of the rival's lower or upper half."""
        if side is Side.NONE:
            raise NotApplicable("a step is that into the state in the middle, or out of it")
        made = self.made[claim]
        if depth(made.position) < LEVELS:
            self.prove(made.layers[-1].whole, witness, sender)
            return
        rival = self.rival_of(made, side)
        with self.one_block():
            self.make(rival, sender)
            self.bisect(sender, rival, made.layers[-1])
            self.prove(rival.halves[side is Side.DEFEND], witness, sender)
        self.bisected |= {rival.id, made.id}
        self.layers.append(rival)

    def prove(
        self, edge: Span, witness: bytes, sender: Account, *, before: bytes = b"", after: Sequence[bytes] = ()
    ) -> None:
        """Prove the step of an edge, from its first state by default.

        ``after`` shows that the edge commits to the state behind the step.
        """
        step = before or edge.states[0], witness
        proofs = edge.inclusion(edge.start), after or edge.inclusion(edge.end)
        config = self.stack.config(self.base)
        self.manager.confirmEdgeByOneStepProof(edge.id, step, config, *proofs, sender=sender, gas=GAS)

    # -- confirmation

    def resolve(self, claims: Sequence[ClaimId], sender: Account) -> None:
        """Confirm the edges of claims by time, and have their stakes refunded, all in one block."""
        with self.one_block():
            self.update(sender)
            for claim in claims:
                made = self.made.get(claim)
                for layer in self._undecided(made.layers) if made else ():
                    told = self.assertions.get(layer.id, self.base).state_data
                    self.manager.confirmEdgeByTime(layer.id, told, sender=sender, gas=GAS)
                    self.manager.refundStake(layer.id, sender=sender, gas=GAS)
                if made is None:
                    self.manager.confirmEdgeByTime(claim, self.base.state_data, sender=sender, gas=GAS)

    def _undecided(self, layers: Sequence[Layer]) -> Sequence[Layer]:
        """Leave out the edges that are confirmed, or have a confirmed rival; of none else the contract must say so."""
        found = [layer for layer in layers if not any(self.manager.confirmedRival(layer.whole.mutual))]
        return found or layers

    def update(self, sender: Account) -> None:
        """Bring the timers of all edges up to date, the lowest first."""
        for layer in reversed(self.layers):
            for span in layer.spans if layer.id in self.bisected else (layer.whole,):
                claiming = [each for each in self.layers if each.claim is not None and each.claim.id == span.id]
                for each in claiming:
                    self.manager.updateTimerCacheByClaim(span.id, each.id, FOREVER, sender=sender, gas=GAS)
                if not claiming:
                    self.manager.updateTimerCacheByChildren(span.id, FOREVER, sender=sender, gas=GAS)

    def collect(self, sender: Account) -> None:
        """Unwrap the ether of refunded stakes; whoever has none asks for a refund again."""
        wei = int(self.weth.balanceOf(sender))
        if wei:
            self.weth.withdraw(wei, sender=sender)
            return
        mine = [made for made in self.made.values() if self._claim(made).claimant == sender.address]
        for made in mine or list(self.made.values())[-1:]:
            self.manager.refundStake(made.id, sender=sender)

    def owed(self, account: str) -> int:
        """Return the wrapped ether of an account, which has none of its own."""
        return 0 if account == self.stack.owner.address else int(self.weth.balanceOf(account))

    def outcome(self) -> Outcome:
        """Return whether the root's edge is confirmed, or a rival of it."""
        top = self.layers[0].whole
        found = bytes(self.manager.confirmedRival(top.mutual))
        return Outcome.UPHELD if found == top.id else Outcome.REJECTED if any(found) else Outcome.UNDECIDED

    def money(self) -> Money:
        """Return the stakes that the challenge manager has, that were refunded, and that were too much."""
        credits = sum(self.owed(who.address) for who in self.chain.accounts)
        held, excess = (int(self.weth.balanceOf(who)) for who in (self.manager, self.stack.owner))
        return Money(held + excess + credits, credits, excess)

    def promises(self) -> Iterable[Promise]:
        """Return what edges must show, what a third rival changes, and what becomes of a winner."""
        return promises(self)

    def doom(self) -> int:
        """Raise NotApplicable: edges are confirmed and refunded even if their assertion's parent is not."""
        raise NotApplicable("a challenge goes on, whatever becomes of the parent of its assertions")

    def player(self, account: Account, mood: str, wei: int) -> Player:
        """Raise NotApplicable: nothing is called when a stake is refunded."""
        raise NotApplicable("stakes are paid in a token that calls nobody")
