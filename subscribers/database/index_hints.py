"""
Keep SQLite from looking a column up in an index, where without statistics it would begin with many
rows instead of few. PostgreSQL has statistics, and estimates worse what an expression hides.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles


class Unindexed(sa.sql.functions.GenericFunction[Any]):
    """
    The value of a column.
    """

    name = "unindexed"
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        super().__init__(column, type_=column.type)


@compiles(Unindexed)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    (column,) = (compiler.process(each, **options) for each in element.clauses)
    return str(column)


@compiles(Unindexed, "sqlite")
def _as_expression(element: Any, compiler: Any, **options: Any) -> str:
    # https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    return f"+{_plain(element, compiler, **options)}"
