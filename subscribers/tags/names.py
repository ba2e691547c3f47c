"""
The tags that there are: check a name that was typed, and find, count, rename and remove tags.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.columns import insert_into
from subscribers.database.segment_tables import subscriber_tag as _given
from subscribers.database.segment_tables import tag as _tags
from subscribers.errors import InvalidText, TagExists, UnknownTag
from subscribers.reach import is_known_on
from subscribers.text.normal_form import normal_form
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import DIRECTION_CONTROLS, one_line

MAX_TAG = 60


def parse_tag(text: str) -> str:
    """
    Return the tag that was typed, in lower case, without the spaces around it and characters that
    nobody sees.

    Raises:
        InvalidText: it is empty or too long, or has a comma, a semicolon, a control character or
            one that changes the direction of writing. Files write several tags with commas between.
    """
    typed = one_line(normal_form("NFC", text), phrase("tag"), may_be_empty=False)
    tag = " ".join(typed.lower().split())
    if not {",", ";", *DIRECTION_CONTROLS}.isdisjoint(tag):
        raise InvalidText(
            phrase(
                "the tag {tag!r} contains a comma, a semicolon or a character that "
                "changes the direction of writing: leave it out, or give several tags one "
                "by one",
                tag=tag,
            )
        )
    tag = " ".join("".join(filter(str.isprintable, tag)).split())
    if len(tag) > MAX_TAG:
        raise InvalidText(
            phrase(
                "the tag {tag!r}... has {number} characters: at most {limit}",
                tag=tag[:40],
                number=len(tag),
                limit=MAX_TAG,
            )
        )
    return one_line(tag, phrase("tag"), may_be_empty=False)


def all_tags(connection: sa.Connection) -> list[str]:
    """
    Return the name of every tag that somebody has, sorted.
    """
    somebody = sa.select(_given.c.tag_id).where(_given.c.tag_id == _tags.c.id).exists()
    return sorted(connection.scalars(sa.select(_tags.c.name).where(somebody)))


def few_tags(connection: sa.Connection, most: int) -> list[str]:
    """
    Return the names of all tags, sorted; none if there are more than *most*.
    """
    names = connection.scalars(sa.select(_tags.c.name).limit(most + 1)).all()
    return sorted(names) if len(names) <= most else []


def count_tags(connection: sa.Connection) -> dict[str, int]:
    """
    Return the number of people who have each tag, by its name, sorted. A tag that nobody has any
    more is left out.
    """
    counts = sa.select(_given.c.tag_id, sa.func.count().label("people")).group_by(_given.c.tag_id)
    each = counts.subquery()
    rows = connection.execute(
        sa.select(_tags.c.name, each.c.people).join(each, each.c.tag_id == _tags.c.id)
    )
    return dict(sorted((row.name, int(row.people)) for row in rows))


def tags_of_nobody(
    connection: sa.Connection, names: Collection[str], *, among: frozenset[str] | None = None
) -> dict[str, str | None]:
    """
    Return those of *names* that are tags of nobody, each with the most similar tag that somebody
    has. With *among*, slugs of lists, the people are those of whom staff limited to these see it.
    """
    known = _tags_among(connection, among) if names else []
    return {
        name: next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.6)), None)
        for name in names
        if name not in known
    }


def _tags_among(connection: sa.Connection, slugs: frozenset[str] | None) -> list[str]:
    if slugs is None:
        return all_tags(connection)
    s, lists = tables.subscription, tables.mailing_list
    given = (
        sa.select(_given.c.tag_id)
        .join(s, s.c.subscriber_id == _given.c.subscriber_id)
        .join(lists, lists.c.id == s.c.list_id)
        .where(lists.c.slug.in_(sorted(slugs)), is_known_on(_given.c.subscriber_id, slugs))
    )
    return list(connection.scalars(sa.select(_tags.c.name).where(_tags.c.id.in_(given))))


def find_tag(connection: sa.Connection, name: str) -> int:
    """
    Return the number of the tag of that name.

    Raises:
        UnknownTag: there is none; the message names the most similar.
    """
    number = number_of_tag(connection, name)
    if not number:
        near = difflib.get_close_matches(name, all_tags(connection), n=1, cutoff=0.5)
        advice = (
            phrase("did you mean {near!r}?", near=near[0])
            if near
            else phrase("`newsletter tag list` shows all tags")
        )
        raise UnknownTag(
            phrase("there is no tag {name!r}: {advice}", name=name, advice=advice), wanted=name
        )
    return number


def number_of_tag(connection: sa.Connection, name: str) -> int:
    """
    Return the number of the tag of that name; 0, which is that of none, if there is none.
    """
    return connection.scalar(sa.select(tag_number(name))) or 0


def tag_number(name: str) -> sa.Label[int]:
    """
    Return the number of the tag of that name as a column; NULL if there is none.
    """
    found = sa.select(_tags.c.id).where(_tags.c.name == name)
    return found.scalar_subquery().label("tag_number")


def ensure_tags(connection: sa.Connection, names: Collection[str]) -> dict[str, int]:
    """
    Return the numbers of the tags by their names; those that do not exist yet are added.
    """
    if not names:
        return {}
    known = _numbers(connection, names)
    missing = sorted(set(names) - known.keys())
    if not missing:
        return known
    new = insert_into(connection, _tags).on_conflict_do_nothing()
    connection.execute(new, [{"name": name} for name in missing])
    return _numbers(connection, names)


def rename_tag(connection: sa.Connection, name: str, new_name: str) -> None:
    """
    Rename a tag. Whoever has it keeps it.

    Raises:
        UnknownTag: there is no tag of that name.
        TagExists: there is one of the new name.
    """
    number = find_tag(connection, name)
    if name != new_name and new_name in all_tags(connection):
        raise TagExists(
            phrase(
                "tag {new_name!r} already exists: to join the two, run `newsletter "
                "subscriber tag --tag {name!r} --add {new_name!r} --remove {name!r}`",
                new_name=new_name,
                name=name,
            )
        )
    # Nobody has it any more.
    if name != new_name:
        connection.execute(_tags.delete().where(_tags.c.name == new_name))
    connection.execute(_tags.update().where(_tags.c.id == number).values(name=new_name))


def delete_tag(connection: sa.Connection, name: str) -> None:
    """
    Remove a tag that nobody has any more.

    Raises:
        UnknownTag: there is no tag of that name.
    """
    connection.execute(_tags.delete().where(_tags.c.id == find_tag(connection, name)))


def _numbers(connection: sa.Connection, names: Collection[str]) -> dict[str, int]:
    rows = connection.execute(
        sa.select(_tags.c.name, _tags.c.id).where(_tags.c.name.in_(list(names)))
    )
    return {row.name: row.id for row in rows}
