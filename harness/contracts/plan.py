"""Plans of deployments: one account's contracts in order, each at an address that is known before the first is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import create_address
from harness.contracts.bindings import Contract, ContractType
from harness.contracts.project import built_in_contracts


@dataclass(frozen=True, slots=True)
class PlannedContract:
    """One deployment of a built-in contract: the contract, its constructor arguments, and its address."""

    name: str
    contract: str
    arguments: tuple[Any, ...]
    address: str

    @property
    def type(self) -> ContractType:
        """The built-in contract's type."""
        return ContractType(built_in_contracts()[self.contract])

    @property
    def creation_code(self) -> bytes:
        """Creation code with the encoded constructor arguments."""
        return self.type.creation_code(*self.arguments)

    def deploy(self, chain: Chain, deployer: Account) -> Contract:
        """Deploy it. ``deployer`` must have the nonce that the plan assumes."""
        return self.type.deploy(chain, *self.arguments, sender=deployer)


class Planner:
    """Lays out the contracts that ``deployer`` (20 bytes) creates from ``nonce`` on, one in each transaction."""

    def __init__(self, deployer: bytes, nonce: int) -> None:
        self.deployer = deployer
        self.nonce = nonce
        self.contracts: list[PlannedContract] = []

    def address(self, ahead: int = 0) -> str:
        """Return the address of the next contract, or of one that comes ``ahead`` contracts later."""
        return create_address(self.deployer, self.nonce + len(self.contracts) + ahead)

    def add(self, name: str, contract: str, *arguments: Any) -> str:
        """Add a contract, and return its address."""
        address = self.address()
        self.contracts.append(PlannedContract(name, contract, arguments, address))
        return address
