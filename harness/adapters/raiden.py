"""The adapter of Raiden's TokenNetwork, from the package raiden-contracts of PyPI.

Each party signs what it has sent in all: a *balance proof* of a total that only grows, with its locks. Whoever closes
shows the other party's proof, and the other one answers with the closer's. A proof that nobody shows counts as nothing
sent, so each party must show what it received.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.channel import Channel, Lock, Pair, Parties, Signatures, State
from harness.adapters.errors import NotApplicable
from harness.adapters.published import RAIDEN, WithPackage
from harness.channels.messages import Signer
from harness.primitives.hashing import keccak256

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract, ContractType

TIMEOUT = 3_600
"""Seconds between a close and the first settlement."""
LIMIT = 2**200
_BALANCE, _UPDATE, _WITHDRAW = 1, 2, 3
_OPENED, _CLOSED = 1, 2
_NO_LOCKS = keccak256(b"")
_PREFIX = b"\x19Ethereum Signed Message:\n"


@dataclass(frozen=True, slots=True)
class Pipe:
    """A channel: its number at the contract, and its parties."""

    number: int
    parties: Parties


@dataclass(frozen=True, slots=True)
class Sent:
    """What one party sent in all, and what it has locked for the other one."""

    total: int = 0
    locked: int = 0
    root: bytes = _NO_LOCKS

    @property
    def hash(self) -> bytes:
        """The balance hash that is signed."""
        return keccak256(_words(self.total, self.locked) + self.root)


class Raiden(Channel):
    """Drives TokenNetwork: shares become totals that each party has sent."""

    window: ClassVar[int | None] = TIMEOUT + 1
    answers_until_settled: ClassVar[bool] = True
    one_sided: ClassVar[bool] = True

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType]) -> None:
        super().__init__(chain, WithPackage(contracts, RAIDEN))
        self._made: dict[tuple[Pipe, State], tuple[Sent, Sent]] = {}
        self._hashes: dict[bytes, Sent] = {bytes(32): Sent()}

    def deploy(self) -> None:
        """Deploy the registry of secrets and the network of the token."""
        if self.token is None:
            raise NotApplicable("a TokenNetwork needs a token")
        self.secrets = self.create("SecretRegistry")
        controller = self.chain.accounts.judy.address
        self.network: Contract = self.create(
            "TokenNetwork", self.token.address, self.secrets.address, TIMEOUT, controller, LIMIT, LIMIT
        )

    def attacked(self) -> tuple[Contract, ...]:
        """Return the network, which holds the money, and the registry."""
        return (self.network, self.secrets)

    # -- what is signed

    def _message(self, kind: int, channel: Pipe, data: bytes) -> bytes:
        head = bytes.fromhex(self.network.address[2:]) + _words(self.chain.chain_id, kind, channel.number)
        message = head + data
        return keccak256(_PREFIX + str(len(message)).encode() + message)

    def _sent(self, channel: Pipe, state: State) -> tuple[Sent, Sent]:
        """Return what each party has sent by a state. Totals never fall: they follow from the version before."""
        key = (channel, state)
        if key not in self._made:
            known = [(each.version, made) for (pipe, each), made in self._made.items() if pipe == channel]
            older = [entry for entry in known if entry[0] < state.version]
            first, second = max(older, key=lambda entry: entry[0])[1] if older else (Sent(), Sent())
            locked = [sum(lock.amount for lock in state.locks if lock.payer == place) for place in (0, 1)]
            held, taken = self._info(channel, 0)[:2]
            moved = state.shares[0] + locked[0] - (held - taken) - (second.total - first.total)
            totals = (first.total + max(0, -moved), second.total + max(0, moved))
            made = [Sent(totals[place], locked[place], _root(state.locks, place)) for place in (0, 1)]
            self._made[key] = (made[0], made[1])
            self._hashes |= {each.hash: each for each in made}
        return self._made[key]

    def _proof(self, sent: Sent, version: int) -> bytes:
        return sent.hash + _words(version) + bytes(32)

    def sign(self, channel: Pipe, state: State, who: Account) -> bytes:
        """Sign what this party has sent by a state; anybody else signs as the second party would."""
        sent = self._sent(channel, state)[_place(channel, who)]
        return Signer(who.private_key).sign(self._message(_BALANCE, channel, self._proof(sent, state.version)))

    def submit(self, channel: Pipe, state: State, signatures: Signatures, sender: Account) -> Any:
        """Show the other party's proof: to close, or to answer the close. The sender signs that it shows it."""
        place = _place(channel, sender)
        own, other = channel.parties[place], channel.parties[1 - place]
        sent, signature = self._sent(channel, state)[1 - place], signatures[1 - place]
        is_open = self._state(channel) == _OPENED
        proof = self._proof(sent, state.version)
        signed = self._message(_BALANCE if is_open else _UPDATE, channel, proof + signature)
        shown = Signer(sender.private_key).sign(signed)
        function = self.network.closeChannel if is_open else self.network.updateNonClosingBalanceProof
        return function(
            channel.number, other, own, sent.hash, state.version, bytes(32), signature, shown, sender=sender
        )

    # -- the life of a channel

    def open(self, parties: Parties, deposits: Pair) -> Pipe:
        """Open a channel and pay both deposits; a pair has one channel at a time."""
        if self.network.getChannelIdentifier(*parties):
            raise NotApplicable("a pair has one channel at a time")
        self.network.openChannel(*parties, sender=parties[0])
        channel = Pipe(self.network.channel_counter(), parties)
        for who, amount in zip(parties, deposits, strict=True):
            if amount:
                self.deposit(channel, who, amount, who)
        return channel

    def deposit(self, channel: Pipe, who: Account, amount: int, sender: Account) -> Any:
        """Raise a party's total deposit."""
        place = _place(channel, who)
        total = self._info(channel, place)[0] + amount
        return self.network.setTotalDeposit(
            channel.number, who, total, channel.parties[1 - place], sender=sender
        )  # fmt: skip

    def settle(self, channel: Pipe, sender: Account) -> Any:
        """Settle by the proofs that were shown, the party first that has sent less."""
        shown = [self._hashes.get(self._info(channel, place)[3], Sent()) for place in (0, 1)]
        return self._settle(channel, shown[0], shown[1], sender)

    def settle_with(self, channel: Pipe, state: State, sender: Account) -> Any:
        """Settle by the totals of a state."""
        return self._settle(channel, *self._sent(channel, state), sender)

    def _settle(self, channel: Pipe, first: Sent, second: Sent, sender: Account) -> Any:
        totals = zip(channel.parties, (first, second), strict=True)
        rows = [(who.address, sent.total, sent.locked, sent.root) for who, sent in totals]
        low, high = sorted(rows, key=lambda row: row[1] + row[2])
        return self.network.settleChannel(channel.number, *low, *high, sender=sender)

    def deadline(self, channel: Pipe) -> int | None:
        """Return the last second before a settlement; a proof counts until somebody settles."""
        return int(self.network.settleable_after(channel.number)) if self._state(channel) == _CLOSED else None

    # -- agreements

    def _withdrawal(self, channel: Pipe, who: Account, total: int, expiry: int) -> bytes:
        data = bytes.fromhex(who.address[2:]) + _words(total, expiry + 1)
        return self._message(_WITHDRAW, channel, data)

    def permit(self, channel: Pipe, who: Account, total: int, expiry: int, signer: Account) -> bytes:
        """Sign a withdrawal."""
        return Signer(signer.private_key).sign(self._withdrawal(channel, who, total, expiry))

    def take_out(
        self, channel: Pipe, who: Account, total: int, expiry: int, signatures: Signatures, sender: Account
    ) -> Any:
        """Withdraw from an open channel."""
        place = _place(channel, who)
        own, other = signatures[place], signatures[1 - place]
        return self.network.setTotalWithdraw(channel.number, who, total, expiry + 1, own, other, sender=sender)

    def agree(self, channel: Pipe, shares: Pair, expiry: int, who: Account) -> bytes:
        """Sign a withdrawal of each party's share, of which both together end the channel."""
        totals = self._totals(channel, shares)
        return b"".join(
            self.permit(channel, party, total, expiry, who)
            for party, total in zip(channel.parties, totals, strict=True)
        )

    def _totals(self, channel: Pipe, shares: Pair) -> list[int]:
        return [share + self._info(channel, place)[1] for place, share in enumerate(shares)]

    def close_together(self, channel: Pipe, shares: Pair, expiry: int, signatures: Signatures, sender: Account) -> Any:
        """End a channel by the withdrawals of all that it holds."""
        rows = []
        for place, total in enumerate(self._totals(channel, shares)):
            own, other = (each[65 * place : 65 * (place + 1)] for each in (signatures[place], signatures[1 - place]))
            rows.append((channel.parties[place].address, total, expiry + 1, own, other))
        return self.network.cooperativeSettle(channel.number, *rows, sender=sender)

    # -- reading

    def _info(self, channel: Pipe, place: int) -> tuple[Any, ...]:
        """Return deposit, withdrawn, closer, balance hash, nonce, root and locked amount of a party."""
        who, other = channel.parties[place], channel.parties[1 - place]
        return tuple(self.network.getChannelParticipantInfo(channel.number, who, other))

    def _state(self, channel: Pipe) -> int:
        return int(self.network.getChannelState(channel.number, *channel.parties))


def _place(channel: Pipe, who: Account) -> int:
    return 0 if who.address == channel.parties[0].address else 1


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)


def _root(locks: tuple[Lock, ...], payer: int) -> bytes:
    return keccak256(_packed(locks, payer))


def _packed(locks: tuple[Lock, ...], payer: int) -> bytes:
    """Return a party's locks as they are hashed: expiry, amount and hash of the secret of each.

    A secret must be shown before the second of the expiry, so it is one later than the last that counts.
    """
    own = [lock for lock in locks if lock.payer == payer]
    return b"".join(_words(lock.expiry + 1, lock.amount) + _hash_of(lock.secret) for lock in own)


def _hash_of(secret: bytes) -> bytes:
    return sha256(secret).digest()
