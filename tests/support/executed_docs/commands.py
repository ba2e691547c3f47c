"""
Take a block apart into commands, and compare what they print with what the page shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NUMBER = re.compile(r"\d+(?:[.,:/T-]\d+)*")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
LONG_RUNNING = re.compile(r"^(?:newsletter\b.*\s(?:serve|worker)\b|make serve\b)(?!.*--help)")


@dataclass(kw_only=True)
class Command:
    """
    One command, and the lines that the page shows as its output.
    """

    text: str
    shown: list[str] = field(default_factory=list)
    status: int = 0

    @property
    def is_long_running(self) -> bool:
        return LONG_RUNNING.match(self.text) is not None


@dataclass
class _Lines:
    left: list[str]
    taken: list[str] = field(default_factory=list)

    def command(self) -> str:
        """
        Take a whole command: with its continued lines, and its here-document.
        """
        lines = [self.left.pop(0)]
        while lines[-1].endswith("\\") and self.left:
            lines.append(self.left.pop(0).removeprefix("> "))
        heredoc = _HEREDOC.search("\n".join(lines))
        while heredoc and self.left and lines[-1] != heredoc[2]:
            lines.append(self.left.pop(0).removeprefix("> "))
        return "\n".join(lines)


def commands_of(language: str, text: str) -> Iterator[Command]:
    """
    Yield the commands of a block of `sh` or `console`.
    """
    lines = _Lines([line.rstrip() for line in text.splitlines()])
    while lines.left:
        line = lines.left[0]
        if language == "console":
            lines.left[0] = line.removeprefix("$ ")
            command = lines.command()
            shown = []
            while lines.left and not lines.left[0].startswith("$ "):
                shown.append(lines.left.pop(0))
            shown = [one for one in shown if one]
            refused = any(one.startswith("newsletter: ") for one in shown)
            yield Command(text=command, shown=shown, status=1 if refused else 0)
        elif not line.strip() or line.startswith("#"):
            lines.left.pop(0)
        else:
            yield Command(text=lines.command())


def missing_lines(shown: list[str], printed: str) -> list[str]:
    """
    Return the lines that are *shown* and do not appear in what was *printed*, in order.
    """
    left = [_plain(line) for line in printed.splitlines()]
    missing = []
    for line in shown:
        pattern = re.compile(re.sub(r"(?:…|\\\.\\\.\\\.)", ".*", re.escape(_plain(line))))
        place = next((n for n, one in enumerate(left) if pattern.fullmatch(one)), None)
        if place is None:
            missing.append(line)
        else:
            left = left if line.strip() in ("…", "...") else left[place + 1 :]
    return missing


def _plain(line: str) -> str:
    """
    Return the line without what differs from run to run: the width of columns, and what a number
    is, as long as it is not 0 in one place and something else in the other.
    """
    return " ".join(_NUMBER.sub(lambda found: "0" if found[0] == "0" else "1", line).split())
