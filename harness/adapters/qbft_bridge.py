"""The built-in light client and bridge of a sidechain, with stakes and tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils import to_checksum_address

from harness.adapters.game_values import Promise
from harness.adapters.sidechain import Parts, QbftBridge
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.sidechain.bridge import RECEIVED, RESERVE, SENT, BridgedMessage, SidechainBridge, message_of
from harness.sidechain.errors import SidechainError
from harness.sidechain.forging import forged_message
from harness.sidechain.header import Header, seal
from harness.sidechain.sidechain import Sidechain

PROOF = ("height", "state_root", "timestamp", "previous", "account", "slot")
_NO_CHECKPOINT = (bytes(32), 0, 0)


class BuiltInQbftBridge(QbftBridge):
    """Drives `LightClient`, `ProvenBridge`, `AttestedBridge`, `TokenPort` and `ValidatorStake`."""

    def deploy(self) -> None:
        """Open a sidechain and attach it."""
        self.side = Sidechain(self.validators, chain_id=self.chain_id)
        self._take(self.side.attach(self.chain, trusting_period=self.period, stake=self.stake))

    def _take(self, bridge: SidechainBridge) -> None:
        self.bridge, self.client = bridge, bridge.client.contract
        self.near, self.far = bridge.near, bridge.far
        self.near_port, self.far_port = bridge.near_port, bridge.far_port

    says_why = True
    guarded = ("ValidatorStake.slash", "TokenPort.arrive", "TokenPort.release")

    def attacked(self) -> tuple[Contract, ...]:
        """Return the contracts on L1."""
        return (self.client, self.near, self.near_port, *((self.stakes,) if self.stake else ()))

    # -- the light client

    def update(self, parts: Parts, sender: Account, *, is_change: bool) -> None:
        """Call update or updateSet, and remember the header."""
        raw, seats = parts["header"], parts["seats"]
        if is_change:
            self.client.updateSet((raw, seats, parts["places"]), parts["trusted"], sender=sender)
        else:
            self.client.update(raw, seats, sender=sender)
        try:
            self.bridge.client.remember(Header.decode(raw))
        except SidechainError:
            return  # whatever was taken, no proof can be made of it

    def freeze(self, one: Parts, two: Parts, sender: Account, span: int = -1) -> None:
        """Call freeze."""
        spans = int(self.client.spanCount())
        shown = ((each["header"], each["seats"], each["places"]) for each in (one, two))
        self.client.freeze(span % spans, one["trusted"], *shown, sender=sender)

    def newest(self) -> tuple[int, int]:
        """Return the client's head."""
        height, time = self.client.head()
        return int(height), int(time)

    def frozen_at(self) -> int:
        """Return the client's lowest conflict."""
        return int(self.client.frozenAt())

    # -- the bridge

    def deposit(
        self, to: str, value: int, deadline: int, sender: Account, data: bytes = b"", *, gas: int = 0
    ) -> BridgedMessage:
        """Call send on L1."""
        return self.bridge.deposit(to, value, data, sender=sender, within=deadline - self.chain.now, gas=gas)

    def attestation(self, message: BridgedMessage) -> bytes:
        """Return the attestation of the message's id."""
        return bytes(self.far.attestation(self.far.idOf(message.words, False)))

    def deliver(self, message: BridgedMessage, seats: bytes, signatures: Sequence[bytes]) -> None:
        """Call deliver."""
        self.far.deliver(message.words, seats, list(signatures), sender=self.side.chain.accounts.trent)

    def withdraw(self, to: str, value: int, sender: Account, data: bytes = b"", *, gas: int = 0) -> BridgedMessage:
        """Call send on the sidechain."""
        return self.bridge.withdraw(to, value, data, sender=sender, gas=gas)

    def proof(self, message: BridgedMessage, *, was_received: bool = False, height: int | None = None) -> Parts:
        """Prove the slot of a mapping."""
        client = self.bridge.client
        header = client.newest if height is None else client.header(height)
        found = self.bridge.prove(RECEIVED if was_received else SENT, message.id, header)
        return dict(zip(PROOF, (found[0], *found[1], found[2], found[3]), strict=True))

    def proof_of(self, header: Any, account: Sequence[bytes], slot: Sequence[bytes], previous: int) -> Parts:
        """Put the nodes beside the header's checkpoint."""
        words = (header.number, header.state_root, header.timestamp, previous, list(account), list(slot))
        return dict(zip(PROOF, words, strict=True))

    def execute(self, message: BridgedMessage, proof: Parts, sender: Account, *, gas: int | None = None) -> None:
        """Call execute."""
        limit = {} if gas is None else {"gas": gas}
        self.near.execute(message.words, _words(proof), sender=sender, **limit)

    def refund(self, message: BridgedMessage, proof: Parts, sender: Account, behind: int = 0, to: str = "") -> None:
        """Call refund."""
        self.near.refund(*self._refund(message, proof, behind, to), sender=sender)

    def _refund(self, message: BridgedMessage, proof: Parts, behind: int, to: str = "") -> tuple[Any, ...]:
        known = self.bridge.client.checkpoints.get(behind)
        words = _NO_CHECKPOINT if known is None else known.words
        return message.words, to or message.words[1], _words(proof), behind, words

    def held(self) -> int:
        """Return the wei of the end on L1."""
        return self.chain.balance(self.near)

    def there(self) -> int:
        """Return what the end on the sidechain lacks of its reserve."""
        return RESERVE - self.side.chain.balance(self.far)

    def underway(self) -> int:
        """Add up what was sent at either end and has not run at the other."""
        coming = (
            each.value
            for each in self.bridge.sent()
            if not self.far.received(each.id) and not self.near.refunded(each.id)
        )
        leaving = (each.value for each in self.bridge.sent_back() if not self.near.received(each.id))
        return sum(coming) + sum(leaving)

    def forged_message(self, to: str, value: int) -> BridgedMessage:
        """Return one with a nonce that none has reached."""
        return forged_message(self.bridge, to, value)

    def other_words(self, message: BridgedMessage, place: int, word: Any) -> BridgedMessage:
        """Put the word there."""
        words: Any = (*message.words[:place], word, *message.words[place + 1 :])
        return BridgedMessage(bytes(self.near.idOf(words, False)), words)

    def told_sender(self) -> str:
        """Return currentSender."""
        return str(self.near.currentSender())

    def call_of_execute(self, message: BridgedMessage, proof: Parts) -> tuple[str, bytes]:
        """Encode execute."""
        return self.near.address, bytes(self.near.functions["execute"].encode(message.words, _words(proof)))

    def call_of_refund(self, message: BridgedMessage, proof: Parts, behind: int = 0) -> tuple[str, bytes]:
        """Encode refund."""
        return self.near.address, bytes(self.near.functions["refund"].encode(*self._refund(message, proof, behind)))

    def call_of_send(self, to: str, deadline: int) -> bytes:
        """Encode send."""
        return bytes(self.near.functions["send"].encode(to, deadline, 0, b""))

    def near_end(self) -> str:
        """Return the end on L1."""
        return self.near.address

    def far_end(self) -> str:
        """Return the end on the sidechain."""
        return self.far.address

    def twin(self) -> BuiltInQbftBridge:
        """Attach the sidechain again."""
        other = type(self)(self.chain, self.contracts)
        other.side = self.side
        other._take(self.side.attach(self.chain, trusting_period=self.period))
        return other

    # -- stakes

    @property
    def stakes(self) -> Contract:
        """The contract for stakes."""
        return self.bridge.client.stake

    def stake_of(self, validator: bytes) -> int:
        """Return stakeOf."""
        return int(self.stakes.stakeOf(to_checksum_address(validator)))

    def put_stake(self, validator: Account) -> None:
        """Call stake."""
        self.stakes.stake(sender=validator, value=self.stake)

    def leave(self, validator: Account) -> None:
        """Call leave."""
        self.stakes.leave(sender=validator)

    def take_stake(self, validator: Account) -> None:
        """Call withdraw."""
        self.stakes.withdraw(validator, sender=validator)

    def stake_free_from(self, validator: Account) -> int:
        """Return freeFrom."""
        return int(self.stakes.freeFrom(validator))

    # -- tokens

    def create_token(self, owner: Account, amount: int) -> Contract:
        """Deploy a DemoToken."""
        return self.create("DemoToken", "Gold", "GLD", amount, sender=owner)

    def create_token_with_fee(self, owner: Account, amount: int) -> Contract:
        """Deploy a FeeToken."""
        return self._minted(owner, amount, "FeeToken")

    def create_calling_token(self, owner: Account, amount: int) -> Contract:
        """Deploy a ReentrantToken."""
        return self._minted(owner, amount, "ReentrantToken")

    def _minted(self, owner: Account, amount: int, name: str, *arguments: Any) -> Contract:
        token = self.create(name, *arguments, sender=owner)
        token.mint(owner, amount, sender=owner)
        return token

    def call_of_send_token(self, token: Contract, to: str, amount: int, deadline: int) -> bytes:
        """Encode send of the port."""
        return bytes(self.near_port.functions["send"].encode(token, to, amount, deadline, 0, b""))

    def messages_sent(self) -> Sequence[BridgedMessage]:
        """Return what L1's end has told."""
        return self.bridge.sent()

    def send_token(self, token: Contract, to: str, amount: int, deadline: int, sender: Account) -> BridgedMessage:
        """Approve the port, and call send. Of the messages that a token sends meanwhile, the port's is the last."""
        token.approve(self.near_port, amount, sender=sender)
        self.near_port.send(token, to, amount, deadline, 0, b"", sender=sender)
        return self.bridge.sent()[-1]

    def send_token_back(
        self, token: Contract, to: str, amount: int, sender: Account, data: bytes = b""
    ) -> BridgedMessage:
        """Call send of the twin."""
        return message_of(self.far_port.send(self._twin(token), to, amount, 0, 0, data, sender=sender))

    def _twin(self, token: Contract) -> Contract:
        return self.side.chain.at(self.contracts["TwinToken"], self.far_port.twinOf(token))

    def reclaim(self, message: BridgedMessage, sender: Account) -> None:
        """Call reclaim."""
        self.near_port.reclaim(message.words, sender=sender)

    def tokens_there(self, token: Contract, who: Account) -> int:
        """Return the twin's balance."""
        return int(self._twin(token).balanceOf(who)) if int(self.far_port.twinOf(token), 16) else 0

    def tokens_held(self, token: Contract) -> int:
        """Return the port's balance."""
        return int(token.balanceOf(self.near_port))

    def call_of_release(self, token: Contract, to: str, amount: int) -> tuple[str, bytes]:
        """Encode release."""
        return self.near_port.address, bytes(self.near_port.functions["release"].encode(token, to, to, amount, b""))

    def call_of_arrive(self, token: Contract, to: str, amount: int) -> bytes:
        """Encode arrive."""
        return bytes(self.near_port.functions["arrive"].encode(token, 18, to, to, amount, b""))

    def minting(self, call: bytes) -> BridgedMessage:
        """Return one from port to port."""
        words = (10**6, self.near_port.address, self.far_port.address, 0, self.chain.now + 86_400, 0, call)
        return BridgedMessage(bytes(self.far.idOf(words, False)), words)

    def token_end(self) -> str:
        """Return the port on L1."""
        return self.near_port.address

    def promises(self) -> Sequence[Promise]:
        """Return what constructors refuse, and what else nobody loses by today, but would by a later change."""
        return (*_constructors(self), _no_second_ether(self), *_ports(self), _no_call_of_itself(self), *_routes(self))


