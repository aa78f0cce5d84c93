"""titanoboa, unmodified: compiles Vyper, deploys, calls, and reads events on the network of a URL.

It runs in a Python that has nothing but titanoboa's own packages, which the first argument names: they are other
versions than those of the harness.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import boa
from eth_account import Account

SOURCE = """
event Kept:
    sender: indexed(address)
    amount: uint256

kept: public(uint256)

@deploy
def __init__(first: uint256):
    self.kept = first

@external
@payable
def keep(amount: uint256) -> uint256:
    assert amount != 13, "no luck"
    self.kept = amount
    log Kept(sender=msg.sender, amount=amount)
    return amount + 1
"""

wanted = json.load(sys.stdin)
told = {}
for name, url in wanted["urls"].items():
    with boa.set_network_env(url):
        boa.env.add_account(Account.from_key(wanted["key"]))
        before = boa.env.get_balance(wanted["other"])
        boa.env.execute_code(wanted["other"], value=5)
        kept = boa.loads(SOURCE, 3)
        first, returned = kept.kept(), kept.keep(4, value=7)
        events = [[str(log.sender), log.amount] for log in kept.get_logs()]
        try:
            kept.keep(13)
            refused = ""
        except boa.BoaError as problem:
            refused = str(problem)
        token = boa.loads_abi(json.dumps(wanted["abi"])).at(wanted["tokens"][name])
        token.transfer(wanted["other"], 9)
        told[name] = {
            "place": str(kept.address),
            "paid": boa.env.get_balance(wanted["other"]) - before,
            "kept": [first, returned, kept.kept()],
            "held": boa.env.get_balance(kept.address),
            "events": events,
            "refused": "no luck" in refused,
            "symbol": token.symbol(),
            "balance": token.balanceOf(wanted["other"]),
        }
print(json.dumps(told))
