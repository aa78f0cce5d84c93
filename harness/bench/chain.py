"""L1: the time of a restore and the memory of a block, against eth-tester. `engines` measures transactions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.bench.measure import Ratio, best_time, memory
from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.chain.values.accounts import MNEMONIC, well_known_accounts
from harness.chain.values.settings import BLOCK_GAS_LIMIT, FUNDS, GENESIS_TIME

_ALICE, _BOB = well_known_accounts()[0], well_known_accounts()[1]
_LOOP = bytes.fromhex("6103e85b80156011576001900380600357005b00")
"""A program that counts down from 1,000."""


def ratios() -> Iterator[Ratio]:
    with open_chain() as chain:
        yield from _restore(chain, _eth_tester())
    yield from _memory()


class _Tester:
    """Bare eth-tester with the same accounts."""

    def __init__(self) -> None:
        from eth_tester import EthereumTester, PyEVMBackend
        from web3 import EthereumTesterProvider, Web3

        state = {
            account.address_bytes: {"balance": FUNDS, "nonce": 0, "code": b"", "storage": {}}
            for account in well_known_accounts()
        }
        parameters = PyEVMBackend.generate_genesis_params({"gas_limit": BLOCK_GAS_LIMIT, "timestamp": GENESIS_TIME})
        self.backend = PyEVMBackend(genesis_parameters=parameters, genesis_state=state, mnemonic=MNEMONIC)
        self.tester = EthereumTester(self.backend)
        for account in (_ALICE, _BOB):
            self.tester.add_account("0x" + account.private_key.hex())
        self.w3: Any = Web3(EthereumTesterProvider(self.tester))


def _eth_tester() -> _Tester:
    return _Tester()


def _bare_transfer(tester: _Tester) -> Any:
    request = {"from": _ALICE.address, "to": _BOB.address, "value": 1, "gas": 21_000}

    def transfer() -> None:
        tester.w3.eth.get_transaction_receipt(tester.w3.eth.send_transaction(request))

    return transfer


def _restore(chain: Chain, tester: _Tester) -> Iterator[Ratio]:
    """Compare a restore over 20 blocks and a heavy head with eth-tester's revert of an empty block."""
    heavy = "0x" + "aa" * 20
    chain.set_code(heavy, _LOOP)
    chain.send(sender=_ALICE, to=heavy, gas=2**20)
    snapshot = chain.snapshot()

    def work() -> None:
        for _ in range(20):
            chain.send(sender=_ALICE, to=_BOB, value=1)

    ours = best_time(lambda: chain.restore(snapshot), before=work)
    tester.tester.mine_block()
    place = tester.tester.take_snapshot()
    theirs = best_time(lambda: tester.tester.revert_to_snapshot(place), before=tester.tester.mine_block)
    yield Ratio("restore over 20 blocks", ours, theirs, "ms", "ms eth-tester, an empty block", at_most=0.2)


def _memory() -> Iterator[Ratio]:
    with open_chain() as chain:
        ours = memory(lambda: chain.send(sender=_ALICE, to=_BOB, value=1))
    theirs = memory(_bare_transfer(_eth_tester()))
    yield Ratio("memory per block", ours, theirs, "kB", "kB eth-tester", at_most=0.6)
