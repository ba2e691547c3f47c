"""
The look of a list is the site's, with the keys that the list replaces.
"""

from __future__ import annotations

import pytest

from newsletter.errors import SettingsError
from newsletter.settings.brand import BrandSettings
from newsletter.settings.list_brand import brand_of_list, check_list_brand

SITE = BrandSettings(
    accent="#8a1c16",
    accent_dark="#ffb4ab",
    logo="https://example.org/site.png",
    logo_width=200,
    logo_height=40,
    serif="Georgia",
)


def test_a_list_without_a_look_of_its_own_has_the_site_s() -> None:
    assert brand_of_list(SITE, {}) == SITE.brand


def test_a_replaced_colour_gets_its_own_dark_one() -> None:
    brand = brand_of_list(SITE, {"accent": "#0b5394"})
    assert brand.light.accent == "#0b5394"
    assert brand.dark.accent not in ("#ffb4ab", "#0b5394")
    assert brand.logo == SITE.brand.logo
    assert brand.serif == "Georgia"


def test_a_replaced_logo_brings_its_size() -> None:
    own = {"logo": "https://example.org/list.png", "logo_width": "100", "logo_height": 50}
    stored = check_list_brand(own)
    logo = brand_of_list(SITE, stored).logo
    assert logo is not None
    assert (logo.url, logo.width, logo.height, logo.dark_url) == (own["logo"], 100, 50, None)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"accent": "#ffff00"}, "brand accent: #ffff00 has a contrast of .* write #"),
        ({"acent": "#000000"}, "unknown key acent of the brand: did you mean accent"),
        ({"logo": "https://example.org/a.png"}, "a logo needs logo_width and logo_height"),
        ({"logo_width": "wide"}, "brand logo_width: "),
    ],
)
def test_a_look_that_cannot_be_used_is_refused(own: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        check_list_brand(own)
