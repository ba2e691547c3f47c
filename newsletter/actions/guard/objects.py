"""
Name the object that an action is about: its kind, and the argument that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Target
from newsletter.model.issue import AudienceRule
from newsletter.store.access import owning_lists
from newsletter.store.access.owning_lists import Lists
from subscribers.errors import InvalidAddress, UnknownSegment
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address

Arguments = Mapping[str, Any]
FindLists = Callable[[sa.Connection, Any], Lists]


@dataclass(frozen=True, kw_only=True)
class ObjectOf:
    """
    The object of an action. `argument` is the parameter that names it, `find_lists` loads the lists
    it belongs to. `any_list` and `is_shared` are those of the `Target`. The lists that the
    parameters `more_lists` name count too, and so do those of the segment that the parameter
    `segment` names. A dot leads to an attribute: `which.list_slug`.
    """

    kind: ObjectKind
    argument: str = ""
    find_lists: FindLists | None = None
    more_lists: tuple[str, ...] = ()
    segment: str = ""
    any_list: bool = False
    is_shared: bool = False

    def target(self, app: App, actor: Actor, arguments: Arguments) -> Target:
        """
        Return the object with its lists, which are loaded only for an actor who is limited to some.

        Raises:
            UnknownSegment: such an actor names a segment out of their reach.
        """
        named = _value(arguments, self.argument)
        return Target(
            kind=self.kind,
            id="" if named is None else _shown(named),
            lists=frozenset() if actor.lists is None else self._lists(app, actor, arguments),
            any_list=self.any_list,
            is_shared=self.is_shared,
        )

    def _lists(self, app: App, actor: Actor, arguments: Arguments) -> Lists:
        named, segment = _value(arguments, self.argument), _value(arguments, self.segment)
        lists = frozenset().union(*(_slugs(_value(arguments, name)) for name in self.more_lists))
        with app.database.read() as connection:
            if self.find_lists is not None and named is not None:
                lists |= self.find_lists(connection, named)
            if segment:
                of_segment = owning_lists.lists_of_segment(connection, segment)
                if not actor.sees_all(of_segment):
                    raise UnknownSegment(
                        phrase("there is no segment {segment!r} for you", segment=segment),
                        wanted=segment,
                    )
                lists |= of_segment
        return lists


def _value(arguments: Arguments, path: str) -> Any:
    """
    Return the argument at *path*, or None.
    """
    name, *attributes = path.split(".")
    value = arguments.get(name)
    for attribute in attributes:
        if isinstance(value, Mapping):
            value = value.get(attribute)
        else:
            value = getattr(value, attribute, None)
    return value


def _slugs(value: Any) -> Iterable[str]:
    if value is None or value == "":
        return ()
    if isinstance(value, AudienceRule):
        return (*value.lists, *value.minus)
    return (value,) if isinstance(value, str) else value


def _shown(named: Any) -> str:
    return str(named) if isinstance(named, str | int) else str(getattr(named, "name", ""))


def _itself(_: sa.Connection, slug: Any) -> Lists:
    return frozenset({str(slug)})


def _person(connection: sa.Connection, address: Any) -> Lists:
    try:
        key = parse_address(str(address)).key
    except InvalidAddress:
        return owning_lists.NO_LISTS
    return owning_lists.lists_of_person(connection, key)


def the_list(argument: str = "slug", *, segment: str = "") -> ObjectOf:
    """
    Name a list. *segment* is a parameter that says which of its readers are meant.
    """
    return ObjectOf(kind=ObjectKind.LIST, argument=argument, find_lists=_itself, segment=segment)


def the_issue(
    argument: str = "issue_id", *, lists: tuple[str, ...] = (), segment: str = ""
) -> ObjectOf:
    """
    Name an issue. *lists* and *segment* are parameters that say whom it is to go to.
    """
    return ObjectOf(
        kind=ObjectKind.ISSUE,
        argument=argument,
        find_lists=owning_lists.lists_of_issue,
        more_lists=lists,
        segment=segment,
    )


def the_schedule(
    argument: str = "name", *, lists: tuple[str, ...] = (), segment: str = ""
) -> ObjectOf:
    """
    Name a schedule. *lists* and *segment* are parameters that say whom its issues are to go to.
    """
    return ObjectOf(
        kind=ObjectKind.SCHEDULE,
        argument=argument,
        find_lists=owning_lists.lists_of_schedule,
        more_lists=lists,
        segment=segment,
    )


def the_segment(argument: str = "name", *, lists: tuple[str, ...] = ()) -> ObjectOf:
    """
    Name a segment. *lists* are parameters with the list it is to be about.
    """
    return ObjectOf(
        kind=ObjectKind.SEGMENT,
        argument=argument,
        find_lists=owning_lists.lists_of_segment,
        more_lists=lists,
    )


def the_source(argument: str = "name") -> ObjectOf:
    """
    Name a source, which belongs to the lists of the schedules that read it, or to all.
    """
    find = owning_lists.lists_of_source
    return ObjectOf(kind=ObjectKind.SOURCE, argument=argument, find_lists=find, is_shared=True)


def the_brief(argument: str = "brief_id") -> ObjectOf:
    """
    Name a brief, which belongs to the lists of its source and of the drafts that hold it, or to
    all.
    """
    find = owning_lists.lists_of_brief
    return ObjectOf(kind=ObjectKind.BRIEF, argument=argument, find_lists=find, is_shared=True)


def the_person(argument: str = "address") -> ObjectOf:
    """
    Name a person by address, all of whose lists must be within reach.
    """
    return ObjectOf(kind=ObjectKind.PERSON, argument=argument, find_lists=_person)


def the_person_on_a_list(argument: str = "address") -> ObjectOf:
    """
    Name a person by address, one of whose lists must be within reach.
    """
    return ObjectOf(kind=ObjectKind.PERSON, argument=argument, find_lists=_person, any_list=True)


def the_person_for(list_argument: str, argument: str = "address") -> ObjectOf:
    """
    Name a person by address; of their lists, the one that *list_argument* names must be within
    reach.
    """
    return ObjectOf(kind=ObjectKind.PERSON, argument=argument, more_lists=(list_argument,))


def the_job(argument: str = "number", *, lists: tuple[str, ...] = ()) -> ObjectOf:
    """
    Name an import or export. *lists* are parameters with the list it is to be about.
    """
    return ObjectOf(
        kind=ObjectKind.FILE_JOB,
        argument=argument,
        find_lists=owning_lists.lists_of_job,
        more_lists=lists,
    )


def shared(kind: ObjectKind, argument: str = "") -> ObjectOf:
    """
    Name an object that belongs to no list and that everybody with the permission can reach; or many
    objects, of which the action shows only those within reach.
    """
    return ObjectOf(kind=kind, argument=argument, is_shared=True)


def unlimited(kind: ObjectKind, argument: str = "") -> ObjectOf:
    """
    Name an object that nobody who is limited to some lists can reach.
    """
    return ObjectOf(kind=kind, argument=argument)


def within(kind: ObjectKind, *list_arguments: str, segment: str = "") -> ObjectOf:
    """
    Name objects by the lists and the segment that parameters name; without a list, those of all
    lists.
    """
    return ObjectOf(kind=kind, more_lists=list_arguments, segment=segment)


def people_in(filter_argument: str = "which") -> ObjectOf:
    """
    Name people by the list and segment of a filter.
    """
    return within(
        ObjectKind.PERSON, f"{filter_argument}.list_slug", segment=f"{filter_argument}.segment"
    )
