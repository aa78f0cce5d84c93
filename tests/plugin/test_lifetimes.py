"""What a fixture did lasts exactly as long as pytest holds its value, whatever the order of the fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

BACKENDS = pytest.mark.parametrize("backend", ["py-evm", pytest.param("anvil", marks=pytest.mark.only_anvil)])
STRICT = ("-W", "error::harness.isolation.StaysUntilLater")

CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def seen():
    return {}

@pytest.fixture(scope="session")
def token(l1, accounts, Counter, seen):
    seen["tokens"] = seen.get("tokens", 0) + 1
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.deployed = counter.set(1000, sender=accounts.alice)
    l1.set_balance(accounts.dave, 77)
    l1.warp(500)
    with l1.block():
        counter.increment(sender=accounts.alice)
        counter.increment(sender=accounts.erin)
    l1.set_balance("0x" + "44" * 20, 10**18)
    counter.increment(sender=l1.impersonate("0x" + "44" * 20))
    return counter

@pytest.fixture
def intact(l1, accounts, seen):
    def check(token):
        assert token.number() == 1003 and seen["tokens"] == 1
        assert l1.balance(accounts.dave) == 77
        receipt = l1.receipt(token.deployed.hash)
        assert receipt.block_number == token.deployed.block_number
        assert receipt.timestamp == token.deployed.timestamp
        assert ".set(value=1000)" in str(l1.trace(receipt))
        return True
    return check

@pytest.fixture
def untouched(l1, accounts):
    def check(*people):
        fresh = l1.balance(accounts.heidi)
        assert [l1.balance(who) for who in people] == [fresh] * len(people)
        assert [l1.nonce(who) for who in people] == [0] * len(people)
        return True
    return check
"""

LATE_IN_A_MODULE = """
import pytest

@pytest.fixture(scope="module")
def local(l1, accounts, Counter, seen):
    counter = l1.deploy(Counter, sender=accounts.bob)
    counter.increment(sender=accounts.alice)
    l1.set_balance(accounts.frank, 5)
    seen["local"] = counter
    return counter

def test_narrow_alone(local):
    assert local.number() == 1

@pytest.mark.parametrize("n", range(2))
def test_both(local, token, intact, accounts, n):
    assert local.number() == 1 and intact(token)
    local.increment(sender=accounts.bob)
    token.increment(sender=accounts.bob)
"""

AFTER_THE_MODULE = """
def test_the_wider_one_is_left_and_nothing_else(l1, accounts, token, Counter, intact, untouched, seen):
    assert intact(token) and untouched(accounts.bob, accounts.frank)
    assert l1.code(seen["local"].address) == b""
    assert l1.deploy(Counter, sender=accounts.bob).number() == 0
"""


@BACKENDS
def test_a_narrower_fixture_goes_from_beneath_a_wider_one(run: Run, backend: str) -> None:
    files = {"conftest.py": CONFTEST, "test_a.py": LATE_IN_A_MODULE, "test_b.py": AFTER_THE_MODULE}
    run(files, f"--l1={backend}", *STRICT).assert_outcomes(passed=4)


IN_A_TEST = """
import pytest

@pytest.fixture
def lazy(request, l1, accounts, Counter):
    l1.deploy(Counter, sender=accounts.bob)
    return request.getfixturevalue("token")

@pytest.fixture
def late(request, l1, accounts, Counter):
    l1.mine(3)
    yield
    l1.deploy(Counter, sender=accounts.bob)
    assert request.getfixturevalue("token").number() == 1003
    l1.mine(3)

def test_first(FIRST, l1):
    pass

def test_untouched_1(accounts, token, intact, untouched):
    assert intact(token) and untouched(accounts.bob)

@pytest.mark.parametrize("n", range(2))
def test_in_the_body(request, l1, accounts, Counter, intact, n):
    own = l1.deploy(Counter, sender=accounts.bob)
    own.increment(sender=accounts.alice)
    token = request.getfixturevalue("token")
    assert own.number() == 1 and intact(token)
    own.increment(sender=accounts.alice)
    token.increment(sender=accounts.alice)
    assert own.number() == 2 and token.number() == 1004

@pytest.mark.parametrize("n", range(2))
def test_in_a_fixture(lazy, intact, n):
    assert intact(lazy)
    lazy.increment(sender=lazy.deployed.chain.accounts.bob)

def test_in_a_finalizer(late):
    pass

def test_untouched_2(accounts, token, intact, untouched):
    assert intact(token) and untouched(accounts.bob)
"""


