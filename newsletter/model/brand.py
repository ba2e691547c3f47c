"""
Define the look of a site's mails: its colours in light and dark, its logo, its fonts, its links.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model.brief import Link

SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
SERIF = "Georgia,'Times New Roman',serif"


@dataclass(frozen=True, kw_only=True)
class Palette:
    """
    Four colours as #rrggbb: `masthead` is also that of headlines on a light background.
    """

    accent: str
    masthead: str
    button: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Logo:
    """
    The image in the masthead, with its size on the page in pixels; `dark_url` replaces it in dark
    mode.
    """

    url: str
    width: int
    height: int
    dark_url: str | None = None


LIGHT = Palette(accent="#b3261e", masthead="#12263a", button="#0b5394", link="#0b5394")
DARK = Palette(accent="#ff8a80", masthead="#0b1a29", button="#1d6fb8", link="#8fc1f5")


@dataclass(frozen=True, kw_only=True)
class Brand:
    """
    `[brand]` of the settings, ready for templates.

    `sans` and `serif` are lists of font names as in CSS; `social` are pages elsewhere.
    """

    light: Palette = LIGHT
    dark: Palette = DARK
    logo: Logo | None = None
    sans: str = SANS
    serif: str = SERIF
    social: tuple[Link, ...] = ()
