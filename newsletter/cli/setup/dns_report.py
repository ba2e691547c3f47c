"""
`newsletter doctor --dns`: the DNS records that sending domains need, and what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from newsletter.cli.session import Session

if TYPE_CHECKING:
    from newsletter.operations.dns_guide.row import DnsRow

_NOTHING = (
    "no provider sends email to people yet, so no domain needs a record: set [delivery] provider"
)


def show_dns(
    session: Session,
    *,
    selectors: Sequence[str],
    return_paths: Sequence[str],
    name_server: str | None,
) -> None:
    """
    Print the records of all sending domains. The exit status is 1 if one is a problem.
    """
    from newsletter.isolation.dns import open_lookup
    from newsletter.operations.dns_guide.report import OwnNames, report_dns

    lookup = open_lookup(name_server)
    own = OwnNames(selectors=selectors, return_paths=return_paths)
    with session.app() as app:
        rows = report_dns(app, lookup, own)
    words = "\n\n".join(_in_words(row) for row in rows) or _NOTHING
    session.show({"records": [row.as_json() for row in rows]}, words)
    if any(row.is_problem for row in rows):
        raise typer.Exit(1)


def _in_words(row: DnsRow) -> str:
    sender = f"{row.domain} at {row.provider}" if row.provider else row.domain
    place = f": {row.type} {row.name}" if row.name else ""
    lines = [f"{row.verdict.upper()}  {sender}, {row.purpose}{place}"]
    lines.append(f"  should be  {row.expected}")
    lines += [f"  is         {text}" for text in row.found]
    return "\n".join([*lines, *([f"  to do      {row.advice}"] if row.advice else [])])
