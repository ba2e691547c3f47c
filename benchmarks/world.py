"""
Play the world that answers one issue while another is sent: what it asks of a `serve`, in the forms
of two providers, and that everything it reported is known in the end. `crowd` makes the requests.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.installation import NOW, address
from benchmarks.measure import percentile
from benchmarks.web_process import Answers, asked, running_crowd, wait_for
from newsletter.app import App
from newsletter.model.event import EventKind
from newsletter.model.identifiers import instance_in
from newsletter.store.events import outcomes
from newsletter.store.issues import issues
from subscribers.database.tables import subscription

EVENTS_A_SECOND = 1_000
# So many events for each page that is read, and each reader who leaves.
EACH = 100
SPEAKER = "mails"
# Events arrive for so long before anything is sent.
AHEAD_S = 0.5
LEAVING = "List-Unsubscribe=One-Click"


@dataclass(frozen=True, kw_only=True)
class Form:
    """
    How a provider of one *kind* reports *together* events in a webhook: its body for these
    labels and addresses, the headers that prove it, and the `webhook_secret` it is known by.
    """

    kind: str
    together: int
    body: Callable[[Sequence[tuple[str, str]]], str]
    proof: Callable[[str], Sequence[str]]
    secret: str


def postmark() -> Form:
    """
    Return the form of Postmark: one event per webhook, and a password.
    """
    secret = "bench:secret"
    proof = "Authorization: Basic " + base64.b64encode(secret.encode()).decode()
    defaults = {
        "RecordType": "Delivery",
        "ServerID": 23,
        "MessageStream": "broadcast",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "DeliveredAt": NOW.isoformat(),
        "Details": "250 2.0.0 OK",
    }
    return Form(
        kind="postmark",
        together=1,
        body=lambda named: json.dumps(
            defaults | {"Metadata": {"delivery": named[0][0]}, "Recipient": named[0][1]}
        ),
        proof=lambda body: [proof],
        secret=secret,
    )


def sendgrid() -> Form:
    """
    Return the form of SendGrid: several events per webhook, and a signature over all its bytes.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    at = str(int(NOW.timestamp()))
    defaults = {
        "timestamp": int(NOW.timestamp()),
        "event": "delivered",
        "sg_event_id": "ZGVsaXZlcmVkLTAtMTIzNDU2Nw",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "response": "250 2.0.0 OK",
    }

    def proof(body: str) -> Sequence[str]:
        signature = key.sign(at.encode() + body.encode(), ec.ECDSA(hashes.SHA256()))
        name = "X-Twilio-Email-Event-Webhook"
        shown = base64.b64encode(signature).decode()
        return [f"{name}-Signature: {shown}", f"{name}-Timestamp: {at}"]

    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Form(
        kind="sendgrid",
        together=20,
        body=lambda named: json.dumps(
            [defaults | {"nl_delivery": label, "email": email} for label, email in named]
        ),
        proof=proof,
        secret=base64.b64encode(public).decode(),
    )


@dataclass(kw_only=True)
class World:
    """
    Everything that answers the *earlier* issue of *app* at the `serve` on *port*, for *most_s*
    seconds at most. It counts what it reported: the events, the unsubscribes, and by kind of
    request how long the answers took.
    """

    app: App
    port: int
    form: Form
    earlier: int
    most_s: float
    events: int = 0
    left: int = 0
    lasted_s: float = 0.0
    took_s: dict[str, list[float]] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """
        Return how many events came in a second.
        """
        return self.events / self.lasted_s

    def p99_ms(self, kind: str) -> float:
        """
        Return the 99th percentile of the answers to *kind*, in milliseconds.
        """
        return 1000 * percentile(self.took_s[kind], 0.99)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """
        Answer from a little before the block until its end, and require that everything reported is
        known.
        """
        requests = list(self._coming())
        rate = len(requests) / self.most_s
        with running_crowd(self.app.settings.folder, self.port, requests, rate=rate) as answers:
            time.sleep(AHEAD_S)
            yield
        self.lasted_s += answers.lasted_s
        assert answers.made < len(requests), "the world was silent before the end"
        self._keep(answers)
        wait_for(self._is_known)

    def _coming(self) -> Iterator[tuple[str, str]]:
        """
        Return each request with its kind, in order; no event and no unsubscribe comes twice.
        """
        links, base = self.app.links, self.app.links.base_url
        hook = links.webhook(SPEAKER).removeprefix(base)
        with self.app.database.read() as connection:
            earlier = issues.load_issue(connection, self.earlier)
        view = links.view(earlier.id, earlier.created_epoch).removeprefix(base)
        instance = instance_in(self.app.instance, earlier.frozen_epoch)
        each = max(1, EACH // self.form.together)
        for number in range(round(EVENTS_A_SECOND / self.form.together * self.most_s)):
            first = self.events + 1 + number * self.form.together
            numbers = range(first, first + self.form.together)
            # The earlier issue was the first one ever frozen.
            body = self.form.body(
                [(f"i{self.earlier}-d{n}.{instance}", address(n)) for n in numbers]
            )
            yield "event", asked("POST", hook, body, *self.form.proof(body))
            if number % each == each - 1:
                leaver = self.left + 1 + number // each
                yield "view", asked("GET", view)
                yield "leave", asked("POST", links.unsubscribe(leaver).removeprefix(base), LEAVING)

    def _keep(self, answers: Answers) -> None:
        assert set(answers.statuses) <= {"200"}, f"answers: {answers.statuses}"
        took_s = answers.took_s
        self.events += self.form.together * len(took_s["event"])
        self.left += len(took_s.get("leave", ()))
        for kind, seconds in took_s.items():
            self.took_s.setdefault(kind, []).extend(seconds)

    def _is_known(self) -> bool:
        ended = sa.select(sa.func.count()).where(subscription.c.state == "ended")
        with self.app.database.read() as connection:
            known = outcomes.count_outcomes(connection, self.earlier)[EventKind.DELIVERED]
            gone = connection.execute(ended).scalar_one()
        assert known <= self.events, "more is known than was told"
        return (known, gone) == (self.events, self.left)
