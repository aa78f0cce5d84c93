"""What a step's proof costs: the table of the guide "costs" is what is measured."""

from __future__ import annotations

from tests.contracts.proofs.test_one_step_prover_promise import _built, _measure
from tests.contracts.proofs.worst import CASES, hosts_of_cases
from tests.support.guide_tables import check_table, markdown


def test_the_guide_shows_what_the_dearest_steps_cost() -> None:
    hosts = hosts_of_cases()
    rows = []
    for name in CASES:
        gas, size = _measure(hosts(name), _built(name)[0], 1, 1, _built(name)[1])
        rows.append((name, f"{gas / 1e6:.1f} M", f"{size:,}"))
    check_table("costs", "steps", markdown(("step", "L1 gas", "transaction, bytes"), rows))
