"""Every attack on inboxes."""

from __future__ import annotations

from harness.adapters.inbox import Inbox
from harness.attack.attack import Pack
from harness.attack.inbox.attacks import ATTACKS

PACK = Pack(
    kind="inbox",
    protocol=Inbox,
    built_in={"built-in": "harness.adapters.rollup_inbox:RollupInbox"},
    attacks=ATTACKS,
)
