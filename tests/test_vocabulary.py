"""
The words of the code: one word for one thing, and no word that only this project would know.

Names are read out of the syntax tree. What people see (settings, options, JSON keys, columns, log
events, messages) is text there, and not looked at.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path.relative_to(ROOT)
    for package in ("newsletter", "subscribers")
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)
# A word of ours, and what is written instead.
INSTEAD = {
    "believed": "closed (of a circuit breaker)",
    "buried": "expired, orphaned",
    "bury": "expire",
    "carrier": "current provider",
    "carry": "send, submit",
    "despite": "override",
    "doubt": "uncertain outcome",
    "doubting": "reconciliation",
    "doubts": "uncertain outcomes",
    "fate": "disposition, trace",
    "fates": "dispositions, traces",
    "fence": "restricted environment",
    "goes_over": "fails over",
    "going_over": "failover",
    "hand_over": "submit, submission",
    "handing": "submitting",
    "halve": "split",
    "halves": "split",
    "hear": "receive",
    "heard": "received",
    "hearing": "receiver",
    "heed": "apply",
    "heeding": "confirmations",
    "house": "housekeeping",
    "lane": "connection, sending thread",
    "lanes": "connections, sending threads",
    "letterhead": "notice settings",
    "overhear": "record feedback",
    "pace": "rate limit",
    "paces": "rate limits",
    "probing": "circuit breaker",
    "road": "pipeline, context",
    "sheet": "page template",
    "sheets": "page templates",
    "shelf": "image store",
    "sighting": "item key",
    "sightings": "item keys",
    "tallies": "counts",
    "tally": "counts",
    "told": "what it is: extra, values, parameters",
    "tripped": "auto-paused",
    "trouble": "alert, failure",
    "troubles": "alerts, failures",
    "turns": "rate limiter",
    "went_over": "failed over",
}
# Names that hold such a word in its ordinary meaning, or that are the language of a format.
KEPT = {
    "_style_sheet": "of CSS",
    "_FENCE": "of Markdown: the line that opens a block of code",
    "fence": "of Markdown: the line that opens a block of code",
    "carry_over": "from one poll to the next",
    "heard_at": "the column of that name",
    "is_tripped": "of a circuit breaker",
    "lanes": "the setting of that name",
    "pace": "the table of that name",
    "was_tripped": "of a circuit breaker",
}


def words_of(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=alias):
                yield alias or name.rpartition(".")[2]


def texts_in(source: str) -> Iterator[str]:
    """
    The comments, and the docstrings of modules, classes and functions.
    """
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def private_words(name: str) -> list[str]:
    spelt = f"_{'_'.join(words_of(name))}_"
    return [word for word in INSTEAD if f"_{word}_" in spelt]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_names_are_words_of_the_field(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())
    names = {*names_in(tree), *path.with_suffix("").parts} - set(KEPT)
    found = {name: INSTEAD[word] for name in sorted(names) for word in private_words(name)}
    assert found == {}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_comments_and_docstrings_speak_no_language_of_their_own(path: Path) -> None:
    private = (
        r"\b(road|heeds?|overhears?|letterhead|tally|tallies|sightings?|hand(s|ed|ing)?[- ]over"
        r"|in doubt|lanes?)\b"
    )
    # The docstrings of commands are their help: what people read.
    texts = [] if path.parts[1] == "cli" else texts_in((ROOT / path).read_text())
    # What stands between backticks is the name of a column or a setting.
    spoken = [re.sub("`[^`]*`", "", text) for text in texts]
    assert [text for text in spoken if re.search(private, text)] == []


def test_a_private_word_is_found_in_any_spelling() -> None:
    names = ("_hand_over_all", "HandOver", "hand_over", "TOLD", "goes_over_at")
    assert [private_words(name) for name in names] == [
        ["hand_over"],
        ["hand_over"],
        ["hand_over"],
        ["told"],
        ["goes_over"],
    ]
    assert private_words("heard_at") == ["heard"]
    assert private_words("threshold") == []
