"""
Actions on briefs that a program writes from fields, each under a key of its own, so that the same
brief can be sent twice and exists once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared, the_brief
from newsletter.actions.guard.requires import require, requires
from newsletter.app import App
from newsletter.errors import UnknownBrief
from newsletter.ingest.brief_edits import require_stored_image
from newsletter.ingest.written_briefs import WrittenBrief, read_written
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.brief import Brief
from newsletter.store.content.briefs import StoredBrief, load_brief
from newsletter.store.content.manual_briefs import find_by_key, store_under_key
from newsletter.store.issues.issues import note_brief_change
from subscribers.text.phrases import phrase

# Keys of files are their paths, so no key of a program is that of a file.
KEY_PREFIX = "key:"


@dataclass(frozen=True, kw_only=True)
class KeptBrief:
    """
    A brief that was written, and whether it is new.
    """

    stored: StoredBrief
    is_new: bool

    @property
    def id(self) -> int:
        """
        The number of the brief.
        """
        return self.stored.id


@requires(Permission.BRIEFS_WRITE, "brief.write", about=shared(ObjectKind.BRIEF), names_result=True)
def write(app: App, written: WrittenBrief, *, by: Actor) -> KeptBrief:
    """
    Store a new brief that is free for issues, under a key that nobody has chosen.

    Raises:
        Refused, InvalidText, ReadError: a field is not valid.
    """
    brief = read_written(written, sandbox=app.sandbox)
    key = KEY_PREFIX + secrets.token_hex(8)
    with app.database.write() as connection:
        require_stored_image(connection, brief)
        stored = store_under_key(connection, brief, key=key, now=app.clock())
        return KeptBrief(stored=stored, is_new=True)


@requires(Permission.BRIEFS_READ, "brief.preview", about=shared(ObjectKind.BRIEF))
def preview(app: App, written: WrittenBrief, *, by: Actor) -> Brief:
    """
    Return the brief that the fields would make, without storing it.

    Raises:
        Refused, InvalidText, ReadError: a field is not valid.
    """
    return read_written(written, sandbox=app.sandbox)


@requires(Permission.BRIEFS_WRITE, "brief.keep", about=shared(ObjectKind.BRIEF), names_result=True)
def keep(app: App, key: str, written: WrittenBrief, *, by: Actor) -> KeptBrief:
    """
    Store a brief under *key*, or change the one that has it; fields that a person edited stay.

    Raises:
        NotFound: the brief with this key is out of reach.
        Refused, InvalidText, ReadError: a field is not valid.
    """
    _require_reach(app, key, by=by)
    brief = read_written(written, sandbox=app.sandbox)
    with app.database.write() as connection:
        require_stored_image(connection, brief)
        known = find_by_key(connection, KEY_PREFIX + key)
        stored = store_under_key(connection, brief, key=KEY_PREFIX + key, now=app.clock())
        if known is not None:
            note_brief_change(connection, stored.id, by=by.key)
        return KeptBrief(stored=stored, is_new=known is None)


@requires(Permission.BRIEFS_READ, "brief.find", about=shared(ObjectKind.BRIEF))
def find(app: App, key: str, *, by: Actor) -> StoredBrief:
    """
    Return the brief that a program stored under *key*.

    Raises:
        UnknownBrief: there is none.
    """
    with app.database.read() as connection:
        brief_id = find_by_key(connection, KEY_PREFIX + key)
        if brief_id is None:
            raise UnknownBrief(phrase("no brief has the key {key}", key=key))
        return load_brief(connection, brief_id)


def _require_reach(app: App, key: str, *, by: Actor) -> None:
    with app.database.read() as connection:
        known = find_by_key(connection, KEY_PREFIX + key)
    if known is not None:
        require(by, Permission.BRIEFS_WRITE, the_brief().target(app, by, {"brief_id": known}))
