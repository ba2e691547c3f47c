"""
Read enhanced mail status codes (RFC 3463) and say what a refusal with such a code is about.

`refusals` uses them together with the words of a refusal.
"""

from __future__ import annotations

import enum
import re

# Subjects go up to 7; `4.94.2` is the version of a program.
_CODE = re.compile(r"(?<![0-9.])([45]\.[0-7]\.[0-9]{1,3})(?![0-9.]*[0-9])")


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
# domain that does not exist. 2.1 is a disabled mailbox, which exists.
_BY_DETAIL = {
    "1.1": Blame.ADDRESS,
    "1.2": Blame.ADDRESS,
    "1.3": Blame.ADDRESS,
    "1.6": Blame.ADDRESS,
    "1.10": Blame.ADDRESS,
    "4.4": Blame.ADDRESS,
    "1.7": Blame.SENDER,
    "1.8": Blame.SENDER,
    "2.3": Blame.SIZE,
    "3.4": Blame.SIZE,
}
# For a whole subject (the second digit), if the detail is not listed above.
_BY_SUBJECT = {"2": Blame.MAILBOX, "6": Blame.POLICY, "7": Blame.POLICY}


def codes_in(text: str) -> list[str]:
    """
    Return the status codes of failures in *text*, in order.
    """
    return [found[1] for found in _CODE.finditer(text)]


def most_specific(codes: list[str]) -> str:
    """
    Return the code that says most, or "" if there is none.

    A policy code comes first, because a server that refuses by policy may pretend otherwise. Every
    code is specific except `X.0.0`, which says only that something went wrong.
    """
    by_policy = (code for code in codes if code[2] == "7")
    specific = (code for code in codes if not code.endswith(".0.0"))
    return next(by_policy, None) or next(specific, None) or next(iter(codes), "")


def blame_for(code: str) -> Blame | None:
    """
    Return what a refusal with *code* (of any class) is about, or None if the code does not say.
    """
    detail = code.partition(".")[2]
    return _BY_DETAIL.get(detail) or _BY_SUBJECT.get(detail.partition(".")[0])
