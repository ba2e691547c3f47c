"""
Fake Amazon SES: it checks each signature with botocore's own signer, fills in its template language
as Handlebars does in one pass, and answers for each entry of a call.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.model
import botocore.validate
from endings import Meant
from fake_provider import Arrived, FakeProvider, read_mailbox, reply_of, with_dashes
from http_server import Answer, Received
from provider_samples import NOW, RETRY

from newsletter.providers.http_client import HttpClient
from newsletter.providers.ses.provider import SesProvider
from newsletter.providers.ses.sigv4 import Credentials

CREDENTIALS = Credentials(
    access_key_id="AKIDEXAMPLE", secret_access_key="secret/key+x", session_token="token=="
)
REGION = "eu-west-1"
TYPES = {
    400: "BadRequestException",
    403: "SignatureDoesNotMatch",
    404: "NotFoundException",
    429: "TooManyRequestsException:http://internal.amazon.com/coral/",
    500: "InternalServiceErrorException",
}
ACCOUNT = {
    "SendingEnabled": True,
    "ProductionAccessEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": {"Max24HourSend": 50_000.0, "SentLast24Hours": 120.0, "MaxSendRate": 14.0},
}
# A brace or backslash before it, or a brace behind it, would make it mean something else.
_PLACE = re.compile(r"(?<![\\{])\{\{([a-z0-9]+)\}\}(?!\})")
_PRINTABLE = re.compile(r"[ -~]*")


class FakeSes(FakeProvider):
    """
    `states` says by address which status and message an entry gets instead of success. The domain
    `example.org` is verified.
    """

    paths = (
        "/v2/email/outbound-bulk-emails",
        "/v2/email/account",
        "/v2/email/identities/example.org",
    )
    spec = "ses-v2.service-2.json"
    outcomes: ClassVar = {
        # Their errors of a request are all 400; this is the work of something in between.
        "422": Meant(RETRY, pauses=True),
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.states: dict[str, tuple[str, str]] = {}

    def opened(self, http: HttpClient, **given: Any) -> SesProvider:
        return ses_at(self.base_url, http, **given)

    def wrong_in(self, request: Received, specs: Path) -> list[str]:
        """
        Ask botocore's validator, and check what the model has only as patterns and sizes, or what
        only the documentation has (50 entries).
        """
        if request.method == "GET":
            return []
        body = json.loads(request.body)
        shape = _operation(specs / self.spec).input_shape
        report = botocore.validate.ParamValidator().validate(body, shape)
        wrong = [report.generate_report()] if report.has_errors() else []
        entries = body["BulkEmailEntries"]
        if not 1 <= len(entries) <= 50 or len(request.body) > 1_000_000:
            wrong.append(f"{len(entries)} entries, {len(request.body)} bytes")
        return wrong + [fault for entry in entries for fault in _wrong_in_entry(entry)]

    def take(self, request: Received) -> Answer:
        if not is_signed(request, self.base_url):
            return self.error(403)
        if request.method == "GET":
            is_account = request.path == "/v2/email/account"
            return reply_of(ACCOUNT if is_account else {"VerifiedForSendingStatus": True})
        body = json.loads(request.body)
        return reply_of(
            {"BulkEmailEntryResults": [self._result(body, e) for e in body["BulkEmailEntries"]]}
        )

    def _result(self, given: dict[str, Any], entry: dict[str, Any]) -> dict[str, str]:
        _, to = read_mailbox(*entry["Destination"]["ToAddresses"])
        if to in self.refused:
            return {"Status": "INVALID_PARAMETER", "Error": f"{to} is no address."}
        if to in self.states:
            state, words = self.states[to]
            return {"Status": state, "Error": words}
        self.accepted.append((given, entry))
        return {"Status": "SUCCESS", "MessageId": f"ses-{len(self.accepted)}"}

    def error(self, status: int, **headers: str) -> Answer:
        named = with_dashes(headers)
        if status in TYPES:
            named["x-amzn-ErrorType"] = TYPES[status]
        return reply_of({"message": "Words of theirs."}, status=status, headers=named)

    def refuse_sender(self, request: Received) -> Answer:
        return reply_of(
            {"message": "Email address is not verified. The following identities failed the check"},
            status=400,
            headers={"x-amzn-ErrorType": "MessageRejected"},
        )

    def arrived(self) -> list[Arrived]:
        return [_arrived(given, entry) for given, entry in self.accepted]


def _arrived(given: dict[str, Any], entry: dict[str, Any]) -> Arrived:
    content = given["DefaultContent"]["Template"]["TemplateContent"]
    data = entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
    values = json.loads(data)
    to_name, to = read_mailbox(*entry["Destination"]["ToAddresses"])
    return Arrived(
        to=to,
        to_name=to_name,
        sender=read_mailbox(given["FromEmailAddress"]),
        subject=filled(content["Subject"], values),
        html=filled(content["Html"], values),
        text=filled(content["Text"], values),
        headers={each["Name"]: each["Value"] for each in entry["ReplacementHeaders"]},
        reply_to=next(iter(given.get("ReplyToAddresses", [])), None),
        labels={each["Name"]: each["Value"] for each in entry["ReplacementTags"]},
    )


def filled(template: str, values: Mapping[str, str]) -> str:
    """
    Fill in *template* once. Anything that Handlebars would read differently, and a place without a
    value, would lose the email, so they are errors here.
    """
    assert len(_PLACE.findall(template)) == template.count("{{"), template
    return _PLACE.sub(lambda match: values[match[1]], template)


def _wrong_in_entry(entry: dict[str, Any]) -> list[str]:
    headers = entry["ReplacementHeaders"]
    data = entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
    faults = {
        "more than 15 headers": len(headers) > 15,
        "a header that is too long or not printable": any(
            len(each["Name"] + each["Value"]) > 996 or not _PRINTABLE.fullmatch(each["Value"])
            for each in headers
        ),
        "a tag with other letters": any(
            not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", each["Value"])
            for each in entry["ReplacementTags"]
        ),
        "an address outside ASCII": not entry["Destination"]["ToAddresses"][0].isascii(),
        "more data than fits": len(data) > 262_144,
    }
    return [fault for fault, is_there in faults.items() if is_there]


@functools.cache
def _operation(model: Path) -> Any:
    described = botocore.model.ServiceModel(json.loads(model.read_text(encoding="utf-8")))
    return described.operation_model("SendBulkEmail")


def is_signed(request: Received, base_url: str) -> bool:
    """
    Return True if botocore, given the same headers, computes the same signature.
    """
    found = request.headers["authorization"]
    names = re.search(r"SignedHeaders=([^,]+),", found)
    assert names is not None
    again = botocore.awsrequest.AWSRequest(
        method=request.method,
        url=f"{base_url}{request.path}",
        data=request.body,
        headers={name: request.headers[name] for name in names[1].split(";")},
    )
    again.context["timestamp"] = request.headers["x-amz-date"]
    keys = botocore.credentials.Credentials(
        CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key, CREDENTIALS.session_token
    )
    signer = botocore.auth.SigV4Auth(keys, "ses", REGION)
    to_sign = signer.string_to_sign(again, signer.canonical_request(again))
    scope = f"{CREDENTIALS.access_key_id}/{signer.credential_scope(again)}"
    return found.endswith(f"Signature={signer.signature(to_sign, again)}") and scope in found


def ses_at(base_url: str, http: HttpClient, **given: Any) -> SesProvider:
    defaults: dict[str, Any] = {
        "region": REGION,
        "credentials": lambda: CREDENTIALS,
        "configuration_set": "coast",
        "deadline_s": 30.0,
        "clock": lambda: NOW,
    }
    return SesProvider("bulk", base_url=base_url, http=http, **(defaults | given))