def _no_second_ether(adapter: BuiltInQbftBridge) -> Promise:
    def test() -> str:
        alice, twin = adapter.chain.accounts.alice, adapter.twin()
        twin.deposit(alice.address, 1, adapter.chain.now + 86_400, alice)
        return "it was taken"

    return Promise("ether over a second bridge", "it is worth nothing on the sidechain", test)


def _ports(adapter: BuiltInQbftBridge) -> Iterator[Promise]:
    """Yield what the port on L1 does with nothing, and with decimals that no uint8 holds."""
    alice = adapter.chain.accounts.alice

    def nothing() -> str:
        adapter.send_token(adapter.create_token(alice, 1), alice.address, 0, adapter.chain.now + 86_400, alice)
        return "it was sent"

    def decimals() -> str:
        token = adapter._minted(alice, 1, "OddDecimals", 256)
        message = adapter.send_token(token, alice.address, 1, adapter.chain.now + 86_400, alice)
        said = int.from_bytes(_argument(message.data, 1), "big")
        return "" if said == 18 else f"they are {said} there"

    yield Promise("no tokens at all", "a twin of anything is made for nothing", nothing)
    yield Promise("256 decimals", "a unit is shown as another sum", decimals, True)


def _argument(call: bytes, place: int) -> bytes:
    """Return a word of a call's arguments."""
    return call[4 + 32 * place : 36 + 32 * place]


