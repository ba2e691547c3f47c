"""
`newsletter segment`: named rules that select people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_people, format_values
from newsletter.cli.session import Session, Yes, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.actions.people.segments import RuleCount, SegmentDetails
    from subscribers.segments.model import Segment

group = typer.Typer()

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the segment, such as press")]
RULE_HELP = "Whom it selects, such as: country = DE and tag has press"


@group.command()
def add(
    context: typer.Context,
    name: Name,
    rule: Annotated[str, typer.Option(metavar="RULE", help=RULE_HELP)],
    mailing_list: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="SLUG", help="Only readers of this list", show_default="everybody"
        ),
    ] = None,
) -> None:
    """
    Add a segment, and count the people in it. Put the rule in single quotes.

    Examples:
        newsletter segment add press --rule 'tag has press and language = de'
        newsletter segment add new --list daily --rule 'joined within 30 days'
    """
    from newsletter.actions.people import segments

    session = session_of(context)
    with session.app() as app:
        segments.add(app, name, rule, list_slug=mailing_list, by=session.actor)
        added = segments.show(app, name, by=session.actor)
    session.show(_counted(added), f"added segment {name}: {_in_words(session, added.people)}")


@group.command()
def edit(
    context: typer.Context,
    name: Name,
    rule: Annotated[str | None, typer.Option(metavar="RULE", help=RULE_HELP)] = None,
    mailing_list: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="SLUG", help='Only readers of this list; "" is for everybody'
        ),
    ] = None,
) -> None:
    """
    Change a segment. What you leave out stays unchanged.

    An issue that was approved for it has to be approved again; one that is being sent, or was sent,
    keeps its readers.

    Example:
        newsletter segment edit press --rule 'tag has press'
    """
    from newsletter.actions.people import segments

    if rule is None and mailing_list is None:
        raise Refused("nothing to change: give --rule RULE or --list SLUG")
    session = session_of(context)
    with session.app() as app:
        segments.edit(app, name, rule=rule, list_slug=mailing_list, by=session.actor)
        changed = segments.show(app, name, by=session.actor)
    session.show(_counted(changed), f"changed segment {name}: {_in_words(session, changed.people)}")


@group.command(name="list")
def list_segments(context: typer.Context) -> None:
    """
    List the segments.

    Example:
        newsletter segment list
    """
    from newsletter.actions.people import segments

    session = session_of(context)
    with session.app() as app:
        found = [_as_json(each) for each in segments.show_all(app, by=session.actor)]
    columns = ("name", "list", "rule")
    none = "No segments yet. Add one: newsletter segment add NAME --rule RULE"
    rows = [[row[name] or "" for name in columns] for row in found]
    session.show(found, table(rows, columns, empty=none))


@group.command()
def show(context: typer.Context, name: Name) -> None:
    """
    Show one segment, the number of people in it, and what uses it.

    Example:
        newsletter segment show press
    """
    from newsletter.actions.people import segments

    session = session_of(context)
    with session.app() as app:
        found = segments.show(app, name, by=session.actor)
    value = {
        **_as_json(found.segment),
        "count": found.people.count,
        "issues": list(found.issues),
        "schedules": list(found.schedules),
    }
    session.show(value, format_values(value))


@group.command()
def count(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of the segment", show_default="none, with --rule"
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            metavar="RULE",
            help="Count for this rule, which is not stored",
            show_default="the segment's",
        ),
    ] = None,
) -> None:
    """
    Count the people in a segment, or those whom a rule selects.

    Examples:
        newsletter segment count press
        newsletter segment count --rule 'email ends with "@example.org"'
    """
    from newsletter.actions.people import segments

    if (name is None) == (rule is None):
        raise Refused("give the name of a segment, or --rule RULE")
    session = session_of(context)
    with session.app() as app:
        if name is None:
            typed = rule or ""
            people = segments.count_rule(app, typed, by=session.actor)
        else:
            found = segments.show(app, name, by=session.actor)
            typed, people = found.segment.rule, found.people
    session.show({"count": people.count, "rule": typed}, _in_words(session, people))


@group.command()
def sample(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option("-n", "--limit", metavar="N", min=1, help="How many")] = 10,
) -> None:
    """
    Show some people of a segment, old and new ones.

    Example:
        newsletter segment sample press -n 5
    """
    from newsletter.actions.people import segments

    session = session_of(context)
    with session.app() as app:
        found = segments.sample(app, name, limit=limit, by=session.actor)
    value = [{"address": person.address, "name": person.name} for person in found]
    rows = [(person.address, person.name) for person in found]
    session.show(value, table(rows, ("address", "name"), empty=f"Nobody is in segment {name}."))


@group.command()
def explain(context: typer.Context, name: Name) -> None:
    """
    Say in words whom a segment selects, with the number of people for each part of its rule.

    Example:
        newsletter segment explain press
    """
    from newsletter.actions.people import segments

    session = session_of(context)
    with session.app() as app:
        found = segments.explain(app, name, by=session.actor)
    value = {
        **_as_json(found.segment),
        "everybody": found.everybody,
        "count": found.count,
        "parts": [
            {"words": part.words, "depth": part.depth, "count": part.count} for part in found.parts
        ],
    }
    lines = [f"{'  ' * part.depth}{part.words}: {part.count:,}" for part in found.parts]
    heading = f"Segment {name} selects {found.count:,} of {format_people(found.everybody)}:"
    session.show(value, "\n".join([heading, *lines]))


@group.command()
def remove(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """
    Remove a segment that no schedule and no open issue uses.

    Example:
        newsletter segment remove press
    """
    from newsletter.actions.people import segments

    session = session_of(context)
    with session.app() as app:
        session.require_yes(f"Remove segment {name}?", yes=yes, otherwise="nothing was removed")
        removed = segments.remove(app, name, by=session.actor)
    session.show(_as_json(removed), f"removed segment {name}")


def _counted(details: SegmentDetails) -> dict[str, Any]:
    return {"count": details.people.count, "rule": details.segment.rule}


def _in_words(session: Session, people: RuleCount) -> str:
    """
    Return how many people a rule selects, and say which of its tags nobody has.
    """
    for tag, near in people.unused_tags.items():
        advice = f": did you mean {near}?" if near else ""
        session.say(f"note: nobody has the tag {tag}{advice}")
    words = format_people(people.count)
    if people.active == people.count:
        return words
    return f"{words}, {people.active:,} of them active on a list"


def _as_json(segment: Segment) -> dict[str, Any]:
    return {"name": segment.name, "rule": segment.rule, "list": segment.list_slug}
