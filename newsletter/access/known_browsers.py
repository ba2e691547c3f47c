"""
Recognise the browsers in which somebody has logged in before.

What fails elsewhere does not delay attempts in them, so that nobody can keep a member out by
failing to log in again and again.
"""

from __future__ import annotations

import secrets

from newsletter.access.encryption import TextCipher

_PURPOSE = "known browser"
_NAME_BYTES = 16


def remember_browser(cipher: TextCipher, email_key: str) -> str:
    """
    Return what the cookie of a browser holds once the account with *email_key* was logged in to in
    it: a random name, which nobody else can make.
    """
    return cipher.encrypt(f"{secrets.token_hex(_NAME_BYTES)} {email_key}", _PURPOSE)


def known_browser(cipher: TextCipher, cookie: str, email_key: str) -> str:
    """
    Return the name of the browser with that *cookie*; empty if the account was not logged in to in
    it.
    """
    name, _, account = (cipher.decrypt(cookie, _PURPOSE) or "").partition(" ")
    return name if account == email_key else ""
