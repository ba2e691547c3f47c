"""
Find people by the beginnings of their name, of its last word and of their domain, by an index.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "2026_12_search_keys"
down_revision = "2026_12_draft_visitors"
branch_labels = None
depends_on = None

_KEYS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "name_key": "substr(lower(name), 1, 40)",
        "last_word_key": (
            "substr(lower(replace(name, rtrim(name, replace(name, ' ', '')), '')), 1, 40)"
        ),
        "domain_key": "substr(email_key, instr(email_key, '@') + 1)",
    },
    "postgresql": {
        "name_key": '(substr(lower(name), 1, 40) COLLATE "C")',
        "last_word_key": "(substr(lower(regexp_replace(name, '^.* ', '')), 1, 40) COLLATE \"C\")",
        "domain_key": "split_part(email_key, '@', 2)",
    },
}


def upgrade() -> None:
    for name, key in _KEYS[op.get_bind().dialect.name].items():
        op.create_index(f"ix_subscriber_{name}", "subscriber", [sa.text(key)])
