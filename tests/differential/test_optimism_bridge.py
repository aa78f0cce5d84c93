"""The bridge against the OP Stack's own bytecode and against viem: hashes, roots, storage, opaque data, gas."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from harness import RollupConfig, ether, tools
from harness.rollup.codec.messages import aliased
from harness.rollup.machine.environment import bytes_gas
from harness.rollup.machine.opening import L1_BLOCK
from harness.rollup.predeploys import PASSER, TOKEN_BRIDGE
from harness.rollup.withdrawals import OutputRootProof, Withdrawal, message_in
from harness.testbed.rollup import Rollup
from tests.support.guide_tables import check_table, markdown
from tests.support.optimism import VIEM, OpStack, artifacts, kind, package

MESSAGES = [
    (0, b""),
    (5, b"\x01"),
    (ether(1), bytes(range(256))),
    (7, b"\xff" * 31),
    (0, b"\xee" * 32),
    (2, b"\xaa" * 33),
]
"""Value and data of messages whose data ends before, at and behind the end of a word."""

READ = """
import { getWithdrawals, getWithdrawalHashStorageSlot, opaqueDataToDepositData } from 'viem/op-stack'
let text = ''
for await (const chunk of process.stdin) text += chunk
const { logs, opaque } = JSON.parse(text)
const plain = (key, value) => typeof value === 'bigint' ? value.toString() : value
const withdrawals = getWithdrawals({ logs })
console.log(JSON.stringify({
  withdrawals,
  slots: withdrawals.map(({ withdrawalHash }) => getWithdrawalHashStorageSlot({ withdrawalHash })),
  deposits: opaque.map(data => opaqueDataToDepositData(data)),
}, plain))
"""


@pytest.fixture(scope="module")
def stack(l1: Any) -> OpStack:
    return OpStack.deploy(l1, l1.accounts.judy)


@pytest.fixture
def sent(rollup: Rollup, alice: Any, bob: Any) -> list[Withdrawal]:
    """Messages from alice to bob, confirmed."""
    made = [rollup.withdraw(value, sender=alice, to=bob, data=data, gas=50_000) for value, data in MESSAGES]
    rollup.confirm_all()
    return made


@pytest.fixture
def twin(l1: Any, alice: Any) -> Iterator[Rollup]:
    """A rollup whose genesis has the OP Stack's own message passer."""
    entry = {"contract": "L2ToL1MessagePasser", "artifacts": str(artifacts()), "replace": True}
    made = Rollup.deploy(l1, RollupConfig.of({"genesis": {"0x" + PASSER.hex(): entry}}))
    made.deposit(ether(9), sender=alice)
    yield made


def test_the_passers_hashes_and_storage_are_those_of_the_op_stack(
    rollup: Rollup, twin: Rollup, alice: Any, bob: Any
) -> None:
    theirs = kind("L2ToL1MessagePasser").at(twin.l2, "0x" + PASSER.hex())
    for value, data in MESSAGES:
        ours = rollup.passer.initiateWithdrawal(bob.address, 50_000, data, sender=alice, value=value)
        receipt = theirs.initiateWithdrawal(bob.address, 50_000, data, sender=alice, value=value)
        (log,) = receipt.logs
        assert (log.topics, log.data) == (ours.logs[0].topics, ours.logs[0].data)
        assert receipt.events[0].withdrawalHash == message_in(receipt).hash
    roots = [each.l2.backend.state().account(PASSER).storage_root for each in (rollup, twin)]
    assert roots[0] == roots[1]
    for name in ("messageNonce", "MESSAGE_VERSION", "version"):
        assert theirs.functions[name]() == rollup.passer.functions[name]()


def test_a_message_of_the_op_stacks_passer_is_executed(twin: Rollup, alice: Any, bob: Any) -> None:
    sent = twin.withdraw(ether(1), sender=alice, to=bob)
    twin.confirm_all()
    before = twin.l1.balance(bob)
    twin.execute(sent, sender=alice)
    assert twin.l1.balance(bob) == before + ether(1)


