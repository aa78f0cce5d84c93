"""What each verb does, in small scenarios: each holds as it is written, and says so about something that could fail."""

from __future__ import annotations

import pytest

from harness.scenarios import parse, run
from harness.scenarios.finding import LIBRARY
from harness.scenarios.verbs import VERBS

SCENARIOS = {
    "a game that ends off chain is paid by its last state": """
name: race
steps:
  - game: {app: CountingRace, players: [alice, bob], as: race, stake: 1 ether}
  - {turns: {game: race, by: alice, moves: [3]}, reverts: IllegalProposal}
  - turns: {game: race, by: bob, moves: [3, 3, 3, 3, 3, 3]}
  - {conclude: {game: race, by: alice}, reverts: NotOver}
  - turns: {game: race, by: bob, moves: [3]}
  - conclude: {game: race, by: alice}
expect: {gain: {alice: -1 ether, bob: 1 ether}}
""",
    "a life of a channel that was drawn is played": """
name: drawn
steps:
  - drawn:
      kind: ChannelCase
      case:
        {seed: 3, strategy: stale, honest_first: true, deposits: [5000000000, 12000000000], penalty: 10000,
         faults: {drop: 0.1, duplicate: 0.1, reorder: 0.3, delay: 3}, moves: [0, 1, 2, 3, 4, 5]}
  - mine: 1
expect: {within: 60 days, always: [conserved]}
""",
    "a contract that is there already gets a name": """
name: bound
steps:
  - deploy: {contract: DemoToken, as: token, with: [Token, TOK, 100]}
  - bind: {contract: L1Block, address: "0x4200000000000000000000000000000000000015", as: block, on: l2}
  - bind: {contract: DelayedInbox, address: sequencer_inbox.delayedInbox(), as: queue}
  - deposit: {value: 1 ether}
expect:
  reads:
    - {call: block.number(), gives: ">= 1"}
    - {call: queue.messageCount(), gives: ">= 1"}
""",
    "a player who answers no challenge loses the pot": """
name: silent
steps:
  - game: {app: CountingRace, players: [alice, bob], as: race, stake: 1 ether}
  - turns: {game: race, by: bob, moves: [3, 3]}
  - challenge: {game: race, by: bob, move: 2}
  - {respond: {game: race, by: bob, move: 1}, reverts: OutOfTurn}
  - respond: {game: race, by: alice, move: 1}
  - {forfeit: {game: race, by: bob}, reverts: StatusMismatch}
  - challenge: {game: race, by: alice}
  - forfeit: {game: race, by: alice}
expect: {gain: {alice: 1 ether, bob: -1 ether}}
""",
    "a party that is away for a while gets what it is owed": """
name: away
steps:
  - open: {parties: [alice, bob], as: channel, deposit: 10 ether}
  - offline: bob
  - pay: {channel: channel, from: alice, value: 3 ether}
  - online: bob
  - tick: 3
  - close: {channel: channel, by: alice}
  - settle: {channel: channel, pays: false}
  - mine: 2
  - collect: {channel: channel, by: bob}
  - {collect: {channel: channel, by: bob}, reverts: NothingToPay}
expect: {gain: {alice: -10 ether, bob: 3 ether}, always: [conserved, honest-lose-nothing]}
""",
    "tokens go to L2 and come back, and a channel holds tokens": """
name: tokens
steps:
  - deploy: {contract: DemoToken, as: token, with: [Token, TOK, 100]}
  - bridge: {token: token, value: 60 wei, to: bob}
  - {bridge: {token: token, value: 60 wei, as: more}, reverts: any}
  - bridge-back: {token: token, value: 25 wei, from: bob, as: back}
  - run: confirmed
  - execute: {withdrawal: back, from: bob}
  - call: {call: "token.transfer(carol, 10)"}
  - open: {parties: [alice, carol], as: channel, deposit: 20 wei, other: 10 wei, token: token}
  - pay: {channel: channel, from: alice, value: 5 wei}
  - close: {channel: channel, by: carol}
  - settle: channel
expect:
  gain: {alice: 0 ether, bob: 0 ether, carol: 0 ether}
  reads:
    - {call: twin.balanceOf(bob), gives: 35}
    - {call: token.balanceOf(bob), gives: 25}
    - {call: token.balanceOf(carol), gives: 15}
    - {call: token.balanceOf(alice), gives: 25}
  always: [conserved, honest-lose-nothing, nothing-stuck]
""",
    "users take everything out without the operators": """
name: alone
steps:
  - deposit: {value: 2 ether, from: bob}
  - {walk-away: {within: 1 days}, reverts: StepImpossible}
expect: {gain: {bob: 0 ether}}
""",
    "a user's call takes its own out of a contract when the operators are gone": """
name: alone
steps:
  - deploy: {contract: Loop, as: loop, on: l2}
  - batch: {}
  - walk-away: {calls: [{call: loop.spin(1), from: carol}], within: 10 days, gas: 2_500_000}
expect: {gain: {carol: 0 ether}, reads: [{call: loop.product(), gives: ">= 1"}]}
""",
    "an agent that a step sends away comes back in time": """
name: away
agents: {mallory: {role: proposer, lie: wrong_fee}, olivia: {role: challenger}}
steps:
  - deploy: {contract: Loop, as: loop, on: l2}
  - call: loop.spin(3)
  - batch: {number: 1, transactions: [{to: bob, value: 1 wei}]}
  - propose: mallory
  - run: level 3
  - away: {agent: olivia, for: 80 h}
expect: {outcome: rejected, reads: [{call: loop.product(), gives: 15}], always: [honest-lose-nothing]}
""",
    "a censored deposit is forced after the window and not before": """
name: forced
steps:
  - censor: {delayed: true}
  - deposit: {value: 2 ether, to: bob, as: gift}
  - {force: gift, reverts: TooEarlyToForce}
  - warp: 25 h
  - force: gift
expect: {gain: {alice: -2 ether, bob: 2 ether}, always: [conserved, honest-lose-nothing]}
""",
    "a censored sender reaches L2 by the queue on L1": """
name: queued
steps:
  - censor: {senders: [alice], delayed: true}
  - {send: {to: bob, value: 1 ether, on: l2}, reverts: NotSequenced}
  - queue: {to: bob, value: 1 ether, as: gift}
  - warp: 25 h
  - force: gift
  - censor: {}
expect: {gain: {alice: -1 ether, bob: 1 ether}}
""",
    "a withdrawal is executed once": """
name: withdrawn
agents: {peggy: {role: proposer}}
steps:
  - withdraw: {value: 3 ether, as: money}
  - run: until confirmed
  - prove: money
  - finalize: money
  - {finalize: money, reverts: OptimismPortal_AlreadyFinalized}
  - {execute: money, reverts: OptimismPortal_AlreadyFinalized}
expect: {gain: {alice: 0 ether}, always: [conserved, honest-lose-nothing]}
""",
    "a withdrawal that L2 never sent is not paid": """
name: forged
agents: {peggy: {role: proposer}}
steps:
  - batch: {}
  - run: until confirmed
  - forge: {withdrawal: 100 ether, as: loot}
  - {prove: {withdrawal: loot, from: mallory, root: forged}, reverts: NoSuchGame}
  - {execute: {withdrawal: loot, from: mallory}, reverts: NotYetProvable}
expect: {gain: {mallory: 0 ether}}
""",
    "a false root that nobody disputes pays its liar": """
name: cash
agents:
  mallory: {role: proposer, lie: {kind: forge_withdrawal, to: mallory, wei: 50 ether}}
  olivia: {role: challenger, away: [{for: forever}]}
  peggy: {role: proposer, away: [{for: forever}]}
steps:
  - batch: {number: 2}
  - propose: mallory
  - {cash-out: mallory, reverts: OptimismPortal_InvalidRootClaim}
  - run: quiet
  - cash-out: mallory
expect: {outcome: undisputed, gain: {mallory: 50 ether}, always: []}
""",
    "a false root that is rejected pays nobody": """
name: cash2
agents:
  mallory: {role: proposer, lie: {kind: forge_withdrawal, to: mallory, wei: 50 ether}}
  olivia: {role: challenger}
steps:
  - batch: {number: 2}
  - propose: mallory
  - run: quiet
  - {cash-out: mallory, reverts: AssertionRejected}
expect:
  outcome: rejected
  disputed: {batch: 2, name: INPUT}
  gain: {mallory: "< -1 ether"}
  always: [conserved, honest-lose-nothing]
""",
    "moves by hand and copied ones do not help a liar": """
name: hands
agents:
  mallory: {role: proposer, lie: wrong_fee}
  olivia: {role: challenger}
  sybil: {role: challenger, opens: false, confirms: false, tactic: [silent]}
steps:
  - batch: {number: 1, transactions: [{to: bob, value: 1 wei}]}
  - propose: mallory
  - dispute: olivia
  - move: {agent: sybil, claim: 1, side: attack, value: junk}
  - {move: {agent: sybil, claim: 1, side: attack, value: junk}, reverts: DuplicateClaim}
  - {step: {agent: sybil, claim: 1}, reverts: TooShallow}
  - {move: {agent: sybil, claim: 99}, reverts: StepImpossible}
  - front-run: {agent: sybil, of: olivia}
  - run: quiet
expect: {outcome: rejected, always: [conserved, honest-lose-nothing, nothing-stuck]}
""",
    "full blocks do not help a liar": """
name: full
agents: {mallory: {role: proposer, lie: wrong_fee}, olivia: {role: challenger}}
steps:
  - batch: {number: 1, transactions: [{to: bob, value: 1 wei}]}
  - propose: mallory
  - {at: claim 5, fill-blocks: 3}
expect: {outcome: rejected, always: [conserved, honest-lose-nothing]}
""",
    "anybody confirms an assertion after its period": """
name: confirm
agents: {peggy: {role: proposer, confirms: false}, olivia: {role: challenger, confirms: false}}
steps:
  - batch: {transactions: [{to: bob, value: 1 wei}]}
  - propose: {agent: peggy, as: first}
  - {confirm: {from: bob}, reverts: PeriodNotOver}
  - warp: 8 days
  - confirm: {assertion: first, from: bob}
expect: {gain: {bob: 1 wei}}
""",
    "a channel is closed together": """
name: together
steps:
  - open: {parties: [alice, bob], as: ch, deposit: 10 ether, other: 5 ether}
  - pay: {channel: ch, from: alice, value: 3 ether}
  - top-up: {channel: ch, by: bob, value: 1 ether}
  - take-out: {channel: ch, by: bob, value: 2 ether}
  - close: {channel: ch, together: true}
  - settle: ch
expect: {gain: {alice: -3 ether, bob: 3 ether}, always: [conserved, honest-lose-nothing]}
""",
    "a state that the other party never signed is refused": """
name: forgedstate
steps:
  - open: {parties: [alice, bob], as: ch, deposit: 10 ether}
  - pay: {channel: ch, from: alice, value: 3 ether}
  - forge-state: {channel: ch, by: bob, takes: 5 ether, as: fake}
  - {close: {channel: ch, by: bob, state: fake}, reverts: WrongSigner}
  - close: {channel: ch, by: bob}
  - {answer: {channel: ch, by: bob, state: fake}, reverts: WrongSigner}
  - settle: ch
expect: {gain: {alice: -3 ether, bob: 3 ether}, always: [conserved, honest-lose-nothing]}
""",
    "a payment over three hops costs the hubs nothing": """
name: route
steps:
  - open: {parties: [alice, bob], as: ab, deposit: 10 ether}
  - open: {parties: [bob, carol], as: bc, deposit: 10 ether}
  - open: {parties: [carol, dave], as: cd, deposit: 10 ether}
  - route: {from: alice, to: dave, value: 2 ether, as: payment}
  - close: {channel: ab, by: bob}
  - close: {channel: bc, by: bob}
  - close: {channel: cd, by: dave}
  - settle: ab
  - settle: bc
  - settle: cd
expect: {gain: {alice: -2 ether, bob: 0 ether, dave: 2 ether}, always: [conserved, honest-lose-nothing]}
""",
    "an answer after the window comes too late": """
name: late
steps:
  - open: {parties: [alice, bob], as: ch, deposit: 10 ether}
  - keep: {channel: ch, as: old}
  - pay: {channel: ch, from: alice, value: 3 ether}
  - close: {channel: ch, by: alice, state: old}
  - deadline: {channel: ch, after: 1 s}
  - {answer: {channel: ch, by: bob}, reverts: WindowClosed}
  - settle: ch
expect: {gain: {alice: 0 ether, bob: 0 ether}, stolen: 3 ether, always: [conserved]}
""",
    "a lie after an upgrade of L2 is disproven": """
name: upgrade
l1: {fork: prague}
rollup: {fork: prague}
agents: {mallory: {role: proposer, lie: wrong_fee}, olivia: {role: challenger}}
steps:
  - upgrade: osaka
  - warp: 30 days
  - batch: {number: 1, transactions: [{to: bob, value: 1 wei}]}
  - propose: mallory
expect: {outcome: rejected, always: [conserved, honest-lose-nothing]}
""",
    "an attack of a pack is played and held": """
name: attack
steps:
  - attack: {kind: channel, name: stale-close, adapter: built-in}
expect: {gain: {alice: 2000000 gwei, mallory: -2000000 gwei}}
""",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_holds(name: str) -> None:
    result = run(parse(SCENARIOS[name]), root=LIBRARY)
    assert [row for row in result.expectations if not row.holds] == []
    assert len(result.expectations) > 1


def test_every_verb_is_played_in_this_folder() -> None:
    texts = [*SCENARIOS.values(), *(path.read_text() for path in LIBRARY.glob("*.yaml"))]
    used = {verb.word for text in texts for verb in parse(text).verbs}
    assert {verb.word for verb in VERBS} - used == set()


def test_what_a_thief_took_is_told_as_stolen() -> None:
    result = run(parse(SCENARIOS["a false root that nobody disputes pays its liar"]), root=LIBRARY)
    assert result.headline == "mallory stole 50 ether from those who have ether on L2."
    stolen = [(entry.party, entry.amount) for entry in result.ledger if entry.category == "stolen"]
    assert stolen == [("portal", -50 * 10**18), ("mallory", 50 * 10**18)]


def test_a_theft_breaks_conservation_and_what_L2_owes() -> None:
    text = SCENARIOS["a false root that nobody disputes pays its liar"]
    result = run(parse(text.replace("always: []", "always: [conserved, honest-lose-nothing]")), root=LIBRARY)
    rows = {row.what: row for row in result.expectations if not row.holds}
    assert "which L1 executed" in rows["conserved"].actual
    assert rows["honest-lose-nothing"].actual == (
        "mallory stole 50 ether from those who have ether on L2; the portal lacks 49.99999979 ether that L2 owes"
    )


def test_a_party_that_gets_less_than_its_newest_state_gave_it_lost_something() -> None:
    text = SCENARIOS["an answer after the window comes too late"]
    result = run(parse(text.replace("always: [conserved]", "always: [honest-lose-nothing]")), root=LIBRARY)
    assert [row.actual for row in result.expectations if not row.holds] == ["bob lost 3 ether"]


def test_the_states_of_a_channel_are_told_in_their_order() -> None:
    (channel,) = run(parse(SCENARIOS["a channel is closed together"]), root=LIBRARY).channels
    told = [(state.status, *(state.balances[name] // 10**18 for name in ("alice", "bob"))) for state in channel.states]
    assert told == [
        ("open", 10, 5),
        ("open", 7, 8),
        ("open", 7, 9),
        ("open", 7, 7),
        ("settled", 7, 7),
        ("settled", 0, 0),
    ]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            '"0x4200000000000000000000000000000000000015"',
            "bind: 0x4200000000000000000000000000000000000015 has no code",
        ),
        ("token.decimals()", "bind: token.decimals() gives 18, which has no code"),
    ],
)
def test_nothing_is_bound_where_no_code_is(address: str, said: str) -> None:
    text = f"""
name: unbound
steps:
  - deploy: {{contract: DemoToken, as: token, with: [Token, TOK, 100]}}
  - bind: {{contract: DemoToken, address: {address}, as: same}}
"""
    assert [row.actual for row in run(parse(text), root=LIBRARY).expectations if not row.holds] == [f"{said} on L1"]
