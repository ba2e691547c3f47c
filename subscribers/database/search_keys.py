"""
What people are found by while somebody types: expressions on a row of `subscriber`, each of which
has an index. They are cut, because PostgreSQL has no room for a long text in an index.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

# So many characters of a name are looked at.
KEY_LENGTH = 40


class NameKey(sa.sql.functions.GenericFunction[str]):
    """
    The beginning of a name, in lower case as far as the database can.
    """

    type = sa.String()
    name = "name_key"
    inherit_cache = True


class LastWordKey(sa.sql.functions.GenericFunction[str]):
    """
    The beginning of the last word of a name, in lower case as far as the database can.
    """

    type = sa.String()
    name = "last_word_key"
    inherit_cache = True


class DomainKey(sa.sql.functions.GenericFunction[str]):
    """
    The domain of an address key.
    """

    type = sa.String()
    name = "domain_key"
    inherit_cache = True


def _of(element: Any, compiler: Any, options: Any) -> str:
    (column,) = (compiler.process(each, **options) for each in element.clauses)
    return str(column)


@compiles(NameKey)
def _name_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"substr(lower({_of(element, compiler, options)}), 1, {KEY_LENGTH})"


@compiles(NameKey, "postgresql")
def _name_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    key = f"substr(lower({_of(element, compiler, options)}), 1, {KEY_LENGTH})"
    return f'({key} COLLATE "C")'


@compiles(LastWordKey)
def _last_word_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    name = _of(element, compiler, options)
    # What is left after all that is no space is cut off at the end, is in front of the last word.
    before = f"rtrim({name}, replace({name}, ' ', ''))"
    return f"substr(lower(replace({name}, {before}, '')), 1, {KEY_LENGTH})"


@compiles(LastWordKey, "postgresql")
def _last_word_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    word = f"regexp_replace({_of(element, compiler, options)}, '^.* ', '')"
    return f'(substr(lower({word}), 1, {KEY_LENGTH}) COLLATE "C")'


@compiles(DomainKey)
def _domain_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    key = _of(element, compiler, options)
    return f"substr({key}, instr({key}, '@') + 1)"


@compiles(DomainKey, "postgresql")
def _domain_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"split_part({_of(element, compiler, options)}, '@', 2)"
