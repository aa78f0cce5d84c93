"""A game that an attack plays by hand: each call is compared with the model, and all money with the claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from harness.adapters.errors import MoneyMisstated, NotApplicable
from harness.adapters.game import Claim, ClaimId, Game, Outcome, Player, Side
from harness.adapters.game_model import Model, Node, root_node
from harness.attack.attack import Found
from harness.attack.purse import Purse
from harness.attack.reasons import must_say_why
from harness.attack.stage import Stage, reason_of
from harness.chain.values.accounts import Account
from harness.dispute.positions import answer, state
from harness.errors import Reverted
from harness.primitives.hashing import keccak256, word


def wrong(*parts: int | bytes) -> bytes:
    """Return a value that is the state of no machine."""
    return keccak256(b"wrong" + b"".join(word(part) for part in parts))


class Table:
    """One game of the adapter, and the model that says what must come of each call.

    ``refused`` keeps what the contracts said to calls that they refused, the latest last. ``log`` keeps what was done.
    """

    def __init__(
        self,
        stage: Stage,
        root: bytes | None = None,
        first: bytes | None = None,
        *,
        proposer: Account | None = None,
        opener: Account | None = None,
        late: bool = False,
    ) -> None:
        game = stage.adapter
        assert isinstance(game, Game)
        self.stage, self.game, self.chain = stage, game, stage.chain
        self.rules = game.rules()
        accounts = self.chain.accounts
        self.proposer, self.opener = proposer or accounts.bob, opener or accounts.carol
        self.refused: list[str] = []
        self.log: list[str] = []
        self.contracts: dict[str, Player] = {}
        self.got: Counter[str] = Counter()
        self.checking = True
        top = 1 << self.rules.max_depth
        self.root_value = self.true(top) if root is None else root
        first = self.true(top // 2) if first is None else first
        before = game.money()
        # What was there before this game is no part of it.
        self._held, self._credits, self._burnt = before.held, before.credits, before.burnt
        self._owed = {each.address: game.owed(each.address) for each in accounts}
        self.doomed = 0
        opening = game.open_late if late else game.open
        self._say(f"open with the root {self._name(top, self.root_value)}")
        opening(self.root_value, self.proposer, self.opener, first)
        self.model = self._start(first)
        self.check()

    def _start(self, first: bytes) -> Model:
        try:
            shown = self.game.claims()
        except Reverted as revert:
            raise self._lost(f"a game that was opened shows no claims: {reason_of(revert)}") from revert
        opened = self.latest
        try:
            ends = self.game.ends()
        except NotApplicable:
            ends = opened + self.rules.max_clock
        if len(shown) != 2:
            raise Found("the claims", f"a game that was opened has {len(shown)} claims, expected 2")
        root = root_node(shown[0].id, self.root_value, self.proposer.address, shown[0].bond, ends, self.rules)
        model = self.game.model(self.rules, root, self.true(0))
        model.add(shown[1].id, root, Side.ATTACK, first, self.opener.address, opened)
        return model

    def _lost(self, evidence: str) -> Found:
        return Found("the claims", evidence, moves=tuple(self.log))

    def _say(self, what: str) -> None:
        self.log.append(what)

    def _name(self, steps: int, value: bytes) -> str:
        return "true" if value == self.true(steps) else f"0x{value.hex()[:8]}"

    # -- values

    def true(self, steps: int) -> bytes:
        """Return the machine's value after a number of steps."""
        return self.game.true(steps)

    def right(self, parent: Node, side: Side) -> bytes:
        """Return the true value of an answer to a claim."""
        return self.game.line(parent, side).true(state(answer(parent.position, side), self.rules.max_depth))

    @property
    def root(self) -> Node:
        """The claim at the root."""
        return self.model.root

    @property
    def first(self) -> Node:
        """The attack that opened the game."""
        return self.model.root.children[0]

    def node(self, id: ClaimId) -> Node:
        """Return a claim by its id."""
        return self.model.nodes[id]

    # -- time

    @property
    def latest(self) -> int:
        """The time of the latest call; all times are numbers of blocks if the game counts those."""
        return self.chain.block_number if self.game.counts_blocks else self.chain.head.timestamp

    @property
    def next(self) -> int:
        """The time of the next call."""
        return self.latest + 1 if self.game.counts_blocks else max(self.chain.now, self.latest + 1)

    def at(self, time: int) -> Table:
        """Let the next call come at this time; raises NotApplicable if that is past."""
        if time < self.next:
            raise NotApplicable(f"the time {time} is past")
        if self.game.counts_blocks:
            self.chain.mine(time - self.next)
        elif self.chain.now < time:
            self.chain.warp(to=time)
        return self

    # -- calls, each of which the model judges

    def move(
        self,
        parent: Node | ClaimId,
        side: Side,
        value: bytes,
        who: Account | Player,
        bond: int | None = None,
        *,
        form: bool = True,
    ) -> Node | None:
        """Answer a claim, by a value in the form that is asked there unless ``form`` is false; return the new claim.

        Returns None if the answer had to be refused, and was.
        """
        above = parent if isinstance(parent, Node) else self.model.nodes.get(parent)
        id = parent.id if isinstance(parent, Node) else parent
        if above is not None and form:
            value = self.game.formed(above, side, value)
        if bond is None:
            bond = self.rules.bonds[0] if above is None else self.model.bond(above)
        now = self.next
        why = None if above is None else self.model.refuses_player(above, who.address)
        why = why or self.model.refuses_move(id, side, value, bond, now)
        if isinstance(who, Player):
            call: Callable[[], None] = lambda: who.move(id, side, value, bond)  # noqa: E731
        else:
            call = lambda: self.game.move(id, side, value, who, bond)  # noqa: E731
        what = f"{_who(who)} answers claim {self._number(above)} by {side.name.lower()} with {value.hex()[:8]}"
        if not self._judge(call, why, what, "the moves"):
            return None
        assert above is not None
        newest = self.game.newest()
        if newest.id in self.model.nodes:
            raise self._found("the claims", f"{what}: no claim with an id of its own came of it")
        node = self.model.add(newest.id, above, side, value, who.address, self.latest)
        self.check()
        return node

    def made(self, parent: Node, side: Side, value: bytes, who: Account | Player) -> Node:
        """Answer a claim, as ``who`` or who may; raises NotApplicable where the game does not allow the answer."""
        node = self.move(parent, side, value, self.answerer(parent, who) if isinstance(who, Account) else who)
        if node is None:
            raise NotApplicable(f"the game does not allow the answer: {self.refused[-1]}")
        return node

    def answerer(self, node: Node, who: Account) -> Account:
        """Return who answers a claim: ``who``, or a party of the game if only that may."""
        found = (
            each for each in (who, self.opener, self.proposer) if not self.model.refuses_player(node, each.address)
        )
        return next(found, who)

    def step(self, node: Node, side: Side, who: Account, witness: bytes | None = None, offset: int = 0) -> bool:
        """Step against a claim, by default with the right witness; return whether the step was taken."""
        index = self.model.step_index(node, side)
        leaf = node.depth == self.rules.max_depth
        after = None
        if witness is None:
            witness = self.game.proof(node, side, max(0, index + offset))
            if offset == 0 and leaf and self.agrees(node, side):
                after = self.game.line(node.parent, node.side).true(index + 1)
        why = self.model.refuses_player(node, who.address) or self.model.refuses_step(node, side, after, self.next)
        what = f"{who.name} steps against claim {self._number(node)} by {side.name.lower()}"
        if not self._judge(lambda: self.game.step(node.id, side, witness, who), why, what, "the steps"):
            return False
        self.model.step(node, who.address, self.latest)
        self.check()
        return True

    def agrees(self, leaf: Node, side: Side) -> bool:
        """Return whether the machine is in the state that a step against a leaf starts from."""
        index = self.model.step_index(leaf, side)
        return self.model.step_from(leaf, side) == self.game.line(leaf.parent, leaf.side).true(index)

    def resolve(self, nodes: Sequence[Node | ClaimId], who: Account | None = None) -> bool:
        """Resolve claims in this order; return whether that was taken."""
        who = who or self.chain.accounts.victor
        ids = [node.id if isinstance(node, Node) else node for node in nodes]
        if self.game.resolves_together:
            ids = list(reversed(self.model.nodes))
        why = self.model.refuses_resolve(ids, self.next)
        names = ", ".join(self._number(self.model.nodes.get(id)) for id in ids)
        if not self._judge(lambda: self.game.resolve(ids, who), why, f"{who.name} resolves {names}", "the resolution"):
            return False
        # The adapter may send further transactions behind the first, which do not count.
        self.model.resolve(ids, self._called)
        self.check()
        return True

    def collect(self, who: Account | Player) -> bool:
        """Withdraw what somebody is owed; return whether that was taken."""
        due = self.model.credits[who.address]
        held = self.game.money().held
        mood = who.mood if isinstance(who, Player) else "takes"
        why = self.model.refuses_collect(who.address, self.next)
        why = why or (f"the receiver {mood}" if mood in ("refuses", "burns") else None)
        call = who.collect if isinstance(who, Player) else lambda: self.game.collect(who)
        with Purse(self.chain, None) as purse:
            before = purse.of(who)
            is_taken = self._judge(call, why, f"{_who(who)} collects", "the payouts")
            got = purse.of(who) - before
        if not is_taken:
            if held != self.game.money().held:
                raise self._found("the money", f"{_who(who)} collected nothing, and money has gone")
            self.check()
            return False
        self.model.credits[who.address] = 0
        self.got[who.address] += due
        if got != due:
            evidence = f"{_who(who)} was owed {due} wei and got {got}"
            raise self._found("the payouts", evidence, gained=max(0, got - due), lost=max(0, due - got))
        self.check()
        return True

    def void(self, who: Account | None = None) -> bool:
        """End the game as void; return whether that was taken."""
        who = who or self.chain.accounts.victor
        why = self.model.refuses_void()
        if not self._judge(lambda: self.game.void(who), why, f"{who.name} ends the game as void", "the end"):
            return False
        self.model.outcome = Outcome.VOID
        self.check()
        return True

    def refund(self, nodes: Sequence[Node | ClaimId], who: Account | None = None) -> bool:
        """Give back the bonds of a void game; return whether that was taken."""
        who = who or self.chain.accounts.victor
        ids = [node.id if isinstance(node, Node) else node for node in nodes]
        why = self.model.refuses_refund(ids)
        what = f"{who.name} gives back the bonds of {', '.join(self._number(self.model.nodes.get(id)) for id in ids)}"
        if not self._judge(lambda: self.game.refund(ids, who), why, what, "the payouts"):
            return False
        self.model.refund(ids)
        self.check()
        return True

    def seat(self, who: Account, mood: str, wei: int) -> Player:
        """Let a contract of an account take part."""
        made = self.game.player(who, mood, wei)
        made.mood = mood
        self.contracts[made.address] = made
        return made

    def doom(self) -> None:
        """Have what the game builds on disputed."""
        try:
            self.doomed = self.game.doom()
        except Reverted as revert:
            raise NotApplicable(f"what the game builds on cannot be disputed: {reason_of(revert)}") from revert

    def orphan(self) -> None:
        """Have what the game builds on rejected."""
        self.at(max(self.next, self.doomed))
        self.game.orphan()
        self._say("what the game builds on is rejected")
        self.model.orphaned = True
        self.check()

    def _judge(self, call: Callable[[], object], why: str | None, what: str, promise: str) -> bool:
        """Make a call; return whether it was taken. Raises Found unless that is what the model says."""
        self._called = self.next
        when = f" at {self._called - self.model.root.time} s"
        self.at(self._called)
        try:
            call()
        except NotApplicable as problem:  # the contract has no such call
            if why is None:
                raise
            self.refused.append(reason_of(problem))
            return False
        except Reverted as revert:
            self.refused.append(reason_of(revert))
            self._say(f"{what}{when}: {self.refused[-1]}")
            must_say_why(self.game, what, revert)
            if why is None:
                raise self._found(promise, f"{what}{when}: refused, though it is right: {self.refused[-1]}") from revert
            return False
        self._say(f"{what}{when}")
        if why is not None:
            raise self._found(promise, f"{what}{when}: taken, though {why}")
        return True

    def _number(self, node: Node | None) -> str:
        return "?" if node is None else str([*self.model.nodes].index(node.id))

    def _found(self, broke: str, evidence: str, *, gained: int = 0, lost: int = 0) -> Found:
        return Found(broke, evidence, gained=gained, lost=lost, moves=tuple(self.log))

    # -- the oracle

    def parties(self) -> Iterable[str]:
        """Return everybody who may be owed something, and two who may not."""
        found = {node.claimant for node in self.model.nodes.values()} | set(self.model.credits) | set(self.contracts)
        found |= {node.stepper for node in self.model.nodes.values() if node.stepper}
        return sorted(found | {self.chain.accounts.victor.address, self.chain.accounts.judy.address})

    def check(self) -> None:
        """Raise Found unless claims, credits and money are what they must be, to the wei."""
        if not self.checking:
            return
        self._check_claim(self.game.newest(), list(self.model.nodes.values())[-1])
        for who in self.parties():
            owed, due = self.game.owed(who) - self._owed.get(who, 0), self.model.credits[who]
            if owed != due:
                self._check_word(who, owed, due)
                evidence = f"{self._called_name(who)} is owed {owed} wei, expected {due}"
                raise self._found("the payouts", evidence, gained=max(0, owed - due), lost=max(0, due - owed))
        money, model = self.game.money(), self.model
        credits, burnt = money.credits - self._credits, money.burnt - self._burnt
        if (credits, burnt) != (sum(model.credits.values()), model.burnt):
            expected = f"{sum(model.credits.values())} and {model.burnt}"
            raise self._found("the books", f"the books say {credits} wei of credits and {burnt} burnt: {expected}")
        held, due = money.held - self._held, model.locked + sum(model.credits.values()) + model.burnt
        if held != due:
            raise self._found("the money", f"{held} wei are held, expected {due}", lost=max(0, due - held))
        with suppress(NotApplicable):
            winner, won = self.game.winner(), model.winner
            if winner != won:
                raise self._found("the outcome", f"the root's bond is said to be won by {winner}, expected {won}")
        if self.game.outcome() is not model.outcome:
            raise self._found("the outcome", f"{self.game.outcome().name}, expected {model.outcome.name}")

    def _check_word(self, who: str, owed: int, due: int) -> None:
        """Raise MoneyMisstated if the contracts pay what is due, so that only the adapter says otherwise."""
        account = self.chain.accounts.get(who)
        if account is None or not due:
            return
        mark = self.chain.snapshot()
        self.at(max(self.next, self.model.released.get(who, 0) + self.rules.delay))
        with Purse(self.chain, None) as purse:
            before = purse.of(who)
            with suppress(NotApplicable, Reverted):
                self.game.collect(account)
            got = purse.of(who) - before
        self.chain.restore(mark)
        if got == due:
            raise MoneyMisstated(self.game.name, f"what is owed to {account.name} (owed)", owed, due)

    def _check_claims(self) -> None:
        shown = self.game.claims()
        if len(shown) != len(self.model.nodes):
            raise self._found("the claims", f"{len(shown)} claims are shown, {len(self.model.nodes)} were made")
        for claim, node in zip(shown, self.model.nodes.values(), strict=True):
            self._check_claim(claim, node)

    def _check_claim(self, claim: Claim, node: Node) -> None:
        parent = node.parent.id if node.parent else None
        expected = (parent, node.side, node.position, node.value, node.claimant, node.bond)
        actual = (claim.parent, claim.side, claim.position, claim.value, claim.claimant, claim.bond)
        if actual != expected:
            raise self._found("the claims", f"claim {self._number(node)} is {actual}, expected {expected}")

    def _called_name(self, address: str) -> str:
        found = self.chain.accounts.get(address)
        return address if found is None else found.name

    def finish(self, order: Callable[[list[Node]], list[Node]] | None = None) -> str:
        """Let all clocks run out, settle every bond, and pay everybody; return what everybody got.

        ``order`` puts the claims that wait into another order, children before parents.
        """
        self._check_claims()
        if self.model.outcome is not Outcome.VOID:
            if self.next < self.model.ends:
                self.at(self.model.ends)
            waiting = [self.node(id) for id in self.model.waiting()]
            for node in waiting if order is None else order(waiting):
                if not node.settled:
                    self.resolve([node])
        if self.model.locked and self.model.outcome is not Outcome.VOID:
            raise self._found("the end", f"{self.model.locked} wei of bonds stay locked", lost=self.model.locked)
        return self.pay()

    def pay(self) -> str:
        """Pay everybody who is owed something, and see that nothing but what is burnt is left."""
        paid = []
        newest = [self.model.released[who] for who, wei in self.model.credits.items() if wei and self.rules.delay]
        if newest:
            self.at(max(self.next, max(newest) + self.rules.delay))
        for who in [*self.chain.accounts, *self.contracts.values()]:
            due = self.model.credits[who.address]
            if due and self.collect(who):
                paid.append(f"{_who(who)} {due / 10**18:.4f}")
                self.collect(who)
        return f"paid in ether: {', '.join(paid) or 'nobody'}; burnt {self.model.burnt / 10**18:.4f}"


def _who(who: Account | Player) -> str:
    return who.name if isinstance(who, Account) else "a contract"


def played(stage: Stage) -> Game:
    """Return the adapter as that of a game."""
    assert isinstance(stage.adapter, Game)
    return stage.adapter


def said(table: Table) -> str:
    """Return what the contracts said to what they refused last."""
    return table.refused[-1] if table.refused else "nothing was refused"
