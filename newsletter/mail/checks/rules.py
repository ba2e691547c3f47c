"""
Every rule a mail is looked over by, in order: start reading here. `docs/checks.md` says what each
asks and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsletter.mail.checks import (
    content,
    document,
    size,
    structure,
    style,
)
from newsletter.mail.checks import (
    headers as heads,
)
from newsletter.mail.checks import (
    images as pictures,
)
from newsletter.mail.checks import (
    links as addresses,
)
from newsletter.mail.checks import (
    merge_fields as fields,
)
from newsletter.mail.checks import (
    text_part as texts,
)
from newsletter.mail.checks import (
    unsubscribe as leaving,
)
from newsletter.mail.checks.checked_mail import Checked
from newsletter.model.check import Finding, Level

_E, _W, _N = Level.ERROR, Level.WARNING, Level.NOTE


@dataclass(frozen=True)
class Rule:
    """
    One rule: the worst it says, and how it looks at the part of a mail it `needs`. What nothing
    here can see is looked for `elsewhere`. `is_softer`: a warning at most where the provider
    reaches nobody.
    """

    number: int
    id: str
    level: Level
    look: Callable[[Checked], Iterable[Finding]] | None = None
    needs: str = "html"
    elsewhere: str = ""
    is_softer: bool = False


_PROOF = "it takes a browser: `make proof` looks at the template with one"
_PICTURES = "it takes an eye: `newsletter issue preview` makes the pictures"
_NETWORK = "it takes the network: run `newsletter check --links`"
_RECEIVER = "a receiver knows: send a test mail and read its Authentication-Results"
_FILTERS = "it takes SpamAssassin: run `spamassassin -L -t < mail.eml`, or `make proof`"
_NU = "it takes the Nu checker: `make proof` looks at the template with it"
RULES = (
    Rule(1, "size", _E, size.too_large),
    Rule(2, "head-css", _E, size.head_styles),
    Rule(3, "document", _E, document.whole),
    # The renderer itself looks: `checking` says what it refused.
    Rule(4, "rendering", _E, needs="issue"),
    Rule(5, "leftovers", _E, fields.left_over),
    Rule(6, "marks", _E, fields.marks, needs="issue"),
    Rule(7, "encoding", _E, document.characters),
    Rule(8, "footer", _E, leaving.footer),
    Rule(9, "list-headers", _E, leaving.list_headers, needs="headers"),
    Rule(10, "one-click", _E, needs="issue", elsewhere=_NETWORK, is_softer=True),
    Rule(11, "sender", _E, heads.sender, needs="headers", is_softer=True),
    Rule(12, "authentication", _E, needs="issue", elsewhere=_RECEIVER, is_softer=True),
    Rule(13, "subject", _E, heads.subject, needs="headers"),
    Rule(14, "preheader", _W, heads.preheader),
    Rule(15, "text-part", _E, texts.text_part, needs="text"),
    Rule(16, "addresses", _E, addresses.safe, is_softer=True),
    Rule(17, "links", _E, addresses.honest, elsewhere=_NETWORK),
    Rule(18, "pictures", _E, pictures.shown),
    Rule(19, "picture-words", _W, pictures.described, needs="issue"),
    Rule(20, "briefs", _E, content.briefs, needs="issue"),
    Rule(21, "outline", _E, structure.outline),
    Rule(22, "elements", _E, structure.elements),
    Rule(23, "small-type", _W, style.type_size),
    Rule(24, "accessibility", _E, elsewhere=_PROOF),
    Rule(25, "overflow", _E, elsewhere=_PROOF),
    Rule(26, "colours", _W, style.colours),
    Rule(27, "css-support", _E, style.supported),
    Rule(28, "shorthand", _E, style.order),
    Rule(29, "outlook", _E, structure.outlook),
    Rule(30, "wire", _E, document.on_the_wire),
    Rule(31, "junk", _W, elsewhere=_FILTERS),
    Rule(32, "validity", _W, elsewhere=_NU),
    Rule(33, "personal", _E, fields.personal, needs="issue"),
    Rule(34, "audience", _E, content.audience, needs="audience"),
    Rule(35, "once", _E, content.once, needs="audience"),
    Rule(36, "tracking", _E, addresses.private, needs="issue"),
    Rule(37, "view-page", _W, addresses.view_page, needs="issue"),
    Rule(38, "picture-diff", _N, elsewhere=_PICTURES),
)
