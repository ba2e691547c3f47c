"""
The bodies of the requests and responses about messages to one person.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.people.sync.messages import MessageStatus, MessageToSend
from newsletter.model.delivery import DeliveryState
from newsletter.web.api.bodies.subscribers import Address, Language
from newsletter.web.api.body import RequestBody, Resource
from newsletter.web.api.text import Explanation

NoticeNumber = Annotated[
    int, Path(ge=1, lt=2**63, description="The number of the message", examples=[1])
]


class NoticeToSend(RequestBody):
    """
    An email to one address. `text` is Markdown, without merge fields.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "address": "ada@example.org",
        "subject": "Your order 4711 is on its way",
        "text": "Dear Ada,\n\nit arrives on **Friday**. [Follow it](https://example.org/4711)",
        "language": "en",
    }
    address: Address
    subject: Annotated[str, Field(min_length=1, max_length=250)]
    text: Annotated[str, Field(min_length=1, max_length=50_000)]
    language: Language | None = Field(
        default=None, description="Of the words around the text, such as in the footer"
    )

    def as_message(self) -> MessageToSend:
        """
        Return what an action takes.
        """
        return MessageToSend(subject=self.subject, text=self.text, language=self.language)


class NoticeBody(Resource):
    """
    What became of a message. `address` is null once the person is erased.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 88, "address": "ada@example.org", "state": "accepted", "reason": None,
    }  # fmt: skip
    id: int
    address: str | None
    state: DeliveryState
    reason: Explanation | None

    @classmethod
    def of(cls, found: MessageStatus) -> NoticeBody:
        """
        Return the body of what became of a message.
        """
        recipient = found.recipient
        return cls(
            id=found.number,
            address=recipient.email,
            state=recipient.state,
            reason=recipient.reason or None,
        )