def _run_there(adapter: BuiltInQbftBridge, target: Contract, data: bytes) -> None:
    """Run a call as a message of alice's that nobody has sent, to which all validators attest."""
    accounts, far = adapter.chain.accounts, adapter.far
    words = (10**6, accounts.alice.address, target.address, 0, adapter.chain.now + 86_400, 0, data)
    forged = BridgedMessage(bytes(far.idOf(words, False)), words)
    keys, digest = adapter.side.keys(), adapter.attestation(forged)
    signatures = [seal(keys[each], digest) for each in adapter.side.members]
    adapter.deliver(forged, bytes(range(len(signatures))), signatures)


def _no_call_of_itself(adapter: BuiltInQbftBridge) -> Promise:
    def test() -> str:
        _run_there(adapter, adapter.far, adapter.call_of_send(adapter.chain.accounts.mallory.address, 0))
        return "it ran"

    return Promise("a call of the bridge by itself", "anybody speaks for the bridge", test)


_ONE, _TWO = b"one".ljust(32, b"\0"), b"two".ljust(32, b"\0")


def _routes(adapter: BuiltInQbftBridge) -> Iterator[Promise]:
    """Yield which routes no router has, which tokens it does not send on, and whom it names as a sender."""
    port, other = adapter.far_port, adapter.twin().far_port
    alice, accounts = adapter.chain.accounts.alice, adapter.side.chain.accounts

    def create(name: str, *arguments: Any) -> Contract:
        return adapter.side.chain.deploy(adapter.contracts[name], *arguments, sender=accounts.alice)

    def names() -> str:
        create("Router", [(_ONE, port), (_ONE, other)])
        return "it was deployed"

    def bridges() -> str:
        create("Router", [(_ONE, port), (_TWO, port)])
        return "it was deployed"

    def tokens() -> str:
        token, router = create("DemoToken", "Gold", "GLD", 1), create("Router", [(_ONE, port)])
        token.transfer(router, 1, sender=accounts.alice)
        further = encode(["bytes32", "address", "uint256", "bytes"], [_ONE, alice.address, 0, b""])
        router.onTokens(token, accounts.alice, 1, further, sender=accounts.alice)
        return "they were sent on"

    def sender() -> str:
        router = create("Router", [(_ONE, port)])
        _run_there(adapter, router, bytes(router.functions["forward"].encode(_ONE, alice.address, 0, b"")))
        said = to_checksum_address(_argument(adapter.bridge.sent_back()[-1].data, 1)[12:])
        return "" if said == alice.address else f"{said} is said to have sent it"

    yield Promise("a router with one name for two bridges", "what is sent there goes elsewhere", names)
    yield Promise("a router with two names for one bridge", "one L1 speaks for another", bridges)
    yield Promise("tokens that no port brought to a router", "anybody sends on what lies there", tokens)
    yield Promise("who sent what a router sends on", "anybody speaks for the bridge", sender, True)


