"""
Decide whether a request of a stranger leads to an email: by the limits, by the proof of work, and
by the domain of the address. The visitor never learns the decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import dns.resolver
import sqlalchemy as sa

from newsletter.app import App
from newsletter.web.limits.domain_check import DomainCheck
from newsletter.web.limits.proof_of_work import ProofOfWork, spend
from newsletter.web.limits.signup_limits import SignupLimits


@dataclass(frozen=True, kw_only=True)
class StrangersRequest:
    """
    A request for an email to the person with *email_key*, from the network address *client*.

    `proof` is the payload of the proof of work, empty if none came, and None if the form asked for
    none. `warnings` are those of `SignupGate.warnings`. Each `purpose` has a limit of its own for
    a person.
    """

    email_key: str
    client: str
    proof: str | None = None
    warnings: tuple[str, ...] = ()
    purpose: str = "join"


class SignupGate:
    """
    The decisions of one App, by its settings. *resolver* answers for domains; by default it is that
    of the system.
    """

    def __init__(self, app: App, resolver: dns.resolver.Resolver | None = None) -> None:
        settings, keys = app.settings, app.links.keys
        self.app = app
        self.domains = DomainCheck(settings.signup, resolver)
        self.proof = ProofOfWork(keys)
        self.limits = SignupLimits(settings.signup, keys, has_proxies=bool(settings.web.proxies))

    @property
    def is_slow(self) -> bool:
        """
        True if `warnings` asks other servers, so that the page should be answered before.
        """
        return self.domains.is_slow

    def warnings(self, email_key: str) -> tuple[str, ...]:
        """
        Return what is wrong with the domain of an address.
        """
        return self.domains.warnings(email_key.rpartition("@")[2])

    def admit(self, connection: sa.Connection, request: StrangersRequest) -> bool:
        """
        Count the *request* and return True if the email may be sent. Call this before anything else
        in a transaction that may write.
        """
        if self.domains.refuses(request.warnings):
            return False
        now = self.app.clock()
        solved = self.proof.check(request.proof, now) if request.proof else None
        lacks_proof = request.proof is not None and (
            solved is None or not spend(connection, solved)
        )
        return self.limits.admit(
            connection,
            email_key=request.email_key,
            address=request.client,
            now=now,
            purpose=request.purpose,
            lacks_proof=lacks_proof,
        )
