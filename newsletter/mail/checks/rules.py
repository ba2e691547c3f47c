"""
List every built-in rule that mails are checked by, in order: start reading here.
`docs/reference/checks.md` says what each rule checks and what to do. `pyproject.toml` names the
list as an entry point; packages from outside add lists of their own.
"""

from __future__ import annotations

from newsletter.mail.checks import (
    content,
    document,
    headers,
    images,
    links,
    merge_fields,
    size,
    structure,
    style,
    text_part,
    unsubscribe,
)
from newsletter.mail.checks.rule import Rule
from newsletter.model.check import Level

_E, _W, _A = Level.ERROR, Level.WARNING, Level.ADVICE


_PROOF = "needs a browser: run `make proof` in a checkout"
_EYES = "needs a person: `newsletter issue preview` makes the images to compare"
_NETWORK = "needs the network: run `newsletter check --links`"
_RECEIVER = "needs a receiving server: send a test email, read its Authentication-Results"
_FILTERS = "needs SpamAssassin: run `spamassassin -L -t < mail.eml`, or `make proof`"
_NU = "needs the Nu HTML checker: run `make proof` in a checkout"
RULES = (
    Rule(1, "size", _E, size.too_large),
    Rule(2, "head-css", _E, size.head_styles),
    Rule(3, "document", _E, document.completeness),
    # The renderer checks this itself; `preflight` reports what it refused.
    Rule(4, "rendering", _E, needs="issue"),
    Rule(5, "placeholders", _E, merge_fields.placeholders),
    Rule(6, "merge-fields", _E, merge_fields.merge_fields, needs="issue"),
    Rule(7, "encoding", _E, document.characters),
    Rule(8, "footer", _E, unsubscribe.footer),
    Rule(9, "list-headers", _E, unsubscribe.list_headers, needs="headers"),
    Rule(10, "one-click", _E, needs="issue", elsewhere=_NETWORK, is_softer=True),
    Rule(11, "sender", _E, headers.sender, needs="headers", is_softer=True),
    Rule(12, "authentication", _E, needs="issue", elsewhere=_RECEIVER, is_softer=True),
    Rule(13, "subject", _E, headers.subject, needs="headers"),
    Rule(14, "preheader", _A, headers.preheader),
    Rule(15, "text-part", _E, text_part.text_part, needs="text"),
    Rule(16, "urls", _E, links.urls, is_softer=True),
    Rule(17, "links", _E, links.link_texts, elsewhere=_NETWORK),
    Rule(18, "images", _E, images.display),
    Rule(19, "image-metadata", _A, images.description, needs="issue"),
    Rule(20, "briefs", _E, content.briefs, needs="issue"),
    Rule(21, "outline", _E, structure.outline),
    Rule(22, "elements", _E, structure.elements),
    Rule(23, "font-size", _A, style.font_size),
    Rule(24, "accessibility", _E, elsewhere=_PROOF),
    Rule(25, "overflow", _E, elsewhere=_PROOF),
    Rule(26, "colours", _A, style.colours),
    Rule(27, "css-support", _E, style.css_support),
    Rule(28, "css-shorthand", _E, style.css_shorthand),
    Rule(29, "outlook", _E, structure.outlook),
    Rule(30, "mime", _E, document.mime),
    Rule(31, "spam-score", _W, elsewhere=_FILTERS),
    Rule(32, "html-validity", _W, elsewhere=_NU),
    Rule(33, "personalisation", _E, merge_fields.personalisation, needs="issue"),
    Rule(34, "audience", _E, content.audience, needs="audience"),
    Rule(35, "send-history", _A, content.send_history, needs="audience"),
    Rule(36, "tracking", _E, links.tracking, needs="issue"),
    Rule(37, "view-in-browser", _A, links.view_in_browser, needs="issue"),
    Rule(38, "visual-diff", _A, elsewhere=_EYES),
)
