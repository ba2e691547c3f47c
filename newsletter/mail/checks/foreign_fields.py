"""
Find the merge fields of other products in what staff typed, such as `*|FNAME|*`, and name the merge
field of ours that they meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Mailchimp and Mandrill; listmonk, Brevo, Postmark, SendGrid, SparkPost, Ghost and Keila, whose
# words may have a filter or a fallback; Jinja, Liquid and Twig; Mailjet; Mailgun; ActiveCampaign
# and AcyMailing; CiviCRM, Ghost and Moosend.
_FOREIGN = re.compile(
    r"\*\|[^|*\r\n]{1,80}\|\*"
    r"|\{\{[^{}\r\n]{0,80}\}\}"
    r"|\{%[^{}\r\n]{0,80}%\}"
    r"|\[\[[^\[\]\r\n]{1,80}\]\](?!\()"
    r"|(?<![%\w])%(?:recipient\.)?[A-Za-z][A-Za-z0-9_.-]{2,40}%(?![%\w])"
    r"|(?<![{$])\{[A-Za-z][A-Za-z0-9_.:-]{1,40}(?:,[^{}\r\n]{0,60})?\}(?!\})"
)
# Without blanks, signs and the words before the last dot or colon.
_OURS = {
    "first_name": "fname firstname first prenom vorname givenname nombre voornaam recipientfname",
    "last_name": "lname lastname last nom nachname surname familyname apellidos achternaam",
    "name": "name fullname contactname displayname subscribername uname recipientname",
    "email": "email emailaddress mail useremail subscriberemail recipientemail",
    "unsubscribe_url": "unsub unsubscribe unsubscribeurl unsubscribelink optout unsuburl",
    "preferences_url": "updateprofile updateprofileurl preferences preferencesurl manageurl",
    "view_url": "archive archiveurl webversion browserlink viewinbrowser messageurl mirror",
}
_FIELD_OF = {word: field for field, words in _OURS.items() for word in words.split()}
_NAMES = frozenset({"first_name", "last_name", "name"})


@dataclass(frozen=True)
class ForeignField:
    """
    A merge field as another product writes it, and the name of ours, or None if there is none.
    """

    written: str
    field: str | None

    @property
    def is_certain(self) -> bool:
        """
        Return whether it can be nothing else. People write one brace, two brackets and percent
        signs too, so those are a merge field only if the word between them is known.
        """
        return self.written.startswith(("*|", "{{", "{%"))

    def with_fallback(self, fallback: str) -> str | None:
        """
        Return our merge field to write instead, a name with *fallback*; None if there is none.
        """
        if self.field is None:
            return None
        return f"%%{self.field}|{fallback}%%" if self.field in _NAMES else f"%%{self.field}%%"


def find_foreign_fields(text: str) -> list[ForeignField]:
    """
    Return the merge fields of other products in *text*, each once, in order of appearance.
    """
    found = (ForeignField(match[0], _meant(match[0])) for match in _FOREIGN.finditer(text))
    return [each for each in dict.fromkeys(found) if each.field or each.is_certain]


def _meant(written: str) -> str | None:
    word = re.split(r"[|,]|\b(?:or|default)\b", written.strip("*|{}%[] \t"))[0]
    parts = [re.sub(r"[^a-z0-9]", "", part.lower()) for part in re.split(r"[.:]", word)]
    if parts[0] == "list":
        return None
    return next((_FIELD_OF[part] for part in reversed(parts) if part in _FIELD_OF), None)
