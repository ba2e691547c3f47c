"""
Run a real Dovecot on the loopback interface, as an unprivileged user and out of a folder of its
own.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PASSWORD = 'a "quiet" p\u00e4ssword'
_OLDEST = (2, 4)
_SETTINGS = """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_server_cert_file = {folder}/cert.pem
ssl_server_key_file = {folder}/key.pem
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_driver = maildir
mail_home = {folder}/home
mail_path = ~/Maildir
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
passdb passwd-file {{
  passwd_file_path = {folder}/people
}}
userdb static {{
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
"""


def why_not() -> str | None:
    """
    Return why Dovecot cannot run here, or None if it can.
    """
    program = _program()
    if program is None:
        return "no dovecot program: install dovecot-imapd"
    found = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    version = tuple(int(number) for number in re.findall(r"\d+", found.stdout)[:2])
    return None if version >= _OLDEST else "dovecot is older than 2.4, whose settings it needs"


@contextlib.contextmanager
def running_dovecot(certificate: Path, key: Path) -> Iterator[int]:
    """
    Run a Dovecot that speaks TLS with *certificate* and has a user `sam`, and return its port.
    """
    person = pwd.getpwuid(65534 if os.getuid() == 0 else os.getuid())
    # Not below pytest's own folder, which root keeps to itself.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    try:
        shutil.copy(certificate, folder / "cert.pem")
        shutil.copy(key, folder / "key.pem")
        (folder / "people").write_text(f"sam:{{PLAIN}}{PASSWORD}::::::\n")
        port = _free_port()
        _write_settings(folder, person, port)
        with _started(folder, person):
            _wait_for(port, folder / "log")
            yield port
    finally:
        shutil.rmtree(folder)


def _program() -> str | None:
    # Debian has it where only root's path leads.
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_settings(folder: Path, person: pwd.struct_passwd, port: int) -> None:
    group = grp.getgrgid(person.pw_gid).gr_name
    (folder / "dovecot.conf").write_text(
        _SETTINGS.format(
            folder=folder,
            user=person.pw_name,
            group=group,
            uid=person.pw_uid,
            gid=person.pw_gid,
            port=port,
        )
    )
    for name in ("run", "state", "home"):
        (folder / name).mkdir()
    if os.getuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, person.pw_uid, person.pw_gid)


@contextlib.contextmanager
def _started(folder: Path, person: pwd.struct_passwd) -> Iterator[None]:
    is_root = os.getuid() == 0
    program = _program()
    assert program is not None
    with subprocess.Popen(
        [program, "-F", "-c", str(folder / "dovecot.conf")],
        user=person.pw_uid if is_root else None,
        group=person.pw_gid if is_root else None,
        extra_groups=[] if is_root else None,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log.exists() else "dovecot wrote no log")
