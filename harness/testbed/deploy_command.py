"""The arguments of `harness deploy`. The command itself is imported when it runs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.arguments import Parser, address, folder_to_be, natural, url
from harness.rollup.forks import DEFAULT_FORK, FORKS, fork_name

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account

_PARAMETERS = (
    ("chain-id", "chain id of the L2 (default: 901)"),
    ("window", "seconds until delayed messages can be forced in (default: 86400)"),
    ("lead", "seconds that L2's time may run ahead of L1's (default: 3600)"),
    ("period", "challenge period, in seconds (default: 604800)"),
    ("bond", "bond of an assertion, and of opening its game, in wei (default: 1 ether; at least 0.1 ether)"),
    ("burnt-share", "ten-thousandths of a countered bond that are burnt (default: 2500)"),
    ("base-fee", "price of L2 gas, in wei (default: 10000000)"),
    ("base-fee-scalar", "factor of L1's base fee in the L1 data fee, in millionths (default: 0, no such fee)"),
    ("blob-base-fee-scalar", "factor of L1's blob base fee in the L1 data fee, in millionths (default: 0)"),
    ("gas-per-block", "L2 gas that each L1 block adds to the budget of sequenced transactions (default: 8388608)"),
    ("gas-cap", "most gas that this budget holds (default: 134217728)"),
    ("delayed-gas-cap", "most L2 gas that messages buy in one L1 block (default: 8388608)"),
    ("delayed-gas-target", "L2 gas that a block sells before the price rises (default: 2097152)"),
    ("delayed-gas-price", "lowest price of that gas, in thousandths of L1 gas (default: 1000)"),
    ("maturity", "seconds between a withdrawal's proof and its execution (default: 0)"),
)
_RULES = (
    ("max-clock", "response time of each side of a dispute, in seconds (default: 302400)"),
    ("extension", "least seconds that a move in a dispute leaves its side (default: 10800)"),
    ("step-extension", "least seconds that it leaves before a one-step proof (default: 21600)"),
    ("gas-price-cap", "wei per gas up to which bonds cover an answer (default: 50000000000)"),
)


def add_to(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to those of ``harness``."""
    deploy = commands.add_parser("deploy", help="deploy a rollup to a local chain, or continue a deployment")
    deploy.add_argument("--rpc", type=url, required=True, metavar="URL", help="JSON-RPC URL of the L1")
    deploy.add_argument(
        "--out",
        type=folder_to_be,
        default=Path("deployments"),
        metavar="DIR",
        help="folder of the deployment file (default: deployments)",
    )
    source = deploy.add_mutually_exclusive_group()
    source.add_argument("--mnemonic", metavar="WORDS", help="deploy with the first account of this phrase")
    source.add_argument("--key-env", metavar="NAME", help="deploy with the private key in this environment variable")
    words = "deploy with the first account that the node signs for (default, on a development chain)"
    source.add_argument("--node", action="store_true", help=words)
    deploy.add_argument(
        "--sequencer", type=address, metavar="ADDRESS", help="who posts batches (default: the deployer)"
    )
    deploy.add_argument(
        "--fork", choices=[fork_name(fork) for fork in FORKS], help=f"rules of L2 (default: {fork_name(DEFAULT_FORK)})"
    )
    for name, words in (*_PARAMETERS, *_RULES):
        deploy.add_argument(f"--{name}", type=natural, metavar="N", help=words)
    words = "lose a withdrawal whose call fails, as the OP Stack does (default: it can be tried again)"
    deploy.add_argument("--lose-failed", action="store_true", help=words)
    deploy.set_defaults(run=_deploy)


def _deploy(chosen: argparse.Namespace) -> int:
    from harness.chain.opening import open_chain
    from harness.progress import Tally
    from harness.rollup.config import RollupConfig
    from harness.rollup.networks import check_network
    from harness.testbed import deployment

    parameters: dict[str, Any] = {**_given(chosen, _PARAMETERS), "games": _given(chosen, _RULES), "genesis": _genesis()}
    parameters["retry_failed"] = not chosen.lose_failed
    if chosen.fork is not None:
        parameters["fork"] = chosen.fork
    config = RollupConfig.of(parameters)
    tally = Tally("contracts")
    try:
        with open_chain(chosen.rpc) as chain, tally:
            check_network(chain)
            deployer = _deployer(chosen, chain)
            print(f"Deploying to chain {chain.chain_id} from {deployer.address}")
            done = deployment.deploy(
                chain,
                deployer,
                chosen.out,
                config=config,
                sequencer=chosen.sequencer,
                report=lambda line: print(f"  {line}", flush=True),
                tally=tally,
            )
    except KeyboardInterrupt:
        count = f"{tally.done} of {tally.total or 'all'}"
        print(f"interrupted: {count} contracts are deployed; run the same command to continue")
        return 130
    print(f"{len(done.content['steps'])} contracts are in {done.path}")
    return 0


def _given(chosen: argparse.Namespace, options: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """Return the options that were given, by name."""
    values = {name: getattr(chosen, name.replace("-", "_")) for name, _ in options}
    return {name: value for name, value in values.items() if value is not None}


def _genesis() -> Mapping[str, Any]:
    """Return the table of genesis contracts of the project around the current folder. No option could hold it."""
    from harness import config

    root = config.root_above(Path.cwd())
    return {} if root is None else config.load(root).rollup.get("genesis", {})


def _deployer(chosen: argparse.Namespace, chain: Chain) -> Account:
    """Return the account that pays: one of a phrase, of a key in the environment, or the node's own."""
    from eth_account.hdaccount import HDPath, seed_from_mnemonic

    from harness.chain.values.accounts import HD_PATH, Account
    from harness.rollup.errors import NoDeployer

    if chosen.mnemonic is not None:
        try:
            return Account.from_key(HDPath(f"{HD_PATH}/0").derive(seed_from_mnemonic(chosen.mnemonic, "")))
        except Exception as problem:  # eth_account raises several kinds; their messages do not repeat the words
            raise NoDeployer(f"--mnemonic gives no phrase of BIP-39 ({type(problem).__name__})") from problem
    if chosen.key_env is not None:
        key = os.environ.get(chosen.key_env)
        if not key:
            raise NoDeployer(f"the environment has no {chosen.key_env}")
        try:
            return Account.from_key(key.strip())
        except Exception:
            # The cause is dropped, since its message could print the key.
            raise NoDeployer(f"{chosen.key_env} holds no private key, expected 32 bytes in hexadecimal") from None
    held = _accounts_of(chain)
    if not held:
        raise NoDeployer("the node signs for no account of its own")
    first = Account(str(held[0]))
    if not chosen.node:
        print(f"No account was named: the node's own first account, {first.address}, pays")
    return first


def _accounts_of(chain: Chain) -> list[Any]:
    """Return the accounts that the node signs for: on a development chain its funded accounts, elsewhere none."""
    from harness.chain.errors import RpcError
    from harness.chain.rpc import request

    try:
        found = request(chain.backend, "eth_accounts")
    except RpcError:
        return []
    return list(found) if isinstance(found, list) else []
