"""Players whose bonds and payouts belong to a contract, some of them hostile. They compose with tactics and lies.

The contract's address is such a player's ``identity``. Its account only pays for gas.
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
"""Gas for a withdrawal: enough for any payout, and little enough to be burnt."""


class WalletPlayer(Player):
    """Plays one open game through a wallet contract, which it deploys with ``stake`` wei for bonds."""

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
        """The address that pays the bonds and gets the payouts."""
        return self.wallet.address

    def _move(self, action: Move) -> Receipt:
        answer = self.wallet.attack if action.side is Side.ATTACK else self.wallet.defend
        sent: Receipt = answer(action.parent, action.value, action.bond, sender=self.account)
        return sent

    def _withdraw(self, action: Withdraw) -> Receipt:
        sent: Receipt = self.wallet.withdraw(self.wallet.address, sender=self.account, gas=PAYOUT_GAS)
        return sent


class ReentrantReceiver(WalletPlayer):
    """Asks for its payout again while it receives it."""

    contract = "ReentrantPayee"


class UnpayableReceiver(WalletPlayer):
    """Refuses every payment."""

    contract = "Unpayable"


class GasBurningReceiver(WalletPlayer):
    """Burns all gas of the call that pays it."""

    contract = "GasBurner"
