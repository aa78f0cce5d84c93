"""L1: transactions per second, and the time of a restore, against eth-tester and anvil."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from harness import tools
from harness.bench.measure import Ratio, best_time, memory, rate
from harness.chain.chain import Chain
from harness.chain.nodes.anvil import AnvilProcess
from harness.chain.opening import open_chain
from harness.chain.values.accounts import MNEMONIC, well_known_accounts
from harness.chain.values.settings import BLOCK_GAS_LIMIT, CHAIN_ID, FUNDS, GENESIS_TIME
from harness.chain.values.transactions import Transaction, sign

_ALICE, _BOB = well_known_accounts()[0], well_known_accounts()[1]
_LOOP = bytes.fromhex("6103e85b80156011576001900380600357005b00")
"""A program that counts down from 1,000."""


def ratios() -> Iterator[Ratio]:
    with open_chain() as chain:
        tester = _eth_tester()
        ours = rate(lambda: chain.send(sender=_ALICE, to=_BOB, value=1))
        theirs = rate(_bare_transfer(tester))
        yield Ratio("transfers", ours, theirs, "/s", "/s eth-tester with web3", at_least=2)
        raw_ours = rate(_raw_transfer(chain.w3))
        raw_theirs = rate(_raw_transfer(tester.w3))
        yield Ratio("raw transfers through web3", raw_ours, raw_theirs, "/s", "/s eth-tester", at_least=2)
        yield from _in_blocks(chain, theirs)
        yield from _restore(chain, tester)
    yield from _memory()
    with AnvilProcess(tools.anvil(), CHAIN_ID) as anvil:
        w3 = Web3(HTTPProvider(anvil.url))
        w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [True])
        yield Ratio("transfers", ours, rate(_raw_transfer(w3)), "/s", "/s bare anvil with web3")
    with open_chain("anvil") as chain:
        remote = rate(lambda: chain.send(sender=_ALICE, to=_BOB, value=1))
        yield Ratio("transfers", ours, remote, "/s", "/s anvil through the harness")


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


def _raw_transfer(w3: Any) -> Any:
    """Sign, send and wait for the receipt, all through web3. Anvil mines by itself, a moment later."""
    chain_id, nonce = w3.eth.chain_id, w3.eth.get_transaction_count(_ALICE.address)

    def transfer() -> None:
        nonlocal nonce
        tx = Transaction(2, chain_id, nonce, 10**9, 10**11, 21_000, _BOB.address_bytes, 1, b"")
        tx_hash = w3.eth.send_raw_transaction(sign(tx, _ALICE.private_key, _ALICE.address_bytes).raw)
        w3.eth.wait_for_transaction_receipt(tx_hash, poll_latency=0.001)
        nonce += 1

    return transfer


def _in_blocks(chain: Chain, reference: float) -> Iterator[Ratio]:
    size = 100

    def fill() -> None:
        with chain.block():
            for _ in range(size):
                chain.send(sender=_ALICE, to=_BOB, value=1)

    yield Ratio("transfers, 100 to a block", size * rate(fill, warm=1), reference, "/s", "/s eth-tester, 1 to a block")


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
    yield Ratio("restore over 20 blocks", ours, theirs, "ms", "ms eth-tester, an empty block", at_most=5 / 1.3)


def _memory() -> Iterator[Ratio]:
    with open_chain() as chain:
        ours = memory(lambda: chain.send(sender=_ALICE, to=_BOB, value=1))
    yield Ratio("memory per block", ours, memory(_bare_transfer(_eth_tester())), "kB", "kB eth-tester")
