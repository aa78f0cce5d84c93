from __future__ import annotations

from harness.contracts.artifact import Artifact
from harness.contracts.binding.source_maps import SourceLocator, instruction_numbers, parse


def test_parse_repeats_what_a_field_leaves_out():
    assert parse("10:5:0:-:0;;20;:7;::1:i;;1:2:-1:o") == [
        (10, 5, 0, "-"),
        (10, 5, 0, "-"),
        (20, 5, 0, "-"),
        (20, 7, 0, "-"),
        (20, 7, 1, "i"),
        (20, 7, 1, "i"),
        (1, 2, -1, "o"),
    ]
    assert parse("") == []


def test_instruction_numbers_step_over_push_data():
    code = bytes.fromhex("60015f7f" + "00" * 32 + "00")
    assert instruction_numbers(code) == {0: 0, 2: 1, 3: 2, 36: 3}


def test_line_is_that_of_the_last_step_in_a_file(tmp_path):
    """Steps count in the order executed, not as they lie; the compiler's own code and the whole contract do not."""
    source = tmp_path / "A.sol"
    source.write_text("contract A {\n  one;\n  two;\n}\n")
    spans = ["15:4:0", "22:4:0", "0:30:0", "3:3:7"]  # `one`, `two`, the contract, a file of the compiler's own
    artifact = Artifact(
        "A",
        "A.sol",
        (),
        b"",
        b"\x00" * 4,
        runtime_source_map=";".join(spans),
        files={0: "A.sol"},
        paths={"A.sol": source},
    )
    locator = SourceLocator(artifact)
    assert locator.line([1, 0, 2, 3], creation=False) == "A.sol:2"
    assert locator.line([0, 1, 3], creation=False) == "A.sol:3"
    assert locator.line([2, 3], creation=False) == "A.sol:1"
    assert locator.line([3], creation=False) is None
