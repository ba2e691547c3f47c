"""
Find and open what is attached to a mail: the images that its HTML refers to by Content-ID (RFC
2392), those to be shown beside its text, and a mail that it forwards. `message` and `source` use
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import unquote

from newsletter.errors import ReadError
from newsletter.model.image import CID_PREFIX
from subscribers.text.phrases import phrase

MAX_BYTES = 10 * 1024 * 1024
_MOST = 50


def names_of_images(message: EmailMessage) -> dict[int, str]:
    """
    Return the name of each image in *message*, its Content-ID or else its position, by the `id` of
    its part.
    """
    return {id(part): name for name, part in _images(message)}


def shown_beside(message: EmailMessage, html: str | None) -> str | None:
    """
    Return the name of the first image that is neither an attachment nor referred to by *html*.
    """
    named = unquote(html or "")
    for name, part in _images(message):
        is_attachment = part.get_content_disposition() == "attachment"
        if not is_attachment and f"{CID_PREFIX}{name}" not in named:
            return name
    return None


def open_attached(message: EmailMessage, name: str) -> bytes:
    """
    Return the bytes of the image *name*.

    Raises:
        ReadError: the mail does not contain it, or it is too large.
    """
    part = next((part for own, part in _images(message) if own == name), None)
    raw = part.get_payload(decode=True) if part is not None else None
    if not isinstance(raw, bytes):
        raise ReadError(phrase("it is not in the email"))
    if len(raw) > MAX_BYTES:
        raise ReadError(phrase("it is larger than {limit:,} bytes", limit=MAX_BYTES))
    return raw


def attached_mail(message: EmailMessage) -> EmailMessage | None:
    """
    Return the first mail attached to *message*, as programs forward one as an attachment.
    """
    try:
        parts = message.iter_parts() if message.is_multipart() else ()
        found = next((p for p in parts if p.get_content_type() == "message/rfc822"), None)
        inner = found.get_payload(0) if found is not None else None
    # A malformed header or an empty attachment can raise almost any exception (cpython #81284).
    except Exception:
        return None
    return inner if isinstance(inner, EmailMessage) else None


def _images(message: EmailMessage) -> Iterator[tuple[str, EmailMessage]]:
    found = 0
    for part in message.walk():
        if found < _MOST and isinstance(part, EmailMessage) and _is_image(part):
            found += 1
            yield _name(part) or f"image-{found}", part


def _is_image(part: EmailMessage) -> bool:
    try:
        return part.get_content_maintype() == "image"
    # A malformed Content-Type can raise almost any exception (cpython #81284).
    except Exception:
        return False


def _name(part: EmailMessage) -> str:
    try:
        return str(part["Content-ID"] or "").strip().strip("<>").strip()
    # As above, for a malformed Content-ID.
    except Exception:
        return ""
