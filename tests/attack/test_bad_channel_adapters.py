"""Whatever an adapter of channels does wrong, and whatever its contracts refuse, has a named row; the pack goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.adapters.channel import State
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.errors import NotApplicable
from harness.adapters.payment_channel import PaymentChannelAdapter
from harness.attack.attack import Verdict
from harness.attack.channel.pack import PACK
from harness.attack.runner import run_pack
from harness.errors import Reverted
from tests.attack.planting import planted
from tests.attack.projects.share.share_adapter import ShareAdapter

SHARE = Path(__file__).resolve().parent / "projects" / "share"
ONLY = ("honest-life", "stale-close", "take-out", "overdrawn")
HELD, FAILED, FOUND, NONE = Verdict.HELD, Verdict.FAILED, Verdict.FOUND, Verdict.NOT_APPLICABLE


def outcomes(adapter: type[Any], *only: str, folder: Path | None = None) -> dict[str, tuple[Verdict, str]]:
    found = run_pack(PACK, Chosen("it", adapter, KnownContracts(None, folder)), only=only or ONLY)
    return {each.attack: (each.verdict, each.evidence) for each in found}


class Sound(PaymentChannelAdapter):
    """The built-in channel in ether alone, which is half as many variants."""

    assets = ("ether",)


class Speechless(Sound):
    """Drives a contract that has no form for anything that the cheat shows."""

    def submit(self, channel: Any, state: State, signatures: Any, sender: Any) -> Any:
        if sender.name not in ("alice", "carol", "dave"):
            raise NotApplicable("only they have something to show")
        return super().submit(channel, state, signatures, sender)


class Alarming(Speechless):
    """States a deadline before anybody closes."""

    def deadline(self, channel: Any) -> Any:
        return super().deadline(channel) or self.chain.now + 3_600


class Lying(Sound):
    """Says that a settled channel owes nothing, and pays all the same."""

    def owed(self, channel: Any, who: Any) -> int:
        return 0


class Boasting(Sound):
    """Says that a settled channel owes more than it pays."""

    def owed(self, channel: Any, who: Any) -> int:
        return super().owed(channel, who) + 1


class Mumbling(Sound):
    """Returns text where an amount is expected."""

    def owed(self, channel: Any, who: Any) -> Any:
        return "plenty"


class Timeless(Sound):
    """Returns text where a time is expected."""

    def deadline(self, channel: Any) -> Any:
        return "soon"


class Unsigned(Sound):
    """Returns no bytes for a signature."""

    def sign(self, channel: Any, state: Any, who: Any) -> Any:
        return None


class Raising(Sound):
    """Has a bug in one method."""

    def take_out(self, *given: Any) -> Any:
        raise KeyError("my bug")


class Misspelt(Sound):
    """Calls a function that the contract does not have."""

    def close_together(self, *given: Any) -> Any:
        return self.contract.closeTogehter(*given)


class Misfitting(Sound):
    """Passes arguments that are not the function's."""

    def settle(self, channel: Any, sender: Any) -> Any:
        return self.contract.settle(channel, sender=sender)


class Lacking(ShareAdapter):
    """Has no way to open a channel."""

    open = PACK.protocol.open  # type: ignore[attr-defined]


