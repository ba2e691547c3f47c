"""
Compile each SQL statement once in a process of tests, instead of once for each of its thousands of
databases.

An engine compiles a statement for its dialect and keeps the result. A third of the time of tests of
pages went into doing that again for each new database.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.util import LRUCache

_MOST_STATEMENTS = 5_000


class CompiledStatements(LRUCache[tuple[Any, ...], Any]):
    """
    The compiled statements of all engines with the same kind of dialect: the key that SQLAlchemy
    asks with begins with the engine's own.
    """

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_shared(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_shared(key), compiled)


def _shared(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *statement = key
    return (type(dialect), dialect.server_version_info, *statement)


def compile_statements_once() -> None:
    """
    Let every connection of this process use the same compiled statements.
    """
    compiled = CompiledStatements(_MOST_STATEMENTS)

    @event.listens_for(sa.Engine, "engine_connect")
    def _share(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=compiled)
