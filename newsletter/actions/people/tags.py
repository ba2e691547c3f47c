"""
Actions on tags and notes: list, rename and remove tags, and write a note about a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_person, the_person_on_a_list, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.segments.rules import require_whole_rule
from subscribers.bulk.batches import run_in_batches
from subscribers.filters.model import PeopleFilter
from subscribers.filters.search import numbers_of
from subscribers.people import subscriber_by_address
from subscribers.reach import known_among
from subscribers.segments.renames import rename_tag_in_rules, segments_naming_tag
from subscribers.tags import names
from subscribers.tags.notes import Note, add_note, notes_of, parse_note
from subscribers.tags.records import change_tags, tags_of
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address


@requires(Permission.PEOPLE_READ, "tag.list", about=unlimited(ObjectKind.TAG))
def count_all(app: App, *, by: Actor) -> dict[str, int]:
    """
    Return the number of people who have each tag, by its name.
    """
    with app.database.read() as connection:
        return names.count_tags(connection)


@requires(Permission.PEOPLE_WRITE, "tag.rename", about=unlimited(ObjectKind.TAG, "name"))
def rename(app: App, name: str, new_name: str, *, by: Actor) -> dict[str, int]:
    """
    Rename a tag, also in the rules of segments; whoever has it keeps it. Return their number by the
    new name.

    Raises:
        UnknownTag, TagExists: there is no tag of that name, or one of the new name.
        InvalidText: the new name is not valid.
        Refused: it makes the rule of a segment too long.
    """
    old, tag = names.parse_tag(name), names.parse_tag(new_name)
    with app.database.write() as connection:
        names.rename_tag(connection, old, tag)
        for segment in rename_tag_in_rules(connection, old, tag, now=app.clock()):
            require_whole_rule(connection, segment)
        return {tag: names.count_tags(connection).get(tag, 0)}


@requires(Permission.PEOPLE_READ, "tag.count", about=unlimited(ObjectKind.TAG, "name"))
def count_people(app: App, name: str, *, by: Actor) -> int:
    """
    Return the number of people who have a tag.

    Raises:
        UnknownTag: there is no tag of that name.
    """
    tag = names.parse_tag(name)
    with app.database.read() as connection:
        names.find_tag(connection, tag)
        return names.count_tags(connection).get(tag, 0)


@requires(
    Permission.PEOPLE_WRITE,
    "tag.remove",
    about=unlimited(ObjectKind.TAG, "name"),
    in_steps=True,
)
def remove(
    app: App, name: str, *, by: Actor, progress: Callable[[int, int], None] | None = None
) -> int:
    """
    Take a tag from everybody who has it, and remove it. Return their number; *progress* is called
    with the number of people done and of all.

    Raises:
        UnknownTag: there is no tag of that name.
        Refused: the rule of a segment names it.
    """
    tag = names.parse_tag(name)
    with app.database.read() as connection:
        for segment in segments_naming_tag(connection, tag):
            raise Refused(
                phrase(
                    "segment {segment} uses tag {tag}: first change it with `newsletter "
                    "segment edit {segment}`",
                    segment=segment.name,
                    tag=tag,
                )
            )
        numbers = numbers_of(connection, PeopleFilter(tag=tag))

    def take(connection: sa.Connection, people: Sequence[int]) -> Counter[str]:
        taken = change_tags(connection, people, remove=[tag], by=by.origin, now=app.clock())
        return Counter(taken=taken)

    counts = run_in_batches(app.database.write, numbers, take, progress=progress)
    with app.database.write() as connection:
        names.delete_tag(connection, tag)
    return counts["taken"]


@requires(Permission.PEOPLE_READ, "subscriber.tags", about=the_person_on_a_list())
def of_person(app: App, address: str, *, by: Actor) -> list[str]:
    """
    Return the tags of one person, sorted.

    Raises:
        UnknownSubscriber: nobody has this address.
        InvalidAddress: the address is not valid.
    """
    with app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(address))
        known = known_among(connection, [person.id], by.lists)
        return tags_of(connection, known).get(person.id, [])


@requires(Permission.PEOPLE_WRITE, "subscriber.note", about=the_person())
def write_note(app: App, address: str, text: str, *, by: Actor) -> list[Note]:
    """
    Add a note to a person, and return all notes about them.

    Raises:
        UnknownSubscriber: nobody has this address.
        InvalidAddress, InvalidText: the address or the text is not valid.
    """
    note = parse_note(text)
    with app.database.write() as connection:
        person = subscriber_by_address(connection, parse_address(address))
        add_note(connection, person.id, note, by_name=by.name, now=app.clock())
        return notes_of(connection, [person.id])[person.id]
