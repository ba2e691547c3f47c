"""
Look up every record that the sending domains need, and say what to do about each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.app import App
from newsletter.isolation.dns import DnsLookup
from newsletter.model.dns_record import (
    OPEN,
    DnsNeeds,
    NeededRecord,
    RecordPurpose,
    RecordType,
)
from newsletter.operations.dns_guide.compare import compare, is_problem
from newsletter.operations.dns_guide.dmarc import (
    compare_alignment,
    compare_policy,
    find_policy,
)
from newsletter.operations.dns_guide.row import DnsFinding, DnsRow, DnsVerdict
from newsletter.operations.dns_guide.sending_domains import (
    SendingDomain,
    incoming_domains,
    sending_domains,
)
from subscribers.text.phrases import joined, phrase


@dataclass(frozen=True, kw_only=True)
class OwnNames:
    """
    The names that only the operator knows: selectors of DKIM keys, and return paths.
    """

    selectors: Sequence[str] = ()
    return_paths: Sequence[str] = ()


def report_dns(app: App, lookup: DnsLookup, own: OwnNames) -> list[DnsRow]:
    """
    Return a row for each record that the installation's domains need, by domain and provider.
    """
    rows: list[DnsRow] = []
    for sending in sending_domains(app):
        needs = app.provider_registry.dns_needs(sending.provider, sending.domain)
        records = _named(needs.records if needs else (), own)
        rows += [_row(lookup, sending, needed) for needed in records]
        rows += _dmarc(lookup, sending, needs)
    rows += [_row(lookup, *one) for one in _incoming(app)]
    return list(dict.fromkeys(rows))


def _named(records: Sequence[NeededRecord], own: OwnNames) -> Iterator[NeededRecord]:
    """
    Put the operator's own names in the place of what is open in the names of *records*.
    """
    for needed in records:
        if OPEN not in needed.name:
            yield needed
        elif needed.purpose is RecordPurpose.DKIM:
            chosen = [needed.name.replace(OPEN, one, 1) for one in own.selectors]
            yield from _renamed(needed, chosen)
        else:
            domain = needed.name.replace(OPEN, "")
            yield from _renamed(needed, [one for one in own.return_paths if one.endswith(domain)])


def _renamed(needed: NeededRecord, names: Sequence[str]) -> Iterator[NeededRecord]:
    for name in names or (needed.name,):
        yield dataclasses.replace(needed, name=name.lower().rstrip("."))


def _row(lookup: DnsLookup, sending: SendingDomain, needed: NeededRecord) -> DnsRow:
    comparison, found = compare(lookup, needed)
    if comparison.verdict is DnsVerdict.MISSING and needed.instead is not None:
        instead, found_instead = compare(lookup, needed.instead)
        if instead.verdict is DnsVerdict.RIGHT:
            comparison, found, needed = instead, found_instead, needed.instead
    advice = comparison.advice
    if comparison.verdict is DnsVerdict.MISSING:
        said = [advice]
        if OPEN in needed.value and needed.where:
            said.append(phrase("It is shown in {where}.", where=needed.where))
        if not needed.is_required:
            said.append(phrase("Recommended, not required."))
        advice = joined(" ", filter(None, said))
    return DnsRow(
        domain=sending.domain,
        provider=sending.provider,
        purpose=needed.purpose,
        type=needed.type,
        name=needed.name,
        expected=needed.value,
        found=found,
        verdict=comparison.verdict,
        advice=advice,
        is_problem=is_problem(needed, comparison.verdict),
    )


def _dmarc(lookup: DnsLookup, sending: SendingDomain, needs: DnsNeeds | None) -> Iterator[DnsRow]:
    policy = find_policy(lookup, sending.domain)
    comparison = compare_policy(policy, sending.domain)
    yield _made(
        sending,
        comparison,
        purpose=RecordPurpose.DMARC,
        type=RecordType.TXT,
        name=f"_dmarc.{policy.found_at or sending.domain}",
        expected=f"v=DMARC1; p=none; rua=mailto:{OPEN}",
        found=policy.records,
    )
    if needs is None:
        return
    signing = needs.signing_domain
    alignment = compare_alignment(policy, sending.domain, signing)
    yield _made(
        sending,
        alignment,
        purpose=RecordPurpose.ALIGNMENT,
        type="",
        name="",
        expected=f"DKIM signatures by {sending.domain}",
        found=(signing,),
    )


def _made(
    sending: SendingDomain,
    comparison: DnsFinding,
    *,
    purpose: RecordPurpose,
    type: str,
    name: str,
    expected: str,
    found: tuple[str, ...],
) -> DnsRow:
    return DnsRow(
        domain=sending.domain,
        provider=sending.provider,
        purpose=purpose,
        type=type,
        name=name,
        expected=expected,
        found=found,
        verdict=comparison.verdict,
        advice=comparison.advice,
        is_problem=comparison.verdict is not DnsVerdict.RIGHT,
    )


def _incoming(app: App) -> Iterator[tuple[SendingDomain, NeededRecord]]:
    for domain, setting in incoming_domains(app).items():
        yield (
            SendingDomain(domain=domain, provider=""),
            NeededRecord(
                purpose=RecordPurpose.INCOMING,
                type=RecordType.MX,
                name=domain,
                value=f"10 {OPEN}",
                where=phrase(
                    "your mail server; {setting} is read from a mailbox there", setting=setting
                ),
            ),
        )
