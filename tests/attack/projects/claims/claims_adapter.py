"""How the harness drives ClaimBridge. Its L2 is a list of messages."""

from typing import Any

from harness.adapters import Bridge, Message, NotApplicable


class ClaimsAdapter(Bridge):
    """Drives ClaimBridge: a proof has no parts, since the relayer claims each message."""

    guarded = ("claim", "reject", "stop")
    proves_pending = False

    def deploy(self) -> None:
        """Deploy the contract."""
        self.relayer, self.judge = self.chain.accounts.victor, self.chain.accounts.judy
        self.b = self.create("ClaimBridge", self.relayer, self.judge)
        self.sent: list[Message] = []
        self.told = 0

    def deposit(self, value: int, sender: Any) -> None:
        """Lock wei."""
        self.b.deposit(value=value, sender=sender)

    def withdraw(self, value: int, target: str, sender: Any, *, gas: int = 0, data: bytes = b"") -> Message:
        """Send a message from L2."""
        self.sent.append(Message(len(self.sent), sender.address, target, value, gas, data))
        return self.sent[-1]

    def msg(self, m: Message) -> tuple[Any, ...]:
        """Return a message as the contract takes it."""
        if m.gas_limit:
            raise NotApplicable("messages have no gas limit")
        return m.nonce, m.sender, m.target, m.value, m.data

    def confirm(self) -> None:
        """Claim all messages that were sent."""
        for m in self.sent[self.told :]:
            self.b.claim(self.msg(m), sender=self.relayer)
        self.told = len(self.sent)

    def proof(self, message: Message) -> dict[str, Any]:
        """Return no parts."""
        return {}

    def prove(self, message: Message, proof: Any, sender: Any) -> None:
        """See that the message is claimed; where it is not, the contract says why it does not execute it."""
        state, _ = self.b.claims(self.b.id(self.msg(message)))
        if int(state) != 1:
            self.b.execute(self.msg(message), sender=sender)

    def execute(self, message: Message, sender: Any, *, prover: Any = None, gas: int = 0) -> None:
        """Execute a message."""
        self.b.execute(self.msg(message), sender=sender, gas=gas or 1_000_000)

    def call_of_execute(self, message: Message, prover: Any) -> bytes:
        """Encode execute."""
        return self.b.functions["execute"].encode(self.msg(message))

    def told_sender(self) -> str:
        """Return the contract's sender."""
        return str(self.b.sender())

    def call_of_told_sender(self) -> tuple[str, bytes]:
        """Encode sender."""
        return self.b.address, self.b.functions["sender"].encode()

    def pause(self, stopped: bool) -> None:
        """Stop the bridge."""
        self.b.stop(stopped, sender=self.judge)

    def held(self) -> int:
        """Return the contract's wei."""
        return self.chain.balance(self.b)

    def maturity(self) -> int:
        """Return the time to reject a claim."""
        return 4 * 3600
