"""
Measure the bytes of HTML that a mail program gets: Gmail clips an email above its limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from proof.samples import Sample
from proof.verdict import Cell, Tool, Verdict

from newsletter.mail.size.budget import HTML_LIMIT_BYTES


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return the size of each of *samples*.
    """
    for sample in samples:
        size = len(sample.html.encode())
        yield Verdict(sample, {"bytes": Cell(f"{size:,}", size <= HTML_LIMIT_BYTES)})


TOOL = Tool("size", ("bytes",), lambda: None, look)
