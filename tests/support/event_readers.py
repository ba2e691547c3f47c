"""
Functions that read events, and that several tests share.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation

from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

READERS = ("reader0000@example.org", "reader0001@example.org")


DAY = dt.timedelta(days=1)


def subscriptions(installation: Installation) -> dict[str, tuple[str, str | None]]:
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(READERS[0]))
    return {one.list_slug: (one.state.value, one.ended_reason) for one in person.subscriptions}
