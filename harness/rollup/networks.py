"""Which chains a rollup may be deployed to: no public network, and none that cannot compute its fork's precompiles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from harness.chain.chain import Chain
from harness.errors import Reverted
from harness.rollup.errors import PrecompileDiffers, PublicNetwork
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_name, proven_on

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
    """A precompile's input with its output and price by a fork's rules."""

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


_MAPPED = bytes.fromhex(
    "0000000000000000000000000000000011a9a0372b8f332d5c30de9ad14e50372a73fa4c45d5f2fa5097f2d6fb93bcac"
    "592f2e1711ac43db0519870c7d0ea41500000000000000000000000000000000092c0f994164a0719f51c24ba3788de2"
    "40ff926b55f58c445116e8bc6a47cd63392fd4e8e22bdf9feaa96ee773222133"
)
_MAPPED_2 = bytes.fromhex(
    "00000000000000000000000000000000018320896ec9eef9d5e619848dc29ce266f413d02dd31d9b9d44ec0c79cd61f1"
    "8b075ddba6d7bd20b7ff27a4b324bfce000000000000000000000000000000000a67d12118b5a35bb02d2e86b3ebfa7e"
    "23410db93de39fb06d7025fa95e96ffa428a7a27c3ae4dd4b40bd251ac65889200000000000000000000000000000000"
    "0260e03644d1a2c321256b3246bad2b895cad13890cbe6f85df55106a0d334604fb143c7a042d878006271865bc35941"
    "0000000000000000000000000000000004c69777a43f0bda07679d5805e63f18cf4e0e7c6112ac7f70266d199b4f76ae"
    "27c6269a3ceebdae30806e9a76aadf5c"
)
_BLS = (
    Sample(0x0B, "BLS12_G1ADD", bytes(256), bytes(128), 375),
    Sample(0x0C, "BLS12_G1MSM", bytes(160), bytes(128), 12_000),
    Sample(0x0D, "BLS12_G2ADD", bytes(512), bytes(256), 600),
    Sample(0x0E, "BLS12_G2MSM", bytes(288), bytes(256), 22_500),
    Sample(0x0F, "BLS12_PAIRING_CHECK", bytes(384), _word(1), 70_300),
    Sample(0x10, "BLS12_MAP_FP_TO_G1", bytes(64), _MAPPED, 5_500),
    Sample(0x11, "BLS12_MAP_FP2_TO_G2", bytes(128), _MAPPED_2, 23_800),
)
_LONG = Sample(5, "MODEXP", _word(1_025) + _word(0) + _word(1), b"\0", 5_547)
_LONGEST = Sample(5, "MODEXP", _word(1_024) + _word(0) + _word(1), b"\0", 32_768)
"""The longest operand that Osaka allows (EIP-7823). An L1 of Osaka fails for a longer one."""


def fork_samples(fork: Fork) -> tuple[Sample, ...]:
    """Return samples of the precompiles whose rules differ between forks: those that the sequencer inbox tries on L1.

    P256VERIFY is none of them, since the prover computes it without L1.
    """
    modexp = _LONGEST if fork >= Fork.OSAKA else _LONG
    return (modexp, *_BLS) if fork >= Fork.PRAGUE else (modexp,)


def check_network(chain: Chain) -> None:
    """Raise PublicNetwork if the chain id is that of a public network."""
    name = PUBLIC_NETWORKS.get(chain.chain_id)
    if name is not None:
        raise PublicNetwork(chain.chain_id, name)


def check_fork(chain: Chain, fork: Fork) -> None:
    """Check that an L1 can prove a fork of L2, as the sequencer inbox does; raises PrecompileDiffers."""
    _check(chain, fork, fork_samples(fork))


def check_precompiles(chain: Chain, fork: Fork = DEFAULT_FORK) -> None:
    """Check that each precompile that the prover calls returns its result for the price of a fork of L2.

    A lower price on L1 is no fault: the prover charges L2's. Raises PrecompileDiffers for the first one that fails.
    """
    _check(chain, fork, (*SAMPLES, *fork_samples(fork)))


def _check(chain: Chain, fork: Fork, samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        done, output = _run(chain, sample, sample.gas)
        if not done or output != sample.output:
            raise PrecompileDiffers(sample.number, sample.name, fork_name(fork), proven_on(fork), output, sample.output)


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
