"""
Convert WordPress shortcodes that are left in the text to markup, or remove them. `email_safe` calls
this on markup, before it parses the elements; brackets that authors wrote stay.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

# Core registers these (wp-includes/media.php, wp-includes/class-wp-embed.php).
_CORE = "wp_caption caption gallery video audio playlist embed"
_PLUGINS = (
    "vc_[a-z0-9_]+ et_pb_[a-z0-9_]+ fusion_[a-z0-9_]+ contact-form(?:-7)? gravityform mc4wp_form "
    "sharethis addtoany ninja_form wpforms[a-z_-]* elementor-template su_[a-z_]+"
)
_NAME = f"(?:{'|'.join(_CORE.split())}|{'|'.join(_PLUGINS.split())})"
# An unknown name is a shortcode only with a quoted attribute: `[the group]` and `[sic]` are prose.
_ATTRIBUTE = r"[\w-]+\s*=\s*(?:[\"'“”‘’″′«»]|&quot;)"
_OPENING = rf"\[(?P<name>{_NAME})(?P<attributes>(?:\s[^\[\]<>]{{0,2000}})?)/?\]"
_UNKNOWN = rf"\[[a-z][\w-]{{1,40}}\s+{_ATTRIBUTE}[^\[\]<>]{{0,2000}}\]"
_CLOSING = rf"\[/(?:{_NAME})\]"
_CAPTION = (
    r"\[(?P<wp>(?:wp_)?caption)(?P<size>(?:\s[^\[\]<>]{0,2000})?)\]"
    r"(?P<inside>(?:(?!\[/?(?:wp_)?caption).){0,8000}?)\[/(?P=wp)\]"
)
_EMBED = r"\[embed[^\]<>]{0,500}\](?P<address>\s*https?://[^\s\[\]<>]{1,2000}\s*)\[/embed\]"
_FOUND = re.compile(
    rf"<[^<>]*>|(?P<caption>{_CAPTION})|(?P<embed>{_EMBED})"
    rf"|(?P<code>{_OPENING})(?P<end>\s*\[/(?P=name)\])?|(?P<closing>{_CLOSING})"
    rf"|(?P<unknown>{_UNKNOWN})",
    re.IGNORECASE | re.DOTALL,
)
_PAIR = re.compile(
    r"(?<![\w-])([\w-]+)\s*=\s*(?:[\"“”″„«»]([^\"“”″„«»]*)[\"“”″„«»]|['‘’′]([^'‘’′]*)['‘’′]|([^\s\"'“”″]+))"
)
# A tag ends before the next one of its name, so that unclosed ones are searched once.
_IMAGE = re.compile(r"(?:<a\b(?:[^<>]|<(?!a\b))*>\s*)?<img\b(?:[^<>]|<(?!img\b))*>(?:\s*</a>)?")
_FILES = ("mp4", "m4v", "webm", "ogv", "src", "mp3", "m4a", "ogg", "wav", "flv", "wmv", "mov")


@dataclass(frozen=True)
class Unfolded:
    """
    Markup without shortcodes, and the shortcodes removed, as written.
    """

    markup: str
    removed: tuple[str, ...]


def unfold(markup: str) -> Unfolded:
    """
    Convert `[caption]` to a figure, and `[video]`, `[audio]` and `[embed]` with an address to their
    elements; remove every other shortcode. Tags are not changed.
    """
    removed: list[str] = []

    def replacement(found: re.Match[str]) -> str:
        if found["caption"]:
            removed.append(f"[{found['wp']}{found['size']}]")
            # Before WordPress 3.4 the caption was an attribute.
            old = attributes_of(found["size"]).get("caption", "")
            return _figure(found["inside"], html.escape(old, quote=False))
        if found["embed"]:
            removed.append(found["embed"])
            return _embed(found["address"].strip())
        if not (found["code"] or found["closing"] or found["unknown"]):
            return found[0]
        removed.append(found[0])
        return _media(found["name"].lower(), found["attributes"]) if found["code"] else ""

    markup = _FOUND.sub(replacement, markup)
    return Unfolded(markup, tuple(html.unescape(code) for code in removed))


def attributes_of(text: str) -> dict[str, str]:
    """
    Parse the attributes in *text*; quotes may be straight, or curly or primes from wptexturize.
    """
    found = _PAIR.findall(html.unescape(text))
    return {name.lower(): double or single or bare for name, double, single, bare in found}


def _figure(inside: str, old: str) -> str:
    image = _IMAGE.search(inside)
    if image is None:
        return f"<figure><figcaption>{inside}</figcaption></figure>"
    words = (inside[: image.start()] + inside[image.end() :]).strip() or old
    return f"<figure>{image[0]}<figcaption>{words}</figcaption></figure>"


def _embed(address: str) -> str:
    return f'<iframe src="{html.escape(html.unescape(address))}"></iframe>'


def _media(name: str, attributes: str) -> str:
    if name not in ("video", "audio"):
        return ""
    values = attributes_of(attributes)
    address = next((values[key] for key in _FILES if values.get(key)), "")
    if not address:
        return ""
    poster = html.escape(values.get("poster", ""))
    return f'<{name} src="{html.escape(address)}" poster="{poster}"></{name}>'
