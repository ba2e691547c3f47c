"""
Read a new password from a form, and say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.access.passwords import fault_in
from newsletter.web.public.page_values import FormError
from newsletter.web.typed_form import TypedForm

NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a field


def read_new_password(
    typed: TypedForm, errors: list[FormError], *, own_words: Iterable[str]
) -> str:
    """
    Return the password that was typed, and add what is wrong with it to *errors*.
    """
    password = typed.one(NEW_PASSWORD)
    words = [word for text in own_words for word in (text, text.partition("@")[0])]
    fault = fault_in(password, words)
    if fault is not None:
        errors.append(FormError(name=NEW_PASSWORD, word=f"password_{fault}"))
    return password
