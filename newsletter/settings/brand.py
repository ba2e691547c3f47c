"""
The section `[brand]`: a few keys for the look of mails. Each colour must be readable on every
background on which mails show it, light and dark.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from newsletter.model.brand import DARK, LIGHT, SANS, SERIF, Brand, Logo, Palette
from newsletter.model.brief import Link
from newsletter.settings.contrast import MIN_CONTRAST, least_contrast, nearest_readable
from newsletter.settings.sections import Section

# The colours that each is combined with in templates/parts/: the backgrounds of a text, or the text
# on a background.
SEEN_WITH = {
    "accent": ("#ffffff", "#f2f5f9"),
    "masthead": ("#ffffff", "#c9d6e4"),
    "button": ("#ffffff",),
    "link": ("#ffffff", "#f2f5f9"),
    "accent_dark": ("#18222d", "#202c39"),
    "masthead_dark": ("#f4f7fa", "#a9b5c2"),
    "button_dark": ("#ffffff",),
    "link_dark": ("#18222d", "#202c39"),
}
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FONTS = re.compile(r"(?:[\w ,-]|'[\w -]+')+", re.ASCII)
_ADDRESS = re.compile(r"https://[^\s\"'<>]+")
_ADDRESSES = Annotated[dict[str, str], Field(max_length=12)]


class BrandSettings(Section):
    """
    The look of emails. A dark colour that is not set is derived from the light one. A colour that
    is not readable on its background is refused, and the error suggests the nearest one that is.
    """

    accent: str = LIGHT.accent
    """The colour of stripes and labels, as `#rrggbb`."""
    masthead: str = LIGHT.masthead
    """The colour of the bar with the name, and of the headlines."""
    button: str = LIGHT.button
    """The background of buttons."""
    link: str = LIGHT.link
    """The colour of links."""
    accent_dark: str | None = None
    """`accent` in dark mode."""
    masthead_dark: str | None = None
    """`masthead` in dark mode."""
    button_dark: str | None = None
    """`button` in dark mode."""
    link_dark: str | None = None
    """`link` in dark mode."""
    logo: str | None = None
    """
    The https URL of an image that is shown instead of the name. It needs a width and a height.
    """
    logo_dark: str | None = None
    """The https URL of the logo in dark mode."""
    logo_width: int | None = Field(default=None, ge=1, le=576)
    """The displayed width of the logo, in pixels; the file may be twice as wide."""
    logo_height: int | None = Field(default=None, ge=1, le=300)
    """The displayed height of the logo, in pixels."""
    sans: str = SANS
    """The fonts of the text, separated by commas."""
    serif: str = SERIF
    """The fonts of headlines, separated by commas."""
    social: _ADDRESSES = Field(default_factory=dict)
    """Links in the footer, at most 12: `{ Mastodon = "https://…" }`."""

    @field_validator(*SEEN_WITH)
    @classmethod
    def _can_be_read(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or info.field_name is None:
            return value
        colour = value.lower()
        if not _COLOUR.fullmatch(colour):
            raise ValueError(f"{value!r} is not a colour: write #rrggbb, such as {LIGHT.accent}")
        others = SEEN_WITH[info.field_name]
        found, other = least_contrast(colour, others)
        if found < MIN_CONTRAST:
            raise ValueError(
                f"{colour} has a contrast of {found:.1f} to {other}, beside which emails show it, "
                f"and {MIN_CONTRAST} is the minimum: write {nearest_readable(colour, others)}, the "
                "nearest colour that has it"
            )
        return colour

    @field_validator("logo", "logo_dark")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _ADDRESS.fullmatch(value):
            raise ValueError(f"{value!r} is not the address of an image: start it with https://")
        return value

    @field_validator("sans", "serif")
    @classmethod
    def _are_fonts(cls, value: str) -> str:
        if not _FONTS.fullmatch(value) or len(value) > 300:
            raise ValueError(
                f"{value!r} is not a list of fonts: write names with commas between, in ' ' where "
                "a name has spaces"
            )
        return value

    @field_validator("social")
    @classmethod
    def _are_addresses(cls, value: dict[str, str]) -> dict[str, str]:
        for name, address in value.items():
            if not _ADDRESS.fullmatch(address):
                raise ValueError(
                    f"{address!r} of {name!r} is not an address: start it with https://"
                )
        return value

    @model_validator(mode="after")
    def _has_a_size(self) -> BrandSettings:
        if self.logo and not (self.logo_width and self.logo_height):
            raise ValueError("a logo needs logo_width and logo_height, in pixels")
        if self.logo_dark and not self.logo:
            raise ValueError("logo_dark replaces logo on dark screens: set logo as well")
        return self

    @property
    def brand(self) -> Brand:
        """
        The brand as templates read it.
        """
        light = Palette(**{name: getattr(self, name) for name in _NAMES})
        return Brand(
            light=light,
            dark=Palette(**{name: self._dark_colour(name) for name in _NAMES}),
            logo=self._logo(),
            sans=self.sans,
            serif=self.serif,
            social=tuple(Link(name.strip(), address) for name, address in self.social.items()),
        )

    def _dark_colour(self, name: str) -> str:
        given, light = getattr(self, f"{name}_dark"), getattr(self, name)
        if given is not None:
            return str(given)
        if light == getattr(LIGHT, name):
            return str(getattr(DARK, name))
        return nearest_readable(light, SEEN_WITH[f"{name}_dark"])

    def _logo(self) -> Logo | None:
        if self.logo is None or self.logo_width is None or self.logo_height is None:
            return None
        return Logo(
            url=self.logo,
            dark_url=self.logo_dark,
            width=self.logo_width,
            height=self.logo_height,
        )


_NAMES = ("accent", "masthead", "button", "link")
