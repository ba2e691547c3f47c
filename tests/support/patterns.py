"""
The regular expressions of the project, and texts that make a careless one slow.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

from growth import LARGE, MIDDLE, SMALL

import newsletter
import subscribers

ROOT = Path(newsletter.__file__).parent.parent
_ANCHORED = {"match", "fullmatch"}
_CALLS = {"compile", "search", "sub", "subn", "split", "findall", "finditer", *_ANCHORED}

# What is repeated besides the pieces of the pattern itself.
SEEDS = (
    *"a0A .,;:=-_/\\\"'`<>()[]{}&@#%|*+!?~^$\n\r\t\u00a0•",
    *("a@", "a.", "a b", "a,", "a;", "a=", "5.", "5.5.", "\n\n", " \n", "\r\n", "a ", "a-", "é"),
    *("<a", "<a ", "<a>", "</a>", "<a b=", '<a b="', "<!--", "<!", "<?", "-->", "<br>", "<p>"),
    *("&a", "&#", "&nbsp;", "{{", "}}", "%%", "%%a", "[if ", "[a", "](", "url(", "/*", "*/", "{}"),
    *("http://", "https://a", "//a", "data:", "a:b;", "> ", "* ", "- ", "```", "~~~", "---", "+++"),
)
_MOST_PIECES = 120
_ENDS = ("", "\x01", " z")
Uses = Mapping[str, Mapping[str, set[str]]]
_PREFERRED = "a0 <\n=-.\"'&@:/;,([{%>_A!é"


@dataclass(frozen=True, slots=True)
class ProjectPattern:
    """
    A pattern, where it is written, and the methods that the project calls on it.
    """

    where: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]

    def run(self, text: str) -> None:
        """
        Look for the pattern in *text* as the project does.
        """
        given: Any = text
        if isinstance(self.pattern.pattern, bytes):
            given = text.encode("utf-8")
        if self.methods and self.methods <= _ANCHORED:
            for method in self.methods:
                getattr(self.pattern, method)(given)
        else:
            for _ in self.pattern.finditer(given):
                pass


def modules() -> Iterator[tuple[ModuleType, ast.Module]]:
    """
    Import each module of the project and parse its source.
    """
    for package in (newsletter, subscribers):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                module = importlib.import_module(found.name)
                yield module, ast.parse(Path(str(module.__file__)).read_text())


def project_patterns(
    examples: Mapping[str, tuple[str, Iterable[re.Pattern[Any]]]],
) -> tuple[list[ProjectPattern], list[str]]:
    """
    Find every pattern of the project, and the calls whose pattern neither the module's own names
    nor *examples* give: by "module:function" the method that is called, and patterns.
    """
    every, found, missing = list(modules()), [], []
    uses = _uses(every)
    for module, tree in every:
        held = {id(p): (name, p) for name, value in vars(module).items() for p in _inside(value)}
        found += [
            ProjectPattern(f"{module.__name__}:{name}", p, _methods(uses, module, name))
            for name, p in held.values()
        ]
        known = {p.pattern for _, p in held.values()}
        for function, call in _calls(tree):
            where = f"{module.__name__}:{function}"
            pattern = _evaluated(call, module)
            if pattern is not None:
                method = call.func.attr  # type: ignore[attr-defined]
                if method != "compile" or pattern.pattern not in known:
                    found.append(ProjectPattern(where, pattern, frozenset([method])))
            elif where in examples:
                method, patterns = examples[where]
                found += [ProjectPattern(where, one, frozenset([method])) for one in patterns]
            elif function or not held:
                missing.append(f"{where} line {call.lineno}")
    return _distinct(found), missing


def _distinct(found: Iterable[ProjectPattern]) -> list[ProjectPattern]:
    by_use = {(p.pattern.pattern, p.pattern.flags, p.methods <= _ANCHORED): p for p in found}
    return list(by_use.values())


def _inside(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, Mapping):
        for key, one in value.items():
            yield from _inside(key, depth + 1)
            yield from _inside(one, depth + 1)
    elif depth < 4 and isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from _inside(one, depth + 1)
    elif depth < 4 and is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _inside(getattr(value, field.name, None), depth + 1)


def _methods(uses: Uses, module: ModuleType, name: str) -> frozenset[str]:
    """
    Return the methods called on a name of *module*; a public name is used in other modules too.
    """
    own = [module.__name__] if name.startswith("_") else list(uses)
    return frozenset().union(*(uses[where].get(name, set()) for where in own))


def _uses(every: Iterable[tuple[ModuleType, ast.Module]]) -> Uses:
    """
    Find the methods called on each name, by module; "" stands for any other use of it.
    """
    return {module.__name__: uses_in(tree) for module, tree in every}


def uses_in(tree: ast.Module) -> dict[str, set[str]]:
    uses = _methods_by_name(tree)
    for node in ast.walk(tree):
        loops = [node] if isinstance(node, ast.For) else getattr(node, "generators", [])
        for loop in loops:
            if isinstance(loop.iter, ast.Name):
                # Elsewhere in the module, the same name may stand for something else.
                of_each = _methods_by_name(node).get(getattr(loop.target, "id", ""), {""})
                uses[loop.iter.id] = (uses[loop.iter.id] - {""}) | of_each
    return uses


def _methods_by_name(tree: ast.AST) -> dict[str, set[str]]:
    nodes = list(ast.walk(tree))
    methods = {
        id(node.value): node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    found: dict[str, set[str]] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, set()).add(methods.get(id(node), ""))
    return found


def _calls(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.Call]]:
    for node in ast.iter_child_nodes(tree):
        inner = node.name if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else function
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in _CALLS
        ):
            yield function, node
        yield from _calls(node, inner)


def _evaluated(call: ast.Call, module: ModuleType) -> re.Pattern[Any] | None:
    method = call.func.attr  # type: ignore[attr-defined]
    places = {"compile": 1, "sub": 4, "subn": 4, "split": 3}
    flags = [word.value for word in call.keywords if word.arg == "flags"]
    flags += call.args[places.get(method, 2) :][:1]
    parts = [call.args[0], *flags]
    try:
        pattern, *rest = [
            eval(compile(ast.Expression(part), "<pattern>", "eval"), vars(module)) for part in parts
        ]
    except NameError:
        return None
    return re.compile(pattern, *rest)


def texts(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str, str]]:
    """
    Yield a text in three sizes for each thing that may be slow when it is repeated.
    """
    for before, seed in _pieces(pattern):
        repeated = before + seed * (LARGE // len(seed) + 1)
        for end in _ENDS:
            yield tuple(repeated[:size] + end for size in (SMALL, MIDDLE, LARGE))  # type: ignore[misc]


def _pieces(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    source = pattern.pattern
    if isinstance(source, bytes):
        source = source.decode("latin-1")
    tree = parser.parse(source, pattern.flags & ~re.UNICODE & ~re.DEBUG)
    own: set[tuple[str, str]] = set()
    _collect(list(tree), "", pattern.flags, own)
    own |= {("", seed) for _, seed in own}
    pieces = sorted((before, seed) for before, seed in own if seed)
    # Evenly spread, so that each of many alternatives has some.
    return [*pieces[:: len(pieces) // _MOST_PIECES + 1], *(("", seed) for seed in SEEDS)]


def _collect(nodes: list[Any], before: str, flags: int, own: set[tuple[str, str]]) -> None:
    """
    Add what may be repeated: each beginning of the pattern, and each repeated part behind it.
    """
    said = ""
    for node in nodes:
        for inner in _children(node):
            _collect(inner, before + said, flags, own)
            own.add((before + said, _sample(inner, flags)))
        said += _sample([node], flags)
        own.add(("", said))
        own.add(("", before + said))


def _children(node: Any) -> list[list[Any]]:
    code, value = node
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return [list(value[2])]
    if code is codes.SUBPATTERN:
        return [list(value[3])]
    if code is codes.BRANCH:
        return [list(branch) for branch in value[1]]
    if code in (codes.ASSERT, codes.ATOMIC_GROUP):
        return [list(value[1] if code is codes.ASSERT else value)]
    return []


def _sample(nodes: list[Any], flags: int) -> str:
    said = ""
    for node in nodes:
        code, value = node
        if code is codes.LITERAL:
            said += chr(value)
        elif code in (codes.IN, codes.ANY, codes.NOT_LITERAL, codes.CATEGORY):
            said += _one_of(node, flags)
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            said += _sample(list(value[2]), flags) * min(max(value[0], 1), 8)
        elif code is codes.ASSERT:
            continue
        elif inner := _children(node):
            said += _sample(inner[0], flags)
    return said


def _one_of(node: Any, flags: int) -> str:
    """
    Return a character of the class *node*.
    """
    code, value = node
    if code is codes.ANY:
        return "a"
    if code is codes.NOT_LITERAL:
        return "b" if chr(value) == "a" else "a"
    return next((char for char in _PREFERRED if _holds(value, char)), _first(value))


def _holds(items: Any, char: str) -> bool:
    negated = any(code is codes.NEGATE for code, _ in items)
    return negated != any(_is_in(item, char) for item in items)


def _is_in(item: Any, char: str) -> bool:
    code, value = item
    if code is codes.LITERAL:
        return ord(char) == int(value)
    if code is codes.RANGE:
        return int(value[0]) <= ord(char) <= int(value[1])
    if code is codes.CATEGORY:
        classes = {"WORD": r"\w", "DIGIT": r"\d", "SPACE": r"\s"}
        name = str(value).removeprefix("CATEGORY_")
        is_in = re.match(classes[name.removeprefix("NOT_")], char) is not None
        return is_in != name.startswith("NOT_")
    return False


def _first(items: Any) -> str:
    for code, value in items:
        if code is codes.LITERAL:
            return chr(value)
        if code is codes.RANGE:
            return chr(value[0])
    return ""
