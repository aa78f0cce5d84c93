"""What users may import: six modules, the names in their ``__all__``, and nothing that they need from elsewhere."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import harness
import harness.errors
from harness import deprecations
from harness.chain.values.decoded import Struct
from harness.contracts.bindings import ErrorType, EventType, Function, Functions
from harness.errors import HarnessError

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = ("harness", "harness.adapters", "harness.agents", "harness.errors", "harness.scenarios", "harness.testing")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "harness" / "guides").glob("*.md"))]

NAMES = {
    "harness": {
        *("Account", "Accounts", "CallTrace", "Chain", "Contract", "ContractType", "Contracts", "GameRules", "Project"),
        *("Receipt", "Rollup", "RollupConfig", "Snapshot", "built_in_contracts", "emitted", "ether", "gwei"),
        *("not_emitted", "open_chain", "reverts"),
    },
    "harness.adapters": {
        *(
            "Adapter",
            "Bridge",
            "Channel",
            "Claim",
            "Derived",
            "DerivedBatch",
            "DerivedMessage",
            "Game",
            "Inbox",
            "Lock",
        ),
        *("Message", "Money", "NotApplicable", "Outcome", "Rules", "Side", "State", "Terms"),
    },
    "harness.agents": {"Challenger", "Proposer", "Sequencer", "faults"},
    "harness.scenarios": {
        *("Expect", "Result", "Scenario", "Step", "again", "differences", "load", "parse", "read", "resend", "run"),
        "write",
    },
    "harness.testing": {
        *(
            "AssertionHandle",
            "ChainMachine",
            "ChannelMachine",
            "Exit",
            "ExitCall",
            "Walkaway",
            "walk_away",
            "RollupMachine",
            "ChallengerHandle",
            "Channel",
            "Channels",
            "Conservation",
            "Deployment",
            "FileJournal",
        ),
        *("GameHandle", "Isolation", "ProposerHandle", "Restorable", "SequencerHandle", "load_deployment"),
        *("Sidechain", "SidechainBridge", "open_channels"),
    },
}


@pytest.mark.parametrize("module", NAMES)
def test_a_public_module_offers_exactly_these_names(module: str) -> None:
    offered: list[str] = import_module(module).__all__
    assert set(offered) == NAMES[module]
    assert len(offered) == len(set(offered))


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_there(module: str) -> None:
    home = import_module(module)
    assert [name for name in home.__all__ if not hasattr(home, name)] == []


@pytest.mark.parametrize("module", ["harness", "harness.errors"])
def test_a_name_that_is_not_public_is_an_attribute_error(module: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'Nothing'"):
        import_module(module).Nothing  # noqa: B018 the access itself is what fails


def test_every_exception_of_the_harness_is_in_harness_errors() -> None:
    modules = (info.name for info in pkgutil.walk_packages(harness.__path__, "harness."))
    for name in modules:
        if not name.endswith("__main__"):
            import_module(name)
    found, waiting = set(), [HarnessError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found |= {kind} if kind.__module__.startswith("harness.") and not kind.__name__.startswith("_") else set()
    elsewhere = [kind for kind in found if getattr(harness.errors, kind.__name__, None) is not kind]
    assert not elsewhere, f"add them to harness.errors: {elsewhere}"


def test_an_exception_is_listed_once_under_the_module_that_defines_it() -> None:
    listed = [(name, room) for room, names in harness.errors._ROOMS.items() for name in names]
    assert len(listed) == len(harness.errors._HOMES)
    assert [name for name, room in listed if getattr(harness.errors, name).__module__ != room] == []


def test_importing_the_public_errors_is_light() -> None:
    code = "import sys, harness, harness.errors; print({'web3', 'eth', 'eth_account', 'pytest'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


# -- docstrings


def public_objects() -> dict[str, Any]:
    """Return what users hold, by name: what the modules offer, what these make, and every public member of a class."""
    found = {f"{module}.{name}": getattr(import_module(module), name) for module in PUBLIC for name in offered(module)}
    for kind in (ErrorType, EventType, Function, Functions, Struct):
        found[f"{kind.__module__}.{kind.__name__}"] = kind
    for name, kind in tuple(found.items()):
        if inspect.isclass(kind):
            members = ((key, getattr(kind, key)) for key in dir(kind) if not key.startswith("_"))
            found |= {f"{name}.{key}": member for key, member in members if is_of_the_harness(kind, key, member)}
    return found


def offered(module: str) -> list[str]:
    names: list[str] = import_module(module).__all__
    return names


def is_of_the_harness(kind: type, key: str, member: Any) -> bool:
    """Return whether a member is a method or property that a class of the harness defines."""
    home = next(base for base in kind.__mro__ if key in vars(base))
    return home.__module__.startswith("harness.") and (callable(member) or isinstance(member, property))


def test_everything_public_has_a_docstring() -> None:
    objects = public_objects()
    assert len(objects) > 400
    assert [name for name, value in objects.items() if not inspect.getdoc(value)] == []


def test_a_public_docstring_begins_with_one_sentence_on_one_line() -> None:
    firsts = {name: (inspect.getdoc(value) or "").partition("\n\n")[0] for name, value in public_objects().items()}
    assert [name for name, first in firsts.items() if "\n" in first or not first.endswith((".", ":"))] == []


RAISING = re.compile(r"\braise (\w+)\(")


def test_the_errors_that_a_public_method_raises_itself_are_in_its_docstring_or_its_classes() -> None:
    silent = []
    for name, value in public_objects().items():
        code = inspect.unwrap(value.fget if isinstance(value, property) else value)
        if not inspect.isfunction(code):
            continue
        owner = public_owner(name)
        said = f"{inspect.getdoc(value)} {inspect.getdoc(owner) if owner else ''}"
        for error in RAISING.findall(inspect.getsource(code)):
            kind = getattr(harness.errors, error, None)
            names = [] if kind is None else [base.__name__ for base in kind.__mro__ if issubclass(base, HarnessError)]
            if kind is not None and not any(name in said for name in names[:-1]):
                silent.append(f"{name} raises {error}")
    assert silent == []


def public_owner(name: str) -> Any:
    """Return the class that a name's member belongs to; None for a name of a module."""
    return public_objects().get(name.rpartition(".")[0])


