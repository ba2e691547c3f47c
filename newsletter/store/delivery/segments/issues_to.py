"""
Select the issues to one list, whose slug is in the JSON of their audiences.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from newsletter.store.tables import issue


class IsToList(sa.sql.functions.GenericFunction[bool]):
    """
    Whether an audience has a list: the JSON of the audience, and the slug.
    """

    type = sa.Boolean()
    name = "is_to_list"
    inherit_cache = True


@compiles(IsToList)
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    audience, slug = (compiler.process(each, **options) for each in element.clauses)
    lists = f"json_each({audience}, '$.lists')"
    # Both parts are compiled, with bound parameters.
    return f"EXISTS (SELECT 1 FROM {lists} WHERE value = {slug})"  # noqa: S608


@compiles(IsToList, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    audience, slug = (compiler.process(each, **options) for each in element.clauses)
    return f"(CAST({audience} AS jsonb) -> 'lists' @> to_jsonb(CAST({slug} AS text)))"


def issues_to(slug: str) -> sa.Select[Any]:
    """
    Select the numbers of the issues to a list. Nothing else is looked at, so a database reads them
    once for a whole statement.
    """
    own = issue.alias("issue_to_list")
    return sa.select(own.c.id).where(IsToList(own.c.audience, sa.literal(slug, sa.Text)))
