"""
What a tool says about a sample: cells of the table, and pictures for the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proof.samples import Sample


@dataclass(frozen=True)
class Cell:
    """
    Hold what the table shows, whether the goal is met, and what a person needs to fix it.
    """

    said: str
    is_met: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """
    Hold what a tool says about one sample: a cell for each of its columns, and pictures by caption.
    """

    sample: Sample
    cells: Mapping[str, Cell] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """
    A tool that examines samples. `missing` says how to install what is not there, or is empty;
    `look` writes its pictures into a folder.
    """

    name: str
    columns: tuple[str, ...]
    missing: Callable[[], str | None]
    look: Callable[[Sequence[Sample], Path], Iterable[Verdict]]


def count_of(faults: Sequence[str]) -> Cell:
    """
    Return a cell with the number of faults; the goal is none.
    """
    return Cell(str(len(faults)), not faults, tuple(faults))


class ToolFailed(Exception):
    """
    A tool that is installed broke down; the message says how.
    """
