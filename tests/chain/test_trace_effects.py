"""A trace tells changes of storage and events at their place among the calls, on every chain that can execute again."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from harness.chain.chain import Chain
from harness.chain.effects import StorageChange
from harness.chain.trace import CallTrace
from harness.chain.values.decoded import DecodedEvent
from harness.contracts.library import Contracts

pytestmark = [pytest.mark.needs("trace"), pytest.mark.needs("lines")]

SOURCE = """
pragma solidity ^0.8.24;
contract Ledger {
    struct Pair { uint128 low; int128 high; bytes32 name; }
    uint64 public first; bool public flag; address public owner;
    Pair public pair;
    mapping(address => uint256) public balances;
    uint256[] public list;
    Note public note = new Note();
    event Moved(uint256 indexed from, uint256 to);
    event Done();

    function move(uint256 value) external {
        first = uint64(value);
        emit Moved(1, value);
        note.write(value);
        flag = true;
        address(2).staticcall("");
        emit Done();
        note.write(value + 1);
        balances[msg.sender] = value;
    }
    function same() external { first = first; }
    function pairUp() external { pair = Pair(1, -2, "name"); list.push(3); owner = msg.sender; }
    function undone() external { try note.refuse() {} catch {} }
    function lend() external { assembly { tstore(5, 6) log1(0, 0, 77) } }
    function fail() external { first = 9; revert("no"); }
}
contract Note {
    uint256 public text;
    event Written(uint256 text);
    function write(uint256 value) external { text = value; emit Written(value); }
    function refuse() external { text = 1; emit Written(1); revert("refused"); }
}
contract Borrower {
    uint256 public own;
    uint256 public other;
    function borrow(address code) external { (bool done,) = code.delegatecall(abi.encodeCall(Note.write, 4)); done; }
}
"""


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    root = tmp_path_factory.mktemp("effects")
    (root / "src").mkdir()
    (root / "src" / "Ledger.sol").write_text(SOURCE)
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    return Contracts.load(root)


@pytest.fixture
def stage(chain: Chain, ledgers: Contracts) -> Iterator[SimpleNamespace]:
    alice = chain.accounts.alice
    ledger = chain.deploy(ledgers["Ledger"], sender=alice)
    yield SimpleNamespace(chain=chain, alice=alice, ledger=ledger, note=chain.at(ledgers["Note"], ledger.note()))


def told(trace: CallTrace) -> list[str]:
    """Return what a call did, in short: calls by function, the rest as it is printed."""
    return [
        str(entry.function) if isinstance(entry, CallTrace) else
        entry.name if isinstance(entry, DecodedEvent) else str(entry)
        for entry in trace.entries
    ]  # fmt: skip


def test_writes_and_events_stand_between_the_calls(stage: SimpleNamespace) -> None:
    trace = stage.ledger.move(7, sender=stage.alice).trace()
    mapped, *_ = [effect for effect in trace.effects if isinstance(effect, StorageChange) and not effect.variables]
    assert [entry for entry in told(trace) if entry != "None"] == [
        "first: 0 → 7",
        "Moved",
        "write",
        "flag: False → True",
        "Done",
        "write",
        str(mapped),
    ]
    assert (mapped.before, mapped.after, mapped.address) == (0, 7, stage.ledger.address)
    assert [told(call) for call in trace.children if call.function == "write"] == [
        ["text: 0 → 7", "Written"],
        ["text: 7 → 8", "Written"],
    ]
    (moved,) = (effect for effect in trace.effects if isinstance(effect, DecodedEvent) and effect.name == "Moved")
    assert moved.fields == {"from": 1, "to": 7}


def test_the_printed_tree_has_them_at_their_place(stage: SimpleNamespace) -> None:
    lines = [line.partition(" [")[0] for line in str(stage.ledger.move(7, sender=stage.alice).trace()).splitlines()]
    kept = [line for line in lines if "0x02" not in line and "0x0000" not in line]
    assert kept[:9] == [
        "Ledger.move(value=7)",
        "├─ first: 0 → 7",
        "├─ emit Ledger.Moved(from=1, to=7)",
        "├─ Note.write(value=7)",
        "│  ├─ text: 0 → 7",
        "│  └─ emit Note.Written(text=7)",
        "├─ flag: False → True",
        "├─ emit Ledger.Done()",
        "├─ Note.write(value=8)",
    ]
    assert lines[-1].startswith("└─ slot 0x")
    assert lines[-1].endswith(": 0 → 7")


def test_a_write_of_the_same_value_is_no_change(stage: SimpleNamespace) -> None:
    assert stage.ledger.same(sender=stage.alice).trace().effects == ()


def test_packed_variables_members_and_lengths_are_named(stage: SimpleNamespace) -> None:
    effects = stage.ledger.pairUp(sender=stage.alice).trace().effects
    named = [change for effect in effects for change in effect.variables]
    name = "0x" + b"name".hex().ljust(64, "0")
    zero = "0x" + "00" * 20
    assert [change[:3] for change in named if change[0] != "pair.high" and change[0] != "pair.low"] == [
        ("pair.name", "0x" + "00" * 32, name),
        ("list.length", "0", "1"),
        ("owner", zero, stage.alice.address),
    ]
    assert {("pair.low", "0", "1"), ("pair.high", "0", "-2")} <= {*named}


def test_what_was_undone_stands_below_the_call_that_failed(stage: SimpleNamespace) -> None:
    trace = stage.ledger.undone(sender=stage.alice).trace()
    (failed,) = trace.children
    assert failed.error == "reverted: 'refused'"
    assert told(failed) == ["text: 0 → 1", "Written"]
    assert trace.effects == ()
    assert stage.note.text() == 0


def test_transient_words_and_unknown_events_are_told(stage: SimpleNamespace) -> None:
    trace = stage.ledger.lend(sender=stage.alice).trace()
    change, log = trace.effects
    assert (change.transient, str(change)) == (True, "transient slot 5: 0 → 6")
    assert log.topics == ((77).to_bytes(32, "big"),)
    assert f"emit unknown event of {stage.ledger.address} (0x{77:064x}, 0x)" in str(trace)


def test_a_delegate_writes_where_it_was_called(stage: SimpleNamespace, ledgers: Contracts) -> None:
    borrower = stage.chain.deploy(ledgers["Borrower"], sender=stage.alice)
    (inner,) = borrower.borrow(stage.note, sender=stage.alice).trace().children
    change, event = inner.effects
    assert (change.address, change.slot, change.after) == (borrower.address, 0, 4)
    assert event.address == borrower.address


def test_a_transaction_behind_others_of_its_block_is_told_from_their_state(stage: SimpleNamespace) -> None:
    with stage.chain.block():
        stage.ledger.move(1, sender=stage.alice)
        second = stage.ledger.move(2, sender=stage.alice)
    assert told(second.trace())[0] == "first: 1 → 2"
    stage.ledger.move(3, sender=stage.alice)
    assert told(second.trace())[0] == "first: 1 → 2"


@pytest.mark.needs("edits")
def test_a_transaction_on_an_edited_state_is_told_from_that(stage: SimpleNamespace) -> None:
    stage.chain.set_storage(stage.ledger, 0, 5)
    receipt = stage.ledger.move(6, sender=stage.alice)
    stage.chain.mine()
    assert told(receipt.trace())[0] == "first: 5 → 6"


def test_a_failure_is_shown_without_what_was_undone_and_its_trace_with_it(stage: SimpleNamespace) -> None:
    receipt = stage.ledger.fail(sender=stage.alice, check=False)
    assert told(receipt.trace()) == ["first: 0 → 9"]
    with pytest.raises(Exception, match="no") as caught:
        receipt.raise_if_reverted()
    assert "first" not in str(caught.value)
