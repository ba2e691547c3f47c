"""
Suggest the address that a reader most likely meant, where the domain looks like a slip of the
fingers. It looks at the domain alone, so that it tells nothing about who is known here.
"""

from __future__ import annotations

_DOMAINS = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.fr",
    "outlook.com",
    "yahoo.com",
    "yahoo.co.uk",
    "yahoo.fr",
    "icloud.com",
    "protonmail.com",
    "t-online.de",
    "freenet.de",
    "orange.fr",
    "wanadoo.fr",
    "libero.it",
    "comcast.net",
    "verizon.net",
)
# One letter away from those, and used by many people.
_REAL = frozenset(
    {"mail.com", "email.com", "ymail.com", "fmail.com", "freenet.at", "freenet.net", "orange.de"}
)
_SLIPS_OF_COM = frozenset(
    {"c", "cim", "cm", "cmo", "co", "comm", "con", "coom", "cpm", "ocm", "om", "vom", "xom"}
)


def suggest_address(address: str) -> str:
    """
    Return the *address* with the frequent domain that is one slip away from its own; empty if its
    domain is no slip of any.
    """
    local, _, domain = address.strip().rpartition("@")
    domain = domain.lower()
    if not local or domain in _DOMAINS or domain in _REAL:
        return ""
    meant = next((each for each in _DOMAINS if _is_slip(domain, each)), "")
    return f"{local}@{meant}" if meant else ""


def _is_slip(typed: str, meant: str) -> bool:
    name, _, ending = typed.partition(".")
    right_name, _, right_ending = meant.partition(".")
    if name == right_name:
        return right_ending == "com" and ending in _SLIPS_OF_COM
    if ending == right_ending or (right_ending == "com" and ending in _SLIPS_OF_COM):
        return _is_one_slip(name, right_name)
    return typed in (right_name + right_ending, right_name)


def _is_one_slip(typed: str, meant: str) -> bool:
    """
    Return True if one letter is missing, too many or another, or two neighbours changed places.
    """
    if len(typed) == len(meant):
        differ = [at for at, pair in enumerate(zip(typed, meant, strict=True)) if len({*pair}) > 1]
        if len(differ) == 2 and differ[1] == differ[0] + 1:
            first, second = differ
            return typed[first] == meant[second] and typed[second] == meant[first]
        return len(differ) == 1
    shorter, longer = sorted((typed, meant), key=len)
    is_one = len(longer) == len(shorter) + 1
    return is_one and any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
