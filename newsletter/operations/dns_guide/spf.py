"""
Check the SPF record of a domain (RFC 7208): that there is one, that it can be evaluated, and whom
it allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.isolation.dns import DnsLookup
from newsletter.operations.dns_guide.row import (
    DnsFinding,
    different,
    missing,
    not_looked_up,
    right,
)
from subscribers.text.phrases import phrase

# RFC 7208 section 4.6.4. A receiver gives up beyond it.
MAX_LOOKUPS = 10
_VERSION = "v=spf1"
_LOOKED_UP = ("include", "a", "mx", "ptr", "exists", "redirect")
_KNOWN = (*_LOOKED_UP, "all", "ip4", "ip6", "exp")


def compare_spf(lookup: DnsLookup, name: str, expected: str) -> DnsFinding:
    """
    Compare the SPF record at *name* with the *expected* one: it must have its `include`, and be
    valid itself.
    """
    answer = lookup.records(name, "TXT")
    if answer.problem:
        return not_looked_up(phrase("Try again: {problem}.", problem=answer.problem))
    own = spf_records(answer.records)
    if not own:
        return missing(phrase("Add this TXT record."))
    if len(own) > 1:
        return different(
            phrase(
                "There are {number} SPF records, and receivers then ignore all: merge "
                "them into one.",
                number=len(own),
            )
        )
    tree = _Tree(lookup)
    tree.follow(own[0])
    fault = tree.fault or _own_fault(own[0])
    if fault:
        return different(fault)
    include = _include_of(expected)
    if include and include not in tree.includes:
        if tree.unanswered:
            return not_looked_up(
                phrase("Try again: {name} could not be looked up.", name=tree.unanswered)
            )
        return different(
            phrase("Add include:{include} to the record, before its all.", include=include)
        )
    if tree.lookups > MAX_LOOKUPS:
        return different(
            phrase(
                "The record needs {lookups} look-ups and receivers stop after {limit}: "
                "remove includes that you no longer use.",
                lookups=tree.lookups,
                limit=MAX_LOOKUPS,
            )
        )
    if tree.unanswered:
        return not_looked_up(
            phrase("Try again: {name} could not be looked up.", name=tree.unanswered)
        )
    return right()


def spf_records(texts: tuple[str, ...]) -> list[str]:
    """
    Return those of these TXT records that are SPF records.
    """
    return [text for text in texts if text.lower().split(" ")[0] == _VERSION]


def _include_of(expected: str) -> str:
    found = [term for term in expected.split() if term.startswith("include:")]
    return found[0].removeprefix("include:") if found else ""


def _own_fault(record: str) -> str:
    terms = record.lower().split()
    if "+all" in terms or "all" in terms:
        return phrase(
            "The record allows every server in the world (+all): end it with ~all or -all."
        )
    return ""


@dataclass
class _Tree:
    """
    What an SPF record and those that it includes come to. `unanswered` is a name that could not be
    looked up; `fault` says why receivers cannot evaluate the record.
    """

    lookup: DnsLookup
    lookups: int = 0
    includes: set[str] = field(default_factory=set)
    unanswered: str = ""
    fault: str = ""

    def follow(self, record: str) -> None:
        """
        Read the terms of *record*, and the records that it includes or redirects to.
        """
        for term in record.lower().split()[1:]:
            name, value = _parse(term)
            if name not in _KNOWN and "=" not in term:
                self.fault = self.fault or phrase(
                    "Receivers do not understand {term!r}: correct it.", term=term
                )
            self.lookups += name in _LOOKED_UP
            if name in ("include", "redirect"):
                self._follow_to(value)

    def _follow_to(self, domain: str) -> None:
        # A macro stands for the address of the sender, which is not known here.
        if "%" in domain or domain in self.includes or self.lookups > 2 * MAX_LOOKUPS:
            return
        if not domain:
            self.fault = self.fault or phrase("An include names no domain: correct it.")
            return
        self.includes.add(domain)
        answer = self.lookup.records(domain, "TXT")
        found = spf_records(answer.records)
        if answer.problem:
            self.unanswered = self.unanswered or domain
        elif len(found) != 1:
            has = (
                phrase("{number} SPF records", number=len(found))
                if found
                else phrase("no SPF record")
            )
            self.fault = self.fault or (
                phrase(
                    "{domain} has {has}, so receivers ignore the whole record: remove it, or "
                    "correct its name.",
                    domain=domain,
                    has=has,
                )
            )
        else:
            self.follow(found[0])


def _parse(term: str) -> tuple[str, str]:
    """
    Return the name of a mechanism or modifier, and its domain.
    """
    bare = term.lstrip("+-~?")
    for mark in (":", "=", "/"):
        name, found, value = bare.partition(mark)
        if found and name.isalnum():
            return name, "" if mark == "/" else value.rstrip(".")
    return bare, ""
