"""
Actions on the secrets that sign links: make the first, name them, and put a new one before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.settings.signing_secret import create_secret, rotate_secret
from newsletter.store.operations.database_identity import recorded_keys
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """
    The file of the secrets, and a name for each, the current one first. A name is a hash, which
    tells nothing of the secret.
    """

    file: Path
    names: tuple[str, ...]


@requires(Permission.OPERATIONS_READ, "secret.list", about=unlimited(ObjectKind.INSTALLATION))
def names_of_all(app: App, *, by: Actor) -> Secrets:
    """
    Return the names of the secrets.

    Raises:
        SettingsError: the file cannot be read.
    """
    file = app.settings.path(app.settings.site.secret_file)
    return Secrets(file=file, names=app.signing_keys.names)


@requires(
    Permission.OPERATIONS_WRITE,
    "secret.create",
    about=unlimited(ObjectKind.INSTALLATION),
    in_steps=True,
)
def create(app: App, *, is_lost: bool = False, by: Actor) -> Path:
    """
    Make the file of secrets, and return it. If links were signed already, that is only done if the
    secret that signed them *is_lost*.

    Raises:
        Refused: the file exists or cannot be written, or links were signed by another secret.
    """
    with app.database.read() as connection:
        has_signed = recorded_keys(connection) is not None
    file = app.settings.path(app.settings.site.secret_file)
    if has_signed and not is_lost and not file.exists():
        raise Refused(
            phrase(
                "another secret signed the links in the emails of this database: restore {file} "
                "from your backup; if it is lost, --lost makes a new one, and those links stop "
                "working",
                file=file,
            )
        )
    return create_secret(app.settings)


@requires(
    Permission.OPERATIONS_WRITE,
    "secret.rotate",
    about=unlimited(ObjectKind.INSTALLATION),
    in_steps=True,
)
def rotate(app: App, *, by: Actor) -> Path:
    """
    Sign with a new secret from now on, keep the former ones valid, and return the file. Processes
    that are running use it once they are restarted.

    Raises:
        SettingsError: the file cannot be read.
        Refused: it cannot be written.
    """
    return rotate_secret(app.settings)
