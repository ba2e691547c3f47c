"""
Read the secrets that the settings name as `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

import os
from pathlib import Path

from newsletter.errors import InvalidValue, SettingsError, is_temporary
from subscribers.text.phrases import phrase


def read_secret(reference: str, folder: Path) -> str:
    """
    Read the secret that *reference* names; a relative path of a file starts at *folder*.

    Raises:
        SettingsError: the variable or file does not exist.
    """
    kind, _, where = reference.partition(":")
    if kind == "env":
        if where not in os.environ:
            raise SettingsError(
                phrase(
                    "the environment variable {where}, which the settings name, is not set",
                    where=where,
                )
            )
        return os.environ[where]
    try:
        return (folder / where).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise SettingsError(
            phrase("the secret file {where} is not text: write it again", where=where)
        ) from error
    except OSError as error:
        if is_temporary(error):
            raise
        raise SettingsError(
            phrase(
                "cannot read the secret file {where}: {reason}", where=where, reason=error.strerror
            )
        ) from error


def require_reference(text: str) -> None:
    """
    Require a text that names a secret, as `env:NAME` or `file:PATH`.

    Raises:
        InvalidValue: it is something else, such as the secret in clear.
    """
    if not text.startswith(("env:", "file:")):
        raise InvalidValue(
            phrase("the key must be written as env:NAME or file:PATH, never the key itself")
        )
