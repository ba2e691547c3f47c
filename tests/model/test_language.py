"""
Test which language a mail or a page is in.
"""

from __future__ import annotations

import pytest

from newsletter.model.language import language_for


@pytest.mark.parametrize(
    ("reader", "mailing_list", "chosen"),
    [("he", "de", "he"), (None, "de", "de"), (None, None, "fr"), ("", "", "fr")],
)
def test_the_readers_language_comes_before_that_of_the_list_and_the_site(
    reader: str | None, mailing_list: str | None, chosen: str
) -> None:
    assert language_for(reader, mailing_list, "fr") == chosen
