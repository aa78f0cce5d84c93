"""Every attack on payment channels."""

from __future__ import annotations

from harness.adapters.channel import Channel
from harness.attack.attack import Pack
from harness.attack.channel import blocks, clocks, functions, hostile, lives, locks, money, search, states

PACK = Pack(
    kind="channel",
    protocol=Channel,
    built_in={
        "built-in": "harness.adapters.payment_channel:PaymentChannelAdapter",
        "raiden": "harness.adapters.raiden:Raiden",
        "nitro-protocol": "harness.adapters.nitro_protocol:NitroProtocol",
    },
    attacks=(
        *lives.ATTACKS,
        *states.ATTACKS,
        *clocks.ATTACKS,
        *blocks.ATTACKS,
        *money.ATTACKS,
        *locks.ATTACKS,
        *hostile.ATTACKS,
        *functions.ATTACKS,
    ),
    search=search.combined,
)
