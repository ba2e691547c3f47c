"""
Check the DMARC policy of a From domain (RFC 9989), and whether a checked domain is aligned with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.isolation.dns import DnsLookup
from newsletter.operations.dns_guide.dkim import tags_of
from newsletter.operations.dns_guide.row import (
    DnsFinding,
    different,
    missing,
    not_looked_up,
    right,
)
from subscribers.text.phrases import phrase

_POLICIES = ("none", "quarantine", "reject")
# RFC 9989 section 4.10: the DNS tree walk takes eight look-ups at most, the first at the name
# itself.
_MOST_LABELS = 7


@dataclass(frozen=True, kw_only=True)
class DmarcPolicy:
    """
    The policy of a From domain: the records at `found_at`, which is the domain or one above it.
    `problem` says why it could not be looked up.
    """

    found_at: str = ""
    records: tuple[str, ...] = ()
    problem: str = ""

    @property
    def tags(self) -> dict[str, str]:
        return tags_of(self.records[0]) if len(self.records) == 1 else {}


def find_policy(lookup: DnsLookup, domain: str) -> DmarcPolicy:
    """
    Find the policy that applies to *domain*: the nearest, from the domain up.
    """
    for name in _tree_walk(domain):
        answer = lookup.records(f"_dmarc.{name}", "TXT")
        if answer.problem:
            return DmarcPolicy(problem=answer.problem)
        records = tuple(text for text in answer.records if _is_dmarc(text))
        if records:
            return DmarcPolicy(found_at=name, records=records)
    return DmarcPolicy()


def _tree_walk(domain: str) -> list[str]:
    labels = domain.split(".")
    above = labels[1:] if len(labels) <= _MOST_LABELS else labels[-_MOST_LABELS:]
    return [domain, *(".".join(above[at:]) for at in range(len(above) - 1))]


def _is_dmarc(text: str) -> bool:
    return text.split(";")[0].replace(" ", "").upper() == "V=DMARC1"


def compare_policy(policy: DmarcPolicy, domain: str) -> DnsFinding:
    """
    Compare the *policy* of *domain* with what Gmail, Yahoo and Microsoft require of senders.
    """
    if policy.problem:
        return not_looked_up(phrase("Try again: {problem}.", problem=policy.problem))
    if not policy.records:
        return missing(
            phrase(
                "Add this TXT record, with an address of yours for reports: Gmail, Yahoo "
                "and Microsoft require it."
            )
        )
    if len(policy.records) > 1:
        return different(
            phrase(
                "There are {number} DMARC records, and receivers then ignore all: leave one.",
                number=len(policy.records),
            )
        )
    action = _action(policy, domain)
    if action not in _POLICIES:
        return different(
            phrase("Its policy p= is missing or unknown: set p=none, quarantine or reject.")
        )
    advice = (
        phrase("Once the reports show that all your email passes, change to p=quarantine.")
        if action == "none"
        else ""
    )
    return right(advice)


def _action(policy: DmarcPolicy, domain: str) -> str:
    tags = policy.tags
    inherited = tags.get("sp") if domain != policy.found_at else None
    return (inherited or tags.get("p", "")).lower()


def compare_alignment(policy: DmarcPolicy, domain: str, signing: str) -> DnsFinding:
    """
    Compare the domain that DKIM signatures name with that of From: equal if the policy says
    `adkim=s`, else under the same organizational domain.
    """
    if signing == domain:
        return right()
    if policy.tags.get("adkim", "r").lower() == "s":
        return different(
            phrase(
                "Signatures name {signing}, and the DMARC policy wants {domain} itself "
                "(adkim=s): remove adkim=s, or send from that domain.",
                signing=signing,
                domain=domain,
            )
        )
    if _is_related(signing, domain, policy.found_at):
        return right()
    return different(
        phrase(
            "Signatures name {signing}, which has nothing to do with {domain}, so "
            "DMARC fails: set [sender] address to an address at that domain or one "
            "above it.",
            signing=signing,
            domain=domain,
        )
    )


def _is_related(one: str, other: str, found_at: str) -> bool:
    pairs = ((one, other), (other, one))
    if any(lower.endswith(f".{upper}") and "." in upper for lower, upper in pairs):
        return True
    return bool(found_at) and all(
        name == found_at or name.endswith(f".{found_at}") for name in (one, other)
    )