@BACKENDS
@pytest.mark.parametrize("first", ["request", "lazy", "late", "token"])
def test_a_wide_fixture_asked_for_within_a_test(run: Run, backend: str, first: str) -> None:
    test = IN_A_TEST.replace("FIRST", first)
    if first == "request":
        test = test.replace("test_untouched_1", "untouched_1")
    result = run({"conftest.py": CONFTEST, "test_a.py": test}, f"--l1={backend}", *STRICT)
    assert result.parseoutcomes().get("passed", 0) == (7 if first == "request" else 8)
    assert not {"failed", "errors"} & set(result.parseoutcomes())


BASE = """
import pytest

@pytest.fixture(scope="session")
def base(l1, accounts, Counter):
    return l1.deploy(Counter, sender=accounts.carol)

@pytest.fixture(scope="session")
def wide(base, accounts):
    base.increment(sender=accounts.alice)
    return base
"""


@BACKENDS
def test_what_both_did_to_one_contract_is_told_apart(run: Run, backend: str) -> None:
    test = """
import pytest

@pytest.fixture(scope="module")
def narrow(base, accounts):
    base.set(10, sender=accounts.alice)

def test_narrow(base, narrow):
    assert base.number() == 10

def test_both(base, narrow, wide):
    assert base.number() == 11
"""
    after = "def test_wide_is_all_there_is(base, wide): assert base.number() == 1"
    files = {"conftest.py": BASE, "test_a.py": test, "test_b.py": after}
    run(files, f"--l1={backend}", *STRICT).assert_outcomes(passed=3)


@BACKENDS
def test_what_a_wider_fixture_needs_stays_and_a_warning_says_so(run: Run, backend: str) -> None:
    test = """
import pytest

@pytest.fixture(scope="module")
def narrow(base, accounts):
    base.set(3 - 1, sender=accounts.bob)

def test_narrow(base, narrow):
    assert base.number() == 2

def test_both(base, narrow, needy):
    assert base.number() == 12
"""
    conftest = """
@pytest.fixture(scope="session")
def needy(base, accounts):
    base.add_ten_to_two(sender=accounts.alice)
    return base
"""
    source = """
pragma solidity ^0.8.20;
contract Counter {
    uint256 public number;
    function set(uint256 value) external { number = value; }
    function add_ten_to_two() external { require(number == 2); number += 10; }
}
"""
    after = "def test_it_is_still_there(base, needy): assert base.number() == 12"
    again = "def test_it_stays(base): assert base.number() == 12"
    files = {"src/Counter.sol": source, "conftest.py": BASE + conftest, "test_a.py": test}
    result = run(files | {"test_b.py": after, "test_c.py": again}, f"--l1={backend}")
    result.assert_outcomes(passed=4, warnings=1)
    result.stdout.fnmatch_lines(["*what fixture narrow (module) did stays until fixture needy (session) ends*"])


WHOLE = """
import unittest
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

@pytest.fixture(scope="module", params=[1, 2])
def mode(request, l1):
    l1.mine(request.param)
    yield request.param
    l1.mine(5)

@pytest.fixture(scope=lambda fixture_name, config: "class")
def of_class(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.frank)
    yield counter
    counter.set(8, sender=accounts.frank)

@pytest.fixture(scope="module")
def broken(l1):
    l1.mine(100)
    raise RuntimeError("not today")

@pytest.fixture
def own(l1, accounts, Counter):
    return l1.deploy(Counter, sender=accounts.grace)

def test_mode(mode):
    pass

def test_mode_and_late(mode, token, intact):
    assert intact(token)

@pytest.mark.xfail(raises=RuntimeError, strict=True)
def test_broken(broken):
    pass

def test_broken_left_nothing(l1):
    assert l1.block_number < 50

class TestClass:
    def test_class(self, of_class, l1):
        assert of_class.number() == 0
        of_class.increment(sender=l1.accounts.frank)

    def test_class_again(self, of_class, token, untouched, intact):
        assert of_class.number() == 0 and intact(token)

    def test_nested(self, of_class, nested, intact):
        assert of_class.number() == 0 and intact(nested)

def test_after_the_class(untouched, accounts):
    assert untouched(accounts.frank)

@pytest.fixture
def held(l1, accounts, Counter):
    return l1.deploy(Counter, sender=accounts.ivan)

@pytest.mark.parametrize("held", [1], indirect=True, scope="module")
class TestHeldLonger:
    def test_one(self, held, accounts):
        assert held.number() == 0
        held.increment(sender=accounts.ivan)

    def test_two(self, held):
        assert held.number() == 0

class TestPlain(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def given_these(self, request, l1, accounts, Counter):
        self.l1, self.bob, self.Counter = l1, accounts.bob, Counter
        self.request = request

    def test_one(self):
        self.l1.deploy(self.Counter, sender=self.bob)
        assert self.request.getfixturevalue("nested").number() == 1003

    def test_two(self):
        assert self.l1.nonce(self.bob) == 0

@settings(max_examples=4, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.integers(0, 3))
def test_examples(request, own, accounts, times):
    assert own.number() == 0
    for _ in range(times):
        own.increment(sender=accounts.bob)
    assert request.getfixturevalue("late_in_examples").number() == 2

@pytest.mark.parametrize("n", range(2))
def test_after_the_examples(late_in_examples, untouched, accounts, l1, n):
    assert late_in_examples.number() == 2 and untouched(accounts.bob, accounts.grace)
    late_in_examples.increment(sender=accounts.bob)
"""

