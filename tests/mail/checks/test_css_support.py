"""
Test the table of CSS that mail programs ignore, and how it is built.
"""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.mail.checks.css_support import CHOSEN, TABLE, build_table
from newsletter.mail.html.css import declarations


def feature(slug: str, **tested: str) -> dict[str, Any]:
    """
    Return a feature in caniemail's format, with the results of the newest tested Outlook and Gmail.
    """
    stats = {
        "outlook": {"windows": {"2007": "n", "2019": tested.get("outlook", "y")}},
        "gmail": {"desktop-webmail": {"2020-01": "n", "2024-01": tested.get("gmail", "y")}},
    }
    return {"slug": slug, "title": f"{slug} ", "stats": stats}


def test_a_feature_is_refused_if_the_newest_version_of_a_program_ignores_it() -> None:
    data = [feature(slug) for slug in CHOSEN if slug != "css-gap"]
    made = build_table(
        {
            "last_update_date": "2026-05-13 14:45:41 +0000",
            "data": [*data, feature("css-gap", outlook="n", gmail="a #1")],
        }
    )
    assert made == {
        "date": "2026-05-13",
        "features": {"css-gap": {"title": "css-gap", "without": ["Outlook on Windows"]}},
    }


def test_every_refused_feature_has_a_program_without_support_and_an_alternative() -> None:
    assert TABLE.date >= "2026-05-13"
    assert {feature.slug for feature in TABLE.features} == set(CHOSEN)
    assert all(feature.without and feature.instead for feature in TABLE.features)


@pytest.mark.parametrize(
    "style",
    [
        "display:block; margin:0 auto; max-width:640px; padding:24px 12px",
        "color:#12263a; background-color:rgba(0, 0, 0, 0.5); width:100%",
        "font:bold 16px/22px -apple-system, 'Segoe UI', sans-serif; text-align:left",
        "border-left:4px solid #b3261e; table-layout:fixed; mso-hide:all",
        "background-image:url('https://example.org/a;b.png')",
    ],
)
def test_supported_styles_are_not_refused(style: str) -> None:
    assert [f.slug for name, value in declarations(style) for f in TABLE.refused(name, value)] == []


def test_declarations_keep_quoted_and_bracketed_semicolons() -> None:
    assert declarations('Color:#fff; font-family:"A;B", c; background:url(x;y:z) ; ;') == [
        ("color", "#fff"),
        ("font-family", '"A;B", c'),
        ("background", "url(x;y:z)"),
    ]
