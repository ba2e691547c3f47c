"""
The words of the project: one word for one thing, and no word that only this project would know.

Names are read out of the syntax tree, those of the tests and benchmarks too. What people see is
read as well: tables and columns, settings, options, JSON keys, stored values, log events,
messages, help, templates and documents.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from command_tree import every_option
from pydantic import BaseModel

import newsletter.store.tables
from newsletter.settings import Settings
from subscribers.database.tables import metadata

assert newsletter.store.tables.issue.metadata is metadata

ROOT = Path(__file__).resolve().parent.parent
SELF = Path(__file__).resolve().relative_to(ROOT)


def files(pattern: str, *folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob(pattern))
    inside = (path.relative_to(ROOT) for path in found if path.is_file())
    return sorted(path for path in inside if "node_modules" not in path.parts and path != SELF)


PRODUCT = [
    path for path in files("*.py", "newsletter", "subscribers") if "versions" not in path.parts
]
MODULES = [*PRODUCT, *files("*.py", "benchmarks", "examples", "tests")]
TEMPLATES = [*files("*.html", "templates"), *files("*.txt", "templates")]
DOCUMENTS = [
    *(path.relative_to(ROOT) for path in ROOT.glob("*.md")),
    *files("*.md", "docs", "templates"),
]
# A word of ours, and what is written instead.
INSTEAD = {
    "beat": "heartbeat",
    "beats": "heartbeats",
    "believed": "closed (of a circuit breaker)",
    "buried": "expired, orphaned",
    "bury": "expire",
    "carrier": "current provider",
    "carry": "send, submit",
    "despite": "override",
    "door": "endpoint, channel",
    "doors": "endpoints, channels",
    "doubt": "uncertain outcome",
    "doubting": "reconciliation",
    "doubts": "uncertain outcomes",
    "ear": "receiver",
    "ears": "receivers",
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
    "knock": "post, store",
    "lane": "connection, sending thread",
    "lanes": "connections, sending threads",
    "letterhead": "notice settings",
    "mend": "repair",
    "mended": "repaired",
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
    "FENCE": "of Markdown: the line that opens a block of code",
    "_FENCE": "of Markdown: the line that opens a block of code",
    "fence": "of Markdown: the line that opens a block of code",
    "carry_over": "from one poll to the next",
    "is_tripped": "of a circuit breaker",
    "was_tripped": "of a circuit breaker",
}
# In sentences most of these words have an ordinary meaning; these do not.
PRIVATE = re.compile(
    r"\b(roads?|heed(s|ed|ing)?|overhear(s|d|ing)?|letterheads?|tally|tallies|sightings?"
    r"|hand(s|ed|ing)?[- ]overs?|in doubt|lanes?|going over|went over to|goes over to)\b",
    re.IGNORECASE,
)
# Where they are about ice and harbours, and where a document says what not to write.
ABOUT_ICE = re.compile(
    r"(ice|Ice)[- ](road|Road)|road (over the bay|opens)|Not: hand over", re.ASCII
)
EVENT_WORDS = {"broke", "doubted", "mended", "open", "rests", "waits", "works"}


def words_of(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def private_words(name: str) -> list[str]:
    spelt = f"_{'_'.join(words_of(name))}_"
    return [word for word in INSTEAD if f"_{word}_" in spelt]


def private_in(text: str) -> list[str]:
    return [found.group() for found in PRIVATE.finditer(ABOUT_ICE.sub("", text))]


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                # The name of a test is a sentence.
                if not name.startswith("test_"):
                    yield name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=alias):
                yield alias or name.rpartition(".")[2]


def sentences_in(source: str) -> Iterator[str]:
    """
    The comments, all strings (docstrings, help and messages among them), and the names of tests.
    """
    # Reading the comments takes longer than everything else, and few files can have a bad one.
    if private_in(source):
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.string
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.FunctionDef(name=name) if name.startswith("test_"):
                yield name.replace("_", " ")


def json_keys_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value


def enum_values_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            "Enum" in ast.unparse(base) for base in node.bases
        ):
            values = (line.value for line in node.body if isinstance(line, ast.Assign))
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def events_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                is_event = isinstance(key, ast.Constant) and key.value == "event"
                if is_event and isinstance(value, ast.Constant):
                    yield str(value.value)


def settings_of(section: type[BaseModel]) -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield name
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from settings_of(inner)


def faults_of(names: Iterator[str] | list[str]) -> dict[str, str]:
    return {name: INSTEAD[word] for name in {*names} - set(KEPT) for word in private_words(name)}


def text_of(path: Path) -> str:
    return (ROOT / path).read_text("utf-8")


def in_each(paths: list[Path], faults_in: Callable[[Path], object]) -> dict[str, object]:
    """
    What is wrong in which file. One test reads them all, because a test for each of thousands of
    files takes longer than to read it.
    """
    return {str(path): faults for path in paths if (faults := faults_in(path))}


def test_names_are_words_of_the_field() -> None:
    def faults_in(path: Path) -> object:
        return faults_of([*names_in(ast.parse(text_of(path))), *path.with_suffix("").parts])

    assert in_each(MODULES, faults_in) == {}


def test_keys_stored_values_and_events_are_words_of_the_field() -> None:
    def faults_in(path: Path) -> object:
        tree = ast.parse(text_of(path))
        events = [*events_in(tree)]
        named = faults_of([*json_keys_in(tree), *enum_values_in(tree), *events])
        return named or [event for event in events if EVENT_WORDS & {*re.split(r"[._]", event)}]

    assert in_each(PRODUCT, faults_in) == {}


def test_tables_columns_settings_and_options_are_words_of_the_field() -> None:
    columns = [column.name for table in metadata.tables.values() for column in table.columns]
    options = [option for found in every_option().values() for option in found]
    assert faults_of([*metadata.tables, *columns]) == {}
    assert faults_of([*settings_of(Settings), *options]) == {}
    assert {"batch", "fallback_provider", "--override"} <= {
        *metadata.tables, *settings_of(Settings), *options
    }  # fmt: skip


def test_sentences_speak_no_language_of_their_own() -> None:
    def faults_in(path: Path) -> object:
        return [text for text in sentences_in(text_of(path)) if private_in(text)]

    assert in_each(MODULES, faults_in) == {}


def test_templates_speak_no_language_of_their_own() -> None:
    def faults_in(path: Path) -> object:
        values = re.findall(r"\{[{%].*?[%}]\}", text_of(path), flags=re.DOTALL)
        code = (re.findall(r"[a-z_]+", re.sub(r'"[^"]*"', "", value)) for value in values)
        return faults_of([*chain.from_iterable(code)]) or private_in(text_of(path))

    assert in_each(TEMPLATES, faults_in) == {}


def test_documents_speak_no_language_of_their_own() -> None:
    assert in_each(DOCUMENTS, lambda path: private_in(text_of(path))) == {}


def test_faults_are_said_with_their_file() -> None:
    faults = in_each([Path("README.md"), SELF], lambda path: private_in(text_of(path)))
    assert [*faults] == [str(SELF)]


def test_a_private_word_is_found_in_any_spelling() -> None:
    names = ("_hand_over_all", "HandOver", "hand_over", "TOLD", "goes_over_at", "--hand-over")
    assert [private_words(name) for name in names] == [
        ["hand_over"],
        ["hand_over"],
        ["hand_over"],
        ["told"],
        ["goes_over"],
        ["hand_over"],
    ]
    assert private_words("heard_at") == ["heard"]
    assert private_words("threshold") == []
    assert private_in("Handed over at the hand-over; the ice road is open.") == [
        "Handed over",
        "hand-over",
    ]
