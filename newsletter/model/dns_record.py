"""
The DNS records that a sending domain needs, as each kind of provider declares them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

# In a name or a value: what only the provider or the operator knows.
OPEN = "…"


class RecordPurpose(enum.StrEnum):
    """
    What a record is for. ALIGNMENT is no record: whether a domain that is checked belongs to that
    of From.
    """

    SPF = "SPF"
    DKIM = "DKIM"
    DMARC = "DMARC"
    RETURN_PATH = "return path"
    OWNERSHIP = "ownership"
    INCOMING = "incoming email"
    ALIGNMENT = "alignment"


class RecordType(enum.StrEnum):
    """
    The types that are looked up.
    """

    TXT = "TXT"
    CNAME = "CNAME"
    MX = "MX"


@dataclass(frozen=True, kw_only=True)
class NeededRecord:
    """
    A record that should be in DNS: `value` at `name`. OPEN in the name stands for what has to be
    copied from the provider, or was chosen there; in the value it stands for anything. `where` says
    where the provider shows the record. Without `is_required`, emails pass all checks without it
    too. If it is missing, `instead` may be there.
    """

    purpose: RecordPurpose
    type: RecordType
    name: str
    value: str
    where: str = ""
    is_required: bool = True
    instead: NeededRecord | None = None


@dataclass(frozen=True, kw_only=True)
class DnsNeeds:
    """
    What a sending domain needs at one provider, whose DKIM signatures name `signing_domain`.
    """

    records: tuple[NeededRecord, ...]
    signing_domain: str


def txt_key(name: str, where: str, value: str = f"v=DKIM1; k=rsa; p={OPEN}") -> NeededRecord:
    """
    Return the TXT record with a public key for DKIM.
    """
    return NeededRecord(
        purpose=RecordPurpose.DKIM, type=RecordType.TXT, name=name, value=value, where=where
    )


def cname_key(
    name: str, *, value: str, where: str, instead: NeededRecord | None = None
) -> NeededRecord:
    """
    Return the CNAME record that points at a public key for DKIM.
    """
    return NeededRecord(
        purpose=RecordPurpose.DKIM,
        type=RecordType.CNAME,
        name=name,
        value=value,
        where=where,
        instead=instead,
    )


def return_path_record(
    type: RecordType, name: str, *, value: str, where: str, is_required: bool = True
) -> NeededRecord:
    """
    Return the record that leads bounces to a provider.
    """
    return NeededRecord(
        purpose=RecordPurpose.RETURN_PATH,
        type=type,
        name=name,
        value=value,
        where=where,
        is_required=is_required,
    )


def spf_including(name: str, include: str, *, where: str, is_required: bool = True) -> NeededRecord:
    """
    Return the SPF record at *name* that allows the servers of *include*.
    """
    return NeededRecord(
        purpose=RecordPurpose.SPF,
        type=RecordType.TXT,
        name=name,
        value=f"v=spf1 include:{include} ~all",
        where=where,
        is_required=is_required,
    )
