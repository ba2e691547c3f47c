"""
The fields of the form of a list, with what is stored in each, as texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from newsletter.actions.operations.list_settings import ListPage
from newsletter.settings.brand import BrandSettings
from newsletter.store.issues.list_settings import ListSettings
from subscribers.model import MailingList, OptIn
from subscribers.text.normal_form import normal_form

COLOURS = ("accent", "masthead", "button", "link")
DARK_COLOURS = tuple(f"{name}_dark" for name in COLOURS)
LOGO = ("logo", "logo_dark", "logo_width", "logo_height")
FONTS = ("sans", "serif")
BRAND = (*COLOURS, *DARK_COLOURS, *LOGO, *FONTS)
TICKS = (
    "needs_approval",
    "needs_confirmation",
    "confirms_on_open",
    "needs_proof_of_work",
    "sends_welcome",
    "sends_goodbye",
)
# Before the name of a field that the sign-up form can ask for.
ASK = "ask-"
TICKED = "yes"
_MOST_SHORT = 60


def stored_fields(page: ListPage, site: BrandSettings) -> dict[str, str]:
    """
    Return what the form of a list shows; *site* is the look of the site.
    """
    found, own = page.details.mailing_list, page.details.settings
    asked = {each.field.name: each.is_required for each in page.details.asks}
    return {
        **_of_list(found),
        **_of_settings(own),
        **_of_brand(own.brand, site),
        **{f"{ASK}{field.name}": _asked(asked.get(field.name)) for field in page.fields},
    }


def _of_list(found: MailingList) -> dict[str, str]:
    return {
        "name": found.name,
        "slug": found.slug,
        "description": found.description,
        "language": found.language,
        "visibility": found.visibility.value,
        "needs_confirmation": _tick(found.opt_in is OptIn.DOUBLE),
    }


def _of_settings(own: ListSettings) -> dict[str, str]:
    limit = own.second_person_above
    return {
        "sender_name": own.sender.name if own.sender else "",
        "sender_address": own.sender.address if own.sender else "",
        "reply_to": own.reply_to or "",
        "provider": own.provider or "",
        "fallback_provider": own.fallback_provider or "",
        "postal_address": own.postal_address or "",
        "second_person_above": "" if limit is None else str(limit),
        "quiet": str(own.quiet) if own.quiet else "",
        "timezone": own.timezone,
        "tagline": own.tagline,
        "consent": own.consent,
        "origins": "\n".join(own.origins.split()),
        "joined_url": own.joined_url or "",
        "confirmed_url": own.confirmed_url or "",
        "left_url": own.left_url or "",
        **{name: _tick(getattr(own, name)) for name in TICKS if name != "needs_confirmation"},
    }


def _of_brand(own: Mapping[str, Any], site: BrandSettings) -> dict[str, str]:
    links = own.get("social", {})
    return {
        **{name: str(own.get(name) or "") for name in BRAND},
        **{name: str(own.get(name) or getattr(site, name)) for name in COLOURS},
        "social": "\n".join(f"{name} {url}" for name, url in links.items()),
    }


def _asked(is_required: bool | None) -> str:
    return {None: "", False: "asked", True: "required"}[is_required]


def _tick(is_ticked: bool) -> str:
    return TICKED if is_ticked else ""


def short_name_of(name: str) -> str:
    """
    Return a short name for a list called *name*: its letters without accents, and digits; empty if
    it has none of these.
    """
    plain = normal_form("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "-".join(re.findall("[a-z0-9]+", plain))[:_MOST_SHORT].strip("-")
