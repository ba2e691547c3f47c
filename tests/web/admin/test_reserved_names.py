"""
A name that is a page's address cannot be given to what has a page of its own.
"""

from __future__ import annotations

import re

import pytest
from installation import Installation
from newsroom_walk import newsroom_routes

from newsletter.actions.content import sources
from newsletter.actions.people import lists
from newsletter.errors import InvalidValue
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR
from newsletter.model.reserved_names import RESERVED_NAMES
from newsletter.model.source import SourceSettings
from newsletter.operations.config_as_code.schedules import apply_schedule
from newsletter.operations.config_as_code.sources import apply_source
from newsletter.scheduling.schedule_fields import new_schedule
from subscribers.errors import InvalidSlug
from subscribers.validation.slugs import RESERVED_SLUGS

_BESIDE_A_NAME = re.compile(r"/admin/(lists|sources|schedules)/([^{/]+)")


def test_every_page_beside_those_of_named_things_has_a_reserved_name(
    installation: Installation,
) -> None:
    found = [_BESIDE_A_NAME.match(route.path) for route in newsroom_routes(installation)]
    words = {match[2] for match in found if match}
    assert words
    assert words <= RESERVED_NAMES & RESERVED_SLUGS


def test_nothing_new_gets_a_reserved_name(installation: Installation) -> None:
    app = installation.app
    installation.add_list("daily")
    installation.add_source("site", "feed", "https://example.org/feed")
    for act in (
        lambda: lists.add(app, "new", "New", ListValues(), by=OPERATOR),
        lambda: lists.edit(app, "daily", ListValues(slug="new"), by=OPERATOR),
    ):
        with pytest.raises(InvalidSlug, match="'new' is reserved"):
            act()
    location = "https://example.org/feed"
    source = SourceSettings(id=0, name="new", kind="feed", location=location)
    fed = {"kind": "feed", "location": location}
    timed = {"list": ["daily"], "source": ["site"], "cron": "0 6 * * *", "timezone": "UTC"}
    with app.database.write() as connection:
        for act in (
            lambda: sources.add(app, source, by=OPERATOR),
            lambda: apply_source(app, connection, "new", fed),
            lambda: new_schedule("new", lists=(), sources=(), cron="0 6 * * *", timezone="UTC"),
            lambda: apply_schedule(app, connection, "new", timed),
        ):
            with pytest.raises(InvalidValue, match="'new' is reserved"):
                act()
