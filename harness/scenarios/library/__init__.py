"""The library of scenarios: files beside this one, with the contracts that they name."""
