"""Sound channels hold, and their adapters do not fail, whatever the wallets are with which the adapters sign."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from coincurve import PublicKey

from harness.adapters.channel import Channel
from harness.adapters.choosing import Chosen, choose
from harness.attack.attack import Outcome, Verdict
from harness.attack.channel.forging import stand_ins
from harness.attack.channel.pack import PACK
from harness.attack.channel.ring import Ring
from harness.attack.runner import run_pack
from harness.attack.stage import Stage
from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import HALF_ORDER, ORDER

PROJECTS = Path(__file__).resolve().parent / "projects"
FORGED = ("forged-close", "forged-answer")


class Checks(Channel):
    """Signs with a key for its own account alone."""

    def sign(self, channel: Any, state: Any, who: Any) -> bytes:
        if Account.from_key(who.private_key) != who:
            raise ValueError("the key of somebody else")
        return super().sign(channel, state, who)  # type: ignore[safe-super]


class Refuses(Channel):
    """Answers nothing where a key is not the account's."""

    def sign(self, channel: Any, state: Any, who: Any) -> Any:
        fits = Account.from_key(who.private_key) == who
        return super().sign(channel, state, who) if fits else None  # type: ignore[safe-super]


class Careful(Channel):
    """Signs nothing with the honest party's key that leaves it nothing."""

    def sign(self, channel: Any, state: Any, who: Any) -> bytes:
        alice = self.chain.accounts.alice
        if who.key == alice.key and state.shares[0 if channel_is_of(self, channel, alice) else 1] == 0:
            raise ValueError("nothing is left")
        return super().sign(channel, state, who)  # type: ignore[safe-super]


class ByName(Channel):
    """Knows each key by its owner's name."""

    def sign(self, channel: Any, state: Any, who: Any) -> bytes:
        return super().sign(channel, state, self.chain.accounts[who.name])  # type: ignore[safe-super]


class Random(Channel):
    """Signs one message twice by two signatures."""

    nonce = 0

    def signature(self, who: Any, digest: bytes, *, prefixed: bool = False) -> bytes:  # type: ignore[override]
        self.nonce += 1
        signed = keccak256(b"\x19Ethereum Signed Message:\n32" + digest) if prefixed else digest
        return true_signature(who.private_key, signed, self.nonce)


class RandomByName(ByName, Random):
    """Signs in two ways with a key that it knows by its owner's name."""


def channel_is_of(adapter: Any, channel: Any, who: Account) -> bool:
    """Return whether an account is the first party of a channel of totals."""
    return bool(adapter.t.look(channel)[0][0][0] == who.address)


def true_signature(key: bytes, digest: bytes, nonce: int) -> bytes:
    """Return the signature of a digest with a chosen nonce: r, s and v."""
    x, y = PublicKey.from_secret(nonce.to_bytes(32, "big")).point()
    s = pow(nonce, -1, ORDER) * (int.from_bytes(digest, "big") + x * int.from_bytes(key, "big")) % ORDER
    high = s > HALF_ORDER
    return x.to_bytes(32, "big") + (ORDER - s if high else s).to_bytes(32, "big") + bytes([27 + (y & 1 ^ high)])


def driven(shape: str, *wallets: type[Channel]) -> Chosen:
    place, name = PROJECTS / shape / f"{shape}_adapter.py", shape.title().replace("_", "")
    chosen = choose("channel", f"{place}:{name}Adapter", PACK.built_in, PACK.protocol)
    return Chosen(chosen.word, type("Odd", (*wallets, chosen.kind), {}), chosen.contracts)


def played(chosen: Chosen, *only: str) -> dict[str, Outcome]:
    return {each.attack: each for each in run_pack(PACK, chosen, only=only)}


def names_tried(chain: Chain, chosen: Chosen) -> list[str]:
    """Return what stands in the honest party's name for a state that it did not sign."""
    ring = Ring(Stage(chain, chosen.kind, chosen.contracts, variant="erc20, the honest party is first"))
    tried = [what for what, _ in stand_ins(ring, ring.state(ring.newest.version + 1, 0))]
    ring.close()
    return [what for what in tried if "in the honest party's name" in what]


@pytest.mark.parametrize("wallet", [Checks, Refuses, Careful, ByName, Random, RandomByName])
def test_forged_signatures_of_a_sound_channel_hold(wallet: type[Channel]) -> None:
    rows = played(driven("totals", wallet), *FORGED)
    assert {row.attack: (row.verdict, row.evidence) for row in rows.values() if row.verdict is not Verdict.HELD} == {}


@pytest.mark.parametrize(
    ("wallets", "many"),
    [((), 2), ((Careful,), 2), ((Checks,), 0), ((Refuses,), 0), ((ByName,), 0), ((Random,), 0), ((RandomByName,), 0)],
    ids=lambda value: "".join(each.__name__ for each in value) if isinstance(value, tuple) else None,
)
def test_the_cheat_signs_in_another_name_where_that_is_surely_forged(
    l1: Chain, wallets: tuple[type[Channel], ...], many: int
) -> None:
    assert len(names_tried(l1, driven("totals", *wallets))) == many


def test_signatures_of_which_no_two_are_equal_are_not_said_to_expire() -> None:
    (row,) = played(driven("block_clock", Random), "close-together-late").values()
    assert (row.verdict, row.evidence) == (
        Verdict.NOT_APPLICABLE,
        "no two signatures are equal, so that nothing shows whether they expire",
    )
