"""
Examine samples with rspamd, including SPF, DKIM and DMARC: each mail is signed as a provider signs
it, and judged as if the domain's own host had sent it. Only the names of `zone` are looked up.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dkim
from proof.samples import Sample
from proof.verdict import Cell, Tool, ToolFailed, Verdict
from proof.zone import ADDRESS, DOMAIN, HOST, SELECTOR, records, served

LIMIT = 3.0
GOALS = ("R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW")
# RFC 8058 section 4: the signature must cover what one-click unsubscribing relies on.
SIGNED = tuple(
    b"from to subject date message-id reply-to mime-version content-type "
    b"list-unsubscribe list-unsubscribe-post list-id".split()
)
_START_S = 180
_CONF = """
.include "$CONFDIR/common.conf"
options {{
  filters = "chartable,dkim,regexp"; url_tld = "/usr/share/publicsuffix/effective_tld_names.dat";
  pidfile = "{folder}/pid"; control_socket = "{folder}/control"; cache_file = "{folder}/symbols";
  tempdir = "{folder}"; hs_cache_dir = "{folder}"; task_timeout = 30s;
  dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = 1s; retransmits = 2; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "warning"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""
# Modules that would ask other servers, or learn.
_OFF = "rbl surbl fuzzy_check phishing asn greylist ratelimit neural mx_check bayes_expiry"


def missing() -> str | None:
    """
    Return how to install the program if it is not there.
    """
    return None if shutil.which("rspamd") else "apt-get install rspamd"


def looks(mails: Sequence[bytes]) -> list[dict[str, Any]]:
    """
    Sign each of *mails* and return rspamd's answer about it.

    Raises:
        ToolFailed: it did not start or did not answer.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        private, public = _key(folder)
        with served(records(public)) as dns, _running(folder, dns) as port:
            return [_ask(port, signed(mail, private)) for mail in mails]


def signed(mail: bytes, private: bytes) -> bytes:
    """
    Return *mail* with a signature of the domain it is from.
    """
    there = [name.lower() for name in re.findall(rb"^([\w-]+):", mail.split(b"\r\n\r\n")[0], re.M)]
    names = [name for name in SIGNED if name in there]
    head: bytes = dkim.sign(
        mail, SELECTOR.encode(), DOMAIN.encode(), private, include_headers=names
    )
    return head + mail


def _key(folder: Path) -> tuple[bytes, str]:
    """
    Make a key, and return the private part and the one to publish.
    """
    file = folder / "key.pem"
    done = subprocess.run(
        ["rspamadm", "dkim_keygen", "-b", "2048", "-s", SELECTOR, "-d", DOMAIN, "-k", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = re.findall(r'"([^"]*)"', done.stdout)
    if not file.is_file() or not found:
        raise ToolFailed(f"rspamadm made no key: {done.stderr.strip()[-200:]}")
    return file.read_bytes(), "".join(found).partition("p=")[2]


@contextlib.contextmanager
def _running(folder: Path, dns: int) -> Iterator[int]:
    """
    Start an rspamd of our own, return its loopback port, and end it with the block.
    """
    port = _free_port()
    conf = folder / "rspamd.conf"
    conf.write_text(_CONF.format(folder=folder, dns=dns, port=port))
    (folder / "local.d").mkdir()
    for module in _OFF.split():
        (folder / "local.d" / f"{module}.conf").write_text("enabled = false;")
    command = ["rspamd", "-f", "-c", str(conf), f"--var=LOCAL_CONFDIR={folder}"]
    command += [f"--var={name}={folder}" for name in ("DBDIR", "RUNDIR", "LOGDIR")]
    if os.geteuid() == 0:
        # It refuses to work as root, and its own user must get at the folder.
        command += ["-u", "_rspamd", "-g", "_rspamd"]
        folder.chmod(0o777)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(process, port, folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(_at(port, "ping"), timeout=1):
            return
        time.sleep(0.2)
    raise ToolFailed(f"rspamd did not start: {log.read_text()[-300:] if log.is_file() else ''}")


def _at(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}/{path}"


def _ask(port: int, mail: bytes) -> dict[str, Any]:
    envelope = {"IP": ADDRESS, "Helo": HOST, "Hostname": HOST, "From": f"news@{DOMAIN}"}
    request = urllib.request.Request(_at(port, "checkv2"), data=mail, headers=envelope)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise ToolFailed(f"rspamd did not answer: {error}") from error
    return found


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return the score of each of *samples*, and whether SPF, DKIM and DMARC pass.
    """
    for sample, answer in zip(samples, looks([each.eml for each in samples]), strict=True):
        yield Verdict(sample, cells_of(answer))


def cells_of(answer: dict[str, Any]) -> dict[str, Cell]:
    """
    Return the two cells that *answer* fills.
    """
    symbols, score = answer["symbols"], answer["score"]
    rules = tuple(f"{name} {each['score']:g}" for name, each in symbols.items() if each["score"])
    lacking = tuple(f"no {goal}" for goal in GOALS if goal not in symbols)
    allowed = Cell(f"{len(GOALS) - len(lacking)} of {len(GOALS)}", not lacking, lacking)
    return {"rspamd": Cell(f"{score:.1f}", score < LIMIT, rules), "auth": allowed}


TOOL = Tool("rspamd", ("rspamd", "auth"), missing, look)
