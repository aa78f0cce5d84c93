"""How the harness drives GuardianBridge. Its L2 is a list of orders, and guardians sign what is on it."""

from typing import Any

from harness.adapters import Bridge, Message


class AttestedAdapter(Bridge):
    """Drives GuardianBridge: a proof is the guardians' signatures, and L1 knows no roots."""

    guarded = ("setPaused", "setGuardian")
    says_why = True

    def deploy(self) -> None:
        accounts = self.chain.accounts
        self.guardians = sorted((accounts.victor, accounts.peggy, accounts.trent), key=lambda who: int(who.address, 16))
        self.bridge = self.create("GuardianBridge", [who.address for who in self.guardians])
        self.sent: list[Message] = []

    def deposit(self, value: int, sender: Any) -> None:
        self.bridge.deposit(value=value, sender=sender)

    def withdraw(self, value: int, target: str, sender: Any, *, gas: int = 0, data: bytes = b"") -> Message:
        self.sent.append(Message(len(self.sent), sender.address, target, value, gas, data))
        return self.sent[-1]

    def confirm(self) -> None:
        """Do nothing: guardians sign at once."""

    @staticmethod
    def order(message: Message) -> tuple[Any, ...]:
        """Return a message as the contract takes it."""
        return message.nonce, message.sender, message.target, message.value, message.gas_limit, message.data

    def proof(self, message: Message) -> dict[str, Any]:
        digest = bytes(self.bridge.hash(self.order(message)))
        signers = self.guardians[:2] if message in self.sent else [self.chain.accounts.mallory] * 2
        return {"signatures": [self.signature(who, digest) for who in signers]}

    def prove(self, message: Message, proof: Any, sender: Any) -> None:
        self.bridge.attest(self.order(message), proof["signatures"], sender=sender)

    def execute(self, message: Message, sender: Any, *, prover: Any = None, gas: int = 0) -> None:
        self.bridge.execute(self.order(message), sender=sender, gas=gas or 2_000_000)

    def call_of_execute(self, message: Message, prover: Any) -> bytes:
        return self.bridge.functions["execute"].encode(self.order(message))

    def pause(self, stopped: bool) -> None:
        self.bridge.setPaused(stopped, sender=self.chain.accounts.judy)

    def held(self) -> int:
        return self.chain.balance(self.bridge)

    def maturity(self) -> int:
        return 3_600
