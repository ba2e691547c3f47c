"""
TOML that other people wrote.
"""

from __future__ import annotations

import tomllib

import pytest

from subscribers.text.toml import parse_toml


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a" + ".a" * 100_000,
        '"!"' + '."! \\" "' * 300 + " = 1",
        "'?'" + ".'# '" * 300 + " = 1",
    ],
)
def test_toml_that_is_nested_too_deeply_is_refused_before_it_takes_memory(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match="it is nested too deeply"):
        parse_toml(text)


def test_a_table_of_tables_is_read() -> None:
    assert parse_toml("[list.daily]\nname.short = 'D'") == {
        "list": {"daily": {"name": {"short": "D"}}}
    }
