"""
Every line that this program logs has an event and a sentence, and stands in docs/reference/log.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "log.md"
METHODS = {
    "debug": "DEBUG",
    "info": "INFO",
    "warning": "WARNING",
    "error": "ERROR",
    "exception": "ERROR",
    "critical": "CRITICAL",
    # Its level depends on what happened.
    "log": "INFO or WARNING",
}
ROW = re.compile(r"\| `(?P<event>[^`]+)` \| (?P<level>[^|]+) \| (?P<message>[^|]+) \| (.+) \|")


@dataclass(frozen=True, order=True)
class Line:
    event: str
    level: str
    message: str


@dataclass(frozen=True)
class Call:
    """
    One call of a logger. What cannot be read out of the syntax tree is None.
    """

    place: str
    method: str
    message: str | None
    event: str | None

    @property
    def line(self) -> Line:
        return Line(
            event=self.event or "",
            level=METHODS[self.method],
            message=(self.message or "").replace("%s", "…"),
        )


def calls() -> Iterator[Call]:
    for package in ("newsletter", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from _calls_in(node, str(path.relative_to(ROOT)))


def _calls_in(function: ast.FunctionDef | ast.AsyncFunctionDef, path: str) -> Iterator[Call]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="logger"), attr=method)):
                words = node.args[1 if method == "log" else 0]
                extra = next((k.value for k in node.keywords if k.arg == "extra"), None)
                yield Call(
                    place=f"{path}:{node.lineno}",
                    method=method,
                    message=_text(_value(words, function)),
                    event=_event(_value(extra, function)) if extra else None,
                )


def _value(node: ast.expr, function: ast.AST) -> ast.expr:
    """
    What is assigned to a local name before it is used, else the expression itself.
    """
    if not isinstance(node, ast.Name):
        return node
    assigned = [
        one.value
        for one in ast.walk(function)
        if isinstance(one, ast.Assign)
        and one.lineno < node.lineno
        and any(isinstance(to, ast.Name) and to.id == node.id for to in one.targets)
    ]
    return max(assigned, key=lambda one: one.lineno, default=node)


def _event(extra: ast.expr) -> str | None:
    if isinstance(extra, ast.Dict):
        for key, value in zip(extra.keys, extra.values, strict=True):
            if key is not None and _text(key) == "event":
                return _text(value)
    return None


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def documented() -> list[Line]:
    rows = [ROW.fullmatch(row) for row in PAGE.read_text("utf-8").splitlines()]
    return [Line(row["event"], row["level"], row["message"]) for row in rows if row]


def test_every_call_has_an_event_of_a_noun_and_a_verb() -> None:
    form = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
    unnamed = [c.place for c in calls() if c.event is None or not form.fullmatch(c.event)]
    assert unnamed == []


def test_every_call_has_a_plain_sentence() -> None:
    """
    It is written where it is logged, begins without a capital and ends without a full stop.
    """
    odd = [
        call.place
        for call in calls()
        if call.message is None
        or call.message != call.message.strip()
        or call.message.endswith(".")
        or call.message[:1].isupper()
        or len(call.message.replace("%s", "").split()) < 1
    ]
    assert odd == []


def test_the_reference_lists_every_line_and_no_other() -> None:
    assert documented() == sorted({call.line for call in calls()})


def test_the_syntax_tree_shows_what_is_logged() -> None:
    source = """
def tell(logger, level):
    extra = {"event": "batch.failed", "batch": 1}
    message = "batch %s failed"
    logger.log(level, message, 1, extra=extra)
    extra = {"event": "batch.finished"}
    logger.warning("batch finished", extra=extra)
    logger.error("x")
    logger.info(f"{level}", extra={"event": level})
"""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert [(one.event, one.message) for one in _calls_in(function, "x.py")] == [
        ("batch.failed", "batch %s failed"),
        ("batch.finished", "batch finished"),
        (None, "x"),
        (None, None),
    ]
