"""
Read a new password from a form, and say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.access.passwords import fault_in
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.staff_pages import FieldError

NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a field


def read_new_password(
    staff_request: StaffRequest, errors: list[FieldError], *, own_words: Iterable[str]
) -> str:
    """
    Return the password that was typed, and add what is wrong with it to *errors*.
    """
    password = staff_request.typed.one(NEW_PASSWORD)
    words = [word for text in own_words for word in (text, text.partition("@")[0])]
    fault = fault_in(password, words)
    if fault is not None:
        text = _text_of(staff_request.words)[fault]
        errors.append(FieldError(name=NEW_PASSWORD, text=text))
    return password


def _text_of(words: StaffWords) -> dict[str, str]:
    _ = words.gettext
    return {
        "short": _("This password is too short: use at least 12 characters."),
        "long": _("This password is too long: use at most 200 characters."),
        "common": _("This password is easy to guess: choose another one."),
    }
