"""
Test in which of the known languages something is written.
"""

from __future__ import annotations

import pytest

from newsletter.model.language import matching_language


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("pt-BR", "pt-BR"),
        ("pt_br", "pt"),
        ("de-AT", "de"),
        ("th", None),
        ("", None),
        ("../de", None),
    ],
)
def test_a_language_is_written_as_itself_or_as_what_it_is_a_variety_of(
    wanted: str, found: str | None
) -> None:
    assert matching_language(wanted, ("de", "pt", "pt-BR")) == found
