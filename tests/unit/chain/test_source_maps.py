from __future__ import annotations

from harness.contracts.source_maps import instruction_numbers, parse


def test_parse_repeats_what_a_field_leaves_out():
    assert parse("10:5:0:-:0;;20;:7;::1;1:2:-1") == [
        (10, 5, 0),
        (10, 5, 0),
        (20, 5, 0),
        (20, 7, 0),
        (20, 7, 1),
        (1, 2, -1),
    ]
    assert parse("") == []


def test_instruction_numbers_step_over_push_data():
    code = bytes.fromhex("60015f7f" + "00" * 32 + "00")
    assert instruction_numbers(code) == {0: 0, 2: 1, 3: 2, 36: 3}
