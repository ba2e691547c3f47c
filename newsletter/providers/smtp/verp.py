"""
Build and read the return path of each message, the address that its bounces go to.

With a bounce address, each delivery has its own return path (VERP), which identifies the delivery
whatever a returned mail contains.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.model.mail import Recipient

PURPOSE = "bounce"
# Long enough not to be guessed, and short enough for a local part of at most 64 characters (RFC
# 5321 section 4.5.3.1.1).
_SIGNATURE_CHARS = 16


@dataclass(frozen=True)
class ReturnPaths:
    """
    Return paths such as `bounces+i12-d7.0a1b2c3d4e-SIGNATURE@example.org`.

    *secrets_for* derives the secrets that sign a label, starting with that of the current key.
    """

    address: str
    secrets_for: Callable[[str], tuple[str, ...]]

    def path_of(self, recipient: Recipient) -> str:
        """
        Return the address for bounces of the message of *recipient*.
        """
        label = recipient.message_id.strip("<>").rpartition("@")[0]
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{label}-{self._signatures(label)[0]}@{domain}"

    def label_in(self, addresses: str) -> str:
        """
        Return the label in the first of *addresses* that is a return path with a valid signature,
        else "".
        """
        for found in self._pattern.finditer(addresses):
            given = found[2].lower().encode()
            # Compared in lower case, because some servers change the case of a local part.
            signatures = [
                signature.lower().encode() for signature in self._signatures(found[1].lower())
            ]
            if sum(hmac.compare_digest(given, signature) for signature in signatures):
                return found[1].lower()
        return ""

    def _signatures(self, label: str) -> list[str]:
        return [secret[:_SIGNATURE_CHARS] for secret in self.secrets_for(f"{PURPOSE}\0{label}")]

    @property
    def _pattern(self) -> re.Pattern[str]:
        local, _, domain = self.address.rpartition("@")
        label = r"(i\d+-d\d+\.[0-9a-f]+)"
        signature = rf"([\w-]{{{_SIGNATURE_CHARS}}})"
        form = rf"{re.escape(local)}\+{label}-{signature}@{re.escape(domain)}"
        return re.compile(form, re.ASCII | re.IGNORECASE)
