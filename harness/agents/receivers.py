"""Players whose bonds belong to a contract, which is paid: the hostile ones by name. They compose with tactics, lies.

Such a player decides as the contract's address, which is its ``identity``; its account only pays for gas.
"""

from __future__ import annotations

from typing import ClassVar

from harness.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.dispute.actions import Move, Withdraw
from harness.dispute.player import Player
from harness.dispute.positions import Side
from harness.dispute.reader import GameReader
from harness.rollup.contracts import contract_type

PAYOUT_GAS = 500_000
"""Gas that is enough for any payout, and not too much to be burnt."""


class WalletPlayer(Player):
    """Plays one game, open already, through a wallet contract that it deploys with ``stake`` wei for bonds."""

    contract: ClassVar[str] = "ContractWallet"

    def __init__(
        self,
        chain: Chain,
        factory: str,
        account: Account,
        game: str,
        stake: int,
        readers: dict[str, GameReader] | None = None,
    ) -> None:
        super().__init__(chain, factory, account, readers)
        self.wallet = contract_type(self.contract).deploy(chain, game, sender=account, value=stake)

    @property
    def identity(self) -> str:
        """The address that bonds and is paid."""
        return self.wallet.address

    def _move(self, action: Move) -> Receipt:
        answer = self.wallet.attack if action.side is Side.ATTACK else self.wallet.defend
        sent: Receipt = answer(action.parent, action.value, action.bond, sender=self.account)
        return sent

    def _withdraw(self, action: Withdraw) -> Receipt:
        sent: Receipt = self.wallet.withdraw(self.wallet.address, sender=self.account, gas=PAYOUT_GAS)
        return sent


class ReentrantReceiver(WalletPlayer):
    """While it is being paid, it asks for its money again."""

    contract = "ReentrantPayee"


class UnpayableReceiver(WalletPlayer):
    """It refuses every payment."""

    contract = "Unpayable"


class GasBurningReceiver(WalletPlayer):
    """It burns all the gas that it is paid with."""

    contract = "GasBurner"