def test_the_op_stacks_portal_takes_our_roots_and_proofs(
    rollup: Rollup, stack: OpStack, sent: list[Withdrawal], alice: Any
) -> None:
    """Its bytecode hashes message and root, finds the slot, and walks the nodes."""
    idle = rollup.node.idle_after(rollup.latest_confirmed.end)
    index = stack.claim(OutputRootProof.of(idle).root, idle.env.number)
    stack.portal.donateETH(sender=alice, value=ether(2))
    for each in sent:
        stack.portal.proveWithdrawalTransaction(*rollup.proof(each).arguments(each, index), sender=alice)
    stack.chain.mine()
    for each in sent:
        stack.portal.finalizeWithdrawalTransaction(each.struct, sender=alice)
        assert stack.portal.finalizedWithdrawals(each.hash)
        ours = rollup.execute(each, sender=alice)
        assert ours.logs[0].topics[1] == each.hash


def test_opaque_data_and_alias_are_those_of_the_op_stack(
    rollup: Rollup, stack: OpStack, contracts: Any, alice: Any, bob: Any
) -> None:
    relay = contracts["Forwarder"].deploy(rollup.l1, sender=alice)
    cases = [(bob.address, 7, 100_000, False, b""), ("0x" + 40 * "0", 0, 200_000, True, b"\x60\x00" * 33)]
    for arguments in cases:
        told = []
        for portal in (rollup.portal, stack.portal):
            call = portal.functions["depositTransaction"].encode(*arguments)
            direct = portal.depositTransaction(*arguments, sender=alice, value=5)
            relayed = relay.forward(portal.address, call, sender=alice, value=5)
            told.append([_deposited(receipt) for receipt in (direct, relayed)])
        assert told[0] == told[1]
        assert told[0][1][0] == aliased(bytes.fromhex(relay.address[2:]))


def _deposited(receipt: Any) -> tuple[bytes, bytes, int, bytes]:
    event = next(event for event in receipt.events if event.name == "TransactionDeposited")
    sender, to = (bytes.fromhex(getattr(event, name)[2:]) for name in ("from", "to"))
    return sender, to, event.version, event.opaqueData


