"""
Who uses a field: the people who have a value of it, and the forms that ask for it.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.field_tables import field_value, list_field
from subscribers.database.tables import mailing_list, subscription
from subscribers.errors import InvalidText
from subscribers.fields.model import Field, FieldType
from subscribers.reach import is_known_on
from subscribers.text.phrases import phrase, plural


def count_values(
    connection: sa.Connection, field: Field, *, among: frozenset[str] | None = None
) -> int:
    """
    Return how many people have a value of the field. With *among*, slugs of lists, of those of whom
    staff limited to these see it.
    """
    counted = sa.select(sa.func.count()).where(field_value.c.field_id == field.id)
    return connection.scalar(counted.where(*_are_among(among))) or 0


def count_all_values(
    connection: sa.Connection, *, among: frozenset[str] | None = None
) -> dict[int, int]:
    """
    Return how many people have a value of each field, by the number of the field; with *among* as
    for one.
    """
    people = sa.func.count().label("people")
    counted = sa.select(field_value.c.field_id, people).group_by(field_value.c.field_id)
    rows = connection.execute(counted.where(*_are_among(among)))
    return {row.field_id: row.people for row in rows}


def _are_among(slugs: frozenset[str] | None) -> list[sa.ColumnElement[bool]]:
    if slugs is None:
        return []
    theirs = (
        sa.select(subscription.c.id)
        .join(mailing_list, mailing_list.c.id == subscription.c.list_id)
        .where(subscription.c.subscriber_id == field_value.c.subscriber_id)
        .where(mailing_list.c.slug.in_(sorted(slugs)))
    )
    is_known = is_known_on(field_value.c.subscriber_id, slugs)
    return [theirs.correlate(field_value).exists(), is_known]


def require_not_asked(connection: sa.Connection, field: Field) -> None:
    """
    Require that the form of no list asks for *field*.

    Raises:
        InvalidText: one does; the line names the list.
    """
    slug = connection.scalar(
        sa.select(mailing_list.c.slug)
        .join(list_field, list_field.c.list_id == mailing_list.c.id)
        .where(list_field.c.field_id == field.id)
        .order_by(mailing_list.c.slug)
        .limit(1)
    )
    if slug is not None:
        raise InvalidText(
            phrase(
                "the form of list {list} asks for field {field}: first `newsletter list "
                "edit {list} --no-ask {field}`",
                list=slug,
                field=field.name,
            ),
            field="is_public",
        )


def require_options_unused(connection: sa.Connection, field: Field, keys: set[str]) -> None:
    """
    Require that nobody has chosen an option of *field* that is not one of *keys*.

    Raises:
        InvalidText: somebody has; the line names the option.
    """
    for gone in [option.key for option in field.options if option.key not in keys]:
        # A key has no quotes and no wildcards of LIKE except _, which an escape makes plain.
        quoted = f'"{gone}"'
        chosen = field_value.c.value == gone
        if field.type is FieldType.CHOICES:
            chosen = field_value.c.value.contains(quoted, autoescape=True)
        counted = sa.select(sa.func.count()).where(field_value.c.field_id == field.id, chosen)
        people = connection.scalar(counted) or 0
        if people:
            raise InvalidText(
                plural(
                    "{n} person has chosen {gone}: keep that option of field {field}",
                    "{n} people have chosen {gone}: keep that option of field {field}",
                    people,
                    gone=gone,
                    field=field.name,
                ),
                field="options",
            )
