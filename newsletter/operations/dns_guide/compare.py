"""
Compare one needed record with what is in DNS.
"""

from __future__ import annotations

import re

from newsletter.isolation.dns import DnsLookup
from newsletter.model.dns_record import OPEN, NeededRecord, RecordPurpose, RecordType
from newsletter.operations.dns_guide.dkim import compare_key
from newsletter.operations.dns_guide.row import (
    DnsFinding,
    DnsVerdict,
    different,
    missing,
    not_looked_up,
    right,
)
from newsletter.operations.dns_guide.spf import compare_spf, spf_records
from subscribers.text.phrases import phrase

# RFC 7505: the domain accepts no mail.
_NULL_MX = re.compile(r"\d+ ?\.?")


def compare(lookup: DnsLookup, needed: NeededRecord) -> tuple[DnsFinding, tuple[str, ...]]:
    """
    Compare *needed* with what is at its name, and return what was found there too.
    """
    if OPEN in needed.name:
        return not_looked_up(_where_to_find(needed)), ()
    answer = lookup.records(needed.name, needed.type)
    if answer.problem:
        return not_looked_up(phrase("Try again: {problem}.", problem=answer.problem)), ()
    found = answer.records
    if needed.purpose is RecordPurpose.SPF:
        own = tuple(spf_records(found))
        return compare_spf(lookup, needed.name, needed.value), own
    if needed.type is RecordType.TXT and needed.purpose is RecordPurpose.DKIM:
        return compare_key(found, needed.value), found
    if needed.purpose is RecordPurpose.OWNERSHIP:
        # The domain has other TXT records too.
        found = tuple(text for text in found if _matches(text, needed.value))
    return _compare_values(found, needed), found


def _where_to_find(needed: NeededRecord) -> str:
    option = "--dkim-selector" if needed.purpose is RecordPurpose.DKIM else "--return-path"
    return phrase(
        "Copy it from {where}; look it up with {option}.", where=needed.where, option=option
    )


def _compare_values(found: tuple[str, ...], needed: NeededRecord) -> DnsFinding:
    if not found:
        return missing(phrase("Add this {type} record.", type=needed.type))
    if needed.type is RecordType.MX:
        return _compare_mx(found, needed.value)
    if all(_matches(one, needed.value) for one in found):
        return right()
    return different(phrase("It points elsewhere: change it to this value."))


def _compare_mx(found: tuple[str, ...], value: str) -> DnsFinding:
    if any(_NULL_MX.fullmatch(one) for one in found):
        return different(phrase("The domain says that it accepts no email: remove that record."))
    wanted = value.rpartition(" ")[2]
    if any(_matches(one.rpartition(" ")[2], wanted) for one in found):
        return right()
    return different(phrase("No record names this server: add it."))


def _matches(text: str, value: str) -> bool:
    found, (before, mark, after) = text.lower().rstrip("."), value.lower().partition(OPEN)
    if not mark:
        return found == before
    is_longer = len(found) > len(before) + len(after)
    return is_longer and found.startswith(before) and found.endswith(after)


def is_problem(needed: NeededRecord, verdict: DnsVerdict) -> bool:
    """
    Return whether emails may fail a check: a wrong record, a missing one that is required, or a
    look-up without an answer. What only the provider can name is no problem of DNS.
    """
    if verdict is DnsVerdict.NOT_LOOKED_UP:
        return OPEN not in needed.name
    if verdict is DnsVerdict.MISSING:
        return needed.is_required
    return verdict is DnsVerdict.DIFFERENT
