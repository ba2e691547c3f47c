"""
Tags of all people: list, show, rename and remove them.
"""

from __future__ import annotations

from newsletter.actions.people import tags
from newsletter.model.access import Permission
from newsletter.web.api.bodies.tags import NewTagName, TagBody, TagInPath
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from subscribers.tags.names import parse_tag

noun = Noun("tags", "Words that people are marked with. Those of one person belong to them.")


@noun.get("/tags", Permission.PEOPLE_READ)
def list_tags(call: Call, limit: Limit = 100, cursor: CursorText = None) -> ResourcePage[TagBody]:
    """
    List the tags, by name.
    """
    after = call.after(cursor, str, "")
    counts = tags.count_all(call.app, by=call.actor)
    found = [
        TagBody(name=name, people=count) for name, count in sorted(counts.items()) if name > after
    ]
    return call.page(found[: limit + 1], limit, key=lambda each: each.name, show=lambda each: each)


@noun.get("/tags/{tag}", Permission.PEOPLE_READ)
def show_tag(call: Call, tag: TagInPath) -> TagBody:
    """
    Show a tag.
    """
    people = tags.count_people(call.app, tag, by=call.actor)
    return TagBody(name=parse_tag(tag), people=people)


@noun.patch("/tags/{tag}", Permission.PEOPLE_READ, Permission.PEOPLE_WRITE)
def rename_tag(call: Call, tag: TagInPath, body: NewTagName) -> TagBody:
    """
    Rename a tag.

    Whoever has it keeps it, and the rules of segments name the new one.
    """
    ((name, people),) = tags.rename(call.app, tag, body.name, by=call.actor).items()
    return TagBody(name=name, people=people)


@noun.delete("/tags/{tag}", Permission.PEOPLE_WRITE, in_steps=True)
def remove_tag(call: Call, tag: TagInPath) -> None:
    """
    Take a tag from everybody who has it, and remove it.
    """
    tags.remove(call.app, tag, by=call.actor)
