"""Verbs of thieves: messages and proofs of what never happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from harness.scenarios.base import Actor, AgentName, NewWithdrawal, WithdrawalName
from harness.scenarios.values import Amount, amount_text
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


class Forge(Verb):
    """Makes a withdrawal that L2 never sent, and names it ``as``."""

    word: ClassVar[str] = "forge"
    needs: ClassVar[str] = "rollup"
    withdrawal: Amount
    name: NewWithdrawal = Field(alias="as")
    sender: Actor = Field(default="mallory", alias="from")

    def perform(self, world: World) -> str:
        """Forge it."""
        from harness.scenarios import forging

        forging.forge(world, self.name, self.sender, self.withdrawal)
        return f"{self.sender} forges a withdrawal of {amount_text(self.withdrawal)}"


class Prove(Verb):
    """Proves a withdrawal on L1.

    ``root`` true is the opened assertion that covers it. With ``root`` forged the proof is against a state that nobody
    asserted, and names the opened root ``index``, whatever that is.
    """

    word: ClassVar[str] = "prove"
    short: ClassVar[str] = "withdrawal"
    needs: ClassVar[str] = "rollup"
    withdrawal: WithdrawalName
    sender: Actor = Field(default="alice", alias="from")
    root: Literal["right", "forged"] = "right"
    index: int = Field(default=0, ge=0)

    def perform(self, world: World) -> str:
        """Prove it."""
        from harness.scenarios import forging

        if self.root == "forged":
            forging.prove_forged(world, self.withdrawal, self.sender, self.index)
        else:
            world.rollup.prove(world.withdrawal(self.withdrawal), sender=world.account(self.sender))
        return f"{self.sender} proves {self.withdrawal} against a {self.root} root"


class Finalize(Verb):
    """Executes a proven withdrawal on L1. ``prover`` is who proved it, if it was somebody else."""

    word: ClassVar[str] = "finalize"
    short: ClassVar[str] = "withdrawal"
    needs: ClassVar[str] = "rollup"
    withdrawal: WithdrawalName
    sender: Actor = Field(default="alice", alias="from")
    prover: Actor | None = None

    def perform(self, world: World) -> str:
        """Finalize it."""
        prover = None if self.prover is None else world.account(self.prover)
        message = world.withdrawal(self.withdrawal)
        world.rollup.finalize(message, sender=world.account(self.sender), prover=prover)
        return f"{self.sender} finalizes {self.withdrawal}"


class CashOut(Verb):
    """Withdraws what a false root grants its liar, whose lie is forge_withdrawal."""

    word: ClassVar[str] = "cash-out"
    short: ClassVar[str] = "agent"
    needs: ClassVar[str] = "rollup"
    agent: AgentName

    def perform(self, world: World) -> str:
        """Cash it out."""
        from harness.scenarios import forging

        return f"{self.agent} takes {amount_text(forging.cash_out(world, self.agent))} out of the portal"
