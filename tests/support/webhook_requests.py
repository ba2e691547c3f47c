"""
Webhook requests that several tests share.
"""

from __future__ import annotations

import sqlalchemy as sa
from installation import Installation
from web_samples import TestClient

from newsletter.store.tables import webhook_inbox


def path(installation: Installation, name: str) -> str:
    return installation.app.links.webhook(name).removeprefix(installation.app.site.base_url)


def waiting(installation: Installation) -> list[tuple[str, bytes]]:
    with installation.app.database.read() as connection:
        rows = connection.execute(
            sa.select(webhook_inbox.c.provider, webhook_inbox.c.raw).order_by(webhook_inbox.c.id)
        )
        return [(row.provider, row.raw) for row in rows]


def post_webhook(
    client: TestClient, installation: Installation, name: str, raw: bytes, headers: dict[str, str]
) -> int:
    return int(client.post(path(installation, name), content=raw, headers=headers).status_code)
