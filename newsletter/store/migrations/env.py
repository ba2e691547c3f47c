"""
Run by Alembic for each upgrade; the connection is handed in by `store.migrate`.
"""

from __future__ import annotations

from alembic import context

import newsletter.store.tables
from subscribers.database.tables import metadata

assert newsletter.store.tables.issue.metadata is metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=False,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
