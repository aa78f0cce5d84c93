"""Finds adapters: by a built-in name, by the project's settings, as ``file.py:Class``, or by a dotted name."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import config as configuration
from harness.adapters.base import Adapter
from harness.adapters.errors import AdapterNotFound
from harness.contracts.library import Contracts
from harness.contracts.project import built_in_contracts, own_build, source_project
from harness.errors import did_you_mean

if TYPE_CHECKING:
    from harness.contracts.bindings import ContractType


class KnownContracts(Mapping[str, "ContractType"]):
    """Contract types by name: those of a project, then those that lie in a folder, and then the built-in ones.

    ``folder`` is compiled with the settings of the project, if there is one. It is looked at only for a name that the
    project does not have.
    """

    def __init__(self, project: Path | None, folder: Path | None = None) -> None:
        self._project = None if project is None else Contracts.load(project)
        self._root = project
        self._folder = folder
        self._built_in = Contracts(built_in_contracts())

    @cached_property
    def _beside(self) -> Contracts | None:
        folder = self._folder
        return None if folder is None else Contracts(source_project(self._root or folder, folder))

    @cached_property
    def _build(self) -> Contracts | None:
        build = None if self._root is None else own_build(self._root)
        return None if build is None else Contracts(build)

    def _places(self) -> Iterator[Contracts]:
        if self._project is not None:
            yield self._project
        if self._beside is not None:
            yield self._beside
        yield self._built_in

    def __getitem__(self, name: str) -> ContractType:
        """Return a contract type, compiled on first use; raises what a project raises for an unknown name."""
        found = next((place for place in self._places() if name in place), None)
        return (found or self._project or self._beside or self._built_in)[name]

    def __contains__(self, name: object) -> bool:
        return any(name in place for place in self._places())

    def pointed_at(self, name: str) -> ContractType | None:
        """Return a contract that the user means to take the place of a published one; None if there is none.

        It lies in the project's ``artifacts`` or beside the adapter's file. Sources of the project may have the same
        name by chance.
        """
        places = (self._build, self._beside)
        return next((place[name] for place in places if place is not None and name in place), None)

    def __iter__(self) -> Iterator[str]:
        return iter({name: None for place in self._places() for name in place})

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An adapter's class and the contracts that it finds; ``word`` chooses the same one again."""

    word: str
    kind: type[Adapter]
    contracts: Mapping[str, ContractType]


def choose(
    kind: str, word: str | None, built_in: Mapping[str, str], protocol: type[Adapter], *, root: Path | None = None
) -> Chosen:
    """Return the adapter that a word means.

    ``word`` None is what ``[tool.harness.adapters]`` of the project at ``root`` names for the kind, or else the first
    of ``built_in``. ``root`` None is the project around the current folder. Raises AdapterNotFound, AdapterLacks for
    one that does not define what its protocol demands, WrongAttribute and AdapterFailed for one whose attributes are
    wrong or raise, and ConfigError for a project whose settings cannot be used.
    """
    project = root or configuration.root_above(Path.cwd())
    if word is None:
        named: Mapping[str, str] = {} if project is None else configuration.load(project).adapters
        word = named.get(kind) or next(iter(built_in))
    if word in built_in:
        return Chosen(word, _checked(word, _named(built_in[word]), protocol), KnownContracts(project))
    place, _, name = word.rpartition(":")
    if place.endswith(".py"):
        path = _file(word, place, project)
        contracts = KnownContracts(configuration.root_above(path.parent), path.parent)
        return Chosen(word, _checked(word, _in_file(word, path, name), protocol), contracts)
    if "." not in word:
        expected = f"{', '.join(built_in)}, file.py:Class or a dotted name{did_you_mean(word, built_in)}"
        raise AdapterNotFound(word, f"there is no adapter of this name for {kind}, expected {expected}")
    return Chosen(word, _checked(word, _named(word), protocol), KnownContracts(project))


def _file(word: str, place: str, project: Path | None) -> Path:
    path = Path(place)
    beside = None if project is None or path.is_absolute() else project / path
    found = next((each for each in (path, beside) if each is not None and each.is_file()), None)
    if found is None:
        raise AdapterNotFound(word, f"there is no file {place}")
    return found.resolve()


def _in_file(word: str, path: Path, name: str) -> Any:
    spec = util.spec_from_file_location(f"adapter_{path.stem}_{abs(hash(str(path)))}", path)
    if spec is None or spec.loader is None:
        raise AdapterNotFound(word, f"{path} is no Python file")
    module = util.module_from_spec(spec)
    # Dataclasses and pickles look a class's module up by its name.
    sys.modules[spec.name] = module
    with _importing(word, str(path)):
        spec.loader.exec_module(module)
    return _member(word, module, name)


@contextmanager
def _importing(word: str, what: str) -> Iterator[None]:
    """Raise AdapterNotFound for whatever the body raises, but for Ctrl-C.

    A module may exit, or skip a test of pytest. Neither may end the harness, which would end with a code of theirs.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        raise AdapterNotFound(word, f"{what} cannot be imported: {type(problem).__name__}: {problem}") from problem


def _named(word: str) -> Any:
    place, _, name = word.replace(":", ".").rpartition(".")
    with _importing(word, f"the module {place}"):
        module = import_module(place)
    return _member(word, module, name)


def _member(word: str, module: Any, name: str) -> Any:
    found = getattr(module, name, None)
    if found is None:
        place = getattr(module, "__file__", None) or f"the module {module.__name__}"
        raise AdapterNotFound(word, f"{place} has no {name}{did_you_mean(name, vars(module))}")
    return found


def _checked(word: str, found: Any, protocol: type[Adapter]) -> type[Adapter]:
    if not inspect.isclass(found) or not issubclass(found, protocol):
        raise AdapterNotFound(word, f"it is no subclass of {protocol.__module__}.{protocol.__name__}")
    found.check()
    return found
