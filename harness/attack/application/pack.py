"""Every attack on adjudicators of turn-taking applications."""

from __future__ import annotations

from harness.adapters.application import Application
from harness.attack.application import agreements, moves, silence
from harness.attack.attack import Pack

PACK = Pack(
    kind="application",
    protocol=Application,
    built_in={"built-in": "harness.adapters.app_adjudicator:AppAdjudicatorAdapter"},
    attacks=(*moves.ATTACKS, *agreements.ATTACKS, *silence.ATTACKS),
)
