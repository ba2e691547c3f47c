"""
Read enhanced mail status codes (RFC 3463) and classify what a refusal is about.

`smtp.responses` reads them in the replies of a server, `smtp.bounce_reports` in later reports.
"""

from __future__ import annotations

import enum
import re

_CODE = re.compile(r"(?<![0-9.])([245])\.([0-9]{1,3}\.[0-9]{1,3})(?![0-9.]*[0-9])")


class Blame(enum.Enum):
    """
    What a refusal is about.

    ADDRESS: it does not exist. MAILBOX: it cannot accept mail now and may recover. SENDER: the From
    address. QUOTA: the account has reached its daily limit. SIZE: the mail is too large. POLICY:
    policy, content or reputation.
    """

    ADDRESS = enum.auto()
    MAILBOX = enum.auto()
    SENDER = enum.auto()
    QUOTA = enum.auto()
    SIZE = enum.auto()
    POLICY = enum.auto()


# Codes without their class (the first digit). 1.10 is from RFC 7505; Postfix and Exim use 4.4 for a
# domain that does not exist.
_BY_DETAIL = {
    "1.1": Blame.ADDRESS,
    "1.2": Blame.ADDRESS,
    "1.3": Blame.ADDRESS,
    "1.6": Blame.ADDRESS,
    "1.10": Blame.ADDRESS,
    "2.1": Blame.ADDRESS,
    "4.4": Blame.ADDRESS,
    "1.7": Blame.SENDER,
    "1.8": Blame.SENDER,
    "3.4": Blame.SIZE,
}
# For a whole subject (the second digit), if the detail is not listed above.
_BY_SUBJECT = {"2": Blame.MAILBOX, "6": Blame.POLICY, "7": Blame.POLICY}


def code_in(text: str) -> str:
    """
    Return the first specific status code in *text*, else the first one, else "".

    Every code is specific except `X.0.0`, which says only that something went wrong.
    """
    codes = [".".join(found.groups()) for found in _CODE.finditer(text)]
    return next((code for code in codes if not code.endswith(".0.0")), next(iter(codes), ""))


def blame_for(code: str) -> Blame | None:
    """
    Return what a refusal with *code* (of any class) is about, or None if the code does not say.
    """
    detail = code.partition(".")[2]
    return _BY_DETAIL.get(detail) or _BY_SUBJECT.get(detail.partition(".")[0])
