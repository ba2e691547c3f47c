"""
Run a real Postfix on the loopback interface, out of a folder of its own: it relays mail to a server
of the test, and keeps bounces in a Maildir. Nothing of this machine's own Postfix is read or
changed. Its master only runs as root.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "bounces.example"
_DAEMONS = Path("/usr/lib/postfix/sbin")
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
myhostname = mx.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
recipient_delimiter = +
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:bounces/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = smtp:[127.0.0.1]:{onward}
minimal_backoff_time = 1000s
smtpd_tls_security_level = may
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
"""
# Name, type, private, unprivileged, chroot, wakeup, most, command (master(5)).
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, kw_only=True)
class Postfix:
    """
    Where it listens, with STARTTLS on `port` and TLS from the first byte on at `tls_port`, and the
    Maildir of every address at `DOMAIN`.
    """

    port: int
    tls_port: int
    maildir: Path
    log: Path


def why_not() -> str | None:
    """
    Return why Postfix cannot run here, or None if it can.
    """
    if not (_DAEMONS / "master").exists():
        return "no postfix: install postfix"
    return None if os.getuid() == 0 else "postfix can be run by root only"


@contextlib.contextmanager
def running_postfix(certificate: Path, key: Path, *, onward: int) -> Iterator[Postfix]:
    """
    Run a Postfix that shows *certificate* and relays mail to the port *onward*.
    """
    # Not below pytest's own folder, which root keeps to itself.
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    try:
        shutil.copy(certificate, folder / "cert.pem")
        shutil.copy(key, folder / "key.pem")
        port, tls_port = _free_ports()
        _write_settings(folder, port=port, tls_port=tls_port, onward=onward)
        with _started(folder):
            _wait_for(tls_port, folder / "log")
            yield Postfix(
                port=port,
                tls_port=tls_port,
                maildir=folder / "mail" / "bounces",
                log=folder / "log",
            )
    finally:
        shutil.rmtree(folder)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _write_settings(folder: Path, *, port: int, tls_port: int, onward: int) -> None:
    nobody = pwd.getpwnam("nobody")
    settings = folder / "settings"
    settings.mkdir()
    (settings / "main.cf").write_text(
        _MAIN.format(
            folder=folder,
            daemons=_DAEMONS,
            domain=DOMAIN,
            uid=nobody.pw_uid,
            gid=nobody.pw_gid,
            onward=onward,
        )
    )
    (settings / "master.cf").write_text(_MASTER.format(port=port, tls_port=tls_port))
    for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", "nobody")):
        (folder / name).mkdir()
        shutil.chown(folder / name, owner)


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[None]:
    settings = folder / "settings"
    # Makes the folders of the queue.
    subprocess.run(["/usr/sbin/postfix", "-c", settings, "check"], check=True, capture_output=True)
    with subprocess.Popen([_DAEMONS / "master", "-c", settings, "-d"]) as master:
        try:
            yield
        finally:
            master.terminate()


def _wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log.exists() else "postfix wrote no log")
