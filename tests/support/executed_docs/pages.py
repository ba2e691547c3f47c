"""
Read a page of Markdown as what happens on it: marks, and blocks with the marks right before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from executed_docs.commands import commands_of

COMMANDS = ("sh", "console")
# The marks that belong to a block, and those that stand by themselves.
OF_A_BLOCK = ("not run", "file", "settings", "status", "output differs")
ALONE = ("start", "run", "generated")
NEEDS_A_REASON = ("not run", "status", "output differs")
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_COMMAND = re.compile(r"^\s*(?:\$ )?(?:newsletter|make)(?: [\w-]|$)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """
    A comment such as `<!-- file: first.md -->`. *argument* is what stands between name and colon.
    """

    line: int
    name: str
    argument: str = ""
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    """
    A fenced block, or an indented one, whose *language* is "indented".
    """

    line: int
    language: str
    text: str
    marks: list[Mark] = field(default_factory=list)

    def mark(self, name: str) -> Mark | None:
        return next((mark for mark in self.marks if mark.name == name), None)

    @property
    def has_commands(self) -> bool:
        """
        Return True if the block is to be run, or looks as if it were. Markdown shows how to write.
        """
        if self.language == "markdown":
            return False
        return self.language in COMMANDS or _COMMAND.search(self.text) is not None


def read_page(page: Path) -> list[Mark | Block]:
    """
    Return the marks that stand alone and the blocks of *page*, in order.
    """
    return _in_order(_tokens(page.read_text("utf-8")))


def problems(page: Path) -> list[str]:
    """
    Return what is wrong with the marks and blocks of *page*, with line numbers.
    """
    found = []
    for item in read_page(page):
        marks = item.marks if isinstance(item, Block) else [item]
        wrong = [reason for mark in marks if (reason := _wrong_in(mark))]
        if isinstance(item, Block):
            wrong += _wrong_with(item)
        elif item.name in OF_A_BLOCK:
            wrong.append("no block follows this mark")
        found += [f"{page.name}:{item.line}: {reason}" for reason in wrong]
    return found


def _wrong_in(mark: Mark) -> str | None:
    if mark.name not in (*OF_A_BLOCK, *ALONE):
        return f"unknown mark {mark.name!r}"
    if mark.name in NEEDS_A_REASON and len(mark.value.split()) < 2:
        return f"the mark {mark.name!r} needs a reason"
    if mark.name == "status" and not mark.argument.isdecimal():
        return "write `status 1: REASON`"
    return None


def _wrong_with(block: Block) -> list[str]:
    names = {mark.name for mark in block.marks}
    if names & {"not run", "file"} or not block.has_commands:
        return []
    if block.language not in COMMANDS:
        return [f"commands in a block of {block.language or 'no language'}: write sh or console"]
    if block.language == "console" and not re.search(r"^\$ ", block.text, re.MULTILINE):
        return ["no line of this console block starts with `$ `"]
    return [
        f"`{command.text}` does not end, and its output is not compared: leave it out"
        for command in commands_of(block.language, block.text)
        if command.is_long_running and command.shown
    ]


def _in_order(tokens: Iterator[Token]) -> list[Mark | Block]:
    items: list[Mark | Block] = []
    waiting: list[Mark] = []
    end = 0
    for token in tokens:
        assert token.map is not None
        first, last = token.map
        if waiting and (first > end + 1 or token.type == "code_block"):
            items += waiting
            waiting = []
        line = first + 1
        if token.type == "html_block":
            for mark in _marks(token.content, line):
                (waiting if mark.name in OF_A_BLOCK else items).append(mark)
            end = last
            continue
        language = token.info.split()[0] if token.info.split() else ""
        if language.startswith("{"):
            items += _in_order(_tokens(token.content, line))
            continue
        language = language if token.type == "fence" else "indented"
        items.append(Block(line=line, language=language, text=token.content, marks=waiting))
        waiting = []
    return items + waiting


def _marks(html: str, line: int) -> Iterator[Mark]:
    for comment in _COMMENT.findall(html):
        head, _, value = comment.strip().partition(":")
        name, argument = head.strip(), ""
        if name.startswith("status "):
            name, argument = name.split(None, 1)
        yield Mark(line=line, name=name, argument=argument, value=value.strip())


def _tokens(text: str, line: int = 0) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").parse(text):
        if token.type in ("html_block", "fence", "code_block") and token.map is not None:
            token.map = [token.map[0] + line, token.map[1] + line]
            yield token