class Unsettled(ShareAdapter):
    """Has a time to answer, and no way to settle after it."""

    settle = PACK.protocol.settle  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("adapter", "attack", "said"),
    [
        (Lying, "honest-life", "MoneyMisstated: Lying: what is owed to alice: the adapter says 0, the chain says "),
        (Boasting, "honest-life", "MoneyMisstated: Boasting: what is owed to alice: the adapter says "),
        (Mumbling, "honest-life", "WrongAnswer: Mumbling: owed returned 'plenty', expected int"),
        (Timeless, "stale-close", "WrongAnswer: Timeless: deadline returned 'soon', expected int | None"),
        (Unsigned, "stale-close", "WrongAnswer: Unsigned: sign returned None, expected bytes"),
        (Raising, "take-out", "AdapterFailed: Raising: take_out raised KeyError: 'my bug'"),
        (Misspelt, "close-together", "AdapterFailed: Misspelt: close_together raised UnknownMember: "),
        (Misfitting, "stale-close", "AdapterFailed: Misfitting: settle raised WrongArguments: "),
        (Lacking, "stale-close", "AdapterLacks: Lacking: lacks method open"),
        (Unsettled, "stale-close", "AdapterLacks: Unsettled: lacks method settle"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_mistake_of_an_adapter_is_a_failure_that_names_the_method(adapter: Any, attack: str, said: str) -> None:
    verdict, evidence = outcomes(adapter, attack, folder=SHARE)[attack]
    assert verdict is FAILED and evidence.startswith(said)


def test_a_mistake_in_one_move_leaves_the_rest_of_the_pack() -> None:
    rows = outcomes(Raising)
    assert [rows[name][0] for name in ONLY] == [HELD, HELD, FAILED, HELD]


def test_a_move_that_only_the_adapter_refuses_is_not_taken_for_the_contract_s_refusal() -> None:
    """The cheat's moves are those whose refusal makes an attack hold."""

    class Timid(Sound):
        def submit(self, channel: Any, state: Any, signatures: Any, sender: Any) -> Any:
            if sender.name in ("mallory", "bob", "sybil"):
                raise ValueError("I would rather not")
            return super().submit(channel, state, signatures, sender)

    verdict, evidence = outcomes(Timid, "forged-close")["forged-close"]
    assert verdict is FAILED
    assert evidence.startswith("AdapterFailed: Timid: submit raised ValueError: I would rather not")


def test_a_number_that_fits_no_word_is_no_mistake_of_the_adapter() -> None:
    """Overdrawing tries sums of 2 to the 256 and more, which nobody can write."""
    assert outcomes(Sound, "overdrawn")["overdrawn"][0] is HELD


def test_the_reason_why_an_attack_does_not_apply_is_not_that_of_an_asset_that_the_contract_does_not_take() -> None:
    class Lockless(Sound):
        has_locks = False

    assert outcomes(Lockless, "lock-late", "false-token") == {
        "lock-late": (NONE, "the contract has no locks"),
        "false-token": (NONE, "the contract takes no erc20"),
    }


# -- contracts that are of no use


def test_a_contract_that_does_not_deploy_is_not_attacked(tmp_path: Path) -> None:
    change = ("token = token_;", 'token = token_; if (block.number < 2**40) revert Refused("not now");')
    folder = planted(SHARE, tmp_path, change)
    for verdict, evidence in outcomes(ShareAdapter, folder=folder).values():
        assert (verdict, evidence) == (NONE, "the contracts do not deploy: reverted: Refused(why='not now')")


def test_a_contract_that_always_reverts_is_not_attacked(tmp_path: Path) -> None:
    folder = planted(SHARE, tmp_path, ("id = ++count;", 'id = ++count; if (id != 0) revert Refused("always");'))
    for verdict, evidence in outcomes(ShareAdapter, folder=folder).values():
        assert (verdict, evidence) == (NONE, "no channel can be opened: reverted: Refused(why='always')")


def test_a_contract_that_never_settles_is_one_finding_and_the_reason_of_all_else(tmp_path: Path) -> None:
    folder = planted(SHARE, tmp_path, ("c.closesAt == 0 || block.timestamp", "c.total != 0 || block.timestamp"))
    rows = outcomes(ShareAdapter, folder=folder)
    verdict, evidence = rows.pop("honest-life")
    assert verdict is FOUND
    assert evidence == "the channel never settles: reverted: Refused(why='not yet')"
    for verdict, evidence in rows.values():
        assert verdict is NONE and evidence.startswith("a channel of honest parties already fails: nothing stays stuck")


def test_a_revert_inside_an_adapter_is_the_contract_s_word() -> None:
    """An adapter may read what it sends from the contract, and so revert before it sends."""

    class Reading(Sound):
        def take_out(self, channel: Any, who: Any, *given: Any) -> Any:
            self.contract.payout.call(channel.as_tuple(), 0, who.address, sender=who)
            raise AssertionError("a payout of an open channel is refused")

    try:
        verdict, evidence = outcomes(Reading, "take-out-forged")["take-out-forged"]
    except Reverted:
        pytest.fail("a revert left the runner")
    assert verdict is HELD and "StatusMismatch" in evidence


def test_an_attack_of_which_nothing_reached_the_contract_has_not_held() -> None:
    forged = ("forged-close", "forged-answer", "altered-close", "altered-answer", "forged-wallet")
    lacking = (Verdict.NOT_APPLICABLE, "only they have something to show")
    tried = (*forged, "overdrawn", "initial-state", "agreement-as-state")
    assert outcomes(Speechless, *tried) == dict.fromkeys(tried, lacking)


def test_a_deadline_alone_stands_for_no_close() -> None:
    tried = ("settle-early", "answer-late", "crowded-window", "nobody-answers")
    lacking = (Verdict.NOT_APPLICABLE, "only they have something to show")
    assert outcomes(Alarming, *tried) == dict.fromkeys(tried, lacking)
