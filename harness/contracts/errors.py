"""Errors of sources, the compiler, artifacts and bindings; `harness.errors` draws their tree."""

from __future__ import annotations

from harness.errors import ContractError, Reverted, brief, did_you_mean


class UnknownMember(ContractError, AttributeError):
    """A contract has no function, error or event of this name; ``known`` are the names that it has."""

    def __init__(self, contract: str, name: str, kind: str, known: tuple[str, ...], also: tuple[str, ...] = ()) -> None:
        listed = ", ".join(sorted(set(known))) or "none"
        super().__init__(f"{contract} has no {kind} {name!r}; it has {listed}{did_you_mean(name, (*known, *also))}")
        self.contract = contract
        self.member = name
        self.kind = kind
        self.known = known


class WrongArguments(ContractError):
    """The arguments do not fit the ABI or the call; ``reason`` says which and why."""

    def __init__(self, what: str, arguments: object, expected: str, reason: str = "") -> None:
        super().__init__(f"{what} got {brief(arguments)}, expected {expected}" + (f": {reason}" if reason else ""))
        self.what = what
        self.arguments = arguments
        self.expected = expected
        self.reason = reason


class AmbiguousOverload(WrongArguments):
    """The arguments fit several functions, events or errors of one name; ``signatures`` lists them."""

    def __init__(self, what: str, arguments: object, signatures: tuple[str, ...], table: str = "functions") -> None:
        super().__init__(what, arguments, " or ".join(signatures), f'choose one: {table}["{signatures[0]}"]')
        self.signatures = signatures


class UndecodableAnswer(ContractError):
    """A call's output does not decode as the function's return types; ``data`` is the output."""

    def __init__(self, function: str, data: bytes, expected: str, reason: str) -> None:
        answer = f"0x{data.hex()}" if len(data) <= 256 else f"0x{data[:256].hex()}… ({len(data)} bytes)"
        super().__init__(f"{function} answered {answer}, expected {expected}: {reason}")
        self.function = function
        self.data = data
        self.expected = expected
        self.reason = reason


class SenderMissing(ContractError):
    """A function that changes state was called without ``sender``."""

    def __init__(self, function: str, reason: str = "") -> None:
        hint = f" ({reason})" if reason else ""
        super().__init__(f"{function} changes state: expected sender=an account, or .call(...) to only read{hint}")
        self.function = function


class NotDeployable(ContractError):
    """The contract has no creation code: it is an interface or an abstract contract."""

    def __init__(self, contract: str) -> None:
        super().__init__(f"{contract} has no creation code (an interface or abstract contract?)")
        self.contract = contract


class LibraryMissing(ContractError):
    """The contract links a library whose address is not given."""

    def __init__(self, contract: str, library: str, reason: str = "") -> None:
        why = f" ({reason})" if reason else ""
        super().__init__(f"{contract} needs library {library}{why}: expected libraries={{'{library}': address}}")
        self.contract = contract
        self.library = library


class UnknownLibrary(ContractError):
    """An address is given for a library that the contract does not link, or by an ambiguous name."""

    def __init__(self, contract: str, given: str, needed: tuple[str, ...], ambiguous: bool = False) -> None:
        what = "is the name of several libraries" if ambiguous else "is no library that it links"
        listed = " and ".join(needed) or "none"
        short = {name.rsplit(":", 1)[-1] for name in needed}
        hint = "" if ambiguous else did_you_mean(given, {*needed, *short})
        super().__init__(f"{contract} got libraries={{{given!r}: ...}}, which {what}; it links {listed}{hint}")
        self.contract = contract
        self.given = given
        self.needed = needed


class DidNotRevert(ContractError, AssertionError):
    """The body of `reverts` ended without a revert."""

    def __init__(self, expected: str) -> None:
        super().__init__(f"nothing reverted, expected {expected}")
        self.expected = expected


class RevertedForAnotherReason(ContractError, AssertionError):
    """The body of `reverts` reverted for another reason; ``error`` is the exception."""

    def __init__(self, expected: str, actual: str, error: Reverted) -> None:
        super().__init__(f"{actual}; expected {expected}")
        self.expected = expected
        self.actual = actual
        self.error = error


class EventMissing(ContractError, AssertionError):
    """A receipt has no such event; ``emitted`` lists the events that it has."""

    def __init__(self, expected: str, emitted: tuple[str, ...], reason: str = "") -> None:
        hint = f" ({reason})" if reason else ""
        super().__init__(f"no event {expected}{hint}; emitted: {', '.join(emitted) or 'none'}")
        self.expected = expected
        self.emitted = emitted


