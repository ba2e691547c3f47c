"""
A webhook that is removed while something happens gets nothing, and holds nothing up.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.actions.operations import webhooks
from newsletter.model.access import OPERATOR
from newsletter.model.outgoing import OutgoingEvent, OutgoingKind
from newsletter.store.outgoing.events import add_events, webhook_filters
from newsletter.store.tables import outgoing_delivery, outgoing_webhook


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_webhook_that_is_removed_meanwhile_gets_no_event(installation: Installation) -> None:
    app = installation.app
    for name in ("crm", "gone"):
        webhooks.add(app, name, "https://crm.example.org/", by=OPERATOR)
    event = OutgoingEvent(kind=OutgoingKind.SUBSCRIBER_LEFT, data={}, subject="p1")
    with app.database.write() as connection:
        filters = webhook_filters(connection, [event.kind])
        with app.database.engine.begin() as other:
            other.execute(sa.delete(outgoing_webhook).where(outgoing_webhook.c.name == "gone"))
        add_events(connection, [event], filters, now=installation.now)
    with app.database.read() as connection:
        assert len(connection.execute(sa.select(outgoing_delivery)).all()) == 1