# -- documents use what is public


def imports_in(text: str) -> list[tuple[str, str]]:
    """Return module and name of each import of the harness in the Python of a document."""
    found = []
    for code in re.findall(r"^```python[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "harness":
                found += [(node.module or "", alias.name) for alias in node.names]
            elif isinstance(node, ast.Import):
                found += [(alias.name, "") for alias in node.names if alias.name.partition(".")[0] == "harness"]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_import_public_names_only(document: Path) -> None:
    for module, name in imports_in(document.read_text(encoding="utf-8")):
        assert module in PUBLIC, f"{document.name} imports {module}"
        assert not name or name in import_module(module).__all__, f"{document.name} imports {module}.{name}"


def test_an_import_of_a_private_module_would_be_found() -> None:
    assert imports_in("```python\nfrom harness.chain.chain import Chain\nimport harness\n```\n") == [
        ("harness.chain.chain", "Chain"),
        ("harness", ""),
    ]


# -- deprecations


def test_a_deprecated_name_warns_once_and_names_its_place_and_its_end() -> None:
    with pytest.warns(DeprecationWarning) as caught:
        project = harness.house()
    (warning,) = caught
    assert project is harness.built_in_contracts()
    assert str(warning.message) == (
        "harness.house() is deprecated and will be removed in rollup-harness 0.2.0; use harness.built_in_contracts()"
    )
    assert warning.filename == __file__


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without what marks a pre-release."""
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def test_no_deprecated_name_outlives_its_promise() -> None:
    now = release(harness.__version__)
    due = [row.old for row in deprecations.DEPRECATED if release(row.removed_in) <= now]
    assert not due, f"remove these: {due}"


def test_no_name_is_deprecated_twice() -> None:
    names = [row.old for row in deprecations.DEPRECATED]
    assert len(names) == len(set(names))
