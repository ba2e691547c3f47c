"""
Split the prefixes of mail programs (`Fwd:`, `AW:`, `转发:`) from a subject. `message` uses it.
"""

from __future__ import annotations

import enum
import re


class SubjectKind(enum.Enum):
    """
    What a mail is, according to its subject.
    """

    NEW = "new"
    FORWARD = "forward"
    REPLY = "reply"


_WORDS = {
    SubjectKind.FORWARD: (
        "fw fwd wg tr rv i enc vb vl pd doorst ilt i̇lt redir videresend fwd trs bls továbbítás"
        " пересл пер fs πρθ 转发 轉寄 轉發 転送 전달"
    ),
    SubjectKind.REPLY: (
        "re aw ré sv antw odp res r rif ynt resp rép vá отв на ha σχετ 回复 回覆 答复 返信 회신"
    ),
    # A reply in Finnish, a forward in Danish and Norwegian.
    SubjectKind.NEW: "vs",
}
_MEANINGS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_PREFIX = re.compile(r"\s*(?P<word>[^\W\d_]{1,12})\.?(?:[\[(]\d{1,3}[\])])?\s?[:：]\s*")
_LIST_TAG = re.compile(r"\[(?P<name>[^\[\]]{2,40})\]\s{0,4}(?=\S)")
_EXTERNAL = re.compile(r"\s*[\[(]?(?:external|extern|externe)[\])]:?\s+", re.IGNORECASE)


def split_subject(subject: str) -> tuple[SubjectKind, str]:
    """
    Return what the outermost prefix of *subject* says, and the subject without prefixes: `Fw: Re:
    x` is a forward of `x`.
    """
    kinds: list[SubjectKind] = []
    while True:
        if found := _EXTERNAL.match(subject):
            subject = subject[found.end() :]
            continue
        found = _PREFIX.match(subject)
        meaning = _MEANINGS.get(found["word"].lower()) if found else None
        if found is None or meaning is None:
            return next(iter(kinds), SubjectKind.NEW), subject.strip()
        kinds.append(meaning)
        subject = subject[found.end() :]


def without_list_tag(subject: str, list_id: str) -> str:
    """
    Return *subject* without the name of the mailing list *list_id* (RFC 2919) in brackets before
    it: `[Canals] x`.
    """
    found = _LIST_TAG.match(subject)
    if found is None or _letters(found["name"]) not in _letters(list_id):
        return subject
    return split_subject(subject[found.end() :])[1]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
