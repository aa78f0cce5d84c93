"""What goes over the bridge arrives once, or comes back; only two thirds of the validators can steal it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from eth_utils import to_canonical_address

from harness import reverts
from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.chain.errors import RevertedWithError
from harness.contracts.bindings import Contract
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import signer_of
from harness.sidechain.bridge import RECEIVED, RESERVE, SENT, BridgedMessage, SidechainBridge, message_of, slot_of
from harness.sidechain.errors import NoQuorum
from harness.sidechain.forging import ForgedState, forged
from harness.sidechain.light_client import contract_type
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import quorum, trusted_share

ETHER = 10**18
PERIOD = 14 * 86_400
PROVEN, ATTESTED, PORT = (contract_type(name) for name in ("ProvenBridge", "AttestedBridge", "TokenPort"))
CLIENT = contract_type("LightClient")
PATRICIA = contract_type("NodePool")


@dataclass
class Desk:
    """An L1, a sidechain and a bridge between them."""

    l1: Chain
    side: Sidechain
    bridge: SidechainBridge

    def deposit(self, value: int = ETHER, **more: int) -> BridgedMessage:
        """Let Alice send ether to Bob, and L1 go on until validators believe it."""
        message = self.bridge.deposit(self.l1.accounts.bob, value, sender=self.l1.accounts.alice, **more)
        self.l1.mine(self.bridge.depth)
        return message

    def update(self) -> None:
        self.bridge.follow()

    def locked(self) -> int:
        return self.l1.balance(self.bridge.near)

    def outstanding(self) -> int:
        return RESERVE - self.side.chain.balance(self.bridge.far)


@pytest.fixture(scope="module")
def opened() -> Iterator[Desk]:
    l1, side = open_chain("py-evm"), Sidechain(4)
    yield Desk(l1, side, side.attach(l1, trusting_period=PERIOD))
    l1.backend.close()
    side.close()


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    marks = opened.l1.snapshot(), opened.side.snapshot()
    yield opened
    opened.l1.restore(marks[0])
    opened.side.restore(marks[1])


class TestToTheSidechain:
    def test_ether_arrives_once(self, desk: Desk) -> None:
        bob = desk.side.chain.accounts.bob
        before = desk.side.chain.balance(bob)
        message = desk.deposit()
        (receipt,) = desk.bridge.attest()
        assert desk.side.chain.balance(bob) - before == ETHER
        assert (desk.locked(), desk.outstanding()) == (ETHER, ETHER)
        assert desk.bridge.attest() == []
        with reverts(ATTESTED.AlreadyReceived, id=message.id):
            desk.bridge.deliver(message, desk.bridge.attestations(message.id))
        assert receipt.gas_used < 150_000

    def test_a_call_goes_along_and_knows_who_sent_it(self, desk: Desk) -> None:
        token = desk.side.chain.deploy(contract_type("DemoToken"), "T", "T", 5, sender=desk.side.chain.accounts.bob)
        data = token.approve.encode(desk.l1.accounts.alice, 3)
        desk.bridge.deposit(token, 0, data, sender=desk.l1.accounts.alice)
        desk.l1.mine(desk.bridge.depth)
        desk.bridge.attest()
        assert token.allowance(desk.bridge.far, desk.l1.accounts.alice) == 3
        with reverts(ATTESTED.NothingRuns):
            desk.bridge.far.currentSender()

    def test_two_messages_run_in_one_transaction_one_after_the_other(self, desk: Desk) -> None:
        first, second = desk.deposit(), desk.deposit()
        bob = desk.side.chain.accounts.bob
        forwarder = desk.side.chain.deploy(contract_type("Forwarder"), sender=bob)
        calls = []
        for message in (first, second):
            signed = desk.bridge.attestations(message.id)
            calls.append(
                desk.bridge.far.deliver.encode(message.words, bytes(sorted(signed)), [signed[s] for s in signed])
            )
        forwarder.forwardEach(desk.bridge.far, calls, sender=bob)
        assert desk.outstanding() == 2 * ETHER
        with reverts(ATTESTED.NothingRuns):
            desk.bridge.far.currentSender()

    def test_no_message_runs_within_another(self, desk: Desk) -> None:
        inner = desk.deposit()
        signed = desk.bridge.attestations(inner.id)
        data = desk.bridge.far.deliver.encode(inner.words, bytes(sorted(signed)), [signed[s] for s in signed])
        forwarder = desk.side.chain.deploy(contract_type("Forwarder"), sender=desk.side.chain.accounts.bob)
        outer = desk.bridge.deposit(
            forwarder, 0, forwarder.forward.encode(desk.bridge.far, data), sender=desk.l1.accounts.alice
        )
        with reverts(ATTESTED.CallFailed, id=outer.id):
            desk.bridge.deliver(outer, desk.bridge.attestations(outer.id))

    def test_validators_wait_until_it_is_deep(self, desk: Desk) -> None:
        desk.bridge.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
        desk.l1.mine(desk.bridge.depth - 1)
        assert desk.bridge.attest() == []
        desk.l1.mine()
        assert len(desk.bridge.attest()) == 1

    def test_a_reorg_that_is_shallower_than_the_depth_takes_nothing_away(self, desk: Desk) -> None:
        desk.bridge.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
        desk.l1.mine(2)
        lost = desk.l1.reorg(3)
        desk.l1.mine(desk.bridge.depth + 3)
        assert desk.bridge.attest() == [], "the deposit is not on L1 any more"
        desk.l1.replay(lost)
        desk.l1.mine(desk.bridge.depth)
        assert len(desk.bridge.attest()) == 1
        assert (desk.locked(), desk.outstanding()) == (ETHER, ETHER)

    def test_a_reorg_that_is_deeper_leaves_the_sidechain_with_ether_that_nobody_locked(self, desk: Desk) -> None:
        """The trust assumption: a depth is a guess."""
        desk.deposit()
        desk.bridge.attest()
        desk.l1.reorg(desk.bridge.depth + 1)
        assert (desk.locked(), desk.outstanding()) == (0, ETHER)

    def test_fewer_than_a_quorum_deliver_nothing(self, desk: Desk) -> None:
        message = desk.deposit()
        few = desk.side.members[: quorum(4) - 1]
        assert desk.bridge.attest(by=few) == []
        with reverts(ATTESTED.TooFewAttestations, actual=2, expected=3):
            desk.bridge.deliver(message, desk.bridge.attestations(message.id, few))

    def test_each_seat_signs_once_and_for_itself(self, desk: Desk) -> None:
        message = desk.deposit()
        signed = desk.bridge.attestations(message.id)
        trent = desk.side.chain.accounts.trent
        far = desk.bridge.far
        with reverts(ATTESTED.SeatTaken, seat=0):
            far.deliver(message.words, bytes((0, 0, 1)), [signed[0], signed[0], signed[1]], sender=trent)
        with reverts(ATTESTED.NotAttestedBy):
            far.deliver(message.words, bytes((0, 1, 2)), [signed[0], signed[1], signed[3]], sender=trent)
        with reverts(ATTESTED.NoSuchSeat, actual=4, size=4):
            far.deliver(message.words, bytes((0, 1, 4)), [signed[0], signed[1], signed[2]], sender=trent)
        with reverts(ATTESTED.TooFewAttestations, actual=2, expected=3):
            far.deliver(message.words, bytes((0, 1)), [signed[0], signed[1], signed[2]], sender=trent)

    @pytest.mark.parametrize("change", [lambda s: s[:64], lambda s: s + b"\x00", lambda s: s[:64] + b"\x1b"])
    def test_a_signature_has_one_form(self, desk: Desk, change: object) -> None:
        message = desk.deposit()
        signed = desk.bridge.attestations(message.id)
        signed[0] = change(signed[0])  # type: ignore[operator]
        with reverts(ATTESTED.NotAttestedBy, actual="0x" + "00" * 20):
            desk.bridge.deliver(message, signed)

    @pytest.mark.parametrize("field", range(6))
    def test_an_attestation_binds_every_field(self, desk: Desk, field: int) -> None:
        message = desk.deposit()
        words = list(message.words)
        other = {
            0: 77,
            1: desk.l1.accounts.mallory.address,
            2: desk.l1.accounts.mallory.address,
            3: 1,
            4: 2**40,
            5: b"1",
        }
        words[field] = other[field]
        with reverts(ATTESTED.NotAttestedBy):
            desk.bridge.deliver(replace(message, words=tuple(words)), desk.bridge.attestations(message.id))  # type: ignore[arg-type]

    def test_a_message_of_another_bridge_is_none_here(self, desk: Desk) -> None:
        """The same validators attest to both; the id binds chain and address."""
        other = SidechainBridge(desk.l1, desk.side, desk.bridge.client)
        message = other.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
        with reverts(ATTESTED.NotAttestedBy):
            desk.bridge.deliver(message, other.attestations(message.id))

    def test_a_message_may_not_call_the_bridge(self, desk: Desk) -> None:
        message = desk.bridge.deposit(desk.bridge.far, 0, b"\x01\x02\x03\x04", sender=desk.l1.accounts.alice)
        with reverts(ATTESTED.CallsBridge):
            desk.bridge.deliver(message, desk.bridge.attestations(message.id))

    @pytest.mark.parametrize("within", [0, 365 * 86_400 + 10])
    def test_a_deadline_is_one_that_comes(self, desk: Desk, within: int) -> None:
        with reverts(PROVEN.WrongDeadline):
            desk.bridge.deposit(desk.l1.accounts.bob, 1, sender=desk.l1.accounts.alice, within=within)
        with reverts(ATTESTED.WrongDeadline, actual=1, earliest=0, latest=0):
            desk.bridge.far.send(desk.l1.accounts.bob, 1, b"", sender=desk.side.chain.accounts.bob)


class TestRefunds:
    def late(self, desk: Desk, message: BridgedMessage, seconds: int = 1) -> None:
        """Let both chains pass a deadline by so many seconds, and the light client follow."""
        desk.side.chain.warp(to=message.deadline + seconds)
        desk.side.chain.mine()
        desk.l1.warp(to=message.deadline + seconds)
        desk.update()

    def test_what_did_not_run_comes_back(self, desk: Desk) -> None:
        message = desk.deposit()
        self.late(desk, message)
        assert desk.bridge.attest() == []
        with reverts(ATTESTED.DeadlineOver):
            desk.bridge.deliver(message, desk.bridge.attestations(message.id))
        alice = desk.l1.accounts.alice
        before = desk.l1.balance(alice)
        desk.bridge.refund(message)
        assert (desk.l1.balance(alice) - before, desk.locked()) == (ETHER, 0)
        with reverts(PROVEN.AlreadyRefunded, id=message.id):
            desk.bridge.refund(message)

    def test_what_ran_does_not_come_back(self, desk: Desk) -> None:
        message = desk.deposit()
        desk.bridge.attest()
        self.late(desk, message)
        with reverts(PROVEN.RunThere, id=message.id):
            desk.bridge.refund(message)

    @pytest.mark.parametrize("seconds", [-1, 0])
    def test_what_may_still_run_does_not_come_back(self, desk: Desk, seconds: int) -> None:
        message = desk.deposit()
        self.late(desk, message, seconds)
        assert desk.side.head.timestamp == message.deadline + seconds
        with reverts(PROVEN.StillRunnable):
            desk.bridge.refund(message)

    def test_an_old_header_shows_no_absence(self, desk: Desk) -> None:
        desk.update()
        old = desk.side.head
        message = desk.deposit()
        desk.bridge.attest()
        self.late(desk, message)
        with reverts(PROVEN.StillRunnable):
            desk.bridge.refund(message, old)

    def test_what_was_never_sent_does_not_come_back(self, desk: Desk) -> None:
        message = desk.deposit()
        self.late(desk, message)
        words = (*message.words[:3], 2 * ETHER, *message.words[4:])
        with reverts(PROVEN.NotSentHere):
            desk.bridge.near.refund(
                words, desk.bridge.prove(RECEIVED, message.id), 0, (bytes(32), 0, 0), sender=desk.l1.accounts.mallory
            )

    def test_nothing_is_refunded_while_a_message_runs(self, desk: Desk) -> None:
        """Else the bridge would call somebody who takes that for a part of the message."""
        late = desk.deposit()
        forwarder = desk.l1.deploy(contract_type("Forwarder"), sender=desk.l1.accounts.bob)
        desk.side.chain.warp(to=late.deadline + 1)
        desk.side.chain.mine()
        desk.l1.warp(to=late.deadline + 1)
        desk.bridge.follow()
        proof = desk.bridge.prove(RECEIVED, late.id)
        refund = desk.bridge.near.refund.encode(late.words, proof, 0, (bytes(32), 0, 0))
        call = forwarder.forward.encode(desk.bridge.near, refund)
        message = desk.bridge.withdraw(forwarder, 0, call, sender=desk.side.chain.accounts.bob)
        desk.bridge.follow()
        with reverts(PROVEN.CallFailed, id=message.id):
            desk.bridge.execute(message)
        desk.bridge.refund(late)


class TestToL1:
    def bring(self, desk: Desk) -> BridgedMessage:
        """Have ether at the sidechain, and send half of it back."""
        desk.deposit()
        desk.bridge.attest()
        message = desk.bridge.withdraw(desk.l1.accounts.carol, ETHER // 2, sender=desk.side.chain.accounts.bob)
        desk.update()
        return message

    def test_a_proof_brings_it_once(self, desk: Desk) -> None:
        message = self.bring(desk)
        before = desk.l1.balance(desk.l1.accounts.carol)
        receipt = desk.bridge.execute(message)
        assert desk.l1.balance(desk.l1.accounts.carol) - before == ETHER // 2
        assert receipt.gas_used < 250_000
        with reverts(PROVEN.AlreadyReceived, id=message.id):
            desk.bridge.execute(message)
        assert desk.locked() == desk.outstanding() == ETHER // 2

    def test_an_absent_message_is_not_run(self, desk: Desk) -> None:
        message = self.bring(desk)
        words = (message.words[0] + 1, *message.words[1:])
        false = desk.bridge.far.idOf(words, True)
        with reverts(PROVEN.NotSent, id=false):
            desk.bridge.near.execute(words, desk.bridge.prove(SENT, false), sender=desk.l1.accounts.mallory)

    def test_what_was_received_there_is_no_message_from_there(self, desk: Desk) -> None:
        """The other mapping, and a proof of another slot."""
        message = self.bring(desk)
        with pytest.raises(RevertedWithError):
            desk.bridge.execute(message, desk.bridge.prove(RECEIVED, message.id))

    def test_a_header_that_the_client_does_not_have_proves_nothing(self, desk: Desk) -> None:
        message = self.bring(desk)
        height, checkpoint, account, slot = desk.bridge.prove(SENT, message.id)
        with reverts(CLIENT.WrongCheckpoint, height=height - 1):
            desk.bridge.execute(message, (height - 1, checkpoint, account, slot))
        with reverts(CLIENT.WrongCheckpoint, height=height):
            desk.bridge.execute(message, (height, (bytes(32), *checkpoint[1:]), account, slot))

    def test_anothers_account_proves_nothing(self, desk: Desk) -> None:
        """A contract of somebody's own that has the right word in the right slot."""
        message = self.bring(desk)
        mine = desk.side.chain.deploy(contract_type("DemoToken"), "T", "T", 1, sender=desk.side.chain.accounts.bob)
        false = keccak256(b"false")
        desk.side.chain.set_storage(mine, slot_of(false, SENT), 1)
        desk.side.chain.mine()
        desk.update()
        theirs = SidechainBridge.__new__(SidechainBridge)
        theirs.side, theirs.client, theirs.far = desk.side, desk.bridge.client, mine
        height, checkpoint, account, slot = theirs.prove(SENT, false)
        with reverts(PATRICIA.MissingNode):
            desk.bridge.execute(message, (height, checkpoint, account, slot))

    def test_a_call_that_fails_can_be_tried_again(self, desk: Desk) -> None:
        desk.deposit()
        desk.bridge.attest()
        token = desk.l1.deploy(contract_type("DemoToken"), "T", "T", 5, sender=desk.l1.accounts.alice)
        data = token.transfer.encode(desk.l1.accounts.carol, 5)
        message = desk.bridge.withdraw(token, 0, data, sender=desk.side.chain.accounts.bob)
        desk.update()
        with reverts(PROVEN.CallFailed, id=message.id):
            desk.bridge.execute(message)
        token.transfer(desk.bridge.near, 5, sender=desk.l1.accounts.alice)
        desk.bridge.execute(message)
        assert token.balanceOf(desk.l1.accounts.carol) == 5


