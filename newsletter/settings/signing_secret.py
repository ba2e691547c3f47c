"""
The file of secrets that sign the links in mails: the current one on its first line, former ones on
the lines after it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from newsletter.errors import Refused, SettingsError
from newsletter.settings import Settings
from subscribers.new_file import NewFile
from subscribers.tokens import KeyRing, new_secret


def is_exposed(settings: Settings) -> bool:
    """
    Return True if others than the owner can read `[site] secret_file`.
    """
    return bool(settings.path(settings.site.secret_file).stat().st_mode & 0o077)


class NoSecret(SettingsError):
    """
    There is no file of secrets.
    """


def read_signing_secrets(settings: Settings) -> tuple[bytes, ...]:
    """
    Read `[site] secret_file`, and return its secrets, the current one first.

    Raises:
        NoSecret: there is no such file.
        SettingsError: the file cannot be read.
    """
    path = settings.path(settings.site.secret_file)
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        kind = NoSecret if isinstance(error, FileNotFoundError) else SettingsError
        raise kind(
            f"cannot read [site] secret_file {path}: restore it from your backup; a new one "
            "breaks the links in emails that were sent"
        ) from error
    found = tuple(line.strip().encode() for line in lines if line.strip())
    return found or (b"",)


def open_key_ring(secrets: tuple[bytes, ...]) -> KeyRing:
    """
    Return the key ring that signs with the first of *secrets*, and accepts all of them.

    Raises:
        SettingsError: a secret is too short.
    """
    try:
        return KeyRing(secrets[0], secrets[1:])
    except ValueError as error:
        raise SettingsError(f"[site] secret_file: {error}") from error


def create_secret(settings: Settings) -> Path:
    """
    Write a new secret to `[site] secret_file`, which only this user can read, and return its path.

    Raises:
        Refused: the file exists, or cannot be written.
    """
    path = settings.path(settings.site.secret_file)
    try:
        new = NewFile(path)
        try:
            new.path.write_text(f"{new_secret()}\n", encoding="ascii")
            new.publish()
        finally:
            new.discard()
    except FileExistsError:
        raise Refused(
            f"[site] secret_file {path} already exists: nothing was changed; "
            "`newsletter secret rotate` puts a new secret before it"
        ) from None
    except OSError as error:
        raise Refused(f"cannot write [site] secret_file {path} ({error.strerror})") from error
    return path


def rotate_secret(settings: Settings) -> Path:
    """
    Put a new secret before the others in `[site] secret_file`, and return the path of the file. It
    is replaced as a whole, so that no process ever reads half of it.

    Raises:
        SettingsError: the file cannot be read, or a secret in it is too short.
        Refused: it cannot be written.
    """
    secrets = read_signing_secrets(settings)
    open_key_ring(secrets)
    # Where the setting names a link, what it points to is replaced.
    path = settings.path(settings.site.secret_file).resolve()
    lines = [new_secret(), *(secret.decode("ascii") for secret in secrets)]
    try:
        _replace(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise Refused(
            f"cannot write [site] secret_file {path} ({error.strerror}): nothing was changed; run "
            "this as the user who owns the file"
        ) from error
    return path


def _replace(path: Path, text: str) -> None:
    """
    Replace a file by one that the same user can read, and their group if it could before.
    """
    before = path.stat()
    new = NewFile(path)
    try:
        if before.st_uid != os.geteuid():
            os.chown(new.path, before.st_uid, before.st_gid)
        new.path.chmod(0o600 | (stat.S_IMODE(before.st_mode) & stat.S_IRGRP))
        new.path.write_text(text, encoding="ascii")
        new.publish(replace=True)
    finally:
        new.discard()
