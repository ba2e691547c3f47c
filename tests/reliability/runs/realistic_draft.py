"""
The draft of the `providers` suite: an issue of real size that speaks to its readers by name, some
of whom have names that are template languages to one provider or another.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
from newsletter.issues.drafts import new_issue
from newsletter.issues.selection import shown, template_for
from newsletter.model.brief import Brief
from newsletter.model.issue import AudienceRule
from newsletter.settings import load_settings
from newsletter.store.content.manual_briefs import store_by_hand
from newsletter.store.issues import issues
from newsletter.store.migrate import upgrade
from reliability.runs.draft import SLUG, checkpoint, insert_readers
from subscribers.lists import add_list

NAMES = (
    "Ada Byron",
    "{{name}} %recipient.x% <b>, Zoë",
    "Ünï 新聞 🎉",
    '"Quoted" <b@c.example>, d@e.example',
    "{% if name %}*|NAME|* [[name]] {{{name}}} ${name}",
    "O'Brien & Söhne; -name- %name% \\{{x}}",
)
SUBJECT = "The Quiet Harbour, for %%name|you%%"
INTRO = "Dear %%name|reader%%, this is what the harbour talks about."
BRIEFS = 6
SENTENCE = (
    "The council of Orrin taxed every lantern that burns past midnight, by nine to two, and the "
    "ferries stay where they are until the pilots have been heard. "
)


def name(number: int) -> str:
    """
    Return the name of the reader of that number.
    """
    return f"{NAMES[number % len(NAMES)]} {number:05d}"


def fill(parameters: Mapping[str, Any]) -> None:
    """
    Fill the installation in `folder` for `readers`, as `draft.fill` does.
    """
    now, settings = dt.datetime.now(dt.UTC), Path(parameters["folder"]) / "newsletter.toml"
    with App(settings=load_settings(settings)) as app:
        upgrade(app.database)
        with app.database.write() as connection:
            add_list(connection, SLUG, name="The Daily", now=now)
            insert_readers(connection, parameters["readers"], now, name_of=name)
            add_draft(app, connection, now)
        checkpoint(app.database)


def add_draft(app: App, connection: sa.Connection, now: dt.datetime) -> None:
    kept = [
        store_by_hand(connection, _brief(number), key=f"harbour-{number}", now=now).id
        for number in range(1, BRIEFS + 1)
    ]
    draft = new_issue(
        app.publishing,
        connection,
        audience=AudienceRule(lists=(SLUG,)),
        template=template_for(None, len(kept)),
    )
    draft = dataclasses.replace(draft, subject=SUBJECT, intro=INTRO)
    issues.add_issue(connection, draft, shown(kept), now=now)


def _brief(number: int) -> Brief:
    text = SENTENCE * 3
    return Brief(
        title=f"The Lantern Tax {{{{number}}}} %recipient.{number}%",
        body_html=f"<p>{text}</p><p>{text}</p>",
        body_text=f"{text}\n\n{text}",
    )
