"""
The first steps of a new installation: from nothing to a test email.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from newsletter.actions.today import summary
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.settings import Settings
from newsletter.store.operations.today.beginnings import Beginnings
from newsletter.web.admin.frame.notices import NextLink
from newsletter.web.admin.frame.words import StaffWords

_P = Permission


class StepLeft(enum.StrEnum):
    """
    What an installation lacks until issues reach readers.
    """

    READERS = "readers"
    PROVIDER = "provider"


@dataclass(frozen=True, kw_only=True)
class StepLink:
    """
    Where a step is done.
    """

    path: str
    label: str


@dataclass(frozen=True, kw_only=True)
class FirstStep:
    """
    A step. `closed` says why it cannot be done yet; `is_next` marks the one to do now.
    """

    title: str
    text: str
    is_done: bool
    links: Sequence[StepLink] = ()
    closed: str = ""
    is_next: bool = False


def needs_first_steps(actor: Actor, found: Beginnings) -> bool:
    """
    Return whether the member is shown the first steps: something is missing, and they can do some.
    """
    can_do = {_P.BRIEFS_WRITE, _P.LISTS_WRITE, _P.ISSUES_WRITE} & actor.permissions
    return not found.are_complete and actor.lists is None and bool(can_do)


def steps_left(settings: Settings, actor: Actor, found: Beginnings) -> set[StepLeft]:
    """
    Return what is missing after the first test, for who can bring people in.
    """
    if actor.lists is not None or _P.PEOPLE_WRITE not in actor.permissions:
        return set()
    left = set() if found.has_reader else {StepLeft.READERS}
    if not settings.reaches_people(settings.delivery.provider):
        left.add(StepLeft.PROVIDER)
    return left


def next_step(app: App, actor: Actor, words: StaffWords) -> NextLink | None:
    """
    Return the link to the step that comes next; None if somebody is past the first steps.
    """
    found = summary.beginnings(app, by=actor)
    if not needs_first_steps(actor, found):
        return None
    steps = first_steps(found, actor.permissions, words, draft=None)
    links = next((step.links for step in steps if step.is_next), ())
    if not links:
        return None
    label = words.gettext("Next step: %(step)s", step=links[0].label)
    return NextLink(path=links[0].path, label=label)


def first_steps(
    found: Beginnings, permissions: Collection[Permission], words: StaffWords, *, draft: int | None
) -> list[FirstStep]:
    """
    Return the steps in their order. *draft* is the number of an issue to test, if there is one.
    """
    steps = [
        _log_in(words),
        _bring_briefs(found, permissions, words),
        _add_list(found, permissions, words),
        _write_issue(found, permissions, words),
        _send_test(found, permissions, words, draft=draft),
    ]
    current = next((step for step in steps if not step.is_done and not step.closed), None)
    return [replace(step, is_next=True) if step is current else step for step in steps]


def _log_in(words: StaffWords) -> FirstStep:
    _ = words.gettext
    text = _("Done. You can invite colleagues later, in the settings.")
    return FirstStep(title=_("Log in"), text=text, is_done=True)


def _bring_briefs(
    found: Beginnings, permissions: Collection[Permission], words: StaffWords
) -> FirstStep:
    _ = words.gettext
    offered = [
        (_P.SOURCES_WRITE, "/admin/sources/new", _("Add a source")),
        (_P.BRIEFS_WRITE, "/admin/briefs/new", _("Write a brief yourself")),
    ]
    text = _(
        "A brief is one short piece of news. Say where yours appear, on a site, in a blog or a "
        "feed, and they are read from there. Nothing is changed there."
    )
    if found.has_brief:
        text = _("Done. They are in the inbox.")
    elif found.has_source:
        text = _("Your source has brought no brief yet. It is read every few minutes.")
    return _step(words, _("Bring in some briefs"), text, found.has_brief, offered, permissions)


def _add_list(
    found: Beginnings, permissions: Collection[Permission], words: StaffWords
) -> FirstStep:
    _ = words.gettext
    text = _("A list is what people subscribe to. Give it a name, a sender, and a colour or two.")
    if found.has_list:
        text = _("Done. Its look can be changed at any time.")
    offered = [(_P.LISTS_WRITE, "/admin/lists/new", _("Set up a list"))]
    return _step(words, _("Say who it is from"), text, found.has_list, offered, permissions)


def _write_issue(
    found: Beginnings, permissions: Collection[Permission], words: StaffWords
) -> FirstStep:
    _ = words.gettext
    text = _("An issue is one email to a list: some briefs in their order, with a subject.")
    if found.has_draft:
        text = _("Done.")
    closed = "" if found.has_list else _("Opens once there is a list.")
    if found.has_list and not found.has_brief:
        text = _("Without briefs you can write a letter.")
    offered = [(_P.ISSUES_WRITE, "/admin/issues/new", _("Write an issue"))]
    title = _("Put an issue together")
    return _step(words, title, text, found.has_draft, offered, permissions, closed=closed)


def _send_test(
    found: Beginnings,
    permissions: Collection[Permission],
    words: StaffWords,
    *,
    draft: int | None,
) -> FirstStep:
    _ = words.gettext
    text = _("To your own address, marked [Test]. Nobody else gets it.")
    closed = "" if draft is not None else _("Opens once there is an issue.")
    offered = [(_P.ISSUES_SEND, f"/admin/issues/{draft}", _("Send yourself a test"))]
    title = _("Send yourself a test")
    return _step(words, title, text, found.was_sent, offered, permissions, closed=closed)


def _step(
    words: StaffWords,
    title: str,
    text: str,
    is_done: bool,
    offered: Sequence[tuple[Permission, str, str]],
    permissions: Collection[Permission],
    *,
    closed: str = "",
) -> FirstStep:
    links = [
        StepLink(path=path, label=label)
        for permission, path, label in offered
        if permission in permissions
    ]
    if not links and not closed:
        closed = words.gettext("Somebody else with another role does this.")
    return FirstStep(
        title=title,
        text=text,
        is_done=is_done,
        links=() if is_done or closed else links,
        closed="" if is_done else closed,
    )
