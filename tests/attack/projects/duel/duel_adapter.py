"""How the harness drives Duel. Each root has a contract of its own, and its clocks count blocks."""

from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from harness.adapters import Claim, Game, Money, NotApplicable, Outcome, Rules, Side
from harness.adapters.game import Model, Node

BOND, DEPTH, CLOCK = 10**17, 3, 60
NOBODY = "0x" + "00" * 20


class Turns(Model):
    """One answer to each claim, by the party whose turn it is; a clock stops when its party answers."""

    def refuses_player(self, node: Node, who: str) -> str | None:
        parties = {self.root.claimant, self.root.children[0].claimant}
        return None if who in parties - {node.claimant} else "it is not the account's turn"

    def refuses_move(self, parent: Any, side: Side, value: bytes, bond: int, now: int) -> str | None:
        above = self.nodes.get(parent)
        if above is not None and above.children:
            return "the claim is answered"
        return self.over() or super().refuses_move(parent, side, value, bond, now)

    def refuses_resolve(self, ids: Any, now: int) -> str | None:
        return self.over() or super().refuses_resolve(ids, now)

    def over(self) -> str | None:
        return None if self.outcome is Outcome.UNDECIDED else "the game is over"

    def deadline(self, node: Node) -> int:
        return node.children[0].time if node.children else super().deadline(node)


class DuelAdapter(Game):
    """Drives Duel: the two first claims' bonds, which the asserter pays here, are the pot; later ones have none."""

    counts_blocks = True
    resolves_together = True

    def deploy(self) -> None:
        self.games: list[Any] = []

    def model(self, rules: Rules, root: Node, prestate: bytes) -> Model:
        return Turns(rules, root, prestate)

    def rules(self) -> Rules:
        return Rules(DEPTH, CLOCK, (0,) * (DEPTH + 1), (BOND, BOND, 0, 0), BOND, 2_500, 2 * CLOCK)

    def true(self, steps: int) -> bytes:
        return keccak(self.witness(steps))

    def witness(self, index: int) -> bytes:
        number = 3
        for _ in range(index):
            number = number * number % 2**255 + 1
        return encode(["uint256"], [number])

    def open(self, root: bytes, proposer: Any, opener: Any, value: bytes) -> None:
        self.games.append(self.create("Duel", root, opener, value, proposer, sender=proposer, value=2 * BOND))

    def claims(self) -> list[Claim]:
        made, found = self.games[-1].all(), []
        for id, claim in enumerate(made):
            defends, size = claim.end > made[max(id - 1, 0)].end, max(1, 2 * claim.half)
            side = Side.NONE if id == 0 else Side.DEFEND if defends else Side.ATTACK
            place, bond = 2**DEPTH // size - 1 + claim.end // size, BOND if id < 2 else 0
            found.append(Claim(id, id - 1 if id else None, side, place, bytes(claim.value), str(claim.claimant), bond))
        return found

    def move(self, parent: Any, side: Side, value: bytes, sender: Any, bond: int) -> None:
        if side is Side.NONE or bond:
            raise NotApplicable("an answer has a side, and no bond")
        self.games[-1].move(parent, side is Side.DEFEND, value, sender=sender)

    def step(self, claim: Any, side: Side, witness: bytes, sender: Any) -> None:
        if side is Side.NONE:
            raise NotApplicable("a step has a side")
        self.games[-1].step(claim, side is Side.DEFEND, int.from_bytes(witness), sender=sender)

    def resolve(self, claims: Any, sender: Any) -> None:
        self.games[-1].finish(sender=sender)

    def collect(self, sender: Any) -> None:
        due = [game for game in self.games if game.credit(sender)]
        for game in due or self.games[-1:]:
            game.withdraw(sender=sender)

    def owed(self, account: str) -> int:
        return sum(int(game.credit(account)) for game in self.games)

    def outcome(self) -> Outcome:
        winner = self.games[-1].winner()
        if winner == NOBODY:
            return Outcome.UNDECIDED
        return Outcome.UPHELD if winner == self.games[-1].asserter() else Outcome.REJECTED

    def money(self) -> Money:
        held = sum(self.chain.balance(game) for game in self.games)
        credits = sum(self.owed(who.address) for who in self.chain.accounts)
        return Money(held, credits, sum(int(game.burnt()) for game in self.games))
