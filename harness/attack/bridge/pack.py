"""Every attack on bridges."""

from __future__ import annotations

from harness.adapters.bridge import Bridge
from harness.attack.attack import Pack
from harness.attack.bridge import attacks, blocks, elsewhere, gas, powers, tokens

PACK = Pack(
    kind="bridge",
    protocol=Bridge,
    built_in={
        "built-in": "harness.adapters.portal_bridge:PortalBridge",
        "optimism": "harness.adapters.optimism_bridge:OptimismBridge",
        "bold": "harness.adapters.bold_bridge:BoldBridge",
    },
    attacks=(
        *attacks.ATTACKS,
        *elsewhere.ATTACKS,
        *tokens.ATTACKS,
        *powers.ATTACKS,
        *gas.ATTACKS,
        *blocks.ATTACKS,
    ),
)