def _words(proof: Parts) -> tuple[Any, ...]:
    height, *checkpoint, account, slot = (proof[name] for name in PROOF)
    return height, tuple(checkpoint), account, slot


def _constructors(adapter: BuiltInQbftBridge) -> Iterator[Promise]:
    """Yield what cannot be deployed."""
    raw, nobody = adapter.side.head.encode(), "0x" + "00" * 20

    def refused(name: str, harm: str, contract: str, *given: Any) -> Promise:
        def test() -> str:
            adapter.create(contract, *given)
            return "it was deployed"

        return Promise(name, harm, test)

    yield refused("a client without a trusting period", "it is stuck", "LightClient", raw, 0, nobody)
    for lock in (adapter.period - 1, adapter.period):
        yield refused(
            f"a lock of {lock} s", "a liar is free before it can be shown to lie", "ValidatorStake",
            nobody, 1, lock, adapter.period,
        )  # fmt: skip
    unsorted = [to_checksum_address(each) for each in reversed(adapter.side.members)]
    twins = [unsorted[-1], unsorted[-1], *unsorted[:1]]
    for name, members in (("nobody", []), ("validators out of order", unsorted), ("a validator twice", twins)):
        yield refused(f"a bridge that believes {name}", "some count twice", "AttestedBridge", 1, nobody, members)
