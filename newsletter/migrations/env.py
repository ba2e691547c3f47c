"""
Run by Alembic for each upgrade; the connection is handed in by `store.migrate`.
"""

from __future__ import annotations

from alembic import context

import newsletter.store.schema
from subscribers.schema import metadata

assert newsletter.store.schema.issue.metadata is metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=False,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
