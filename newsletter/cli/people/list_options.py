"""
The options that `list add` and `list edit` share: the name, type and help of each, and the value of
the list that it sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from newsletter.cli.options import Flag, Option, Several, Text
from newsletter.errors import Refused

_LIST = "Mailing list"
_EMAIL = "Its emails"
_SIGN_UP = "Sign-up"
_SITE = "as in the settings"

OPTIONS = (
    Option("description", Text, "One line about the list", _LIST, "none", "TEXT"),
    Option(
        "visibility",
        Text,
        "Whether pages offer it (public), only its own page does (unlisted), or none (private)",
        _LIST,
        "private",
        "public|unlisted|private",
    ),
    Option("language", Text, "Language tag: en, fr, pt-BR", _LIST, "the site's", "LANGUAGE"),
    Option(
        "needs_approval",
        Flag,
        "Issues are sent only after a person has approved them",
        _LIST,
        "--no-approval",
        flags="--approval/--no-approval",
    ),
    Option(
        "second_person_above",
        Text,
        "An issue to more readers needs the approval of a second person",
        _LIST,
        "none",
        "READERS",
    ),
    Option("quiet", Text, "Send no issue in these hours: 22:00-07:00", _LIST, "none", "HOURS"),
    Option(
        "timezone",
        Text,
        "Time zone of the quiet hours, such as Europe/Oslo",
        _LIST,
        "UTC",
        "ZONE",
    ),
    Option(
        "sender",
        Text,
        "Sender, as 'Name <address>'",
        _EMAIL,
        _SITE,
        "SENDER",
        "--from",
    ),
    Option("reply_to", Text, "Address that readers' replies go to", _EMAIL, _SITE, "ADDRESS"),
    Option("provider", Text, "Provider of its emails", _EMAIL, _SITE, "NAME"),
    Option(
        "fallback_provider",
        Text,
        "Provider that its issues fail over to, or none",
        _EMAIL,
        _SITE,
        "NAME",
    ),
    Option(
        "postal_address", Text, "Postal address in the footer of its emails", _EMAIL, _SITE, "TEXT"
    ),
    Option(
        "brand",
        Several,
        "A key of [brand] that differs, such as accent=#8a1c16",
        _EMAIL,
        _SITE,
        "SETTING",
    ),
    Option(
        "opt_in",
        Text,
        "Whether new readers confirm their address first (double) or not (single)",
        _SIGN_UP,
        "double",
        "double|single",
    ),
    Option("tagline", Text, "Line under its name on pages", _SIGN_UP, "none", "TEXT"),
    Option(
        "consent",
        Text,
        "Sentence that people agree to when they sign up",
        _SIGN_UP,
        "one in their language",
        "TEXT",
    ),
    Option("asks", Several, "Field that its form asks for", _SIGN_UP, "none", "FIELD", "--ask"),
    Option(
        "required",
        Several,
        "Field that its form asks for and that has to be filled in",
        _SIGN_UP,
        "none",
        "FIELD",
    ),
    Option(
        "confirms_on_open",
        Flag,
        "Opening the link in the confirmation is enough; link scanners do that, too",
        _SIGN_UP,
        "--no-confirm-on-open",
        flags="--confirm-on-open/--no-confirm-on-open",
    ),
    Option(
        "needs_proof_of_work",
        Flag,
        "Let the browser of everybody who signs up compute for a moment, against bots",
        _SIGN_UP,
        "--no-proof-of-work",
        flags="--proof-of-work/--no-proof-of-work",
    ),
    Option(
        "sends_welcome",
        Flag,
        "Send a welcome email to new readers",
        _SIGN_UP,
        "--welcome",
        flags="--welcome/--no-welcome",
    ),
    Option(
        "sends_goodbye",
        Flag,
        "Send an email to readers who unsubscribe",
        _SIGN_UP,
        "--no-goodbye",
        flags="--goodbye/--no-goodbye",
    ),
    Option(
        "origins",
        Text,
        "Websites whose own forms may sign people up, with spaces between them",
        _SIGN_UP,
        "none",
        "SITES",
    ),
    Option("joined_url", Text, "Page to land on after signing up", _SIGN_UP, "ours", "URL"),
    Option("confirmed_url", Text, "Page to land on after confirming", _SIGN_UP, "ours", "URL"),
    Option("left_url", Text, "Page to land on after leaving", _SIGN_UP, "ours", "URL"),
)


def list_values(fields: dict[str, Any]) -> dict[str, Any]:
    """
    Convert what was typed to the values of a list.

    Raises:
        Refused: a key of the brand has no value.
    """
    values = dict(fields)
    asked, required = values.pop("asks", []), values.pop("required", [])
    if asked or required:
        names = dict.fromkeys([*asked, *required])
        values["asks"] = {name: name in required for name in names}
    if "brand" in values:
        values["brand"] = _brand(values["brand"])
    return values


def _brand(typed: Sequence[str]) -> dict[str, Any]:
    brand: dict[str, Any] = {}
    for pair in typed:
        key, equals, value = pair.partition("=")
        if not equals:
            raise Refused(f"--brand {pair}: write KEY=VALUE, such as accent=#8a1c16")
        table, dot, name = key.partition(".")
        if dot and table == "social":
            brand.setdefault("social", {})[name] = value
        else:
            brand[key.strip().replace("-", "_")] = value.strip()
    return brand
