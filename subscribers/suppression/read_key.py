"""
Find the address, domain or hash that a line of a file names.
"""

from __future__ import annotations

from subscribers.errors import InvalidAddress
from subscribers.suppression.rules import parse_rule
from subscribers.validation.address import parse_address


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
