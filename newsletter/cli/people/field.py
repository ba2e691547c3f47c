"""
`newsletter field`: what is known about people beside name, language and time zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.session import Yes, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.actions.people.fields import FieldDetails
    from subscribers.fields.model import FieldOption

group = typer.Typer()

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Name: lower-case letters, digits and _"),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        metavar="LABEL",
        help="Label that readers see, once for each language: 'en=Your edition'",
        show_default="its name",
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="CHOICE",
        help="Option of a choice, with its labels: 'north=en:North|de:Nord'",
        show_default="none",
    ),
]


@group.command()
def add(
    context: typer.Context,
    name: Name,
    field_type: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE", help="Type: text, number, date, boolean, choice or choices"
        ),
    ],
    label: Labels = None,
    option: Options = None,
    is_public: Annotated[
        bool,
        typer.Option(
            "--public/--staff",
            help="Readers see and change it, or only staff do",
            show_default="--staff",
        ),
    ] = False,
    is_personal: Annotated[
        bool,
        typer.Option(
            "--personal/--not-personal",
            help="Its values are personal data",
            show_default="--not-personal",
        ),
    ] = False,
) -> None:
    """
    Declare a field. A list asks for it once `list edit SLUG --ask NAME` says so.

    Example:
        newsletter field add edition --type choice --public \\
            --option "north=en:North|de:Nord" --option south=en:South
    """
    from newsletter.actions.people import fields

    session = session_of(context)
    labels, options = _labels(label or ()), _options(option or ())
    with session.app() as app:
        added = fields.add(
            app,
            name,
            field_type,
            labels=labels,
            options=options,
            is_public=is_public,
            is_personal=is_personal,
            by=session.actor,
        )
    session.show(_as_json(added), f"added field {name}")


@group.command()
def edit(
    context: typer.Context,
    name: Name,
    label: Labels = None,
    option: Options = None,
    is_public: Annotated[
        bool | None,
        typer.Option("--public/--staff", help="Readers see and change it, or only staff do"),
    ] = None,
    is_personal: Annotated[
        bool | None, typer.Option("--personal/--not-personal", help="Its values are personal data")
    ] = None,
    position: Annotated[
        int | None, typer.Option(metavar="N", help="Its place among the fields, from 1")
    ] = None,
) -> None:
    """
    Change a field. What you leave out stays unchanged; --option replaces all options, and
    --label LANGUAGE= removes a label.

    Example:
        newsletter field edit edition --label "de=Ihre Ausgabe"
    """
    from newsletter.actions.people import fields

    given = (label, option, is_public, is_personal, position)
    if all(value is None for value in given):
        raise Refused("nothing to change: give an option, such as --label en=TEXT")
    session = session_of(context)
    labels = None if label is None else _labels(label)
    options = None if option is None else _options(option)
    with session.app() as app:
        changed = fields.edit(
            app,
            name,
            labels=labels,
            options=options,
            is_public=is_public,
            is_personal=is_personal,
            position=position,
            by=session.actor,
        )
    session.show(_as_json(changed), f"changed field {name}")


@group.command(name="list")
def list_fields(context: typer.Context) -> None:
    """
    List the fields, with the number of people who have a value of each.

    Example:
        newsletter field list
    """
    from newsletter.actions.people import fields

    session = session_of(context)
    with session.app() as app:
        found = [_as_json(each) for each in fields.show_all(app, by=session.actor)]
    columns = ("name", "type", "public", "personal", "values")
    none = "No fields yet. Add one: newsletter field add NAME --type text"
    rows = [[_in_words(row)[name] for name in columns] for row in found]
    session.show(found, table(rows, columns, empty=none))


@group.command()
def show(context: typer.Context, name: Name) -> None:
    """
    Show one field with its labels and options.

    Example:
        newsletter field show edition
    """
    from newsletter.actions.people import fields

    session = session_of(context)
    with session.app() as app:
        value = _as_json(fields.show(app, name, by=session.actor))
    session.show(value, format_values(_in_words(value)))


@group.command()
def remove(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """
    Remove a field with every value of it. Without a terminal, values are removed only with --yes.

    Example:
        newsletter field remove edition --yes
    """
    from newsletter.actions.people import fields

    session = session_of(context)
    with session.app() as app:
        count = fields.show(app, name, by=session.actor).values
        values = "1 value" if count == 1 else f"{count:,} values"
        question = f"Remove field {name} with {values} for good?"
        if count and not yes and not session.is_interactive:
            session.refuse(f"nothing was removed: {question} Answer with --yes")
        session.require_yes(question, yes=yes, otherwise="nothing was removed")
        removed = fields.remove(app, name, by=session.actor)
    session.show(_as_json(removed), f"removed field {name} with {values}")


def _labels(typed: Sequence[str]) -> dict[str, str]:
    """
    Convert `en=Your edition` to a label by its language.
    """
    labels = {}
    for text in typed:
        language, equals, label = text.partition("=")
        if not equals:
            raise Refused(f"--label {text}: write LANGUAGE=TEXT, such as en=Your edition")
        labels[language.strip()] = label.strip()
    return labels


def _options(typed: Sequence[str]) -> list[FieldOption]:
    """
    Convert `north=en:North|de:Nord` to an option; the labels may be missing.
    """
    from subscribers.fields.model import FieldOption

    options = []
    for text in typed:
        key, _, labels = text.partition("=")
        pairs = [pair.partition(":") for pair in labels.split("|") if pair.strip()]
        if not all(colon for _, colon, _ in pairs):
            raise Refused(f"--option {text}: write KEY=LANGUAGE:LABEL, such as north=en:North")
        own = {language.strip(): label.strip() for language, _, label in pairs}
        options.append(FieldOption(key=key.strip(), labels=own))
    return options


def _in_words(value: dict[str, Any]) -> dict[str, Any]:
    """
    Return the values of a field as people read them.
    """
    return {
        **value,
        "labels": [f"{language}: {text}" for language, text in value["labels"].items()],
        "options": [option["key"] for option in value["options"]],
        "public": "yes" if value["public"] else "no",
        "personal": "yes" if value["personal"] else "no",
    }


def _as_json(details: FieldDetails) -> dict[str, Any]:
    field = details.field
    return {
        "name": field.name,
        "type": field.type,
        "labels": dict(field.labels),
        "options": [{"key": option.key, "labels": dict(option.labels)} for option in field.options],
        "public": field.is_public,
        "personal": field.is_personal,
        "position": field.position,
        "values": details.values,
    }
