"""The ``channels`` fixture's engine; the plugin imports this module when a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.channels.bus import NO_FAULTS, Faults
from harness.channels.desk import ChannelDesk
from harness.channels.judge import ChannelJudge

if TYPE_CHECKING:
    from harness.chain import Chain


def channel_desk(chain: Chain, *, seed: int = 0, faults: Faults = NO_FAULTS, check_books: bool = True) -> ChannelDesk:
    """Deploy the house's PaymentChannel on a chain and open a desk over it."""
    from harness.contracts.bindings import ContractType
    from harness.contracts.project import house

    contract = chain.deploy(ContractType(house()["PaymentChannel"]), sender=chain.accounts[-1])
    return ChannelDesk(ChannelJudge(contract, chain.accounts[-1]), seed=seed, faults=faults, check_books=check_books)
