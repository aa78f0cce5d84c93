"""What is wrong with an adapter, or with the contracts that it drives."""

from __future__ import annotations

from harness.errors import HarnessError, brief


class NotApplicable(HarnessError):
    """The contracts lack what an attack needs. Every default of an adapter raises it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AdapterError(HarnessError):
    """An adapter cannot be used, or does not do what its protocol says; ``adapter`` is its name."""

    def __init__(self, adapter: str, reason: str) -> None:
        super().__init__(f"{adapter}: {reason}")
        self.adapter = adapter
        self.reason = reason


class AdapterNotFound(AdapterError):
    """No adapter has this name: no such file, module or class, or one of another kind."""


class AdapterLacks(AdapterError):
    """An adapter does not define all that its protocol demands; ``methods`` are the names of what it lacks."""

    def __init__(self, adapter: str, methods: tuple[str, ...]) -> None:
        super().__init__(adapter, f"lacks method{'s' * (len(methods) > 1)} {', '.join(methods)}")
        self.methods = methods


class AdapterFailed(AdapterError):
    """A method of an adapter raised an exception that is neither a revert nor `NotApplicable`, or an attribute any.

    ``method`` is the name of either.
    """

    def __init__(self, adapter: str, method: str, problem: BaseException) -> None:
        first = str(problem).partition("\n")[0]
        super().__init__(adapter, f"{method} raised {type(problem).__name__}: {first}")
        self.method = method
        self.problem = problem


class WrongAnswer(AdapterError):
    """A method of an adapter returned a value of another type than its protocol says."""

    def __init__(self, adapter: str, method: str, actual: object, expected: str) -> None:
        super().__init__(adapter, f"{method} returned {brief(actual)}, expected {expected}")
        self.method = method
        self.actual = actual
        self.expected = expected


class WrongAttribute(AdapterError):
    """An attribute of an adapter is of another type than its protocol says, or a value that means nothing there."""

    def __init__(self, adapter: str, attribute: str, actual: object, expected: str) -> None:
        super().__init__(adapter, f"{attribute} is {brief(actual)}, expected {expected}")
        self.attribute = attribute
        self.actual = actual
        self.expected = expected


class MoneyMisstated(AdapterError):
    """What an adapter says of money is not what the chain says; amounts are the asset's smallest units."""

    def __init__(self, adapter: str, what: str, actual: int, expected: int) -> None:
        super().__init__(adapter, f"{what}: the adapter says {actual}, the chain says {expected}")
        self.what = what
        self.actual = actual
        self.expected = expected
