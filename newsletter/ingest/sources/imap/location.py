"""
Parse the location of an IMAP source (`imaps://user@host/Folder`), for `login`. The user may be a
personal address, so no message for people may contain the location.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from newsletter.errors import SourceError
from subscribers.text.phrases import phrase

# RFC 8314 section 7.3 for 993, RFC 3501 section 2.1 for 143.
_PORTS = {"imaps": 993, "imap": 143}
_FORM = "write it as imaps://USER@HOST/FOLDER"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class ImapAddress:
    """
    A folder on a server. `is_tls` means TLS from the start (`imaps://`); otherwise STARTTLS is used
    (`imap://`).
    """

    host: str
    port: int
    user: str
    folder: str
    is_tls: bool


def is_imap(location: str) -> bool:
    """
    Return True if *location* is an IMAP URL, not a path.
    """
    return location.partition("://")[0].strip().lower() in _PORTS and "://" in location


def read_location(location: str) -> ImapAddress:
    """
    Parse *location*; the folder is INBOX if it names none.

    Raises:
        SourceError: it is not a valid IMAP URL, or contains the password.
    """
    try:
        parts = urlsplit(location.strip())
        port = parts.port
        user = unquote(parts.username or "", errors="strict")
        folder = unquote(parts.path.removeprefix("/"), errors="strict")
    except ValueError as error:
        raise SourceError(phrase("the IMAP address is not valid: {form}", form=_FORM)) from error
    if (reason := _why_not(parts, user, folder)) is not None:
        raise SourceError(reason)
    return ImapAddress(
        host=parts.hostname or "",
        port=_PORTS[parts.scheme] if port is None else port,
        user=user,
        folder=folder or "INBOX",
        is_tls=parts.scheme == "imaps",
    )


def _why_not(parts: SplitResult, user: str, folder: str) -> str | None:
    if parts.scheme not in _PORTS or not parts.hostname or not user:
        return f"the IMAP address is not valid or has no user: {_FORM}"
    if parts.password is not None:
        return (
            "the IMAP address contains a password: take it out, and give the source a key "
            "(env:NAME or file:PATH)"
        )
    if parts.query or parts.fragment:
        return "the IMAP address contains ? or #: in a folder name write ? as %3F and # as %23"
    if _CONTROL.search(user + folder):
        return "the IMAP address contains control characters: check its user and folder"
    return None


def modified_utf7(name: str) -> str:
    """
    Encode the folder *name* as RFC 3501 section 5.1.3 requires: printable ASCII stays, `&` becomes
    `&-`, and everything else becomes base64 of UTF-16 with commas for slashes.
    """
    return re.sub(r"&|[^\x20-\x7e]+", _shifted, name)


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    code = base64.b64encode(found[0].encode("utf-16-be")).decode("ascii")
    return f"&{code.rstrip('=').replace('/', ',')}-"


def quoted(text: str) -> str:
    """
    Return *text* as a quoted string (RFC 3501 section 4.3). imaplib itself quotes only passwords.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
