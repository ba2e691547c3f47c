"""
Parse an address that a person typed, and return the address to mail and the key to find it by.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from subscribers.errors import InvalidAddress
from subscribers.text.phrases import phrase

MAX_LOCAL = 64
MAX_ADDRESS = 254

# Zero-width characters, soft hyphens and direction marks, copied from web pages unnoticed.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")

# The form of nearly every address. It accepts only what email-validator accepts unchanged: no `--`
# (IDNA), no label over 63, a last label that is a top-level domain of letters.
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9]|-(?!-)){0,62}(?<!-)"
_PLAIN = re.compile(
    r"(?=.{1,254}\Z)(?P<local>(?=[^@]{1,64}@)[a-zA-Z0-9_][a-zA-Z0-9_+-]*(?:\.[a-zA-Z0-9_+-]+)*)"
    rf"@(?P<domain>(?:{_LABEL}\.)+(?P<top>[a-zA-Z]{{2,63}}))\Z"
)
# RFC 6761, 6762, 7686: reserved names that cannot receive mail. email-validator has the message.
_RESERVED = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})


class Address(NamedTuple):
    """
    An address. `email` has the local part as typed and the domain as lower-case A-labels; `key` is
    entirely in lower case.
    """

    email: str
    key: str


def parse_address(text: str) -> Address:
    """
    Parse the address in *text*; white space around it and invisible characters are removed.

    Raises:
        InvalidAddress: it is not a valid address, or not one that every provider accepts (local
            parts in other alphabets or in quotes, IP addresses, domains without a dot).
    """
    found = _PLAIN.match(text)
    if found and found["top"].lower() not in _RESERVED:
        return _address(found["local"], found["domain"])
    return parse_unusual_address(text)


def parse_unusual_address(text: str) -> Address:
    """
    Parse any address as `parse_address` does, but without its fast path for common ones.
    """
    shown = _INVISIBLE.sub("", text).strip()
    local, at, _ = shown.rpartition("@")
    if not at:
        raise InvalidAddress(
            phrase("{shown} is not a valid address: it has no @", shown=_short(shown))
        )
    _check_local(local, shown)
    try:
        checked = validate_email(
            shown, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise InvalidAddress(
            phrase("{shown} is not a valid address: {reason}", shown=_short(shown), reason=reason)
        ) from error
    address = _address(local, checked.ascii_domain)
    if len(address.email) > MAX_ADDRESS:
        raise InvalidAddress(
            phrase(
                "{shown} is not a valid address: longer than {limit} characters",
                shown=_short(shown),
                limit=MAX_ADDRESS,
            )
        )
    return address


def _check_local(local: str, shown: str) -> None:
    # Before normalisation, which would change U+212A to an ordinary K, another person's address.
    if not local.isascii():
        raise InvalidAddress(
            phrase("{shown}: the part before the @ must be plain ASCII", shown=_short(shown))
        )
    if local.startswith(("-", "=")):
        # Programs read such an address as an option, spreadsheets as a formula.
        raise InvalidAddress(
            phrase(
                "{shown}: an address cannot start with {local}", shown=_short(shown), local=local[0]
            )
        )
    if len(local) > MAX_LOCAL:
        raise InvalidAddress(
            phrase(
                "{shown}: more than {limit} characters before the @",
                shown=_short(shown),
                limit=MAX_LOCAL,
            )
        )


def _address(local: str, domain: str) -> Address:
    email = f"{local}@{domain.lower()}"
    return Address(email, email.lower())


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
