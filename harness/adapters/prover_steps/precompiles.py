"""Precompiles in every fork: inputs that they take and refuse, each price, and their addresses before their fork."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.adapters.prover import ProvenStep
from harness.adapters.prover_steps.bench import Bench, Benches
from harness.chain.pyevm.precompiles import PRECOMPILES
from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.hashing import word
from harness.primitives.p256 import P256VERIFY
from harness.proofs.samples import programs as P
from harness.proofs.trace import Trace
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.opcodes import PRECOMPILE
from harness.rollup.networks import SAMPLES

UNIT = {0x0B: 256, 0x0C: 160, 0x0D: 512, 0x0E: 288, 0x0F: 384, 0x10: 64, 0x11: 128}
"""Bytes of the shortest input of each BLS12-381 precompile; points at infinity are valid."""
LISTS = (0x0C, 0x0E, 0x0F)
"""Those that take any number of units."""
NEW = [int.from_bytes(each.address, "big") for each in (*BLS12_PRECOMPILES, P256VERIFY)]
GOOD: Mapping[int, bytes] = {
    **{sample.number: sample.input for sample in SAMPLES}, 5: b"".join(map(word, (1, 1, 1))) + b"\x03\x05\x07",
    **{number: bytes(size) for number, size in UNIT.items()}, 0x100: P.P256_SIGNED,
}  # fmt: skip
BAD: Mapping[int, bytes] = {
    5: b"".join(map(word, (1_025, 0, 0))), 6: b"\x01" * 128, 7: b"\x01" * 96, 8: bytes(range(192)),
    9: GOOD[9][:-1] + b"\x02", 10: bytes(192), **dict.fromkeys(UNIT, b"\x01"),
}  # fmt: skip
MODEXP_SIZES = (
    (0, 0, 0), (1, 1, 1), (8, 1, 8), (31, 9, 31), (32, 32, 32), (33, 40, 33), (33, 1, 33), (64, 33, 64), (1, 64, 1),
    (100, 2, 40), (1_024, 2, 1_024), (1_025, 1, 1), (1, 1_025, 1), (1, 1, 1_025),
)  # fmt: skip
"""Bytes of base, exponent and modulus."""


def steps(benches: Benches) -> Iterator[ProvenStep]:
    """Yield the steps in which precompiles run, or are looked at."""
    for fork in FORKS:
        for bench in (benches.prague, benches.osaka) if fork is Fork.OSAKA else (benches.prague,):
            yield from _outcomes(bench, fork)
    for sizes in MODEXP_SIZES:
        for fill in (b"\x03", b"\xff", b"\x00"):
            data = b"".join(map(word, sizes)) + fill * sum(sizes)
            for fork in FORKS:
                yield from _ran(benches.prague, fork, 5, data, f"MODEXP of {sizes} by {fill.hex()}")
            yield from _ran(benches.osaka, Fork.OSAKA, 5, data, f"MODEXP of {sizes} by {fill.hex()}")
            # An L1 of Osaka need not be able to compute what an earlier fork of L2 does: it refuses longer numbers.
            too_long = max(sizes) > 1_024
            yield from _ran(benches.osaka, Fork.PRAGUE, 5, data, f"MODEXP of {sizes}", refusable=too_long)
    for number, count in ((number, count) for number in LISTS for count in (2, 3, 64, 127, 128, 129)):
        yield from _ran(benches.osaka, Fork.OSAKA, number, bytes(UNIT[number] * count), f"{count} points")
    for name, text in P256.items():
        for bench in (benches.osaka, benches.prague):
            yield from _ran(bench, Fork.OSAKA, 0x100, bytes.fromhex(text), name)
    for cut in (b"", P.P256_SIGNED[:1], P.P256_SIGNED[:-1], P.P256_SIGNED + b"\0", P.P256_SIGNED * 2):
        yield from _ran(benches.osaka, Fork.OSAKA, 0x100, cut, f"{len(cut)} bytes")
    yield from _addresses(benches)


def _outcomes(bench: Bench, fork: Fork) -> Iterator[ProvenStep]:
    for address in PRECOMPILES[fork]:
        number = int.from_bytes(address, "big")
        for data, gas, what in (
            (GOOD[number], 2**22, "good"), (BAD.get(number, b""), 2**22, "bad"), (GOOD[number], 10, "10 gas"),
            (GOOD[number] + b"\0", 2**22, "a byte more"), (GOOD[number][:-1], 2**22, "a byte less"),
        ):  # fmt: skip
            yield from _ran(bench, fork, number, data, f"{what} in {fork.name}", gas)
    for each in (*BLS12_PRECOMPILES, P256VERIFY) if fork is Fork.OSAKA else ():
        number = int.from_bytes(each.address, "big")
        price = each.price(GOOD[number])
        for gas in (price, price - 1):
            yield from _ran(bench, fork, number, GOOD[number], f"{gas} gas", gas)


def _ran(
    bench: Bench, fork: Fork, number: int, data: bytes, what: str, gas: int = 2**22, *, refusable: bool = False
) -> Iterator[ProvenStep]:
    target = number.to_bytes(20, "big")
    code = P.store(data) if len(data) < 2_000 else _long(data)
    code += P.call(0xF1, target, gas=gas, sent=(0, len(data)), got=(32, 40)) + b"\x3d\x60\x20\x51"
    trace = bench.run(fork, code)
    for step in _precompiles(trace):
        found = bench.step(trace, step, what, refusable=refusable)
        yield replace(found, kind=f"PRECOMPILE {number:#x}: {what}")


def _long(data: bytes) -> bytes:
    """Return code that leaves the same bytes in memory, which are zero but for what a word or three hold."""
    if any(data[96:]):
        return P.store(data)
    return P.store(data[:96])


def _precompiles(trace: Trace) -> list[int]:
    return [step for step in range(1, len(trace)) if trace.step_at(step).opcode == PRECOMPILE]


def _addresses(benches: Benches) -> Iterator[ProvenStep]:
    """Look at each address, list it, give it to an heir, and call it with value, before and after its fork."""
    for fork in FORKS:
        bench = benches.osaka if fork is Fork.OSAKA else benches.prague
        for number in (*NEW, 0x12, 0xFF, 0x101):
            target, pushed = number.to_bytes(20, "big"), P.push(number)
            is_precompile = (number == 0x100 and fork >= Fork.OSAKA) or (number <= 0x11 and fork >= Fork.PRAGUE)
            listed = [{"address": target, "storageKeys": []}]
            looks = b"".join(pushed + bytes([op]) for op in (0x31, 0x3B, 0x3F))
            runs = {
                "looked at": bench.run(fork, looks + P.invocation(0x3C, (number, 0, 0, 0))),
                "listed": bench.run(fork, pushed + b"\x31", accessList=listed),
                "an heir": bench.run(fork, P.invocation(0xFF, (number,))),
            }
            if not is_precompile:
                runs["called"] = bench.run(fork, P.call(0xF1, target, value=1) + P.call(0xF4, target))
                runs["a target"] = bench.run(fork, to=target, value=3)
                runs["code"] = bench.run(fork, P.call(0xFA, target), {target: (b"\x5f\x5f\xf3", 1, 0)})
            else:
                runs["a target"] = bench.run(fork, to=target, data=GOOD[number], value=1)
            for what, trace in runs.items():
                for step in range(1, len(trace)):
                    if not trace.name_at(step).startswith(("PUSH", "INPUT")):
                        yield bench.step(trace, step, f"{number:#x} {what} in {fork.name}")


P256: Mapping[str, str] = {
    "a signature by 1 of 0": (
        "0000000000000000000000000000000000000000000000000000000000000000"
        "b0ebbf4425a1ca60356470044bb00d8ec3dc35649a7868c0135296b3637b41e7"
        "ea4ce009c09e4e62678fdbc51fbcc6058d0428fbc8662e3d2803314c5a8f96d6"
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
    "a signature by 1 of 1": (
        "0000000000000000000000000000000000000000000000000000000000000001"
        "f9b5dd4b2b2096e509483e2558a7dd98fa9cd99787975a2b52f438d44699a4a8"
        "4920fece6c54006b88964552e4be9c0f83a6364bcf599908c37261c1e7fab68d"
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
    "a signature by 2 of 5": (
        "0000000000000000000000000000000000000000000000000000000000000005"
        "4ccb01b5be7e89f0de50da2be28abf84d3da07cb61a7d03467f57ade38b91ea6"
        "a38b12838b1a7df8f19e25959bedd1839416a03fef498c433bf32bba6e29b58a"
        "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
        "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"
    ),
    "a signature by the last key of 7": (
        "0000000000000000000000000000000000000000000000000000000000000007"
        "309de14b2356d7083f8bd524694002d00ec9e20db9165efba25583fb48aac5e8"
        "f288398fb6d9949b9d670455160881ea23b234e5c87cc92d1e779ce3ec7ba3e5"
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"
    ),
    "a signature by 9 of 7": (
        "0000000000000000000000000000000000000000000000000000000000000007"
        "57a84d38afa994403c7e03414dacdf4c96ba424e0be425129400bfc4a093f35d"
        "cbfa93894ef7b4ab69aed8f8f86095fd69f5438708456ce9121e7344162ea7a8"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "2a2744c972c9fce787014a964a8ea0c84d714feaa4de823fe85a224a4dd048fa"
    ),
    "its twin with a high s": (
        "0000000000000000000000000000000000000000000000000000000000000007"
        "c879650884c3cf7bbf82482e16e3ce42b2e98d4df1367fdc5b560c0c0e5b96fd"
        "9fc91d442626e6496db9fc4461291660c8996e3740cf9a77d6006964317ca2c9"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "2a2744c972c9fce787014a964a8ea0c84d714feaa4de823fe85a224a4dd048fa"
    ),
    "its twin with a low s": (
        "0000000000000000000000000000000000000000000000000000000000000007"
        "c879650884c3cf7bbf82482e16e3ce42b2e98d4df1367fdc5b560c0c0e5b96fd"
        "6036e2bad9d919b7924603bb9ed6e99ef44d8c766648040d1db9615ecae68288"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "2a2744c972c9fce787014a964a8ea0c84d714feaa4de823fe85a224a4dd048fa"
    ),
    "a key whose x is 0": (
        "00486efab89170d45f6160cbc7d034a9309d479ae02982a3a0c135a210379e6f"
        "00486efab89170d45f6160cbc7d034a9309d479ae02982a3a0c135a210379e6f"
        "00486efab89170d45f6160cbc7d034a9309d479ae02982a3a0c135a210379e6f"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"
    ),
    "its second form": (
        "00486efab89170d45f6160cbc7d034a9309d479ae02982a3a0c135a210379e6f"
        "00486efab89170d45f6160cbc7d034a9309d479ae02982a3a0c135a210379e6f"
        "00486efab89170d45f6160cbc7d034a9309d479ae02982a3a0c135a210379e6f"
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
        "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"
    ),
    "a key off the curve": (
        "0000000000000000000000000000000000000000000000000000000000000000"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "2a2744c972c9fce787014a964a8ea0c84d714feaa4de823fe85a224a4dd048fb"
    ),
    "a signature of nothing": (
        "0000000000000000000000000000000000000000000000000000000000000000"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"
        "2a2744c972c9fce787014a964a8ea0c84d714feaa4de823fe85a224a4dd048fa"
    ),
    "an r that was reduced": (
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000003"
        "0000000000000000000000000000000000000000000000000000000000000001"
        "02bc847e19ebbe40a367ced648068511bbc24dba56322fd52885604eddc09eaf"
        "815556a7b1bb4d14f4f42197daf62b07c1f30ffbbd9df15047f2b29c56da405e"
    ),
    "an r above the order": (
        "0000000000000000000000000000000000000000000000000000000000000000"
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632554"
        "0000000000000000000000000000000000000000000000000000000000000001"
        "02bc847e19ebbe40a367ced648068511bbc24dba56322fd52885604eddc09eaf"
        "815556a7b1bb4d14f4f42197daf62b07c1f30ffbbd9df15047f2b29c56da405e"
    ),
    "a sum at infinity": (
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632547"
        "0000000000000000000000000000000000000000000000000000000000000002"
        "0000000000000000000000000000000000000000000000000000000000000001"
        "51590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed"
        "e0c17da8904a727d8ae1bf36bf8a79260d012f00d4d80888d1d0bb44fda16da4"
    ),
}
"""Digest, r, s, x and y by what they are, in hex: signatures that are valid, and near misses."""
