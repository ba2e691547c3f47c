"""
What a tool says of a sample: a cell of the table, and pictures for the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proof.samples import Sample


@dataclass(frozen=True)
class Cell:
    """
    What stands in the table, whether the goal is met, and what a person needs to mend it.
    """

    said: str
    is_met: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """
    What a tool says of one sample: a cell for each of its columns, and pictures by caption.
    """

    sample: Sample
    cells: Mapping[str, Cell] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """
    One way of looking. `missing` says how to install what is not there, or nothing; `look` writes
    its pictures into a folder.
    """

    name: str
    columns: tuple[str, ...]
    missing: Callable[[], str | None]
    look: Callable[[Sequence[Sample], Path], Iterable[Verdict]]


def count_of(faults: Sequence[str]) -> Cell:
    """
    How many faults there are; the goal is none.
    """
    return Cell(str(len(faults)), not faults, tuple(faults))


class ToolFailed(Exception):
    """
    A tool that is installed broke down; its line says how.
    """
