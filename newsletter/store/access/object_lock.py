"""
Let the requests that change one object wait for each other.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa


def lock_object(connection: sa.Connection, path: str) -> None:
    """
    Lock the object at that address, or of that name, until the transaction ends. On SQLite there is
    only one writer.
    """
    if connection.dialect.name != "postgresql":
        return
    digest = hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, signed=True)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
