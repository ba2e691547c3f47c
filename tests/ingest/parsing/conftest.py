"""
Build raw items in one line and parse them.
"""

from __future__ import annotations

import dataclasses

import pytest
from reading_types import Read

from newsletter.ingest.parsing.read import read
from newsletter.model.brief import Brief, MediaType, RawItem, ReadingRules


@pytest.fixture
def brief_of() -> Read:
    """
    Return `brief_of(content, media_type, **fields of the item)`, which parses a brief; `rules` are
    those of the source.
    """

    def reading(
        content: str,
        media_type: MediaType = MediaType.HTML,
        rules: ReadingRules = ReadingRules(),  # noqa: B008 (frozen)
        **fields: object,
    ) -> Brief:
        item = RawItem(key="k", content=content, media_type=media_type)
        return read(dataclasses.replace(item, **fields), rules)  # type: ignore[arg-type]  # by name

    return reading