class EventPresent(ContractError, AssertionError):
    """A receipt has an event that `not_emitted` forbids; ``emitted`` lists them."""

    def __init__(self, forbidden: str, emitted: tuple[str, ...]) -> None:
        super().__init__(f"{forbidden} was emitted: {', '.join(emitted)}")
        self.forbidden = forbidden
        self.emitted = emitted


class CompilerNotFound(ContractError):
    """No Solidity compiler of the wanted version was found.

    ``tried`` has one line for each place. ``pragmas`` are the files and version ranges that ask for it.
    """

    def __init__(self, wanted: str, tried: tuple[str, ...], pragmas: tuple[tuple[str, str], ...] = ()) -> None:
        places = "".join(f"\n  - {place}" for place in tried)
        ranges = f" for {_ranges(pragmas)}" if pragmas else ""
        super().__init__(
            f"no Solidity compiler {wanted}{ranges}; tried, in order:{places}\n"
            "Set HARNESS_SOLC to a solc binary, or install Node.js, or pip install 'rollup-harness[node]'"
        )
        self.wanted = wanted
        self.tried = tried
        self.pragmas = pragmas


class NoVersionFits(ContractError):
    """No Solidity release satisfies all version ranges; ``pragmas`` are pairs of file and range."""

    def __init__(self, pragmas: tuple[tuple[str, str], ...], oldest: str, newest: str) -> None:
        super().__init__(
            f"no Solidity version satisfies all of: {_ranges(pragmas)}; the harness knows {oldest} to {newest}"
        )
        self.pragmas = pragmas
        self.oldest = oldest
        self.newest = newest


def _ranges(pragmas: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{file}: {pragma}" if file else pragma for file, pragma in pragmas)


class CompileFailed(ContractError):
    """The compiler refused a source; ``messages`` are the compiler's own, with file and line."""

    def __init__(self, source: str, version: str, messages: tuple[str, ...]) -> None:
        body = "\n".join(message.rstrip() for message in messages)
        super().__init__(f"solc {version} refused {source}:\n{body}")
        self.source = source
        self.version = version
        self.messages = messages


class SeveralFailed(ContractError):
    """Several files of a project do not compile; ``problems`` has the error of each."""

    def __init__(self, problems: tuple[Exception, ...]) -> None:
        super().__init__(f"{len(problems)} things do not compile:\n" + "\n".join(map(str, problems)))
        self.problems = problems


class ImportNotFound(ContractError):
    """An import leads to no file; ``searched`` are the paths tried, in order, ``hint`` says what may help."""

    def __init__(self, importer: str, wanted: str, searched: tuple[str, ...], hint: str = "") -> None:
        places = "".join(f"\n  - {place}" for place in searched)
        super().__init__(
            f"{importer} imports {wanted!r}, which is at none of these places, tried in order:{places}"
            + (f"\n{hint}" if hint else "")
        )
        self.importer = importer
        self.wanted = wanted
        self.searched = searched
        self.hint = hint


class SourceUnreadable(ContractError):
    """A source file that a contract needs cannot be read, or is not UTF-8."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source} cannot be compiled: {reason}")
        self.source = source
        self.reason = reason


class SourceSkipped(UserWarning):
    """A file or folder among the sources or artifacts cannot be read; no known contract needs it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} is skipped: {reason}")
        self.path = path
        self.reason = reason


class ArtifactStale(UserWarning):
    """A contract that was built elsewhere is older than its source; ``sources`` are those that have changed since."""

    def __init__(self, contract: str, path: str, sources: tuple[str, ...]) -> None:
        super().__init__(
            f"{contract} is stale: {' and '.join(sources)} changed after {path} was built;"
            " build again, or name the folder of the sources by contracts"
        )
        self.contract = contract
        self.path = path
        self.sources = sources


class UnknownContract(ContractError):
    """The project has no contract of this name; ``close`` has similar names, ``hint`` says what else may help."""

    def __init__(self, wanted: str, close: tuple[str, ...], where: str, hint: str = "") -> None:
        meant = f"; did you mean {' or '.join(close)}?" if close else ""
        super().__init__(f"no contract {wanted!r} in {where}{meant}" + (f"\n{hint}" if hint else ""))
        self.wanted = wanted
        self.close = close
        self.where = where


class AmbiguousContract(ContractError):
    """Several files declare a contract of this name; ``places`` are the files."""

    def __init__(self, name: str, places: tuple[str, ...]) -> None:
        named = " and ".join(places)
        super().__init__(f'contract name {name!r} is ambiguous: {named}; ask for contracts["{places[0]}:{name}"]')
        self.name = name
        self.places = places


class ArtifactUnreadable(ContractError):
    """A file is no contract artifact of the harness, Foundry, Hardhat, Truffle or solc."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} is no contract artifact: {reason}")
        self.path = path
        self.reason = reason
