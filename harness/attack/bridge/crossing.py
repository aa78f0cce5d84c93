"""A bridge that is in use, with what must be true of it: what attacks on bridges are played on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.adapters.bridge import Bridge, Message, Proof
from harness.adapters.errors import AdapterError, MoneyMisstated, NotApplicable
from harness.attack.attack import Found
from harness.attack.reasons import must_say_why
from harness.attack.stage import Stage, reason_of
from harness.errors import HarnessError, Reverted, RollupError

ETHER = 10**18


class Crossing:
    """A bridge with ether on it and one message of alice to bob, and what was refused so far."""

    def __init__(
        self, stage: Stage, *, target: str = "", gas: int = 0, data: bytes = b"", value: int = 2 * ETHER
    ) -> None:
        bridge = stage.adapter
        assert isinstance(bridge, Bridge)
        self.stage, self.bridge, self.chain = stage, bridge, stage.chain
        self.alice, self.bob, self.mallory = (stage.chain.accounts[name] for name in ("alice", "bob", "mallory"))
        try:
            bridge.deposit(10 * ETHER, self.alice)
        except AdapterError:
            raise
        except HarnessError as problem:
            raise Found(
                "the honest side", f"a deposit does not arrive: {reason_of(problem)}", lost=10 * ETHER
            ) from problem
        self.target = target or self.bob.address
        self.message = bridge.withdraw(value, self.target, self.alice, gas=gas, data=data)
        self.refused: list[str] = []
        self.tried = 0
        self.lacks = ""

    def confirmed(self) -> Crossing:
        """Have L1 trust a root that holds the message."""
        self.bridge.confirm()
        return self

    def shown(self) -> Crossing:
        """Show the proposed root to L1, where that is a call of its own."""
        try:
            root = self.bridge.root()
        except NotApplicable:
            return self
        self.works("an honest root", self.bridge.show, root, self.mallory)
        return self

    def proven(self, message: Message | None = None) -> Crossing:
        """Let alice prove a message, by default the one of alice to bob."""
        one = message or self.message
        self.works("an honest proof", lambda: self.bridge.prove(one, self.bridge.proof(one), self.alice))
        return self

    def mature(self) -> Crossing:
        """Let the proof mature."""
        if self.bridge.maturity():
            self.chain.warp(self.bridge.maturity() + 1)
        return self

    def works(self, what: str, call: Callable[..., object], *arguments: Any) -> Any:
        """Make an honest call and return its answer; raises Found if it is refused."""
        try:
            return call(*arguments)
        except (Reverted, RollupError) as problem:
            raise Found(
                "the honest side", f"{what} is refused: {reason_of(problem)}", lost=self.message.value
            ) from problem

    def fails(self, what: str, call: Callable[..., object], *arguments: Any, **options: Any) -> None:
        """Make a call that must be refused, and take it back; raises Found if it is taken, or if ether has gone."""
        held, mark = self.bridge.held(), self.chain.snapshot()
        self.tried += 1
        try:
            call(*arguments, **options)
        except NotApplicable as problem:  # the adapter has no form for it, so no contract has refused it
            self.tried -= 1
            self.lacks = reason_of(problem)
        except AdapterError:  # the adapter's mistake is no contract's refusal
            raise
        except (HarnessError, OverflowError, ValueError) as problem:  # what cannot even be encoded is refused, too
            self.refused.append(reason_of(problem))
            must_say_why(self.bridge, what, problem)
            if self.bridge.held() != held:
                raise Found(
                    "the money", f"{what} was refused, and {held - self.bridge.held()} wei have gone"
                ) from problem
        else:
            lost = held - self.bridge.held()
            raise Found("the proofs", f"{what} is taken", gained=max(0, lost), lost=max(0, lost))
        finally:
            self.chain.restore(mark)

    def tries(self, call: Callable[..., object], *arguments: Any) -> bool:
        """Make a call that may be refused; return whether it was taken."""
        self.tried += 1
        try:
            call(*arguments)
        except AdapterError:
            raise
        except HarnessError as problem:
            self.refused.append(reason_of(problem))
            return False
        return True

    def told(self) -> None:
        """Raise Found unless L1 tells of the newest deposit what L2 executes."""
        try:
            by_l1, by_l2 = self.works("a deposit", self.bridge.told_and_executed)
        except NotApplicable:
            return
        if by_l1 != by_l2:
            raise Found("what is told", f"L1 tells of the deposit {by_l1}, and L2 executes {by_l2}")

    @contextmanager
    def pays(self, what: str, address: str, wei: int) -> Iterator[None]:
        """See that exactly these wei go from the bridge to an address."""
        had, held, owned = self.chain.balance(address), self.bridge.held(), self._owned
        yield
        got, gone = self.chain.balance(address) - had, held - self.bridge.held()
        if got == owned - self._owned == wei != gone:
            raise MoneyMisstated(self.bridge.name, f"what {what} cost the bridge (held)", gone, wei)
        if (got, gone) != (wei, wei):
            evidence = f"{what} paid {got} wei and cost the bridge {gone}, expected {wei}"
            raise Found("the money", evidence, gained=max(0, got - wei), lost=max(0, wei - got))

    @property
    def _owned(self) -> int:
        """The wei of the contracts that the adapter shows."""
        return sum(self.chain.balance(contract) for contract in self.bridge.attacked())

    def execute(self, message: Message | None = None) -> None:
        """Let alice execute a message, which pays its target exactly once."""
        one = message or self.message
        with self.pays("a message", one.target, one.value):
            self.works("an honest message", lambda: self.bridge.execute(one, self.alice))

    def pay_out(self, message: Message, proof: Proof) -> None:
        """Let mallory prove a message and execute it."""
        self.bridge.prove(message, proof, self.mallory)
        self.mature()
        self.bridge.execute(message, self.mallory)

    @property
    def said(self) -> str:
        """What stopped the attack. Raises NotApplicable if the adapter had no form for any of it."""
        if not self.tried and self.lacks:
            raise NotApplicable(self.lacks)
        return f"{self.tried} refused, the last: {self.refused[-1] if self.refused else 'none'}"