class TestTokens:
    def send(self, desk: Desk, token: Contract, amount: int) -> BridgedMessage:
        alice = desk.l1.accounts.alice
        token.approve(desk.bridge.near_port, amount, sender=alice)
        receipt = desk.bridge.near_port.send(token, desk.l1.accounts.bob, amount, desk.l1.now + 1_000, sender=alice)
        desk.l1.mine(desk.bridge.depth)
        return message_of(receipt)

    def token(self, desk: Desk) -> Contract:
        return desk.l1.deploy(contract_type("DemoToken"), "T", "T", 100, sender=desk.l1.accounts.alice)

    def test_tokens_go_over_and_come_back(self, desk: Desk) -> None:
        token = self.token(desk)
        self.send(desk, token, 60)
        desk.bridge.attest()
        bob, carol = desk.side.chain.accounts.bob, desk.l1.accounts.carol
        twin = desk.side.chain.at(contract_type("TwinToken"), desk.bridge.far_port.twinOf(token))
        assert (twin.balanceOf(bob), twin.totalSupply(), twin.decimals(), token.balanceOf(desk.bridge.near_port)) == (
            60, 60, 18, 60,
        )  # fmt: skip
        message = message_of(desk.bridge.far_port.send(twin, carol, 25, 0, sender=bob))
        desk.update()
        desk.bridge.execute(message)
        assert (token.balanceOf(carol), twin.totalSupply(), desk.bridge.near_port.locked(token)) == (25, 35, 35)

    def test_a_token_of_the_sidechain_goes_the_other_way(self, desk: Desk) -> None:
        bob, carol = desk.side.chain.accounts.bob, desk.l1.accounts.carol
        token = desk.side.chain.deploy(contract_type("DemoToken"), "S", "S", 9, sender=bob)
        token.approve(desk.bridge.far_port, 9, sender=bob)
        message = message_of(desk.bridge.far_port.send(token, carol, 9, 0, sender=bob))
        desk.update()
        desk.bridge.execute(message)
        twin = desk.l1.at(contract_type("TwinToken"), desk.bridge.near_port.twinOf(token))
        assert twin.balanceOf(carol) == 9
        back = message_of(desk.bridge.near_port.send(twin, bob, 4, desk.l1.now + 1_000, sender=carol))
        desk.bridge.deliver(back, desk.bridge.attestations(back.id))
        assert (token.balanceOf(bob), twin.totalSupply()) == (4, 5)

    def test_only_the_other_port_is_believed(self, desk: Desk) -> None:
        token = self.token(desk)
        self.send(desk, token, 50)
        data = desk.bridge.near_port.release.encode(token, desk.l1.accounts.mallory, desk.l1.accounts.mallory, 1)
        mallory = desk.l1.accounts.mallory
        with reverts(PORT.NotFromRemote):
            desk.bridge.near_port.release(token, mallory, mallory, 1, sender=mallory)
        message = desk.bridge.withdraw(desk.bridge.near_port, 0, data, sender=desk.side.chain.accounts.mallory)
        desk.update()
        with reverts(PROVEN.CallFailed):
            desk.bridge.execute(message)

    def test_a_token_pays_out_only_what_it_brought(self, desk: Desk) -> None:
        """Whatever the sidechain says of it."""
        token, other = self.token(desk), self.token(desk)
        self.send(desk, token, 50)
        other.transfer(desk.bridge.near_port, 5, sender=desk.l1.accounts.alice)
        desk.bridge.attest()
        twin = desk.bridge.far_port.twinOf(token)
        desk.side.chain.set_storage(desk.bridge.far_port, _mapping(to_canonical_address(twin), 2), _word(other))
        message = message_of(
            desk.side.chain.at(PORT, desk.bridge.far_port.address).send(
                twin, desk.l1.accounts.carol, 1, 0, sender=desk.side.chain.accounts.bob
            )
        )
        desk.update()
        with reverts(PROVEN.CallFailed):
            desk.bridge.execute(message)

    def test_tokens_of_a_refunded_message_come_back_once(self, desk: Desk) -> None:
        token = self.token(desk)
        message = self.send(desk, token, 60)
        alice = desk.l1.accounts.alice
        with reverts(PORT.NotRefunded, id=message.id):
            desk.bridge.near_port.reclaim(message.words, sender=alice)
        TestRefunds().late(desk, message)
        desk.bridge.refund(message)
        desk.bridge.near_port.reclaim(message.words, sender=desk.l1.accounts.mallory)
        assert token.balanceOf(alice) == 100
        with reverts(PORT.AlreadyReturned, id=message.id):
            desk.bridge.near_port.reclaim(message.words, sender=alice)

    def test_twins_of_a_refunded_message_come_back(self, desk: Desk) -> None:
        bob, carol = desk.side.chain.accounts.bob, desk.l1.accounts.carol
        token = desk.side.chain.deploy(contract_type("DemoToken"), "S", "S", 9, sender=bob)
        token.approve(desk.bridge.far_port, 9, sender=bob)
        message = message_of(desk.bridge.far_port.send(token, carol, 9, 0, sender=bob))
        desk.update()
        desk.bridge.execute(message)
        twin = desk.l1.at(contract_type("TwinToken"), desk.bridge.near_port.twinOf(token))
        back = message_of(desk.bridge.near_port.send(twin, bob, 4, desk.l1.now + 1_000, sender=carol))
        TestRefunds().late(desk, back)
        desk.bridge.refund(back)
        desk.bridge.near_port.reclaim(back.words, sender=carol)
        assert twin.balanceOf(carol) == 9

    def test_somebody_elses_refund_is_no_tokens(self, desk: Desk) -> None:
        token = self.token(desk)
        self.send(desk, token, 60)
        mallory = desk.l1.accounts.mallory
        data = desk.bridge.near_port.arrive.encode(token, 18, mallory, mallory, 60)
        mine = desk.bridge.deposit(desk.bridge.far_port, 0, data, sender=mallory)
        with reverts(PORT.NotSentHere, id=mine.id):
            desk.bridge.near_port.reclaim(mine.words, sender=mallory)


