"""How the harness drives RootBridge. Its L2 is a list of claims."""

from typing import Any

from eth_utils import keccak

from harness.adapters import Bridge, Message, NotApplicable


class RootsAdapter(Bridge):
    """Drives RootBridge: time alone makes a root final, and each root stays good."""

    guarded = ("postRoot", "revoke", "initialize")
    nested = True

    def deploy(self) -> None:
        self.owner = self.chain.accounts.victor
        self.bridge = self.create("RootBridge")
        self.bridge.initialize(self.owner, sender=self.owner)
        self.sent: list[Message] = []
        self.shown: dict[Any, Any] = {}

    def deposit(self, value: int, sender: Any) -> None:
        self.bridge.enter(value=value, sender=sender)

    def withdraw(self, value: int, target: str, sender: Any, *, gas: int = 0, data: bytes = b"") -> Message:
        message = Message(len(self.sent), sender.address, target, value, gas, data)
        self.leaf(message)
        self.sent.append(message)
        return message

    def claim(self, message: Message) -> tuple[Any, ...]:
        """Return a message as the contract takes it."""
        if message.data or message.gas_limit:
            raise NotApplicable("claims have neither data nor gas")
        return message.nonce, message.sender, message.target, message.value

    def leaf(self, message: Message) -> bytes:
        """Return a message's leaf."""
        return bytes(self.bridge.leafOf(*self.claim(message)))

    def pend(self) -> None:
        rows = [[self.leaf(each) for each in self.sent]]
        rows[0] += [keccak(b"no claim") for _ in range(16 - len(rows[0]))]
        while len(below := rows[-1]) > 1:
            rows.append([keccak(min(pair) + max(pair)) for pair in zip(below[::2], below[1::2], strict=True)])
        self.rows = rows
        self.bridge.postRoot(rows[-1][0], sender=self.owner)

    def trusted_at(self) -> int:
        return int(self.bridge.trustedFrom(self.rows[-1][0]))

    def confirm(self) -> None:
        self.pend()
        self.wait_for_trust(0)
        self.chain.mine()

    def proof(self, message: Message) -> dict[str, Any]:
        place = message.nonce % 16
        path = [row[(place >> level) ^ 1] for level, row in enumerate(self.rows[:-1])]
        return {"root": self.rows[-1][0], "path": path}

    def prove(self, message: Message, proof: Any, sender: Any) -> None:
        self.bridge.verify(proof["root"], self.leaf(message), proof["path"])
        self.shown[sender, message] = proof  # the claim itself brings it along

    def arguments(self, message: Message, prover: Any) -> tuple[Any, ...]:
        """Return what `claim` takes."""
        shown = self.shown.get((prover, message), {"root": self.bridge.newest(), "path": []})
        return shown["root"], *self.claim(message), shown["path"]

    def execute(self, message: Message, sender: Any, *, prover: Any = None, gas: int = 0) -> None:
        self.bridge.claim(*self.arguments(message, prover or sender), sender=sender, gas=gas or 1_000_000)

    def call_of_execute(self, message: Message, prover: Any) -> bytes:
        return self.bridge.functions["claim"].encode(*self.arguments(message, prover))

    def held(self) -> int:
        return self.chain.balance(self.bridge)

    def maturity(self) -> int:
        return 0
