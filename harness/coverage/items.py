"""What of a source file can be covered: its statements, branches and functions, by the compiler's syntax tree.

- A statement counts on the line where it begins; so do a condition of a loop, and a state variable's initial value. A
  bare block, a placeholder ``_`` and a constant run nothing of their own, and do not count.
- A branch has a way for each outcome: of ``if``, ``?:``, ``&&``, ``||``, ``require``, ``assert`` and the condition of a
  loop two, of ``try`` one for its success and one for each ``catch``, of assembly's ``switch`` one for each case.
- Constructors, ``receive``, ``fallback``, modifiers, free functions and those of libraries count as functions. Getters
  that the compiler writes and functions of assembly do not, nor what is without code: a modifier of ``_`` alone.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

Node = Mapping[str, Any]


class Place(NamedTuple):
    """A stretch of a source file, in bytes; the end is the first byte behind it."""

    start: int
    end: int

    def holds(self, other: Place) -> bool:
        """Return whether another stretch lies within this one."""
        return self.start <= other.start and other.end <= self.end


ANYWHERE = Place(0, sys.maxsize)
"""Any stretch of any source file, but not what the compiler writes of its own."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Evidence: an instruction ran that was compiled from a place, or from within it.

    ``exact`` means the place itself, ``creation`` initcode alone: a public variable's getter has the variable's place.
    """

    place: Place
    exact: bool = False
    creation: bool = False


@dataclass(frozen=True, slots=True)
class Jumped:
    """Evidence: the conditional jump of a place was taken, or not.

    ``after`` is where the code that ran right before it lies, if other jumps may have the same place.
    """

    place: Place
    taken: bool
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement; any of its evidence says that it began."""

    line: int
    evidence: tuple[Ran, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A place where the code may go several ways; each way has a name and its evidence."""

    line: int
    kind: str
    ways: tuple[tuple[str, Ran | Jumped], ...]


@dataclass(frozen=True, slots=True)
class FunctionItem:
    """A function with a body: ``kind`` is function, constructor, receive, fallback or modifier."""

    name: str
    line: int
    kind: str
    place: Place
    statements: tuple[Statement, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """Everything in a file that can be covered: that of its functions, and initial values."""

    statements: tuple[Statement, ...]
    branches: tuple[Branch, ...]
    functions: tuple[FunctionItem, ...]


def items_of(ast: Node, text: bytes) -> Items:
    """Return what can be covered of a file."""
    return _Reader(text).read(ast)


_OWN_FROM = 2**31
"""What the language declares itself has a negative id, which newer compilers show as an unsigned number of 32 bits."""

_SIMPLE = frozenset(
    (
        *("ExpressionStatement", "VariableDeclarationStatement", "Return", "EmitStatement", "RevertStatement"),
        *("Break", "Continue", "Throw"),
        *("YulExpressionStatement", "YulVariableDeclaration", "YulAssignment", "YulBreak", "YulContinue", "YulLeave"),
    )
)


class _Reader:
    """Reads one file's tree."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._statements: list[Statement] = []
        self._branches: list[Branch] = []
        self._functions: list[FunctionItem] = []

    def read(self, ast: Node) -> Items:
        for node in ast["nodes"]:
            if node["nodeType"] == "ContractDefinition":
                for member in node["nodes"]:
                    self._member(member, f"{node['name']}.")
            else:
                self._member(node, "")
        return Items(tuple(self._statements), tuple(self._branches), tuple(_distinct(self._functions)))

    def _member(self, node: Node, prefix: str) -> None:
        kind = node["nodeType"]
        if kind == "VariableDeclaration" and node.get("value") and not node.get("constant"):
            self._add(node, Ran(_place(node), creation=True))
            self._expression(node["value"])
        elif kind in ("FunctionDefinition", "ModifierDefinition") and node.get("body"):
            first = len(self._statements), len(self._branches)
            for invocation in node.get("modifiers", ()):
                self._expression(invocation)
            self._statement(node["body"])
            name, shown = _function_name(node)
            inner = tuple(self._statements[first[0] :]), tuple(self._branches[first[1] :])
            self._functions.append(FunctionItem(prefix + name, self._line(node), shown, _place(node), *inner))

    # -- statements

    def _statement(self, node: Node | None) -> None:
        """Add a statement, and what lies in it."""
        if node is None:
            return
        kind = node["nodeType"]
        if kind in _SIMPLE:
            self._add(node, Ran(_place(node)))
            self._expression(node)
        elif kind in ("Block", "UncheckedBlock", "YulBlock"):
            for each in node["statements"]:
                self._statement(each)
        elif kind == "InlineAssembly":
            self._assembly(node)
        elif kind == "YulFunctionDefinition":
            self._statement(node["body"])
        else:
            special = getattr(self, f"_{kind}", None)
            if special is not None:
                special(node)

    def _assembly(self, node: Node) -> None:
        if "AST" in node:
            self._statement(node["AST"])
        else:  # solc before 0.6
            self._add(node, Ran(_place(node)))

    def _IfStatement(self, node: Node) -> None:
        place = _place(node)
        self._add(node, Ran(place, exact=True), Ran(_place(node["condition"])))
        self._branch(node, "if", ("true", Jumped(place, taken=False)), ("false", Jumped(place, taken=True)))
        self._expression(node["condition"])
        self._statement(node["trueBody"])
        self._statement(node.get("falseBody"))

    def _WhileStatement(self, node: Node) -> None:
        self._add(node, Ran(_place(node["condition"])))
        self._loop(node, "while", again=False)
        self._expression(node["condition"])
        self._statement(node["body"])

    def _DoWhileStatement(self, node: Node) -> None:
        self._statement(node["body"])
        self._add(node["condition"], Ran(_place(node["condition"])))
        self._loop(node, "do while", again=True)
        self._expression(node["condition"])

    def _ForStatement(self, node: Node) -> None:
        self._statement(node.get("initializationExpression"))
        if node.get("condition"):
            self._add(node["condition"], Ran(_place(node["condition"])))
            self._loop(node, "for", again=False)
            self._expression(node["condition"])
        self._statement(node.get("loopExpression"))
        self._statement(node["body"])

    def _loop(self, node: Node, kind: str, *, again: bool) -> None:
        """Add a loop's ways; ``again`` means that its jump leads back to its body, not to its end."""
        place = _place(node)
        ways = ("body", Jumped(place, taken=again)), ("end", Jumped(place, taken=not again))
        self._branch(node["condition"], kind, *ways)

    def _TryStatement(self, node: Node) -> None:
        place, call = _place(node), node["externalCall"]
        self._add(node, Ran(_place(call)), Ran(place, exact=True))
        self._expression(call)
        success, *catches = node["clauses"]
        ways: list[tuple[str, Ran | Jumped]] = [("success", Jumped(place, taken=True, after=_place(call)))]
        if len(catches) == 1:
            ways.append(("catch", Jumped(place, taken=False, after=_place(call))))
        else:
            ways += [(f"catch {clause['errorName']}".strip(), Ran(_place(clause))) for clause in catches]
        self._branch(node, "try", *ways)
        for clause in (success, *catches):
            self._statement(clause["block"])

    # -- assembly

    def _YulIf(self, node: Node) -> None:
        place = _place(node)
        self._add(node, Ran(place, exact=True), Ran(_place(node["condition"])))
        self._branch(node, "if", ("true", Jumped(place, taken=False)), ("false", Jumped(place, taken=True)))
        self._statement(node["body"])

    def _YulForLoop(self, node: Node) -> None:
        self._statement(node["pre"])
        self._add(node["condition"], Ran(_place(node["condition"])))
        self._loop(node, "for", again=False)
        self._statement(node["post"])
        self._statement(node["body"])

    def _YulSwitch(self, node: Node) -> None:
        self._add(node, Ran(_place(node["expression"])))
        cases = [case for case in node["cases"] if case["value"] != "default"]
        if cases:
            ways = [(f"case {case['value']['value']}", Jumped(_place(case), taken=True)) for case in cases]
            self._branch(node, "switch", *ways, ("default", Jumped(_place(cases[-1]), taken=False)))
        for case in node["cases"]:
            self._statement(case["body"])

    # -- expressions

    def _expression(self, node: Node) -> None:
        """Add the branches within an expression."""
        for each in _below(node):
            place = _place(each)
            if each["nodeType"] == "Conditional":
                ways = ("true", Jumped(place, taken=True)), ("false", Jumped(place, taken=False))
                self._branch(each, "?:", *ways)
            elif each["nodeType"] == "BinaryOperation" and each["operator"] in ("&&", "||"):
                ways = ("right side", Jumped(place, taken=False)), ("left side alone", Jumped(place, taken=True))
                self._branch(each, each["operator"], *ways)
            elif name := _check(each):
                # All arguments run before the jump. A constant's code lies where it is declared, maybe in another file.
                ways = ("holds", Jumped(place, True, ANYWHERE)), ("fails", Jumped(place, False, ANYWHERE))
                self._branch(each, name, *ways)

    # -- what all have in common

    def _line(self, node: Node) -> int:
        return self._text.count(b"\n", 0, _place(node).start) + 1

    def _add(self, node: Node, *evidence: Ran) -> None:
        self._statements.append(Statement(self._line(node), evidence))

    def _branch(self, node: Node, kind: str, *ways: tuple[str, Ran | Jumped]) -> None:
        self._branches.append(Branch(self._line(node), kind, ways))


def _place(node: Node) -> Place:
    start, length, _ = map(int, node["src"].split(":"))
    return Place(start, start + length)


def _below(node: Any) -> Iterator[Node]:
    """Yield a node and all nodes within it, outermost first."""
    if isinstance(node, Mapping):
        if "nodeType" in node and "src" in node:
            yield node
        for value in node.values():
            if isinstance(value, (Mapping, list)):
                yield from _below(value)
    elif isinstance(node, list):
        for value in node:
            yield from _below(value)


def _check(node: Node) -> str:
    """Return ``require`` or ``assert`` if a node calls the language's own one, else ""."""
    if node["nodeType"] != "FunctionCall":
        return ""
    called = node["expression"]
    declared = called.get("referencedDeclaration") or 0
    is_own = declared < 0 or declared >= _OWN_FROM
    return called["name"] if is_own and called.get("name") in ("require", "assert") else ""


def _function_name(node: Node) -> tuple[str, str]:
    """Return a function's name and kind."""
    if node["nodeType"] == "ModifierDefinition":
        return node["name"], "modifier"
    kind = node.get("kind", "function")
    if kind in ("constructor", "receive", "fallback"):
        return kind, kind
    return node["name"] or "fallback", "function" if node["name"] else "fallback"


def _distinct(functions: Sequence[FunctionItem]) -> Iterator[FunctionItem]:
    """Number the functions of one name, as overloads are."""
    times = Counter(function.name for function in functions)
    seen: Counter[str] = Counter()
    for found in functions:
        name = found.name
        if times[name] > 1:
            seen[name] += 1
            name = f"{name}#{seen[name]}"
        yield replace(found, name=name)
