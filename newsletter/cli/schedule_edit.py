"""
`newsletter schedule add` and `edit`: when issues are made, of which briefs, and for whom.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

import typer

from newsletter.cli.schedule import Name, group, next_of
from newsletter.cli.session import duration, session_of
from newsletter.model.issue import AudienceRule, ShownAs
from newsletter.model.schedule import Approval, IssueRules, Late, Order, Schedule

__all__ = ["group"]

Template = Annotated[str | None, typer.Option(help="The template folder.")]
From = Annotated[str | None, typer.Option("--sender", help="The From address.")]
Least = Annotated[int | None, typer.Option("--min", min=1, help="Skip with fewer briefs.")]
Most = Annotated[int | None, typer.Option("--max", min=1, help="Leave more for next.")]
Category = Annotated[
    list[str] | None, typer.Option(help="Only briefs of this category; repeatable.")
]
Title = Annotated[
    str | None, typer.Option(help="Only briefs whose title this regular expression finds.")
]
LookBack = Annotated[str | None, typer.Option(help="Only briefs dated within: 14d.")]
OrderWord = Annotated[Order | None, typer.Option("--order", help="newest or oldest first.")]
Lead = Annotated[
    str | None, typer.Option(help="The first brief of this category stands before all.")
]
Show = Annotated[
    ShownAs | None, typer.Option(help="How all but the lead appear: full, takeaways, ...")
]
ApprovalWord = Annotated[
    Approval | None, typer.Option("--approval", help="auto sends; draft waits for a person.")
]
LateWord = Annotated[
    Late | None, typer.Option("--late", help="What a late slot does: send, skip or ask.")
]
Latest = Annotated[str | None, typer.Option(help="When a slot is late.")]


@group.command()
def add(
    context: typer.Context,
    name: Name,
    lists: Annotated[list[str], typer.Option("--list", help="To whom; repeatable, in order.")],
    source: Annotated[list[str], typer.Option(help="Whose briefs; repeatable.")],
    cron: Annotated[str, typer.Option(help="When: '0 6 * * mon-fri', minute first.")],
    timezone: Annotated[str, typer.Option(help="Whose clock: America/New_York.")],
    template: Template = None,
    each: Annotated[bool, typer.Option("--each", help="One issue a brief.")] = False,
    sender: From = None,
    least: Least = None,
    most: Most = None,
    category: Category = None,
    title: Title = None,
    look_back: LookBack = None,
    order: OrderWord = None,
    lead: Lead = None,
    show: Show = None,
    approval: ApprovalWord = None,
    late: LateWord = None,
    latest: Latest = None,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Send briefs other schedules sent to the list.")
    ] = False,
) -> None:
    """
    Add a schedule.

    Example: newsletter schedule add morning --list daily --source site --cron "0 6 * * mon-fri"
    --timezone America/New_York
    """
    rules = _ruled(
        IssueRules(),
        least=least,
        most=most,
        categories=category,
        title=title,
        look_back=look_back,
        order=order,
        lead=lead,
        show=show,
    )
    rule = Schedule(
        id=0,
        name=name,
        cron=cron,
        timezone=timezone,
        audience=AudienceRule(lists=tuple(lists)),
        sources=tuple(source),
        template=template,
        each=each,
        sender=sender,
        rules=rules,
        approval=approval or Approval.AUTO,
        late=late or Late.SEND,
        latest=duration(latest or "2h"),
        repeat=repeat,
    )
    _keep_new(context, rule)


def _keep_new(context: typer.Context, rule: Schedule) -> None:
    from newsletter.schedule import upcoming
    from newsletter.slots import parse_cron, zone_named
    from newsletter.store.schedules import add_schedule
    from newsletter.store.sources import find_source
    from subscribers.lists import find_list

    session = session_of(context)
    if not re.fullmatch(r"[\w.-]+", rule.name):
        raise typer.BadParameter(f"{rule.name!r}: a name has letters, digits, '-', '_' and '.'")
    parse_cron(rule.cron)
    zone_named(rule.timezone)
    with session.app() as app, app.database.write() as connection:
        for slug in rule.audience.lists:
            find_list(connection, slug)
        for one in rule.sources:
            find_source(connection, one)
        add_schedule(connection, rule, now=app.clock())
        coming = next_of(upcoming(rule, now=app.clock(), count=1))
    session.show({"name": rule.name, "next": coming}, f"added {rule.name}; next: {coming}")


@group.command()
def edit(
    context: typer.Context,
    name: Name,
    cron: Annotated[str | None, typer.Option(help="When.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Whose clock.")] = None,
    template: Template = None,
    sender: From = None,
    least: Least = None,
    most: Most = None,
    category: Category = None,
    title: Title = None,
    look_back: LookBack = None,
    order: OrderWord = None,
    lead: Lead = None,
    show: Show = None,
    approval: ApprovalWord = None,
    late: LateWord = None,
    latest: Latest = None,
) -> None:
    """
    Change a schedule; what is not named stays. A new time counts from now on.

    Example: newsletter schedule edit morning --cron "30 6 * * mon-fri"
    """
    columns = {
        "cron": cron,
        "timezone": timezone,
        "template": template,
        "sender": sender,
        "approval": approval,
        "late": late,
        "latest_s": int(duration(latest).total_seconds()) if latest else None,
    }
    told = {
        "least": least,
        "most": most,
        "categories": category,
        "title": title,
        "look_back": look_back,
        "order": order,
        "lead": lead,
        "show": show,
    }
    _change(context, name, columns, told)


def _change(
    context: typer.Context, name: str, columns: dict[str, Any], told: dict[str, Any]
) -> None:
    from newsletter.schedule import upcoming
    from newsletter.slots import parse_cron, zone_named
    from newsletter.store.schedules import change_schedule, find_schedule

    values = {column: value for column, value in columns.items() if value is not None}
    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        rule = find_schedule(connection, name)
        parse_cron(columns["cron"] or rule.cron)
        zone_named(columns["timezone"] or rule.timezone)
        values["rules"] = _ruled(rule.rules, **told).as_json()
        if "cron" in values or "timezone" in values:
            values["last_due"] = app.clock()
        change_schedule(connection, rule.id, **values)
        coming = next_of(upcoming(find_schedule(connection, name), now=app.clock(), count=1))
    session.show({"name": name, "next": coming}, f"changed {name}; next: {coming}")


def _ruled(rules: IssueRules, **told: Any) -> IssueRules:
    """
    *rules* with what was told; None leaves a rule as it is.
    """
    values = {rule: value for rule, value in told.items() if value is not None}
    if "title" in values:
        try:
            re.compile(values["title"])
        except re.error as error:
            raise typer.BadParameter(f"--title {values['title']}: {error}") from error
    if (values.get("most") or rules.most or 10**9) < (values.get("least") or rules.least):
        raise typer.BadParameter("--max is less than --min: nothing could ever be sent")
    if "look_back" in values:
        values["look_back"] = duration(values["look_back"])
    if "categories" in values:
        values["categories"] = tuple(values["categories"])
    return replace(rules, **values)
