"""
`newsletter list health`: how a list is doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.actions.operations.list_health import ListHealth

group = typer.Typer()


@group.command()
def health(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Mailing list")],
    days: Annotated[
        int, typer.Option(metavar="N", min=1, max=3660, help="Look at the last N days")
    ] = 30,
) -> None:
    """
    Show how a list is doing: who joined and left, through whom, bounces and complaints by domain,
    and how many readers seem not to read it.

    Example:
        newsletter list health daily --days 90
    """
    from newsletter.actions.operations import list_health

    session = session_of(context)
    with session.app() as app:
        found = list_health.health(app, slug, days=days, by=session.actor)
    session.show(_value(found), "\n".join(_lines(found)))


def _value(found: ListHealth) -> dict[str, Any]:
    growth = found.growth
    return {
        "list": found.slug,
        "days": found.days,
        "readers": found.readers,
        "net": growth.net,
        "churn": round(found.churn, 4),
        "by_day": [
            {"day": day.isoformat(), "joined": joined, "left": left}
            for day, joined, left in _by_day(found)
        ],
        "joined_through": _words(growth.joined_through),
        "left_through": _words(growth.left_through),
        "domains": [
            {
                "domain": each.domain,
                "readers": each.readers,
                "bounced": each.bounced,
                "complained": each.complained,
            }
            for each in found.domains
        ],
        "silent": found.silent,
    }


def _by_day(found: ListHealth) -> list[tuple[Any, int, int]]:
    joined, left = found.growth.joined, found.growth.left
    return [(day, joined.get(day, 0), left.get(day, 0)) for day in sorted({*joined, *left})]


def _words(counts: Mapping[Any, int]) -> dict[str, int]:
    return {kind.value: count for kind, count in sorted(counts.items())}


def _lines(found: ListHealth) -> list[str]:
    joined, left = sum(found.growth.joined.values()), sum(found.growth.left.values())
    lines = [
        f"{found.slug}: {found.readers} readers",
        f"in the last {found.days} days: {joined} joined{_through(found.growth.joined_through)}, "
        f"{left} left{_through(found.growth.left_through)}; {found.churn:.1%} of the readers left",
    ]
    if found.silent is None:
        lines.append(
            "not known who reads: that takes ten issues, and a provider that tells of opens or "
            "clicks"
        )
    else:
        lines.append(f"{found.silent} readers opened and clicked none of the last ten issues")
    if days := _by_day(found):
        lines += ["", table(days, ("day", "joined", "left"), empty="")]
    if found.domains:
        rows: list[Any] = [(d.domain, d.readers, d.bounced, d.complained) for d in found.domains]
        lines += ["", table(rows, ("domain", "readers", "bounced", "complained"), empty="")]
    return lines


def _through(counts: Mapping[Any, int]) -> str:
    parts = ", ".join(f"{count} by {kind.value}" for kind, count in sorted(counts.items()))
    return f" ({parts})" if parts else ""
