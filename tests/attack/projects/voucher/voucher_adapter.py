"""How the harness drives VoucherChannel."""

from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from harness.adapters import Channel, State


class VoucherAdapter(Channel):
    """Drives VoucherChannel: the first party pays, and a state is a voucher for the second one's share."""

    assets = ("ether",)
    window = 2 * 86_400
    both_ways = False
    answers_until_settled = True
    one_sided = True

    def deploy(self) -> None:
        """Deploy the contract."""
        self.contract = self.create("VoucherChannel")

    def open(self, parties: Any, deposits: tuple[int, int]) -> int:
        """Open as the payer."""
        self.contract.open(parties[1], sender=parties[0], value=deposits[0])
        return int(self.contract.count())

    def sign(self, channel: int, state: State, who: Any) -> bytes:
        """Sign a voucher; that of the payee counts for nothing."""
        values = [self.chain.chain_id, str(self.contract.address), channel, state.shares[1]]
        return self.signature(who, keccak(encode(["uint256", "address", "uint256", "uint256"], values)))

    def submit(self, channel: int, state: State, signatures: Any, sender: Any) -> Any:
        """Give notice as the payer, and redeem as anybody else."""
        if str(sender.address) == str(self.contract.channels(channel)[0]):
            return self.contract.leave(channel, sender=sender)
        r, s, v = (signatures[0][:32], signatures[0][32:64], signatures[0][64:65])
        return self.contract.redeem(channel, state.shares[1], int.from_bytes(v, "big"), r, s, sender=sender)

    def settle(self, channel: int, sender: Any) -> Any:
        """Pay the rest to the payer."""
        return self.contract.close(channel, sender=sender)

    def deadline(self, channel: int) -> int | None:
        """Return the last second of the notice."""
        return self.contract.channels(channel)[4] or None
