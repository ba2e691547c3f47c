"""
A provider with neither key nor search, in the form that `known_bad.senders` report: Resend's, and
of each message the address alone.
"""

from __future__ import annotations

import json

from fake_provider import Arrived, read_mailbox
from fake_resend import FakeResend
from http_server import Answer, Received


class FakePlain(FakeResend):
    paths = ("/plain/emails/batch",)

    def wrong_in(self, request: Received, specs: object) -> list[str]:
        """
        Find nothing wrong: no provider has rules for this form.
        """
        return []

    def take(self, request: Received) -> Answer:
        return self._accept(json.loads(request.body))

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                to=read_mailbox(to)[1], sender=("", ""), subject="", html="", text="", headers={}
            )
            for item in self.accepted
            for to in item["to"]
        ]
