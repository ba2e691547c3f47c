"""
Messages handed to an SMTP server over one session, a transaction each, with one journey a message
where the server takes commands in groups (RFC 2920): the end of one goes out together with the
next one's envelope. `smtp_answers` says what the endings mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.providers.smtp.replies import Ending, Lost, NotSaid, Said, Stage
from newsletter.providers.smtp.session import Session

_RSET = b"RSET\r\n"
_END = b".\r\n"
_ENVELOPE = (Stage.SENDER, Stage.RECIPIENT, Stage.DATA)
_GO_ON = 354
_CLOSING = 421


@dataclass(frozen=True, kw_only=True)
class Letter:
    """
    A message in its envelope. The addresses are ASCII without controls, spaces and brackets;
    *content* ends with the line that is a single dot, and no other line begins with one.
    """

    sender: str
    recipient: str
    content: bytes


def hand_over(
    session: Session, letters: Sequence[Letter], *, may_begin: Callable[[], bool]
) -> list[Ending]:
    """
    How it ended for each of *letters*, in order. None begins once *may_begin* says no, nor after
    the server takes nothing more: those were proved not taken.
    """
    conversation = _Conversation(session)
    endings: list[Ending] = []
    # Until it is known to end well: what breaks in between leaves nobody a session in mid-talk.
    session.is_over = True
    conversation.open(letters[0])
    for letter, following in zip(letters, [*letters[1:], None], strict=True):
        begins = following if following is not None and may_begin() else None
        ending = conversation.carry(letter, begins)
        endings.append(ending)
        stop = _why_stop(ending)
        if stop is not None or begins is None:
            session.is_over = stop is not None
            rest = stop or NotSaid(reason="the call's time was used up", retry_after_s=0.0)
            return endings + [rest] * (len(letters) - len(endings))
    return endings


def _why_stop(ending: Ending) -> NotSaid | None:
    """
    What those behind *ending* are told when the server takes nothing more in this session: it
    broke, the server leaves, or it wants no mail of this sender, now or ever.
    """
    if isinstance(ending, NotSaid):
        return NotSaid(reason=ending.reason)
    if ending.reply.code == _CLOSING or ending.stage is Stage.SENDER:
        return NotSaid(reason=f"{ending.stage} of another was answered with {ending.reply}")
    return None


class _Conversation:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._awaited = 0

    def open(self, letter: Letter) -> None:
        """
        Has the envelope of *letter* go out.
        """
        opening = [
            f"MAIL FROM:<{letter.sender}>\r\n".encode("ascii"),
            f"RCPT TO:<{letter.recipient}>\r\n".encode("ascii"),
            b"DATA\r\n",
        ]
        if self._session.is_dirty:
            opening.insert(0, _RSET)
        self._session.is_dirty = True
        self._awaited = len(opening)
        self._session.put(*opening)

    def carry(self, letter: Letter, following: Letter | None) -> Ending:
        """
        How it ended for *letter*, whose envelope went out, while that of *following* goes out.
        """
        try:
            refusal, is_open = self._answers()
        except Lost as lost:
            return NotSaid(reason=lost.reason)
        if is_open:
            return self._end(letter, refusal, following)
        if following is not None and refusal is not None and _why_stop(refusal) is None:
            self.open(following)
        return refusal or NotSaid(reason="DATA was answered with no word that SMTP has")

    def _answers(self) -> tuple[Said | None, bool]:
        """
        The first refusal of an envelope, and whether the message is awaited all the same.
        """
        replies = [self._session.get() for _ in range(self._awaited)][-len(_ENVELOPE) :]
        said = (Said(stage, reply) for stage, reply in zip(_ENVELOPE, replies, strict=True))
        refusal = next((one for one in said if not one.reply.is_good), None)
        return refusal, replies[-1].code == _GO_ON

    def _end(self, letter: Letter, refusal: Said | None, following: Letter | None) -> Ending:
        # RFC 2920 section 3.1: DATA may be answered with 354 although nobody is to get it. What is
        # sent then is nothing, and not the message.
        content = letter.content if refusal is None else _END
        self._session.is_dirty = False
        self._session.put(content)
        if following is not None:
            self.open(following)
        try:
            reply = self._session.get()
        except Lost as lost:
            may_have_arrived = refusal is None and lost.left >= len(content)
            return NotSaid(reason=lost.reason, may_have_arrived=may_have_arrived)
        self._session.mails += 1
        if refusal is None and reply.code // 100 == 3:
            return NotSaid(reason=f"a message was answered with {reply}", may_have_arrived=True)
        return refusal or Said(Stage.MESSAGE, reply)
