"""
Read a new password from a form, and say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.access.passwords import weakness
from newsletter.web.public.page_values import FormError
from newsletter.web.typed_form import TypedForm

NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a field


def read_new_password(
    typed: TypedForm, errors: list[FormError], *, own_words: Iterable[str]
) -> str:
    """
    Return the password that was typed; what is wrong with it is added to *errors*.
    """
    password = typed.one(NEW_PASSWORD)
    words = [word for text in own_words for word in (text, text.partition("@")[0])]
    found = weakness(password, words)
    if found is not None:
        errors.append(FormError(name=NEW_PASSWORD, word=f"password_{found}"))
    return password
