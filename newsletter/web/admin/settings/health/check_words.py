"""
What the checks of the installation are called, and what DNS records are for.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.model.dns_record import RecordPurpose
from newsletter.web.admin.frame.words import StaffWords


def check_words(words: StaffWords) -> Mapping[str, str]:
    """
    Return what each check is called.
    """
    _ = words.gettext
    return {
        "settings": _("Settings"),
        "plug-ins": _("Plug-ins"),
        "reading": _("Reading of content"),
        "secret": _("Secret"),
        "database": _("Database"),
        "queue": _("Queue"),
        "kill switch": _("Stop of all sending"),
        "provider": _("Provider"),
        "fallback provider": _("Second provider"),
        "webhooks": _("Webhooks"),
        "bounces": _("Bounces by email"),
        "unsubscribe emails": _("Unsubscribing by email"),
        "reputation": _("Bounces and complaints"),
        "sender": _("Sender"),
        "base_url": _("Address of this site"),
        "proxies": _("Web server in front"),
        "metrics": _("Metrics"),
        "staff": _("Staff"),
        "postal_address": _("Postal address"),
        "clock": _("Clock"),
        "templates": _("Templates"),
        "lists": _("Lists"),
        "sources": _("Sources"),
        "operator": _("Address for alerts"),
        "dns": _("DNS records"),
    }


def purpose_words(words: StaffWords) -> Mapping[str, str]:
    """
    Return what the purposes of DNS records are called.
    """
    _ = words.gettext
    return {
        RecordPurpose.SPF.value: "SPF",
        RecordPurpose.DKIM.value: "DKIM",
        RecordPurpose.DMARC.value: "DMARC",
        RecordPurpose.RETURN_PATH.value: _("return path"),
        RecordPurpose.OWNERSHIP.value: _("ownership"),
        RecordPurpose.INCOMING.value: _("incoming email"),
        RecordPurpose.ALIGNMENT.value: _("alignment"),
    }