class TestCollusion:
    def steal(self, desk: Desk, count: int) -> int:
        """Let so many validators make up a set and a state of their own; return what they took."""
        held, mallory = desk.locked(), desk.l1.accounts.mallory
        words = (99, mallory.address, mallory.address, held, 0, b"")
        slot = slot_of(desk.bridge.near.idOf(words, False), SENT)
        state = ForgedState.of(to_canonical_address(desk.bridge.far.address), {slot: 1}, slot)
        keys = [desk.side.keys()[each] for each in desk.side.members[:count]]
        header = forged(desk.side.head, state.root, keys, alone=True)
        desk.bridge.client.update(header)
        proof = (header.number, desk.bridge.client.checkpoints[header.number].words, state.account, state.slot)
        before = desk.l1.balance(mallory)
        desk.bridge.near.execute(words, proof, sender=desk.l1.accounts.trent)
        return desk.l1.balance(mallory) - before

    def test_more_than_a_third_take_everything_that_the_bridge_holds(self, desk: Desk) -> None:
        """The trust assumption, measured: a set and a state that never were."""
        desk.deposit(7 * ETHER)
        held = desk.locked()
        assert (self.steal(desk, trusted_share(4)), desk.locked()) == (held, 0)

    def test_a_third_take_nothing(self, desk: Desk) -> None:
        desk.deposit(7 * ETHER)
        with reverts(CLIENT.TooFewTrusted, actual=1, expected=2):
            self.steal(desk, trusted_share(4) - 1)
        few = [desk.side.keys()[each] for each in desk.side.members[: quorum(4) - 1]]
        with reverts(CLIENT.TooFewSeals):
            desk.bridge.client.update(forged(desk.side.head, bytes(32), few))

    def test_a_low_conflict_refunds_nothing_that_a_later_header_has_paid(self, desk: Desk) -> None:
        """Former validators may freeze the client below what the bridge has paid by."""
        low = desk.bridge.client.newest
        members = [desk.side.keys()[each] for each in desk.side.members]
        cycled = []
        for _ in range(2):
            cycled.append(desk.deposit())
            desk.bridge.attest()
            leaving = desk.bridge.withdraw(desk.l1.accounts.bob, ETHER, sender=desk.side.chain.accounts.bob)
            desk.bridge.follow()
            desk.bridge.execute(leaving)
        waiting = desk.deposit(3 * ETHER)
        paid = desk.bridge.client.newest
        first = min(height for height in desk.bridge.client.checkpoints if height > low.number)
        lies = [forged(low, keccak256(bytes((n,))), members[:3]) for n in range(2)]
        desk.bridge.client.freeze(*lies)
        assert desk.bridge.client.contract.frozenAt() == low.number + 1
        with reverts(PROVEN.PaidUpTo, actual=low.number, expected=paid.number):
            desk.bridge.refund(cycled[0], low, behind=first)
        for message in cycled:
            with reverts(PROVEN.RunThere):
                desk.bridge.refund(message, paid)
        desk.bridge.refund(waiting, paid)
        assert desk.locked() == 0

    def test_nothing_is_sent_or_attested_once_the_client_is_over(self, desk: Desk) -> None:
        """Else a deposit would run there with honest validators, and be refunded here."""
        waiting = desk.deposit()
        last = desk.bridge.client.newest
        members = [desk.side.keys()[each] for each in desk.side.members]
        desk.bridge.client.freeze(*(forged(last, keccak256(bytes((n,))), members[:3]) for n in range(2)))
        assert desk.bridge.attest() == []
        with reverts(PROVEN.ClientOver):
            desk.bridge.deposit(desk.l1.accounts.bob, 1, sender=desk.l1.accounts.alice)
        desk.bridge.refund(waiting, last)
        assert (desk.locked(), desk.outstanding()) == (0, 0)

    def test_ether_comes_back_when_the_trust_has_ended_before_the_deadline(self, desk: Desk) -> None:
        waiting = desk.deposit(within=60 * 86_400)
        last = desk.bridge.client.newest
        desk.l1.warp(PERIOD + 1)
        desk.l1.mine()
        with reverts(CLIENT.TrustExpired):
            desk.side.chain.mine()
            desk.bridge.client.update(desk.side.head)
        desk.bridge.refund(waiting, last)
        assert desk.locked() == 0

    def test_ether_comes_back_if_the_conflict_is_below_the_far_end(self, desk: Desk) -> None:
        """Where the far end had not been deployed, nothing had run."""
        side = Sidechain(4, chain_id=7_701)
        bridge = side.attach(desk.l1)
        first = side.header(min(bridge.client.checkpoints))
        message = bridge.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
        keys = sorted(side.keys().values(), key=signer_of)[:3]
        bridge.client.freeze(*(forged(first, keccak256(bytes((n,))), keys) for n in range(2)))
        behind = min(height for height in bridge.client.checkpoints if height > first.number)
        bridge.refund(message, first, behind=behind)
        assert desk.l1.balance(bridge.near) == 0
        side.close()

    def test_the_far_end_learns_of_a_changed_set_by_a_step(self, desk: Desk) -> None:
        new = desk.side.join(b"\x07" * 32).address
        desk.side.vote(new, True, desk.side.members)
        desk.side.chain.mine(3)
        assert new in desk.side.members
        desk.side.step()
        assert desk.bridge.validators() == desk.side.members

    def test_a_frozen_client_lets_out_what_was_on_its_way_and_refunds_what_had_not_run(self, desk: Desk) -> None:
        arrived = desk.deposit()
        desk.bridge.attest()
        leaving = desk.bridge.withdraw(desk.l1.accounts.carol, ETHER // 4, sender=desk.side.chain.accounts.bob)
        waiting = desk.deposit(2 * ETHER)
        desk.update()
        last = desk.side.head
        desk.bridge.attest()  # runs above the last usable header
        keys = list(desk.side.keys().values())
        liars = sorted(keys)[:3]
        lies = [forged(last, keccak256(bytes((n,))), liars, later=5) for n in range(2)]
        desk.bridge.client.update(lies[0])
        desk.bridge.client.freeze(*lies)
        with reverts(CLIENT.FrozenAt):
            desk.bridge.client.contract.check(last.number + 5, desk.bridge.client.checkpoints[last.number + 5].words)
        desk.bridge.execute(leaving, desk.bridge.prove(SENT, leaving.id, last))
        desk.bridge.refund(waiting, last, behind=last.number + 5)
        with reverts(PROVEN.RunThere, id=arrived.id):
            desk.bridge.refund(arrived, last, behind=last.number + 5)
        assert desk.locked() == ETHER - ETHER // 4

    def test_a_frozen_client_refunds_only_by_the_last_header(self, desk: Desk) -> None:
        message = desk.deposit()
        desk.update()
        early = desk.side.head
        desk.bridge.attest()
        desk.update()
        last = desk.side.head
        liars = sorted(desk.side.keys().values())[:3]
        lies = [forged(last, keccak256(bytes((n,))), liars, later=5) for n in range(2)]
        desk.bridge.client.freeze(*lies)
        with reverts(CLIENT.NotLast, actual=early.number, next=last.number):
            desk.bridge.refund(message, early, behind=last.number)
        with reverts(PROVEN.RunThere):
            desk.bridge.refund(message, last)

    def test_who_comes_next_is_said_by_a_quorum(self, desk: Desk) -> None:
        new = desk.side.join(b"\x07" * 32).address
        old = desk.side.members
        desk.side.vote(new, True, old)
        desk.side.chain.mine(3)
        with reverts(ATTESTED.TooFewAttestations):
            desk.bridge.succeed(by=old[:2])
        desk.bridge.succeed()
        assert desk.bridge.validators() == desk.side.members == tuple(sorted((*old, new)))
        assert desk.bridge.far.epoch() == 1
        message = desk.deposit()
        with reverts(ATTESTED.TooFewAttestations, actual=3, expected=4):
            desk.bridge.deliver(message, desk.bridge.attestations(message.id, old[:3]))
        assert len(desk.bridge.attest()) == 1
        desk.update()


def _mapping(key: bytes, slot: int) -> int:
    return int.from_bytes(keccak256(key.rjust(32, b"\x00") + slot.to_bytes(32, "big")), "big")


def _word(contract: Contract) -> int:
    return int(contract.address, 16)


def test_the_bridge_is_out_of_order_while_the_chain_stands_and_goes_on_with_it(desk: Desk) -> None:
    message = desk.deposit()
    desk.side.silence(*desk.side.members[:2])
    with pytest.raises(NoQuorum):
        desk.bridge.deliver(message, desk.bridge.attestations(message.id, desk.side.members))
    assert desk.locked() == ETHER
    desk.side.mend(*desk.side.members)
    assert len(desk.bridge.attest()) == 1
