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

_WORDS = {
    "joined": "joined",
    "came_back": "came back",
    "left": "left",
    "suppressed": "suppressed",
    "erased": "erased",
}


@group.command()
def health(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Mailing list")],
    days: Annotated[
        int, typer.Option(metavar="N", min=1, max=3660, help="Look at the last N days")
    ] = 30,
) -> None:
    """
    Show how a list is doing: how many readers it had, how many joined, came back, left, were
    suppressed or erased since, and through whom; bounces and complaints by domain; and how many
    readers seem not to read it.

    Example:
        newsletter list health daily --days 90
    """
    from newsletter.actions.operations import list_health

    session = session_of(context)
    with session.app() as app:
        found = list_health.health(app, slug, days=days, by=session.actor)
    session.show(_value(found), "\n".join(_lines(found)))


def _value(found: ListHealth) -> dict[str, Any]:
    from subscribers.health.reader_changes import ReaderChange

    growth = found.growth
    return {
        "list": found.slug,
        "days": found.days,
        "at_start": found.at_start,
        **{each.value: growth.total(each) for each in ReaderChange},
        "readers": found.readers,
        "net": growth.net,
        "churn": round(found.churn, 4),
        "by_day": [
            {"day": day.isoformat(), **dict(zip(_WORDS, numbers, strict=True))}
            for day, *numbers in _by_day(found)
        ],
        **{f"{each}_through": growth.through(each) for each in ReaderChange},
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


def _by_day(found: ListHealth) -> list[tuple[Any, ...]]:
    from subscribers.health.reader_changes import ReaderChange

    kinds = [found.growth.by_day(each) for each in ReaderChange]
    days = sorted({day for each in kinds for day in each})
    return [(day, *(each.get(day, 0) for each in kinds)) for day in days]


def _lines(found: ListHealth) -> list[str]:
    from subscribers.health.reader_changes import ReaderChange

    growth = found.growth
    changed = [
        f"{growth.total(each)} {_WORDS[each]}{_through(growth.through(each))}"
        for each in ReaderChange
    ]
    lines = [
        f"{found.slug}: {found.readers} readers",
        f"{found.days} days ago: {found.at_start}; since then " + ", ".join(changed),
        f"{found.churn:.1%} of those who were there or joined are gone",
    ]
    if found.silent is None:
        lines.append(
            "not known who reads: that takes ten issues, and a provider that tells of opens or "
            "clicks"
        )
    else:
        lines.append(f"{found.silent} readers opened and clicked none of the last ten issues")
    if days := _by_day(found):
        lines += ["", table(days, ("day", *_WORDS.values()), empty="")]
    if found.domains:
        rows: list[Any] = [(d.domain, d.readers, d.bounced, d.complained) for d in found.domains]
        lines += ["", table(rows, ("domain", "readers", "bounced", "complained"), empty="")]
    return lines


def _through(counts: Mapping[Any, int]) -> str:
    parts = ", ".join(f"{count} by {kind.value}" for kind, count in sorted(counts.items()))
    return f" ({parts})" if parts else ""
