"""
Test `[brand]`: readable colours, a logo with its size, and valid fonts and links.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError
from newsletter.model.brand import DARK, LIGHT, Brand, Logo
from newsletter.model.brief import Link
from newsletter.settings import load_settings
from newsletter.settings.brand import SEEN_WITH
from newsletter.settings.contrast import MIN_CONTRAST, contrast, least_contrast, nearest_readable


def brand_of(folder: Path, values: str) -> Brand:
    path = folder / "newsletter.toml"
    path.write_text(f"[brand]\n{values}", encoding="utf-8")
    return load_settings(path).site_in_mails.brand


def refusal(folder: Path, values: str) -> str:
    with pytest.raises(SettingsError) as refused:
        brand_of(folder, values)
    line = str(refused.value)
    assert "\n" not in line
    return line.removeprefix(f"{folder / 'newsletter.toml'}: ")


def test_the_contrast_of_black_on_white_is_21_and_of_a_colour_on_itself_1() -> None:
    assert round(contrast("#000000", "#ffffff"), 3) == 21
    assert contrast("#336699", "#336699") == 1
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


def test_the_projects_own_colours_are_readable() -> None:
    for name in ("accent", "masthead", "button", "link"):
        assert least_contrast(getattr(LIGHT, name), SEEN_WITH[name])[0] >= MIN_CONTRAST
        assert least_contrast(getattr(DARK, name), SEEN_WITH[f"{name}_dark"])[0] >= MIN_CONTRAST


@given(colour=st.integers(0, 0xFFFFFF).map("#{:06x}".format), meets=st.sampled_from([*SEEN_WITH]))
def test_there_is_always_a_readable_colour_nearby(colour: str, meets: str) -> None:
    near = nearest_readable(colour, SEEN_WITH[meets])
    assert least_contrast(near, SEEN_WITH[meets])[0] >= MIN_CONTRAST
    assert near == colour or least_contrast(colour, SEEN_WITH[meets])[0] < MIN_CONTRAST


def test_an_unreadable_colour_is_refused_with_the_nearest_readable_one(tmp_path: Path) -> None:
    assert refusal(tmp_path, "accent = '#FFCC00'") == (
        "[brand] accent: #ffcc00 has a contrast of 1.4 to #f2f5f9, beside which emails show it, "
        "and 4.5 is the minimum: write #876c00, the nearest colour that has it"
    )
    assert refusal(tmp_path, "link_dark = '#0b5394'").startswith(
        "[brand] link_dark: #0b5394 has a contrast of 1.8 to #202c39"
    )
    assert brand_of(tmp_path, "accent = '#876c00'").light.accent == "#876c00"


@pytest.mark.parametrize("name", [*SEEN_WITH])
def test_every_colour_is_checked(tmp_path: Path, name: str) -> None:
    bad = "#ffffff" if SEEN_WITH[name][0] in ("#ffffff", "#f4f7fa") else "#000000"
    assert refusal(tmp_path, f"{name} = '{bad}'").startswith(f"[brand] {name}: {bad} has a contr")


def test_a_missing_dark_colour_is_derived_from_the_light_one(tmp_path: Path) -> None:
    brand = brand_of(tmp_path, "accent = '#00695c'\nmasthead = '#1b5e20'\nbutton_dark = '#00695c'")
    assert brand.dark.accent == nearest_readable("#00695c", SEEN_WITH["accent_dark"]) != "#00695c"
    assert brand.dark.masthead == nearest_readable("#1b5e20", SEEN_WITH["masthead_dark"])
    assert (brand.dark.button, brand.dark.link) == ("#00695c", DARK.link)


def test_without_settings_the_brand_is_the_projects_own(tmp_path: Path) -> None:
    assert brand_of(tmp_path, "") == Brand()


def test_logo_fonts_and_links_are_used_as_configured(tmp_path: Path) -> None:
    brand = brand_of(
        tmp_path,
        "logo = 'https://example.org/l.png'\nlogo_dark = 'https://example.org/d.png'\n"
        "logo_width = 200\nlogo_height = 40\nserif = \"'My Serif', serif\"\n"
        "social = { Mastodon = 'https://social.example.org/@desk' }",
    )
    assert brand == Brand(
        logo=Logo(
            url="https://example.org/l.png",
            dark_url="https://example.org/d.png",
            width=200,
            height=40,
        ),
        serif="'My Serif', serif",
        social=(Link("Mastodon", "https://social.example.org/@desk"),),
    )


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ("acent = '#000000'", "unknown key [brand] acent: did you mean accent?"),
        ("accent = 'red'", "[brand] accent: 'red' is not a colour: write #rrggbb, such as #b3261e"),
        (
            "accent = 'rgb(0,0,0)'",
            "[brand] accent: 'rgb(0,0,0)' is not a colour: write #rrggbb, such as #b3261e",
        ),
        (
            "logo = 'logo.png'",
            "[brand] logo: 'logo.png' is not the address of an image: start it with https://",
        ),
        (
            "logo = 'https://x.example/l.png'",
            "[brand]: a logo needs logo_width and logo_height, in pixels",
        ),
        (
            "logo_dark = 'https://x.example/l.png'",
            "[brand]: logo_dark replaces logo on dark screens: set logo as well",
        ),
        (
            "sans = 'x;} body {display:none'",
            "[brand] sans: 'x;} body {display:none' is not a list of fonts: write names with "
            "commas between, in ' ' where a name has spaces",
        ),
        (
            "social = { Blog = 'javascript:alert(1)' }",
            "[brand] social: 'javascript:alert(1)' of 'Blog' is not an address: start it with "
            "https://",
        ),
        (
            "social = 'x'",
            '[brand] social cannot be "x": write a table, such as { Mastodon = '
            '"https://example.org/@news" }',
        ),
    ],
)
def test_an_error_names_its_setting(tmp_path: Path, values: str, line: str) -> None:
    assert refusal(tmp_path, values) == line
