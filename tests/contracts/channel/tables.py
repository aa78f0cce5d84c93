"""Two players at the adjudicator of applications."""

from __future__ import annotations

from typing import Any

from harness import ether
from harness.channels.apps import AppState, AppTerms, Player
from harness.channels.messages import Domain, Signer
from harness.channels.types import Side

NONE, FUNDING, LIVE, CHALLENGED, CONCLUDED = range(5)
WINDOW = 600
STAKE = ether(1)
CROSSES_WIN = [0, 3, 1, 4, 2]
NOUGHTS_WIN = [0, 3, 1, 4, 8, 5]
DRAW = [0, 1, 2, 4, 3, 5, 7, 6, 8]


class Table:
    """The adjudicator, one game, and its two players."""

    def __init__(self, chain: Any, contracts: Any, accounts: Any, app: str, rules: Any) -> None:
        self.chain, self.rules = chain, rules
        self.a, self.b = sorted((accounts.alice, accounts.bob), key=lambda account: int(account.address, 16))
        self.stranger = accounts.carol
        self.aa = chain.deploy(contracts["AppAdjudicator"], sender=self.stranger)
        self.app = chain.deploy(contracts[app], sender=self.stranger)
        self.domain = Domain(chain.chain_id, self.aa.address, "AppAdjudicator")
        self.seat(AppTerms(self.app.address, self.a.address, self.b.address, 1, WINDOW, STAKE))

    def seat(self, terms: AppTerms) -> None:
        self.terms = terms
        self.players = [
            Player(self.domain, terms, side, self.rules, Signer(account.key))
            for side, account in zip(Side, (self.a, self.b), strict=True)
        ]

    @property
    def key(self) -> Any:
        return self.terms.as_tuple()

    def start(self) -> None:
        self.aa.open(self.key, sender=self.a, value=self.terms.stake)
        self.aa.join(self.key, sender=self.b, value=self.terms.stake)

    def play(self, *cells: int) -> None:
        """Moves off chain, each received by the other player."""
        for cell in cells:
            mover = self.players[0].state.mover
            self.players[mover.other].receive(self.players[mover].play(bytes([cell])))

    def both(self, state: AppState) -> tuple[bytes, bytes]:
        return self.players[0].sign(state), self.players[1].sign(state)

    def account(self, side: Side) -> Any:
        return (self.a, self.b)[side]

    def challenge(
        self, by: Side, move: bytes = b"", state: AppState | None = None, signature: bytes | None = None
    ) -> Any:
        """Challenge with the newest state that the other player signed."""
        held, signed = self.players[by].held
        signatures = [b"", b""]
        signatures[by.other] = signed if signature is None else signature
        return self.aa.challenge(self.key, (state or held).as_tuple(), *signatures, move, sender=self.account(by))

    def respond(self, by: Side, state: AppState, cell: int) -> Any:
        return self.aa.respond(self.key, state.as_tuple(), bytes([cell]), sender=self.account(by))

    def wait_and_forfeit(self) -> None:
        self.chain.warp(to=self.info[1] + 1)
        self.aa.forfeit(self.key, sender=self.stranger)

    @property
    def info(self) -> Any:
        return self.aa.channelInfo(self.terms.channel)

    @property
    def balances(self) -> tuple[int, int]:
        return self.info[4], self.info[5]

    @property
    def held(self) -> int:
        return int(self.chain.balance(self.aa.address))
