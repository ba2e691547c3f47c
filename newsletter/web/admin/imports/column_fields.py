"""
What a column of a file can be read as, in the words of the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.people.files.drafts import DraftImport
from newsletter.web.admin.frame.words import StaffWords
from subscribers.fields.model import Field
from subscribers.import_export.drafts.preview import PreviewedColumn, PreviewedFile
from subscribers.import_export.products.detect_product import PRODUCTS
from subscribers.import_export.reading.map_columns import IGNORE

_PRODUCT_NAMES = {
    "brevo": "Brevo", "hubspot": "HubSpot", "kit": "Kit", "mailerlite": "MailerLite",
    "phplist": "phpList", "sendgrid": "SendGrid", "listmonk": "listmonk", "beehiiv": "beehiiv",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ShownColumn:
    """
    A column, what it is recognised as in words, and what somebody chose. Of columns with one name
    only the first `can_choose`. `number` tells those from each other.
    """

    number: int
    column: PreviewedColumn
    recognised: str
    chosen: str
    can_choose: bool


@dataclass(frozen=True, kw_only=True)
class ShownFile:
    """
    A file with its columns.
    """

    file: PreviewedFile
    product: str
    columns: Sequence[ShownColumn]


def field_names(fields: Sequence[Field], words: StaffWords) -> list[tuple[str, str]]:
    """
    Return what a column can be read as, with its words.
    """
    _ = words.gettext
    ours = [
        ("email", _("Email address")),
        ("name", _("Name")),
        ("first_name", _("First name")),
        ("last_name", _("Last name")),
        ("language", _("Language")),
        ("timezone", _("Time zone")),
        ("tags", _("Tags")),
        ("note", _("Note")),
        ("status", _("State: who may be emailed")),
        ("consent", _("Consent: how they agreed")),
        ("consent_at", _("Day of the consent")),
    ]
    declared = [(field.name, field.label(words.language)) for field in fields]
    return [*ours, *declared, (IGNORE, _("Not read"))]


def shown_columns(
    draft: DraftImport, chosen: Mapping[str, str], words: StaffWords
) -> list[ShownFile]:
    """
    Return the files of a draft with what somebody *chose* for their columns.
    """
    names = {**dict(field_names(draft.fields, words)), **_recognised_only(words)}
    seen: set[str] = set()
    found = []
    for file in draft.files:
        columns = []
        for column in file.columns:
            parts = [names.get(part, part) for part in column.read_as.split(", ") if part]
            columns.append(
                ShownColumn(
                    number=len(seen),
                    column=column,
                    recognised=", ".join(parts),
                    chosen=chosen.get(column.name, ""),
                    can_choose=(file.has_header or column.is_undecided) and column.name not in seen,
                )
            )
            seen.add(column.name)
        found.append(ShownFile(file=file, product=product_name(file.product), columns=columns))
    return found


def _recognised_only(words: StaffWords) -> dict[str, str]:
    """
    Return what columns are recognised as that nobody can choose.
    """
    _ = words.gettext
    return {
        "attributes": _("Values of fields"),
        "consent_source": _("Where they agreed"),
        "signed_up_at": _("Day of the sign-up"),
        "status_at": _("Day of the state"),
        "status_reason": _("Reason of the state"),
        "suppressions": _("Suppressions"),
    }


def product_names() -> list[tuple[str, str]]:
    """
    Return the products that write files of people.
    """
    return sorted(((name, product_name(name)) for name in PRODUCTS), key=lambda each: each[1])


def product_name(name: str) -> str:
    """
    Return the name of a product as it writes it; empty for no product.
    """
    if name not in PRODUCTS:
        return ""
    return _PRODUCT_NAMES.get(name, name.title())
