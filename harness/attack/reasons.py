"""Whether contracts say why they refuse something."""

from __future__ import annotations

from harness.adapters.base import Adapter
from harness.attack.attack import Found
from harness.errors import Reverted


def must_say_why(adapter: Adapter, what: str, refusal: BaseException) -> None:
    """Raise Found for a revert without data, if the adapter says that its contracts give a reason for every refusal.

    Solidity reverts so by itself where it calls an address without code, or decodes what is none of a type: what should
    have been checked ahead was not.
    """
    if adapter.says_why and isinstance(refusal, Reverted) and not refusal.data:
        raise Found("the reasons", f"{what} is refused without a reason: {refusal.reason}") from refusal