def test_viem_reads_our_logs(rollup: Rollup, alice: Any, bob: Any) -> None:
    home, node = package(*VIEM), tools.any_node()
    receipts = [
        rollup.passer.initiateWithdrawal(bob.address, 2**70, data, sender=alice, value=value)
        for value, data in MESSAGES
    ]
    ours = [message_in(receipt) for receipt in receipts]
    deposits = [
        rollup.portal.depositTransaction(bob.address, 7, 100_000, False, b"\x01\x02", sender=alice, value=5),
        rollup.portal.depositTransaction("0x" + 40 * "0", 0, 2**20, True, b"\xfe", sender=alice, value=0),
    ]
    logs = [
        {"address": log.address, "topics": ["0x" + topic.hex() for topic in log.topics], "data": "0x" + log.data.hex()}
        for receipt in receipts
        for log in receipt.logs
    ]
    opaque = ["0x" + _deposited(receipt)[3].hex() for receipt in deposits]
    done = subprocess.run(
        [str(node.executable), "--input-type=module", "-e", READ],
        input=json.dumps({"logs": logs, "opaque": opaque}),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    for each, theirs, slot in zip(ours, read["withdrawals"], read["slots"], strict=True):
        assert theirs["withdrawalHash"] == "0x" + each.hash.hex()
        assert slot == f"0x{each.slot:064x}"
        assert (int(theirs["nonce"]), int(theirs["value"]), int(theirs["gasLimit"])) == (
            each.nonce,
            each.value,
            each.gas_limit,
        )
        assert (theirs["sender"], theirs["target"], theirs["data"]) == (
            each.sender,
            each.target,
            "0x" + each.data.hex(),
        )
    first, second = read["deposits"]
    assert (first["mint"], first["value"], first["gas"], first["data"]) == ("5", "7", "100000", "0x0102")
    assert (second["isCreation"], second["gas"], second["data"]) == (True, str(2**20), "0xfe")


def test_gas_is_within_a_tenth_of_the_op_stacks(
    rollup: Rollup, stack: OpStack, sent: list[Withdrawal], alice: Any, bob: Any
) -> None:
    """Each as its owners deploy it, on one L1, with the same message, nodes, and gas limits."""
    first, second = sent[2], sent[3]
    idle = rollup.node.idle_after(rollup.latest_confirmed.end)
    indices = rollup.open_root(sender=bob), stack.claim(OutputRootProof.of(idle).root, idle.env.number)
    stack.portal.donateETH(sender=alice, value=ether(2))
    used: dict[str, list[int]] = {}
    for portal, index in zip((rollup.portal, stack.portal), indices, strict=True):
        for gas, data in ((21_000, b""), (50_000, b""), (100_000, b"\x01" * 100), (1_000_000, bytes(5_000))):
            rollup.l1.mine(50)  # both markets at their lowest price
            limit = max(gas, 21_000 + 16 * len(data))
            receipt = portal.depositTransaction(bob.address, 0, limit, False, data, sender=alice, value=5)
            used.setdefault(f"deposit of {limit:,} L2 gas, {len(data):,} bytes", []).append(receipt.gas_used)
        for name, each in (("prove, 256 bytes", first), ("prove, 31 bytes", second)):
            call = rollup.proof(each).arguments(each, index)
            used.setdefault(name, []).append(portal.proveWithdrawalTransaction(*call, sender=alice).gas_used)
        rollup.l1.mine()
        for name, each in (("finalize, 256 bytes", first), ("finalize, 31 bytes", second)):
            receipt = portal.finalizeWithdrawalTransaction(each.struct, sender=alice)
            used.setdefault(name, []).append(receipt.gas_used)
    rows = [(name, f"{ours:,}", f"{theirs:,}", f"{ours / theirs:.2f}") for name, (ours, theirs) in used.items()]
    check_table("costs", "op-stack", markdown(("call", "here", "the OP Stack", "ratio"), rows), within=0.02)
    most = {"deposit": 1.1, "prove": 2 / 3, "finalize": 4 / 5}
    over = {name: both for name, both in used.items() if both[0] > most[re.split("[ ,]", name)[0]] * both[1]}
    assert over == {}


def test_the_op_stacks_contracts_run_as_predeploys(l1: Any, alice: Any) -> None:
    """What the next layer of clients builds on: their bytecode at their addresses."""
    table = {
        "0x420000000000000000000000000000000000000F": {"contract": "GasPriceOracle", "artifacts": str(artifacts())},
        "0x" + TOKEN_BRIDGE.hex(): {"contract": "L2StandardBridge", "artifacts": str(artifacts()), "replace": True},
    }
    made = Rollup.deploy(l1, RollupConfig.of({"genesis": table}))
    oracle = kind("GasPriceOracle").at(made.l2, "0x420000000000000000000000000000000000000F")
    assert oracle.DECIMALS() == 6
    assert kind("L2StandardBridge").at(made.l2, "0x" + TOKEN_BRIDGE.hex()).MESSENGER()


ATTRIBUTES = (
    "number", "timestamp", "basefee", "hash", "sequenceNumber", "baseFeeScalar", "blobBaseFeeScalar", "batcherHash",
    "l1FeeOverhead", "l1FeeScalar", "blobBaseFee",
)  # fmt: skip
"""The views that both L1Blocks have."""


@pytest.fixture
def told(l1: Any, alice: Any) -> Rollup:
    """A rollup whose genesis has the OP Stack's own L1Block, with the word that our genesis gives it."""
    batcher = {"0x4": l1.accounts.alice.address}
    entry = {"contract": "L1Block", "artifacts": str(artifacts()), "replace": True, "storage": batcher}
    return Rollup.deploy(l1, RollupConfig.of({"genesis": {"0x" + L1_BLOCK.hex(): entry}}))


def test_the_op_stacks_l1block_reads_what_the_machine_writes(
    told: Rollup, contracts: Any, alice: Any, bob: Any
) -> None:
    """And what its depositor's transaction writes on the OP Stack is what the machine writes here, slot by slot."""
    told.deposit(ether(1), sender=alice, to=bob)
    told.l2.send(sender=bob, to=alice.address, value=1)
    told.sequencer.post()
    told.node.sync()
    theirs = kind("L1Block").at(told.l2, "0x" + L1_BLOCK.hex())
    ours = contracts["L1Block"].at(told.l2, "0x" + L1_BLOCK.hex())
    values = {name: ours.functions[name]() for name in ATTRIBUTES}
    assert values == {name: theirs.functions[name]() for name in ATTRIBUTES}
    assert values["sequenceNumber"] == 1 and values["number"] and values["basefee"]
    assert (theirs.gasPayingToken(), theirs.DEPOSITOR_ACCOUNT()) == (ours.gasPayingToken(), ours.DEPOSITOR_ACCOUNT())

    alone = kind("L1Block").deploy(told.l1, sender=alice)
    packed = b"".join(
        values[name].to_bytes(size, "big")
        for name, size in (
            ("baseFeeScalar", 4), ("blobBaseFeeScalar", 4), ("sequenceNumber", 8), ("timestamp", 8), ("number", 8),
            ("basefee", 32), ("blobBaseFee", 32),
        )
    )  # fmt: skip
    data = alone.functions["setL1BlockValuesEcotone"].encode() + packed + values["hash"] + values["batcherHash"]
    depositor = told.l1.impersonate(alone.DEPOSITOR_ACCOUNT())
    told.l1.set_balance(depositor, ether(1))
    told.l1.send(sender=depositor, to=alone.address, data=data)
    state = told.node.idle.state
    for slot in range(9):
        assert told.l1.storage(alone.address, slot) == state.storage(L1_BLOCK, slot), slot


ORACLE = "0x420000000000000000000000000000000000000F"
SCALARS = {"base_fee_scalar": 1_368, "blob_base_fee_scalar": 810_949}
SIGNATURE = b"\xff" * 68
"""What the OP Stack's oracle takes a signature for."""


def test_the_op_stacks_oracle_computes_our_data_fee(l1: Any, contracts: Any, alice: Any, bob: Any) -> None:
    """Its bytecode reads what the machine writes into L1Block; here ours, there its own."""
    theirs = {"contract": "L1Block", "artifacts": str(artifacts()), "replace": True}
    oracle = {"contract": "GasPriceOracle", "artifacts": str(artifacts()), "storage": {"0x0": 1}}
    for table in ({ORACLE: oracle}, {ORACLE: oracle, "0x" + L1_BLOCK.hex(): theirs}):
        made = Rollup.deploy(l1, RollupConfig.of({"genesis": table, **SCALARS}))
        made.deposit(ether(9), sender=alice)
        sent = made.l2.send(sender=alice, to=bob.address, value=1, data=b"\x00\x01" * 300)
        made.sequencer.post()
        made.node.sync()
        asked = kind("GasPriceOracle").at(made.l2, ORACLE)
        assert asked.isEcotone() and not asked.isFjord()
        env = made.node.idle.env
        assert (asked.l1BaseFee(), asked.blobBaseFee()) == (env.l1.base_fee, env.l1.blob_base_fee)
        for data in (b"", b"\x00", b"\x01" * 77, bytes(range(256)) * 20, sent.raw.to.encode()):
            assert asked.getL1Fee(data) == env.data_fee(data + SIGNATURE) > 0
            assert asked.getL1GasUsed(data) == bytes_gas(data + SIGNATURE)
        receipt = made.l2.receipt(sent.hash)
        assert receipt.data_fee == env.data_fee(made.node.blocks[-1].transactions[0].payload.raw)
