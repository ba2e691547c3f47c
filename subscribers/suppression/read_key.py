"""
Find the address, domain or hash that a line of a file names, and the reason that it gives.
"""

from __future__ import annotations

from subscribers.errors import InvalidAddress
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.rules import parse_rule
from subscribers.validation.address import parse_address

# What products call the reasons, in lower case and with spaces.
_REASONS = {
    **dict.fromkeys(
        ("bounce", "bounced", "bounces", "hard bounce", "hard bounced", "hard", "invalid"),
        SuppressionReason.BOUNCE,
    ),
    **dict.fromkeys(
        ("complaint", "complained", "spam", "spam complaint", "spam report", "abuse"),
        SuppressionReason.COMPLAINT,
    ),
    **dict.fromkeys(
        ("unsubscribe", "unsubscribed", "unsubscription", "opt out", "opted out"),
        SuppressionReason.UNSUBSCRIBED,
    ),
    "manual": SuppressionReason.MANUAL,
    "unknown": SuppressionReason.UNKNOWN,
}


def reason_column(heading: str) -> int | None:
    """
    Return the place of the column `reason` in the first line of a file; None if it has none.
    """
    names = heading.replace(";", ",").replace("\t", ",").split(",")
    found = [name.strip().strip('"').lower() for name in names]
    return found.index("reason") if "reason" in found else None


def known_reason(text: str) -> SuppressionReason | None:
    """
    Return the reason that a file calls *text*; None if it is not known here.
    """
    return _REASONS.get(" ".join(text.lower().replace("_", " ").replace("-", " ").split()))


def read_suppressed(cells: list[str]) -> str | None:
    """
    Return the key of the first cell that is an address, a domain or a hash; None if none is.
    """
    for cell in cells:
        try:
            if key := parse_rule(cell):
                return key
            return parse_address(cell).key
        except InvalidAddress:
            continue
    return None
