"""
Webhook requests that several tests share.
"""

from __future__ import annotations

import sqlalchemy as sa
from installation import House
from web_samples import TestClient

from newsletter.store.tables import webhook_inbox


def path(house: House, name: str) -> str:
    return house.app.links.webhook(name).removeprefix(house.app.site.base_url)


def waiting(house: House) -> list[tuple[str, bytes]]:
    with house.app.database.read() as connection:
        rows = connection.execute(
            sa.select(webhook_inbox.c.provider, webhook_inbox.c.raw).order_by(webhook_inbox.c.id)
        )
        return [(row.provider, row.raw) for row in rows]


def knock(door: TestClient, house: House, name: str, raw: bytes, headers: dict[str, str]) -> int:
    return int(door.post(path(house, name), content=raw, headers=headers).status_code)
