"""The tokens of the built-in bridge, and what its contracts promise beside messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.adapters.bridge import Bridge, Message
from harness.adapters.game_values import Promise
from harness.chain.values.accounts import Account
from harness.rollup.config import RollupConfig
from harness.rollup.errors import NoTwin
from harness.rollup.predeploys import TOKEN_BRIDGE
from harness.rollup.withdrawals import message_in
from harness.testbed.rollup import Rollup

if TYPE_CHECKING:
    from harness.contracts.bindings import Contract

TOKEN_GAS = 1_200_000
RELEASE_GAS = 300_000
PLACE = "0x" + TOKEN_BRIDGE.hex()
ESTIMATION = "0x" + "00" * 19 + "01"
"""The sender of estimates of gas, by the OP Stack."""
SENT_VERSION = 1


class PortalTokens(Bridge):
    """The part of the adapter that moves tokens; ``rollup`` is its rollup."""

    rollup: Rollup

    def deposit_tokens(self, token: Contract, amount: int, sender: Account, gas: int = 0) -> None:
        """Deposit for the sender itself."""
        bridge = self.rollup.token_bridge
        bridge.deposit(token.address, sender.address, amount, gas or TOKEN_GAS, sender=sender)
        self.rollup.l2.backend.follow()

    def withdraw_tokens(self, token: Contract, amount: int, target: str, sender: Account) -> Message:
        """Call withdraw of L2's end."""
        return message_in(self.rollup.l2_token_bridge.withdraw(token.address, target, amount, sender=sender))

    def _twin(self, token: Contract) -> Contract | None:
        try:
            return self.rollup.twin(token)
        except NoTwin:
            return None

    def tokens_of(self, token: Contract, address: str) -> int:
        """Return the twin's balance."""
        twin = self._twin(token)
        return 0 if twin is None else int(twin.balanceOf(address))

    def tokens_supply(self, token: Contract) -> int:
        """Return the twin's supply."""
        twin = self._twin(token)
        return 0 if twin is None else int(twin.totalSupply())

    def tokens_held(self, token: Contract) -> int:
        """Return locked."""
        return int(self.rollup.token_bridge.locked(token.address))

    def call_of_deposit_tokens(self, token: Contract, amount: int, to: str) -> tuple[str, bytes]:
        """Encode deposit."""
        bridge = self.rollup.token_bridge
        return bridge.address, bytes(bridge.functions["deposit"].encode(token.address, to, amount, TOKEN_GAS))

    def call_of_release(self, token: Contract, to: str, amount: int) -> tuple[str, bytes]:
        """Encode release."""
        bridge = self.rollup.token_bridge
        return bridge.address, bytes(bridge.functions["release"].encode(token.address, to, amount))

    def call_of_arrival(self, token: Contract, to: str, amount: int) -> tuple[str, bytes]:
        """Encode arrive."""
        call = self.rollup.l2_token_bridge.functions["arrive"]
        return PLACE, bytes(call.encode(token.address, 18, to, to, amount))

    def call_on_l2(self, target: str, data: bytes, sender: Account) -> None:
        """Send a transaction on L2."""
        self.rollup.l2.send(sender=sender, to=target, data=data, gas=3_000_000)

    def unbacked_tokens(
        self, token: Contract, brought: int, leaving: int, target: str, owner: Account
    ) -> tuple[Message, Callable[[Message], None], str]:
        """Deploy another rollup whose end of the bridge on L2 does what anybody tells it."""
        made = Rollup.deploy(
            self.chain, RollupConfig.of({"genesis": {PLACE: {"contract": "Forwarder", "replace": True}}})
        )
        made.deposit(10**18, sender=owner)
        token.functions["approve"].transact(made.token_bridge.address, brought, sender=owner)
        made.token_bridge.deposit(token.address, owner.address, brought, TOKEN_GAS, sender=owner)
        release = made.token_bridge.functions["release"].encode(token.address, target, leaving)
        call = made.passer.functions["initiateWithdrawal"].encode(made.token_bridge.address, RELEASE_GAS, release)
        liar = self.contracts["Forwarder"].at(made.l2, PLACE)
        message = message_in(liar.forward(made.passer.address, call, sender=owner))
        made.confirm_all()

        def execute(one: Message) -> None:
            made.execute(one, sender=owner)

        return message, execute, made.token_bridge.address

    # -- further promises

    def promises(self, message: Message) -> Iterable[Promise]:
        """Return which portals are not deployed, whom the roots know, and what other settings mean."""
        portal, roots = self.rollup.portal, self.rollup.roots
        inbox, stranger = str(portal.delayedInbox()), self.chain.accounts.mallory.address
        for name, places in {
            "a portal without an inbox": (stranger, roots.address), "a portal without roots": (inbox, stranger),
        }.items():  # fmt: skip
            yield Promise(name, "ether goes in, and nothing comes of it", partial(self._portal, places))
        yield Promise("the version of a message", "no client of the OP Stack finds it", self._version, True)
        yield Promise("a game of its own word", "clients believe a root that nobody asserted", self._impostor, True)
        yield Promise("a bridge without a delay", "users wait for nothing", self._at_once, True)
        yield from self._lost_messages()

    def _portal(self, places: tuple[str, str]) -> str:
        self.create("Portal", *places, 0, True)
        return "it is deployed"

    def _version(self) -> str:
        sent = self.withdraw(0, self.chain.accounts.bob.address, self.chain.accounts.alice)
        return "" if sent.nonce >> 240 == SENT_VERSION else f"a nonce of version {sent.nonce >> 240}"

    def _impostor(self) -> str:
        """Deploy what answers every call with the id of an assertion that was opened."""
        id = bytes(self.rollup.latest_confirmed.id)
        answers = b"\x7f" + id + bytes.fromhex("5f5260205ff3")
        initcode = bytes([0x60, len(answers)]) + bytes.fromhex("80600a5f395ff300") + answers
        made = self.chain.send(sender=self.chain.accounts.mallory, to=None, data=initcode).contract_address
        found = [name for name in ("isGameRegistered", "isGameProper") if self.rollup.roots.functions[name](made)]
        return f"{found[0]} of a contract that nobody opened" if found else ""

    def _at_once(self) -> str:
        """Prove and execute in one block where no proof need mature."""
        alice, bob = self.chain.accounts.alice, self.chain.accounts.bob
        made = Rollup.deploy(self.chain, RollupConfig(maturity=0))
        made.deposit(10**18, sender=alice)
        sent = made.withdraw(5, sender=alice, to=bob)
        made.confirm_all()
        index, before = made.open_root(sender=alice), self.chain.balance(bob)
        call = made.proof(sent).arguments(sent, index)
        with self.chain.block():
            made.portal.proveWithdrawalTransaction(*call, sender=alice, gas=500_000)
            made.portal.finalizeWithdrawalTransaction(sent.struct, sender=alice, gas=500_000, check=False)
        return "" if self.chain.balance(bob) - before == 5 else "a message is not executed in the block of its proof"

    def _lost_messages(self) -> Iterator[Promise]:
        """Yield what a bridge by the OP Stack's rule does with a message that its target refuses."""
        alice = self.chain.accounts.alice

        def failing() -> tuple[Rollup, Message, bytes]:
            made = Rollup.deploy(self.chain, RollupConfig(retry_failed=False))
            made.deposit(10**18, sender=alice)
            target: Any = self.create("Forwarder")
            target.setMood(1, sender=alice)
            sent = made.withdraw(5, sender=alice, to=target, gas=100_000)
            made.confirm_all()
            made.prove(sent, sender=alice)
            call = made.portal.functions["finalizeWithdrawalTransactionExternalProof"]
            return made, sent, bytes(call.encode(sent.struct, alice.address))

        def lost() -> str:
            made, sent, call = failing()
            self.chain.send(sender=alice, to=made.portal.address, data=call, gas=2_000_000)
            return "" if made.portal.finalizedWithdrawals(sent.hash) else "it is not used up"

        def estimated() -> str:
            made, _, call = failing()
            self.chain.call(to=made.portal.address, data=call, sender=ESTIMATION)
            return "an estimate of its gas says that it succeeds"

        harm = "the OP Stack's clients see another rule than theirs"
        yield Promise("a failed message by the OP Stack's rule", harm, lost, True)
        yield Promise("an estimate of a message that fails", harm, estimated)
