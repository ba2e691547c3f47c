"""
Convert web images to plain `<img>` elements with the real, absolute address of a format that mail
programs show. Called by `email_safe`; lead images use the same functions.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import captions, html_tree
from newsletter.ingest.parsing import urls as address
from newsletter.ingest.parsing.cleanup.prune import LAZY, LAZY_SETS
from newsletter.ingest.parsing.cleanup.trackers import is_tracker

# Twice the column of 600 px in a mail.
WANTED_WIDTH = 1200
# Outlook for Windows and Yahoo show none of these (caniemail.com: image-webp, -avif, -svg).
_POOR = re.compile(r"\.(?:webp|avif|svg|heic)(?:$|[?#])", re.IGNORECASE)
# An address and what follows it up to the next comma, unless a comma ends the address itself (HTML
# standard, "parse a srcset attribute"). It never takes back a character, so it is linear.
_CANDIDATE = re.compile(r"(?P<url>[^\s,]\S*+)(?:(?<=,)|(?P<descriptors>[^,]*+))")
_DESCRIPTOR = re.compile(r"\s*(?P<size>\d{1,9}(?:\.\d{1,9})?)(?P<unit>[wx])(?!\S)")
# Addresses inside others: of Cloudinary, Substack and Next.js, and of Jetpack's `i0.wp.com`.
_INNER = re.compile(r"(?<=[/=])(?P<url>https?(?::|%3A)(?:/|%2F){2})", re.IGNORECASE)
_SERVICE = re.compile(r"^https?://i\d\.wp\.com/")
_SCHEME = re.compile(r"^https?://")
_SIZED = re.compile(r"-(?:\d+x\d+|scaled)(?=\.[a-z]+$)", re.IGNORECASE)

_TINY = re.compile(
    r"(?:^|[\s;])(?:max-)?(?:width|height)\s*:\s*(?:[012]|[01]?\.\d{1,9})(?:px)?\s*(?:;|$|!)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class BlockImage:
    """
    An image with an absolute or `cid:` address; `link` is the target of the link around it.
    """

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    link: str | None = None


def settle_images(
    body: LexborNode, base: str | None, warnings: list[str], *, came: Collection[str] = ()
) -> None:
    """
    Give every `<img>` in *body* an absolute `src`, or a `cid:` one if the image *came* with the
    item under that name. Remove the others with a warning.
    """
    for picture in body.css("picture"):
        _settle_picture_element(picture)
    for image in body.css("img"):
        _settle_image(image, base, warnings, came=came)


def _settle_picture_element(picture: LexborNode) -> None:
    image = picture.css_first("img")
    if image is not None and not _candidates(image):
        sources = (source.attributes.get("srcset") or "" for source in picture.css("source"))
        image.attrs["srcset"] = ", ".join(filter(None, sources))
    for source in picture.css("source"):
        source.decompose()
    picture.unwrap()


def _settle_image(
    image: LexborNode, base: str | None, warnings: list[str], *, came: Collection[str]
) -> None:
    candidates = _candidates(image)
    if not candidates or _is_tiny(image):
        image.decompose()
        return
    found = (address.of_image(candidate, base, came) for candidate in candidates)
    url = next(filter(None, found), None)
    if url is not None and is_tracker(url):
        image.decompose()
        return
    if url is None:
        warnings.append(_why_left_out(candidates[0]))
        image.decompose()
        return
    _keep_only(image, url)


def address_of(image: LexborNode, base: str | None) -> str | None:
    """
    Return the address of an image on the web; None if it has none, or only counts readers.
    """
    candidates = [] if _is_tiny(image) else _candidates(image)
    url = next(filter(None, (address.absolute(one, base) for one in candidates)), None)
    return None if url is None or is_tracker(url) else url


def _why_left_out(address: str) -> str:
    # RFC 2392: the image is a part of the same mail. Images in Word files get such addresses too.
    if address.strip().lower().startswith("cid:"):
        return f"the image {address[:200]} was left out: it did not come with the brief"
    if scheme := re.match(r"\s*([a-z][a-z0-9+.-]+:)", address, re.IGNORECASE):
        return (
            f"the image {address[:200]} was left out: an email cannot show images at "
            f"{scheme[1].lower()} addresses"
        )
    return f"the image {address[:200]} was left out: its address is relative; use a full one"


def _keep_only(image: LexborNode, url: str) -> None:
    size = {name: pixels(image.attributes.get(name)) for name in ("width", "height")}
    alt = captions.alt_text(image.attributes.get("alt") or "")
    for name in list(image.attributes):
        del image.attrs[name]
    image.attrs["src"] = url
    image.attrs["alt"] = alt
    for name, value in size.items():
        if value:
            image.attrs[name] = str(value)


def _candidates(image: LexborNode) -> list[str]:
    """
    Return the addresses of *image*, best first, without placeholders: formats that mail programs
    show before others, then by how near the width is to WANTED_WIDTH.
    """
    values = image.attributes
    sized = [pair for name in (*LAZY_SETS, "srcset") for pair in _srcset(values.get(name) or "")]
    plain = [values.get(name) or "" for name in (*LAZY, "src")]
    if not any(width for _, width in sized):
        sized = []
    ranked = sorted(sized, key=lambda pair: abs(pair[1] - WANTED_WIDTH))
    found = [url for url, _ in ranked] + [url for url in plain if url]
    real = [url for url in found if not url.strip().lower().startswith("data:")]
    return sorted(real, key=lambda url: bool(_POOR.search(url)))


def _srcset(text: str) -> list[tuple[str, float]]:
    found = []
    for candidate in _CANDIDATE.finditer(text):
        if candidate["url"].startswith("data:"):
            continue
        said = _DESCRIPTOR.match(candidate["descriptors"] or "")
        size = float(said["size"]) if said else 1.0
        is_width = said is not None and said["unit"] == "w"
        found.append((candidate["url"].rstrip(","), size if is_width else size * 600))
    return found


def _is_tiny(image: LexborNode) -> bool:
    """
    Return True if *image* is at most 2 pixels wide or high, as tracking pixels and spacers are.
    """
    values = image.attributes
    sizes = (pixels(values.get(name)) for name in ("width", "height"))
    if any(size is not None and size <= 2 for size in sizes):
        return True
    return _TINY.search(values.get("style") or "") is not None


def pixels(text: str | None) -> int | None:
    """
    Return the number of pixels in *text* (`800`, `800px`); None for a percentage.
    """
    found = re.fullmatch(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*", text or "")
    return int(found[1]) if found else None


def image_of(image: LexborNode) -> BlockImage:
    """
    Return the image of a cleaned `<img>`, with the target of the link around it.
    """
    around = image.parent
    while around is not None and around.tag != "a" and around.tag not in html_tree.BLOCKS:
        around = around.parent
    link = around.attributes.get("href") if around is not None and around.tag == "a" else None
    return BlockImage(
        url=image.attributes.get("src") or "",
        alt=image.attributes.get("alt") or "",
        width=pixels(image.attributes.get("width")),
        height=pixels(image.attributes.get("height")),
        link=link,
    )


def is_same_image(first: str, other: str) -> bool:
    """
    Return True if two addresses are sizes of one upload: WordPress makes `x-300x200.jpg` from
    `x.jpg`, and services that resize images have its whole address in theirs. The query is a size
    too, unless the path has no name of a file.
    """
    path = _SIZED.sub("", _path(first))
    if path != _SIZED.sub("", _path(other)):
        return False
    is_file = "." in path.rpartition("/")[2]
    return is_file or first.partition("?")[2] == other.partition("?")[2]


def _path(url: str) -> str:
    whole = _SERVICE.sub("", url)
    if (inner := _INNER.search(whole)) is not None:
        whole = unquote(whole[inner.start("url") :].partition("&")[0])
    return _SCHEME.sub("", whole).split("?")[0].split("#")[0]
