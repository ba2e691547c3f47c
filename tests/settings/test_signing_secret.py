"""
The secrets that sign links: a new one is put before the others, which stay valid.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from installation import SECRET, Installation

from newsletter.actions.operations import secrets
from newsletter.errors import SettingsError
from newsletter.mail.links import VIEW
from newsletter.model.access import OPERATOR
from newsletter.operations.restore_guard import require_same_secret, verify_identity
from newsletter.settings import Settings
from newsletter.settings.signing_secret import open_key_ring, read_signing_secrets, rotate_secret


def rotated(installation: Installation) -> Installation:
    """
    The installation as a process finds it that starts after its secret was rotated.
    """
    secrets.rotate(installation.app, by=OPERATOR)
    for name in ("signing_secrets", "instance", "links"):
        installation.app.__dict__.pop(name, None)
    return installation


def test_links_and_webhook_urls_from_before_a_rotation_are_still_valid(
    installation: Installation,
) -> None:
    before = installation.app.links
    unsubscribe, view = before.unsubscribe(7), before.view(3, "0a1b")
    hook = before.webhook("resend").rpartition("/")[2]
    after = rotated(rotated(installation)).app.links
    assert after.keys.read("unsubscribe", unsubscribe.rpartition("/")[2]) == 7
    assert after.read(VIEW, view.rpartition("/")[2]) == (3, "0a1b")
    assert after.is_webhook_secret("resend", hook)
    assert after.unsubscribe(7) != unsubscribe
    assert after.webhook("resend").rpartition("/")[2] != hook


def test_the_name_in_message_ids_and_idempotency_keys_survives_a_rotation(
    installation: Installation,
) -> None:
    before = installation.app.instance
    assert rotated(installation).app.instance == before


def test_an_erased_address_is_recognised_after_a_rotation(installation: Installation) -> None:
    before = installation.app.links.keys.fingerprints("ada@example.org")
    after = rotated(installation).app.links.keys.fingerprints("ada@example.org")
    assert after[1:] == before
    assert after[0] != before[0]


def test_a_process_without_the_newest_secret_does_not_start(installation: Installation) -> None:
    app = installation.app
    verify_identity(app.database, installation.folder, now=installation.now)
    old = app.signing_keys
    require_same_secret(app.database, old)
    new = rotated(installation).app.signing_keys
    require_same_secret(app.database, old)
    require_same_secret(app.database, new)
    with pytest.raises(SettingsError, match="lacks the newest secret: copy the file"):
        require_same_secret(app.database, old)


def test_the_file_stays_private_and_its_former_lines_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o644)
    settings = Settings(folder=tmp_path)
    assert rotate_secret(settings) == file
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    lines = file.read_text().splitlines()
    assert (len(lines), lines[1]) == (2, SECRET)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "kept"
    real.write_text(SECRET)
    (tmp_path / "secret.key").symlink_to(real)
    rotate_secret(Settings(folder=tmp_path))
    assert (tmp_path / "secret.key").is_symlink()
    assert len(real.read_text().splitlines()) == 2


@pytest.mark.parametrize("text", ["", "\n\n", "short\n", f"{SECRET}\nshort\n"])
def test_a_file_without_a_proper_secret_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.key").write_text(text)
    with pytest.raises(SettingsError, match="at least 16 bytes"):
        open_key_ring(read_signing_secrets(Settings(folder=tmp_path)))
    with pytest.raises(SettingsError, match="at least 16 bytes"):
        rotate_secret(Settings(folder=tmp_path))
