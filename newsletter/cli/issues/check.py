"""
`newsletter check`: an issue, a page or a whole mail looked over before it leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import Session, session_of

if TYPE_CHECKING:
    from newsletter.model.check import Finding


def check(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="PATH-or-ISSUE", help="An issue's number, an .html or .eml.")
    ],
    links: Annotated[bool, typer.Option("--links", help="Ask whether every link answers.")] = False,
) -> None:
    """
    Look a mail over by every rule of docs/checks.md. Ends with 1 when one finds an error.

    Example: newsletter check 3
    """
    session = session_of(context)
    findings = (
        _issue(session, int(what), links) if what.isdecimal() else _file(session, Path(what), links)
    )
    session.show(as_json(findings), in_words(what, findings))
    if as_json(findings)["errors"]:
        raise typer.Exit(1)


def _issue(session: Session, issue_id: int, links: bool) -> list[Finding]:
    from newsletter.issues.preflight import check_issue

    with session.app() as app:
        return check_issue(
            app.publishing, issue_id, ask=app.source_kinds.answers if links else None
        )


def _file(session: Session, path: Path, links: bool) -> list[Finding]:
    from newsletter.app import App
    from newsletter.mail.checks.run import check_file
    from newsletter.model.check import Facts
    from newsletter.settings import Settings, load_settings

    settings = load_settings(session.config) if session.config.exists() else Settings()
    facts = Facts(
        reaches_people=settings.reaches_people(settings.delivery.provider),
        base_url=settings.site.base_url,
        postal_address=settings.site.postal_address,
    )
    with App(settings=settings) as app:
        ask = app.source_kinds.answers if links else None
        return check_file(path, facts, sandbox=app.sandbox, ask=ask)


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """
    Return the findings in the shape of `check --json`.
    """
    from newsletter.model.check import Level, of_level

    return {
        "errors": len(of_level(findings, Level.ERROR)),
        "warnings": len(of_level(findings, Level.WARNING)),
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
    for level in (Level.ERROR, Level.WARNING, Level.NOTE):
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
