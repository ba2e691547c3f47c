"""
Read the secret that signs the links in mails.
"""

from __future__ import annotations

from newsletter.errors import SettingsError
from newsletter.settings import Settings
from subscribers.tokens import KeyRing


def read_signing_secret(settings: Settings) -> bytes:
    """
    Read `[site] secret_file`.

    Raises:
        SettingsError: the file cannot be read.
    """
    path = settings.path(settings.site.secret_file)
    try:
        return path.read_text(encoding="ascii").strip().encode()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"cannot read [site] secret_file {path}: restore it from your backup; a new one "
            "breaks the links in emails that were sent"
        ) from error


def open_key_ring(secret: bytes) -> KeyRing:
    """
    Return the key ring that signs with *secret*.

    Raises:
        SettingsError: the secret is too short, or not valid.
    """
    try:
        return KeyRing(secret)
    except ValueError as error:
        raise SettingsError(f"[site] secret_file: {error}") from error
