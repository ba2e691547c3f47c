"""
The look of one list: the keys of `[brand]` that differ from the site's.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from newsletter.errors import SettingsError
from newsletter.model.brand import Brand
from newsletter.settings.brand import BrandSettings

_COLOURS = ("accent", "masthead", "button", "link")
_LOGO = ("logo", "logo_dark", "logo_width", "logo_height")


def check_list_brand(values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check keys of `[brand]` with their values, and return them in the form in which they are stored.

    Raises:
        SettingsError: a key is unknown, or a value is not valid; for a colour that is not readable
            the line names the nearest one that is.
    """
    require_brand_keys(values)
    try:
        return BrandSettings(**values).model_dump(exclude_unset=True)
    except ValidationError as error:
        problem = error.errors()[0]
        where = f"brand {'.'.join(map(str, problem['loc']))}".strip()
        own = problem.get("ctx", {}).get("error")
        raise SettingsError(f"{where}: {own or problem['msg'].lower()}") from error


def require_brand_keys(keys: Iterable[str]) -> None:
    """
    Require that each is a key of `[brand]`.

    Raises:
        SettingsError: one is not; the line names the nearest.
    """
    known = BrandSettings.model_fields
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            advice = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            raise SettingsError(f"unknown key {key} of the brand: {advice}")


def brand_of_list(site: BrandSettings, own: Mapping[str, Any]) -> Brand:
    """
    Return the look of a list that replaces some keys of the site's `[brand]`. What the site derives
    from or says beside a replaced key, such as its dark colour, is not taken over.

    Raises:
        SettingsError: a stored value is no longer valid.
    """
    if not own:
        return site.brand
    replaced = {f"{name}_dark" for name in _COLOURS if name in own}
    if "logo" in own:
        replaced.update(_LOGO)
    taken = site.model_dump(exclude_unset=True, exclude=replaced)
    return BrandSettings(**{**taken, **check_list_brand(own)}).brand