PACKAGE = """
import pytest

@pytest.fixture(scope="session")
def late_in_examples(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.judy)
    counter.set(2, sender=accounts.judy)
    return counter

@pytest.fixture(scope="package")
def nested(l1, request, accounts):
    l1.mine(2)
    found = request.getfixturevalue("token")
    l1.mine(2)
    return found
"""

OUTSIDE = """
def test_the_packages_fixtures_are_gone(l1, untouched, accounts, token, intact):
    assert untouched(accounts.bob, accounts.frank, accounts.grace) and intact(token)
"""


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--l1=py-evm",), id="py-evm"),
        pytest.param(("--l1=anvil",), id="anvil", marks=pytest.mark.only_anvil),
        pytest.param(("--setup-show",), id="setup-show"),
        pytest.param(("-n", "2"), id="xdist"),
        pytest.param(("test_z.py", "a"), id="last first"),
    ],
)
def test_levels_follow_pytests_own_lifetimes(run: Run, options: tuple[str, ...]) -> None:
    files = {"conftest.py": CONFTEST, "a/__init__.py": "", "a/conftest.py": PACKAGE, "a/test_a.py": WHOLE}
    result = run(files | {"test_z.py": OUTSIDE}, *options, *STRICT)
    result.assert_outcomes(passed=17, xfailed=1)


def test_a_rollup_asked_for_within_a_test_stands_for_later_ones(run: Run) -> None:
    test = """
import pytest

@pytest.fixture
def lazy(request, l1, accounts, Counter):
    l1.deploy(Counter, sender=accounts.bob)
    return request.getfixturevalue("rollup")

@pytest.fixture(scope="session")
def on_l2(rollup, accounts, Counter):
    counter = rollup.l2.deploy(Counter, sender=accounts.alice)
    rollup.queue_deposit(7, sender=accounts.alice, to=accounts.bob.address_bytes, call_value=7)
    counter.increment(sender=accounts.alice)
    counter.increment(sender=accounts.carol)
    return counter

@pytest.mark.parametrize("n", range(2))
def test_lazy(lazy, accounts, n):
    assert lazy.l2.balance(accounts.alice) > 0
    lazy.deposit(5, sender=accounts.bob)
    lazy.confirm_all()

@pytest.mark.parametrize("n", range(2))
def test_in_the_body(request, l1, accounts, Counter, n):
    l1.deploy(Counter, sender=accounts.bob)
    counter = request.getfixturevalue("on_l2")
    assert counter.number() == 2
    counter.increment(sender=accounts.bob)
    assert counter.number() == 3
    request.getfixturevalue("rollup").confirm_all()

@pytest.mark.parametrize("n", range(2))
def test_direct(rollup, on_l2, accounts, n):
    assert on_l2.number() == 2 and rollup.l1.code(rollup.portal.address)
    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    on_l2.increment(sender=accounts.bob)
    rollup.confirm_all()
"""
    run({"test_a.py": test}, *STRICT).assert_outcomes(passed=6)


def test_what_cannot_be_told_apart_on_l2_stays_with_a_warning(run: Run) -> None:
    conftest = """
import pytest

@pytest.fixture(scope="session")
def on_l2(rollup, accounts, Counter):
    counter = rollup.l2.deploy(Counter, sender=accounts.alice)
    counter.increment(sender=accounts.alice)
    return counter
"""
    test = """
import pytest

@pytest.fixture(scope="module")
def local(rollup, accounts, Counter):
    return rollup.l2.deploy(Counter, sender=accounts.alice)

def test_local(local):
    assert local.number() == 0

def test_both(local, on_l2):
    assert local.number() == 0 and on_l2.number() == 1
    local.increment(sender=on_l2.chain.accounts.bob)
"""
    after = "def test_it_is_still_there(on_l2, rollup): assert on_l2.number() == 1"
    result = run({"conftest.py": conftest, "test_a.py": test, "test_b.py": after})
    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(["*what fixture local (module) did stays until fixture on_l2 (session) ends*"])
