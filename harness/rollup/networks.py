"""Which chains a rollup may be deployed to: no public network, and none that cannot compute its fork's precompiles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from harness.chain.chain import Chain
from harness.errors import Reverted
from harness.rollup.errors import PrecompileDiffers, PublicNetwork
from harness.rollup.forks import Fork

PUBLIC_NETWORKS = {
    1: "Ethereum", 5: "Goerli", 10: "OP Mainnet", 14: "Flare", 25: "Cronos", 30: "Rootstock", 56: "BNB Smart Chain",
    97: "BNB Testnet", 100: "Gnosis", 130: "Unichain", 137: "Polygon", 146: "Sonic", 204: "opBNB", 250: "Fantom",
    252: "Fraxtal", 288: "Boba", 324: "ZKsync Era", 480: "World Chain", 1088: "Metis", 1101: "Polygon zkEVM",
    1284: "Moonbeam", 1329: "Sei", 5000: "Mantle", 7000: "ZetaChain", 8217: "Kaia", 8453: "Base", 10200: "Chiado",
    17000: "Holesky", 34443: "Mode", 42161: "Arbitrum One", 42170: "Arbitrum Nova", 42220: "Celo",
    43113: "Avalanche Fuji", 43114: "Avalanche", 57073: "Ink", 59141: "Linea Sepolia", 59144: "Linea",
    60808: "BOB", 80002: "Polygon Amoy", 80094: "Berachain", 81457: "Blast", 84532: "Base Sepolia",
    167000: "Taiko", 421614: "Arbitrum Sepolia", 534351: "Scroll Sepolia", 534352: "Scroll", 560048: "Hoodi",
    7777777: "Zora", 11155111: "Sepolia", 11155420: "OP Sepolia",
}  # fmt: skip
"""Chain ids of public networks."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A precompile's input with its output and exact price by a fork's rules."""

    number: int
    name: str
    input: bytes
    output: bytes
    gas: int


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


_INFINITY = b"\xc0" + bytes(47)
_SIGNED = bytes.fromhex(
    "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
    "000000000000000000000000000000000000000000000000000000000000001c"
    "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
    "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"
)
_BLAKE_START = (
    # BLAKE2b's initial state, the first word with the parameters of an unkeyed hash of 64 bytes
    0x6A09E667F3BCC908 ^ 0x01010040, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
)  # fmt: skip
_BLAKE = b"".join(
    (
        (12).to_bytes(4, "big"),
        *(number.to_bytes(8, "little") for number in _BLAKE_START),
        b"abc".ljust(128, b"\0"),
        (3).to_bytes(16, "little"),
        b"\x01",
    )
)
_BLAKE_DIGEST = hashlib.blake2b(b"abc").digest()

SAMPLES = (
    Sample(1, "ECRECOVER", _SIGNED, bytes(12) + bytes.fromhex("a94f5374fce5edbc8e2a8697c15331677e6ebf0b"), 3_000),
    Sample(2, "SHA256", b"abc", hashlib.sha256(b"abc").digest(), 72),
    Sample(3, "RIPEMD160", b"", bytes(12) + bytes.fromhex("9c1185a5c5e9fc54612808977ee8f548b2258d31"), 600),
    Sample(4, "IDENTITY", b"abc", b"abc", 18),
    Sample(5, "MODEXP", _word(1) + _word(1) + _word(1) + b"\x03\x05\x07", b"\x05", 200),
    Sample(6, "ECADD", _word(1) + _word(2) + bytes(64), _word(1) + _word(2), 150),
    Sample(7, "ECMUL", _word(1) + _word(2) + _word(1), _word(1) + _word(2), 6_000),
    Sample(8, "ECPAIRING", b"", _word(1), 45_000),
    Sample(9, "BLAKE2F", _BLAKE, _BLAKE_DIGEST, 12),
    Sample(
        10,
        "POINT_EVALUATION",
        b"\x01" + hashlib.sha256(_INFINITY).digest()[1:] + bytes(64) + _INFINITY + _INFINITY,
        _word(4096) + bytes.fromhex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"),
        50_000,
    ),
)


_P256_SIGNED = bytes.fromhex(
    "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
    "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
    "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
    "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
    "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"
)
_BLS = Sample(11, "BLS12_G1ADD", bytes(256), bytes(128), 375)
_P256 = Sample(256, "P256VERIFY", _P256_SIGNED, _word(1), 6_900)


def samples_of(fork: Fork) -> tuple[Sample, ...]:
    """Return a sample of each precompile, and of BLS12-381, that an L1 must agree with to prove a fork of L2."""
    samples = SAMPLES if fork < Fork.PRAGUE else (*SAMPLES, _BLS)
    if fork < Fork.OSAKA:
        return samples
    return (*(replace(each, gas=500) if each.number == 5 else each for each in samples), _P256)


def check_network(chain: Chain) -> None:
    """Raise PublicNetwork if the chain id is that of a public network."""
    name = PUBLIC_NETWORKS.get(chain.chain_id)
    if name is not None:
        raise PublicNetwork(chain.chain_id, name)


def check_precompiles(chain: Chain, fork: Fork = Fork.CANCUN) -> None:
    """Check that each precompile returns its result for exactly its price in a fork of L2, and fails for less.

    Raises PrecompileDiffers for the first one that does not.
    """
    for sample in samples_of(fork):
        done, output = _run(chain, sample, sample.gas)
        if not done or output != sample.output:
            raise PrecompileDiffers(sample.number, sample.name, "its result", output, sample.output)
        done, output = _run(chain, sample, sample.gas - 1)
        if done:
            raise PrecompileDiffers(sample.number, sample.name, "its price", output, b"")


def _run(chain: Chain, sample: Sample, gas: int) -> tuple[bool, bytes]:
    """Call a precompile with exactly ``gas``, by initcode in a call that creates nothing; every node answers that."""
    size = len(sample.input).to_bytes(2, "big")
    tail = (
        b"\x5f\x5f\x61"
        + size
        + b"\x5f\x61"
        + sample.number.to_bytes(2, "big")
        + b"\x63"
        + gas.to_bytes(4, "big")
        + b"\xfa"
        # success to the first word, what was returned behind it, and both out
        b"\x5f\x52\x3d\x5f\x60\x20\x3e\x3d\x60\x20\x01\x5f\xf3"
    )
    head_size = 8
    code_size = (head_size + len(tail)).to_bytes(2, "big")
    head = b"\x61" + size + b"\x61" + code_size + b"\x5f\x39"
    try:
        answer = chain.call(data=head + tail + sample.input)
    except Reverted:
        return False, b""
    return int.from_bytes(answer[:32], "big") == 1, answer[32:]
