"""
`newsletter check`: check an issue, a page or a whole email before it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.input_files import or_standard_input
from newsletter.cli.session import Session, session_of

if TYPE_CHECKING:
    from newsletter.model.check import Finding


def check(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE-or-ISSUE",
            help="An .html or .eml file, - for standard input, or the number of an issue",
            callback=or_standard_input(".eml"),
        ),
    ],
    links: Annotated[
        bool, typer.Option("--links", help="Also check whether every link works")
    ] = False,
) -> None:
    """
    Check an issue, a page or an email by every rule of docs/reference/checks.md. The exit status is
    1 if a rule finds an error.

    Examples:
        newsletter check 3
        newsletter check preview/issue.eml --links
    """
    session = session_of(context)
    findings = _findings(session, what, follow_links=links)
    session.show(as_json(findings), in_words(what, findings))
    if as_json(findings)["errors"]:
        raise typer.Exit(1)


def _findings(session: Session, what: str, *, follow_links: bool) -> list[Finding]:
    from newsletter.actions.issues import checks

    if not what.isdecimal():
        return checks.check_file(
            session.config, Path(what), follow_links=follow_links, by=session.actor
        )
    with session.app() as app:
        return checks.check_issue(app, int(what), follow_links=follow_links, by=session.actor)


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """
    Return the findings in the shape of `check --json`.
    """
    from newsletter.model.check import Level, of_level

    return {
        "errors": len(of_level(findings, Level.ERROR)),
        "warnings": len(of_level(findings, Level.WARNING)),
        "advice": len(of_level(findings, Level.ADVICE)),
        "findings": [finding.as_json() for finding in findings],
    }


def in_words(what: str, findings: Sequence[Finding]) -> str:
    """
    Describe the findings, worst first, and which rules did not run and why.
    """
    from newsletter.model.check import Level, of_level

    counts = {level: len(of_level(findings, level)) for level in Level}
    lines = [
        f"{what}: {_counted(counts[Level.ERROR], 'error')}, "
        f"{_counted(counts[Level.WARNING], 'warning')}"
    ]
    for level in (Level.ERROR, Level.WARNING, Level.ADVICE):
        lines += [line_of(finding) for finding in of_level(findings, level)]
    skipped: dict[str, list[str]] = {}
    for finding in of_level(findings, Level.NOT_RUN):
        skipped.setdefault(finding.message, []).append(finding.rule)
    lines += [f"not run  {', '.join(rules)}: {why}" for why, rules in skipped.items()]
    return "\n".join(lines)


def line_of(finding: Finding) -> str:
    """
    Format one finding, on one line.
    """
    return f"{finding.level:<8} {finding}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
