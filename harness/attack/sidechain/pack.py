"""Every attack on bridges to chains sealed by QBFT."""

from __future__ import annotations

from harness.adapters.sidechain import QbftBridge
from harness.attack.attack import Pack
from harness.attack.sidechain.freezing import ATTACKS as FREEZING
from harness.attack.sidechain.headers import ATTACKS as HEADERS
from harness.attack.sidechain.messages import ATTACKS as MESSAGES
from harness.attack.sidechain.no_headers import ATTACKS as NO_HEADERS
from harness.attack.sidechain.together import ATTACKS as TOGETHER
from harness.attack.sidechain.tokens import ATTACKS as TOKENS

PACK = Pack(
    kind="sidechain",
    protocol=QbftBridge,
    built_in={"built-in": "harness.adapters.qbft_bridge:BuiltInQbftBridge"},
    attacks=(*MESSAGES, *TOGETHER, *HEADERS, *NO_HEADERS, *FREEZING, *TOKENS),
)
