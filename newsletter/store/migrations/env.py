"""
Alembic runs this for each upgrade, on the connection that `store.migrate` passes in.
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
