"""
What a refusal in mail is about, by its status code (RFC 3463): in the replies of a server that is
handed a message (`smtp_answers`), and in the reports about it that come later (`bounces`).
"""

from __future__ import annotations

import enum
import re

_CODE = re.compile(r"(?<![0-9.])([245])\.([0-9]{1,3}\.[0-9]{1,3})(?![0-9.]*[0-9])")


class Blame(enum.Enum):
    """
    Whose fault a refusal is: the address's, which is none any more; the mailbox's, which may be
    well again; the sender's; the account's, which has sent what it may for today; the mail's, for
    its size; or nobody's in particular (policy, content, reputation).
    """

    ADDRESS = enum.auto()
    MAILBOX = enum.auto()
    SENDER = enum.auto()
    QUOTA = enum.auto()
    SIZE = enum.auto()
    POLICY = enum.auto()


# Without the class that stands before it. 1.10 is RFC 7505's, 4.4 what Postfix and Exim say of a
# domain that is not there.
_BLAMES = {
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
# Of a whole subject, where the detail is none of the above.
_BY_SUBJECT = {"2": Blame.MAILBOX, "6": Blame.POLICY, "7": Blame.POLICY}


def code_in(text: str) -> str:
    """
    The first status code in *text* that says more than that something went wrong (5.0.0), or else
    the first; empty without one.
    """
    codes = [".".join(found.groups()) for found in _CODE.finditer(text)]
    return next((code for code in codes if not code.endswith(".0.0")), next(iter(codes), ""))


def blame_for(code: str) -> Blame | None:
    """
    Whose fault the *code* names, whatever its class; None where it does not say.
    """
    detail = code.partition(".")[2]
    return _BLAMES.get(detail) or _BY_SUBJECT.get(detail.partition(".")[0])
