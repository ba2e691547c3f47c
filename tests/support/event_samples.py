"""
Webhooks as Resend and Postmark send them, in the form of their documentation (OpenAPI file of
Resend, and https://postmarkapp.com/developer/webhooks), with labels of ours in them.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from typing import Any

import orjson

SECRET = "whsec_" + base64.b64encode(b"a key of the tests, 32 bytes long").decode()
FOREIGN = "whsec_" + base64.b64encode(b"somebody else's key, and no other").decode()
AT = "2026-03-04T12:00:01.678Z"
WHEN = dt.datetime(2026, 3, 4, 12, 0, 1, 678000, tzinfo=dt.UTC)
LABEL = "i12-d7_abc"


def resend_body(
    kind: str, *, label: str = LABEL, at: str = AT, to: str = "ada@example.org", **data: Any
) -> bytes:
    """
    Return the bytes of one webhook of Resend; *data* is what its kind adds.
    """
    defaults = {
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "created_at": "2026-03-04T11:59:59.000Z",
        "from": "The Desk <desk@example.org>",
        "to": [to],
        "subject": "The Quiet Harbour",
        "tags": {"delivery": label},
    }
    return orjson.dumps({"type": kind, "created_at": at, "data": defaults | data})


def bounce(kind: str, subtype: str, *codes: str) -> dict[str, Any]:
    """
    Return what `email.bounced` adds.
    """
    defaults = {"type": kind, "subType": subtype, "message": "It came back."}
    return {"bounce": defaults | {"diagnosticCode": list(codes)}}


def signed(
    raw: bytes, *, at: dt.datetime, secret: str = SECRET, name: str = "msg_1"
) -> dict[str, str]:
    """
    Return the headers of a webhook signed with *secret* at a given time, as Svix documents it.
    """
    sent_s = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{name}.{sent_s}.".encode() + raw, "sha256")
    signature = "v1," + base64.b64encode(mac).decode()
    return {"svix-id": name, "svix-timestamp": sent_s, "svix-signature": signature}


def postmark_body(record: str, *, label: str = "i12-d7.abc", **fields: Any) -> bytes:
    """
    Return the bytes of one webhook of Postmark.
    """
    defaults = {
        "RecordType": record,
        "MessageStream": "broadcast",
        "ServerID": 23,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"delivery": label, "batch": "abc-i12-b1-1"},
    }
    return orjson.dumps(defaults | fields)
