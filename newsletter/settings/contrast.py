"""
How well two colours can be told apart (WCAG 2, relative luminance), and the nearest colour that
can be read; pure. `brand` checks the settings' colours with it.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

# WCAG 2.2, 1.4.3: the least for text of ordinary size.
LEAST = 4.5
_STEPS = 256


def contrast(one: str, other: str) -> float:
    """
    The contrast of two colours written as #rrggbb, from 1 (none) to 21.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: str, grounds: Sequence[str]) -> tuple[float, str]:
    """
    The contrast of *colour* to that of *grounds* it stands out from least, and which that is.
    """
    return min((contrast(colour, ground), ground) for ground in grounds)


def nearest_readable(colour: str, grounds: Sequence[str]) -> str:
    """
    *colour* itself if it can be read on all *grounds*; else the same hue, only as much darker or
    lighter as it takes.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    steps = sorted((step / _STEPS for step in range(_STEPS + 1)), key=lambda x: abs(x - lightness))
    shades = (_written(colorsys.hls_to_rgb(hue, shade, saturation)) for shade in steps)
    fitting = (shade for shade in (colour, *shades) if least_contrast(shade, grounds)[0] >= LEAST)
    return next(fitting, colour)


def _luminance(colour: str) -> float:
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _written(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
