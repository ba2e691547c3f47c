"""
Run one transaction after another over an SMTP session.

If the server supports pipelining (RFC 2920), each message costs one round trip: its end is sent
together with the envelope of the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.model.delivery import WriteReply
from newsletter.providers.smtp.replies import ConnectionLost, Ending, NotReplied, Replied, Stage
from newsletter.providers.smtp.session import SmtpSession

_RSET = b"RSET\r\n"
_END = b".\r\n"
_ENVELOPE = (Stage.SENDER, Stage.RECIPIENT, Stage.DATA)
_GO_ON = 354
_CLOSING = 421
UNWRITTEN = "the reply to another message could not be written down"


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """
    A message and its envelope, for the recipient of that *position* in the call.

    The addresses are ASCII without control characters, spaces and brackets; *content* ends with the
    line that is a single dot, and no other line starts with one.
    """

    position: int
    sender: str
    recipient: str
    content: bytes


def submit_all(
    session: SmtpSession,
    transactions: Sequence[Transaction],
    *,
    may_begin: Callable[[], bool],
    write_reply: WriteReply | None = None,
) -> list[Ending]:
    """
    Run *transactions* one after another and return how each of them ended, in order.

    No transaction begins once *may_begin* returns False, or once the server accepts nothing more:
    messages whose transaction did not begin were certainly not accepted. The reply to each message
    goes to *write_reply* before the next message is sent, and no further message is sent if it
    cannot be written.
    """
    conversation = _Exchange(session)
    endings: list[Ending] = []
    # Until all ended well, so that a session that broke in the middle is not reused.
    session.is_over = True
    conversation.open(transactions[0])
    for transaction, following in zip(transactions, [*transactions[1:], None], strict=True):
        begins = following if following is not None and may_begin() else None
        ending = conversation.send(transaction, begins)
        endings.append(ending)
        stop = _stop_reason(ending) or _unwritten(ending, transaction.position, write_reply)
        if stop is not None or begins is None:
            session.is_over = stop is not None
            unsent = stop or NotReplied(reason="the time for the call ran out", retry_after_s=0.0)
            return endings + [unsent] * (len(transactions) - len(endings))
    return endings


def _stop_reason(ending: Ending) -> NotReplied | None:
    """
    Return the ending of the remaining transactions if the session must stop after *ending*, else
    None.

    It must stop if the connection broke, the server is closing it, or it refuses the sender.
    """
    if isinstance(ending, NotReplied):
        return NotReplied(reason=ending.reason)
    if ending.reply.code == _CLOSING or ending.stage is Stage.SENDER:
        return NotReplied(reason=f"{ending.stage} of another message refused: {ending.reply}")
    return None


def _unwritten(ending: Ending, position: int, write_reply: WriteReply | None) -> NotReplied | None:
    """
    Write down the reply to the message of that *position*. If that fails, return the ending of the
    remaining transactions: whoever reads the replies after a kill takes them for not sent.
    """
    if write_reply is None or not isinstance(ending, Replied):
        return None
    if write_reply(position, ending.reply.is_good):
        return None
    return NotReplied(reason=UNWRITTEN, retry_after_s=0.0)


class _Exchange:
    def __init__(self, session: SmtpSession) -> None:
        self._session = session
        self._awaited = 0

    def open(self, transaction: Transaction) -> None:
        """
        Queue the envelope of *transaction*.
        """
        opening = [
            f"MAIL FROM:<{transaction.sender}>\r\n".encode("ascii"),
            f"RCPT TO:<{transaction.recipient}>\r\n".encode("ascii"),
            b"DATA\r\n",
        ]
        if self._session.is_dirty:
            opening.insert(0, _RSET)
        self._session.is_dirty = True
        self._awaited = len(opening)
        self._session.put(*opening)

    def send(self, transaction: Transaction, following: Transaction | None) -> Ending:
        """
        Finish *transaction*, whose envelope was sent, and queue the envelope of *following*.
        """
        try:
            refusal, is_open = self._envelope_replies()
        except ConnectionLost as lost:
            return NotReplied(reason=lost.reason)
        if is_open:
            return self._end(transaction, refusal, following)
        if following is not None and refusal is not None and _stop_reason(refusal) is None:
            self.open(following)
        return refusal or NotReplied(reason="the reply to DATA is not valid in SMTP")

    def _envelope_replies(self) -> tuple[Replied | None, bool]:
        """
        Return the first refusal of the envelope, and whether the server still awaits the message.
        """
        replies = [self._session.get() for _ in range(self._awaited)][-len(_ENVELOPE) :]
        replied = (Replied(stage, reply) for stage, reply in zip(_ENVELOPE, replies, strict=True))
        refusal = next((decision for decision in replied if not decision.reply.is_good), None)
        return refusal, replies[-1].code == _GO_ON

    def _end(
        self, transaction: Transaction, refusal: Replied | None, following: Transaction | None
    ) -> Ending:
        # RFC 2920 section 3.1: the server may reply 354 to DATA although it refused the recipient.
        # Then an empty message is sent.
        content = transaction.content if refusal is None else _END
        self._session.is_dirty = False
        self._session.put(content)
        if following is not None:
            self.open(following)
        try:
            reply = self._session.get()
        except ConnectionLost as lost:
            may_have_arrived = refusal is None and lost.sent_at_most >= len(content)
            return NotReplied(reason=lost.reason, may_have_arrived=may_have_arrived)
        self._session.mails += 1
        if refusal is None and reply.code // 100 == 3:
            return NotReplied(
                reason=f"unexpected reply to a message: {reply}", may_have_arrived=True
            )
        return refusal or Replied(Stage.MESSAGE, reply)
