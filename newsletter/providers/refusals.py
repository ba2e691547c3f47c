"""
Classify refusals: what a receiving server or a provider says when it does not accept a mail.

Webhooks, bounce mails and the replies of an SMTP server all come here. A refusal is a hard bounce,
which suppresses the address, only if a code or words say that the mailbox or its domain does not
exist. It is blocked if it is about policy, and otherwise a soft bounce. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from newsletter.model.event import EventKind
from newsletter.providers.enhanced_status_codes import Blame, blame_for, codes_in, most_specific

# The longest replies of large providers have about 600 characters.
_LONGEST_TEXT = 1_000
_KIND_BY_BLAME: Mapping[Blame, EventKind] = {
    Blame.ADDRESS: EventKind.BOUNCED_HARD,
    Blame.MAILBOX: EventKind.BOUNCED_SOFT,
    Blame.SENDER: EventKind.BLOCKED,
    Blame.QUOTA: EventKind.BLOCKED,
    Blame.SIZE: EventKind.BLOCKED,
    Blame.POLICY: EventKind.BLOCKED,
}
_OPEN_VERDICTS = (None, EventKind.BOUNCED_HARD, EventKind.BOUNCED_SOFT)
# Every line of a reply begins with its codes, which would interrupt the phrases below.
_CODES = re.compile(r"(?<![\w.])[45](?:[0-9]{2}(?=[- ]|$)|\.[0-7]\.[0-9]{1,3})-?")
_DELIMITERS = re.compile(r"([\s<>()\"',;:]+)")
_REPLY_CODE = re.compile(r"(?<![0-9.])[45][0-9]{2}(?=[- ]|$)")
_TRY_AGAIN = re.compile(r"try again|temporar|deferred|timed? ?out")


def _phrases(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


# There is no common code for the limit of an account: Google's is 550 5.4.5, Amazon's 454.
_OF_DAY = re.compile(r"\bdaily\b")
_LIMIT = re.compile(r"\b(?:quota|limit)")
_SENDER = _phrases(
    r"\bsender(?:'s)? (?:address|domain|verif|reject|denied|unknown|is not|is invalid|not )",
    r"\b(?:envelope|unknown|invalid|null|bad|verify|domain of) sender",
    r"\b(?:return[- ]path|reverse[- ]path|envelope[- ]from|from address|mail from domain)\b",
    # Exim's words for a sender that it could not verify; the reply goes on with the reason.
    r"^verification failed for\b",
    r"\b(?:in reply to|after) mail from\b|\bidentities failed|\baddress is not verified",
)
_MAILBOX = _phrases(
    r"\b(?:mailbox|inbox|account|storage|folder|disk) (?:is |has been |was )?(?:too )?full",
    r"\bover[- ]?quota|\bquota[- ](?:is )?(?:exceed|full|reached)|mailbox size",
    r"\bexceed(?:s|ed|ing)? [a-z ]{0,20}quota",
    r"\b(?:exceed(?:s|ed|ing)?|insufficient) (?:[a-z]{1,12} )?storage|no space left|mailfull",
    r"\b(?:mailbox|account|user|recipient|address|reach) (?:is |has been |was )?(?:currently )?"
    r"(?:disabled|inactive|suspended|locked|deactivated|frozen|not active)",
    r"\b(?:disabled|inactive|suspended) (?:mailbox|account|user|recipient)",
)
_SIZE = _phrases(r"\bsize\b", r"\btoo (?:large|big|long)\b", r"\blarger than\b")
_POLICY = _phrases(
    r"polic[yi]|prohibit|forbidden|restrict|administrative|rule imposed|compliance",
    r"spam|\bjunk|unsolicited|\bbulk\b|phish|virus|malware|suspicious|\babus|\bcomplain",
    r"block|black[- ]?list|denylist|deny list|\b(?:dns|rhs|[rsxp])bl\b|[(:]bl\)",
    r"(?<!not )\blisted\b|\bbanned\b",
    r"reputation|sender ?score|\btrust|\bpoor\b|cloudmark|sorbs",
    r"\bspf\b|\bdkim\b|\bdmarc\b|authenti|\btls\b|starttls|encrypt",
    r"\bptr\b|\brdns\b|reverse (?:dns|lookup|hostname|host)|\bhelo\b|\behlo\b",
    r"\byour (?:ip|host|hostname|server|network|domain)\b|\bclient host",
    r"\bip (?:address )?(?:is|in|has) ",
    r"\bhostname|\bsending (?:server|domain|host)|\bclient ip\b|\bdynamic\b|\bproxy\b|\bisp\b",
    r"\bheader|\bfrom:|reply[- ](?:to\b|address)|domain ?key|tlsa|certificate|duplicate",
    r"rfc ?5?[38]22|only accepting|refuses to|user rules|preferences",
    r"\bcontent|attachment|\bfilter|firewall|\bgr[ae]y-?list",
    r"\brate\b|rate-?limit|throttl|too (?:fast|quickly|much mail)|frequen|limits for",
    r"\bunusual|\bvolume\b",
    r"\btoo many (?:\w{1,12} )?(?:message|connection|recipient|mail|email|error|session|request)",
    r"\btoo many (?:spam|invalid|unknown|bad)|(?:send|sending|connection|relay|message) limit",
    r"den(?:y|ied)|(?<!mailbox name )not (?:allow|permit|authori[sz])|unauthori[sz]|\bforged\b",
    r"\brelaying\b|(?:to|not) relay\b|service refus|ofr_?506|\b(?:dt|mi|hl|rp):[a-z]{3}\b",
)
_ADDRESS = _phrases(
    r"\b(?:user|recipient|mailbox|address(?:ee|es)?|account|customer|alias|domain|host)"
    r" (?:is |was |were |could )?(?:unknown|not found|not be found|not known|not exist|non-?exist)",
    r"\b(?:user|recipient|mailbox|address|account|alias) (?:is |was )?(?:invalid|not present)",
    r"\b(?:user|recipient|mailbox|account) \S{1,64} (?:is |was )?(?:unknown|not found)",
    r"\b(?:unknown|no such|not a known|non-?existent|nonexistant)"
    r" (?:local |virtual |email |e-mail |mail |remote )?"
    r"(?:user|recipient|mailbox|address|account|customer|alias|domain|host|person|local)",
    r"\b(?:invalid|not a valid|bad destination) (?:local |virtual |email |e-mail |mail )?"
    r"(?:user|recipient|mailbox|address|account|alias)",
    r"\b(?:does not|doesn't|do not|don't|not) exist|no longer (?:exist|valid|in use|with|employed)",
    r"\b(?:does not|doesn't) have an? (?:\S{1,80} )?account",
    r"\b(?:user|recipient|mailbox|address|account) (?:is|was|has been)"
    r" (?:deleted|removed|closed|terminated)",
    r"nosuchuser|recip(?:ient)?notfound|not found by smtp address lookup|unknown or i",
    r"\bunrouteable|\bunroutable|no mail ?box (?:here|available)|no one (?:at this|with that)",
    r"\bby that name|\bnot our (?:customer|user)|not known here|name (?:is )?not found|\bnxdomain",
    r"name or service not known|domainnonexist|s2017062302",
    # The same in other languages.
    r"\bunbekannt|existiert nicht|bestaat niet|\binconnue?\b|existe pas|\bsconosciut|\binesist",
    r"\bdesconoc|\bdesconhec|\binexist|\bno existe\b|\bn[aã]o existe|nie istnieje|nie ma takiego",
)
# In this order: a policy that refuses the sender may quote that an address does not exist.
_BY_WORDS = (
    (_SENDER, Blame.SENDER),
    (_POLICY, Blame.POLICY),
    (_MAILBOX, Blame.MAILBOX),
    (_SIZE, Blame.SIZE),
    (_ADDRESS, Blame.ADDRESS),
)


def blame_in(text: str) -> Blame | None:
    """
    Return what the refusal *text* is about, with the codes in it; None if it does not say.

    A temporary refusal is never about an address that does not exist.
    """
    cut = text[:_LONGEST_TEXT]
    words = _words(cut)
    blame = _blame(blame_for(most_specific(codes_in(cut))), words)
    return None if blame is Blame.ADDRESS and _is_temporary(cut) else blame


def refusal_kind(text: str, verdict: EventKind | None = None) -> EventKind:
    """
    Return the event kind of the refusal *text*, which is what the receiving server said.

    *verdict* is what the provider makes of it, if it says more than that it gave up: BOUNCED_HARD
    if by its own words the address does not exist, BOUNCED_SOFT if it is refused for now. In both
    cases a refusal by policy is blocked all the same. Any other verdict decides.
    """
    if verdict not in _OPEN_VERDICTS:
        return verdict
    blame = blame_in(text)
    kind = _KIND_BY_BLAME[blame] if blame else EventKind.BOUNCED_SOFT
    if kind is EventKind.BLOCKED or verdict is None:
        return kind
    may_recover = blame is Blame.MAILBOX or _is_temporary(text[:_LONGEST_TEXT])
    return EventKind.BOUNCED_SOFT if may_recover else verdict


def _blame(by_code: Blame | None, words: str) -> Blame | None:
    # The daily limit of a mailbox does not concern the account.
    if by_code is not Blame.MAILBOX and _OF_DAY.search(words) and _LIMIT.search(words):
        return Blame.QUOTA
    spoken = next((blame for pattern, blame in _BY_WORDS if pattern.search(words)), None)
    if by_code is Blame.ADDRESS:
        # Some servers use these codes for whatever they refuse.
        is_confirmed = spoken is not Blame.SENDER and _ADDRESS.search(words)
        return Blame.ADDRESS if is_confirmed else spoken or by_code
    return spoken or by_code if by_code in (None, Blame.MAILBOX) else by_code


def _words(text: str) -> str:
    """
    Return *text* in lower case without codes and addresses, which may contain any word.
    """
    plain = _CODES.sub(" ", text.lower().replace("’", "'"))
    parts = (part for part in _DELIMITERS.split(plain) if "@" not in part)
    return " ".join("".join(parts).replace("<>", " ").split())


def _is_temporary(text: str) -> bool:
    reply, code = _REPLY_CODE.search(text), most_specific(codes_in(text))
    if reply is None and not code:
        return _TRY_AGAIN.search(text.lower()) is not None
    return code.startswith("4") or (reply is not None and reply[0].startswith("4"))


# Amazon's bounce subtypes
# (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types), which Resend
# uses too, because it sends through Amazon. These are caused by the mail itself.
_CONTENT_SUBTYPES = frozenset({"ContentRejected", "AttachmentRejected", "MessageTooLarge"})
# Not sent, because of earlier bounces or complaints.
_SUPPRESSED_SUBTYPES = frozenset({"Suppressed", "OnAccountSuppressionList"})


def bounce_kind(bounce_type: str, subtype: str, reply: str) -> EventKind:
    """
    Return the event kind of a bounce of this type and subtype of Amazon's.

    *reply* is that of the receiving server.
    """
    if subtype in _CONTENT_SUBTYPES:
        return EventKind.BLOCKED
    if subtype == "UnsubscribedRecipient":
        return EventKind.UNSUBSCRIBED
    if bounce_type != "Permanent":
        return refusal_kind(reply, EventKind.BOUNCED_SOFT)
    if subtype in _SUPPRESSED_SUBTYPES:
        return EventKind.BOUNCED_HARD
    # The subtype "General" includes policy refusals.
    return refusal_kind(reply, EventKind.BOUNCED_HARD if subtype == "NoEmail" else None)


# Feedback types (RFC 5965 section 7.3 and RFC 6591) that come from a filter or a server, not from a
# reader. "not-spam" withdraws a complaint.
_FEEDBACK_KINDS: Mapping[str, EventKind | None] = {
    "auth-failure": EventKind.BLOCKED,
    "virus": EventKind.BLOCKED,
    "not-spam": None,
}


def complaint_kind(feedback_type: str) -> EventKind | None:
    """
    Return the event kind of a complaint with this Feedback-Type, which may be empty.

    Return None if the report is not a complaint.
    """
    return _FEEDBACK_KINDS.get(feedback_type.lower(), EventKind.COMPLAINED)
