"""Ten thousand payments with two transactions, a payment over others' channels, and an answered stale close."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from harness.chain.values.units import ether
from harness.channels.gas import PUBLISHED, measure
from harness.channels.routing import Policy
from harness.demo.stage import Stage
from harness.testbed.channel_fixtures import open_channels
from harness.testbed.channels import Channels

if TYPE_CHECKING:
    from harness.chain import Chain

PAYMENTS = 10_000
ACK_EVERY = 1_000


def show(stage: Stage) -> None:
    """Show payment channels."""
    stage.title(
        "Payment channels",
        f"{PAYMENTS:,} payments without a transaction, a payment routed over four hops, and a stale close that the"
        " watchtower answers for a party that is offline. After every L1 transaction the contract's books are checked.",
    )
    with stage.chains() as chains:
        if not chains:
            return
        chain = chains[0]
        network = open_channels(chain, seed=stage.seed)
        _many_payments(stage, network)
        _routed_payment(stage, network)
        _stale_close(stage, network)
        network.stop()
        _gas(stage, chain)


def _many_payments(stage: Stage, network: Channels) -> None:
    accounts = network.chain.accounts
    before = network.chain.block_number
    channel = network.open(accounts.alice, accounts.bob, deposit=ether(10))
    payer, payee = channel.end(accounts.alice), channel.end(accounts.bob)
    started = time.perf_counter()
    columns = (TextColumn("payments"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stage.console) as progress:
        task = progress.add_task("payments", total=PAYMENTS)
        for number in range(1, PAYMENTS + 1):
            payee.adopt(payer.pay(ether(5) // PAYMENTS, network.now), network.now)
            if number % ACK_EVERY == 0:
                ack = payee.acknowledge()
                if ack is not None:
                    payer.receive(ack, network.now)
                progress.advance(task, ACK_EVERY)
    spent = time.perf_counter() - started
    channel.close_together()
    table = Table(title="One channel", title_justify="left", header_style="bold")
    for column in ("payments", "per second", "L1 transactions", "alice is owed", "bob is owed"):
        table.add_column(column, justify="right")
    owed = [f"{channel.payout(account) / 10**18:g} ether" for account in (accounts.alice, accounts.bob)]
    table.add_row(f"{PAYMENTS:,}", f"{PAYMENTS / spent:,.0f}", str(network.chain.block_number - before), *owed)
    stage.console.print(table)


def _routed_payment(stage: Stage, network: Channels) -> None:
    accounts = network.chain.accounts
    line = [accounts.carol, accounts.dave, accounts.erin, accounts.frank, accounts.grace]
    for hub in line[1:-1]:
        network.policies[hub.address] = Policy(base_fee=10**14, rate=1_000)
    channels = [network.open(a, b, deposit=ether(3)) for a, b in pairwise(line)]
    hashlock, route = network.pay_route(line[0], line[-1], ether(1))
    table = Table(title="A payment over the channels of others", title_justify="left", header_style="bold")
    for column in ("hop", "amount", "lock expires after", "paid to the hop's recipient"):
        table.add_column(column, justify="right")
    for channel, payer, payee, hop in zip(channels, line, line[1:], route, strict=False):
        paid = channel.state.state.paid(channel.side(payer))
        expires = f"{(hop.expiry - network.now) // 60} min"
        table.add_row(f"{payer} to {payee}", f"{hop.amount / 10**18:g}", expires, f"{paid / 10**18:g}")
    stage.console.print(table)
    proof = "holds the preimage: its proof of payment" if network.node(line[0]).is_paid(hashlock) else "has no proof"
    stage.console.print(f"{line[0]} {proof}.")


def _stale_close(stage: Stage, network: Channels) -> None:
    accounts = network.chain.accounts
    alice, bob = accounts.alice, accounts.bob
    channel = network.open(alice, bob, deposit=ether(10), penalty=10_000)
    table = Table(title="A stale close", title_justify="left", header_style="bold")
    for column in ("step", "version on chain", "bob would get"):
        table.add_column(column)

    def note(step: str, version: str, amount: int) -> None:
        table.add_row(step, version, f"{amount / 10**18:g} ether")

    channel.pay(alice, ether(1))
    old = channel.state
    for _ in range(2):
        channel.pay(alice, ether(2))
    note("alice has paid 1, 2 and 2 ether; bob goes offline", "-", ether(5))
    network.offline(bob)
    channel.close(by=alice, state=old)
    note("alice closes with the first state", str(channel.info.version), ether(1))
    network.watchtower.step()
    note("the watchtower posts the newest state", str(channel.info.version), ether(5))
    channel.settle()
    note("settled: alice held a newer state, and forfeits her share", str(channel.info.version), channel.payout(bob))
    stage.console.print(table)


def _gas(stage: Stage, chain: Chain) -> None:
    measured = measure(chain, stage.contracts["PaymentChannel"])
    table = Table(title="Gas, beside published figures", title_justify="left", header_style="bold")
    for column in ("published", "gas", "here", "share"):
        table.add_column(column, justify="left" if column == "published" else "right")
    for row in PUBLISHED:
        ours = measured[row.ours]
        table.add_row(row.what, f"{row.gas:,}", f"{ours:,}", f"{100 * ours / row.gas:.0f} %")
    stage.console.print(table)
