"""
Compute the contrast of two colours (WCAG 2, relative luminance) and the nearest colour that is
readable. `brand` checks the colours of the settings with it.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

# WCAG 2.2, 1.4.3: the minimum for text of ordinary size.
MIN_CONTRAST = 4.5
_STEPS = 256


def contrast(one: str, other: str) -> float:
    """
    Return the contrast of two colours written as #rrggbb, from 1 (none) to 21.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: str, backgrounds: Sequence[str]) -> tuple[float, str]:
    """
    Return the lowest contrast of *colour* to one of *backgrounds*, and that background.
    """
    return min((contrast(colour, background), background) for background in backgrounds)


def nearest_readable(colour: str, backgrounds: Sequence[str]) -> str:
    """
    Return *colour* if it is readable on all *backgrounds*; else the same hue, made darker or
    lighter by as little as necessary.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    steps = sorted((step / _STEPS for step in range(_STEPS + 1)), key=lambda x: abs(x - lightness))
    shades = (_hex(colorsys.hls_to_rgb(hue, shade, saturation)) for shade in steps)
    readable = (
        shade
        for shade in (colour, *shades)
        if least_contrast(shade, backgrounds)[0] >= MIN_CONTRAST
    )
    return next(readable, colour)


def _luminance(colour: str) -> float:
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
