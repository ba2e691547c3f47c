"""
Actions on the secrets that sign links: name them, and put a new one before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.settings.signing_secret import rotate_secret


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
