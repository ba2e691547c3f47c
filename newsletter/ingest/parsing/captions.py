"""
Split the text under an image into the caption and the credit, and clean alternative texts.
"""

from __future__ import annotations

import re

from newsletter.ingest.parsing import characters

_WORDS = (
    r"(?:AP|AFP|EPA|Reuters|REUTERS|Getty|dpa|DPA|Xinhua|TASS|Shutterstock|Unsplash|Wikimedia"
    r"|ANSA|EFE|PAP|Belga|ANP|Lusa|NTB|Ritzau|Anadolu|Kyodo|Yonhap|Alamy|iStock"
    r"|ТАСС|РИА|Рейтерс?|УНІАН|Укрінформ|رويترز|רויטרס|रॉयटर्स"
    r"|[Pp]hoto(?:graph)?s?|PHOTO|[Ii]mages?|[Ff]oto|[Cc]ourtesy|[Cc]redits?|[Cc]rédit|via)"
)
# "Photo" in other languages that emails can be in; East Asian words have no space around them.
_FOREIGN = (
    r"\b(?:Bild(?:quelle)?|Imagen|Imagem|Beeld|Zdjęci[ae]|Fotoğraf|Фото|الصورة|صورة|تصوير|צילום)\b"
    r"|\bFot\.|ロイター|共同通信|新华社|新華社|路透社|写真|撮影|사진|图片|圖片|摄影|攝影"
)
# Spaces are matched from the first of a run only, so that a long run is searched once.
_SPACES = r"(?:(?<!\s)\s+)?"
_IN_BRACKETS = re.compile(_SPACES + r"[(\[（](?P<credit>[^()\[\]（）]{2,160})[)\]）]\s*[.。]?$")
_NAMES_SOMEONE = re.compile(rf"\b{_WORDS}\b|{_FOREIGN}")
# A label before the whole: "Foto: The harbour at low tide (dpa)".
_LABELLED = re.compile(
    rf"(?i:photo(?:graph)?|image|picture|foto|{_FOREIGN}|фото|फोटो|ảnh|图|圖|照片)\s?[:：]\s?"
)
_BARE = re.compile(
    r"(?:^|(?<=[.!?”\"’)])\s+|(?<!\s)\s+[—–|-]\s+)(?P<credit>"
    r"(?:AP|AFP|EPA|Reuters|REUTERS)\s?(?:Photo|/)\s?.{0,80}"
    r"|(?:Photo(?:graph)?s?|Image|Foto|Picture)(?:\s+(?:by|credit|courtesy)\b|\s*:).{2,80}"
    rf"|(?:{_FOREIGN})\s?[:：].{{2,80}}"
    r"|(?:Photo\s+)?(?:Credits?|Crédit(?: photo)?|Crédito|Courtesy(?: of)?)\s*:.{2,80}"
    r"|(?:Photo|Foto|Bild|Image)\s.{2,80}\s(?:Unsplash|Pexels|Pixabay|Flickr)"
    r"|[^.]{2,80}?(?:\s?/\s?|\svia\s)(?:AP|AFP|Getty Images|Reuters|EPA)"
    r")\.?$"
)
# Hidden labels run together with the name: "CreditCreditAnn Bee".
_LABEL = re.compile(
    r"^(?:Credit){1,3}(?=[A-Z])"
    r"|^(?i:(?:photo\s+|image\s+|picture\s+)?(?:credits?|crédit photo)\s*:\s*)"
)
LONGEST = 600
# File names as cameras, phones and editors write them; Word marks the descriptions it generates.
_FILE_NAME = re.compile(
    r"\S{1,200}\.(?:jpe?g|png|gif|webp|svg|heic|tiff?)"
    r"|(?:img|dsc[nf]?|pxl|image|photo|picture|screen ?shot|unnamed)[\s_-]?[\d\s_.:-]*",
    re.IGNORECASE,
)
# What cameras and programs write into image files; WordPress takes it as the caption or credit.
_CAMERA = re.compile(
    r"(?:olympus |minolta |kodak )?digital (?:still )?camera"
    r"|sony dsc|samsung (?:csc|camera pictures)"
    r"|exif[ _]jpeg[ _](?:picture|420)|dcim[\\/].*|picasa|default"
    r"|(?:processed|created) with (?:vsco|gimp|canva|adobe|snapseed)\b.*",
    re.IGNORECASE,
)
_MACHINE = re.compile(
    _SPACES + r"(?:Description automatically generated.*|AI-generated content .*)$", re.S
)


def split_caption(text: str) -> tuple[str | None, str | None]:
    """
    Return the caption and the credit in *text*; None for each that is missing. The credit loses
    its brackets, its final full stop and the spaces around a slash.
    """
    text = characters.line(text)
    if _CAMERA.fullmatch(text):
        return None, None
    if len(text) > LONGEST:
        return text, None
    found, label = _IN_BRACKETS.search(text), _LABELLED.match(text)
    if found is not None and label is not None and label.end() < found.start():
        return text[label.end() : found.start()].strip(), _credit(found["credit"])
    if found is None or not _NAMES_SOMEONE.search(found["credit"]):
        found = _BARE.search(text)
    if found is None:
        return text or None, None
    return text[: found.start()].strip() or None, _credit(found["credit"])


def alt_text(said: str, caption: str | None = None) -> str:
    """
    Clean the alternative text *said*. Return an empty string if it is only a file name or repeats
    the *caption*.
    """
    alt = characters.line(_MACHINE.sub("", said))
    if _FILE_NAME.fullmatch(alt) or _letters(alt) == _letters(caption or ""):
        return ""
    return alt


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def credit_of(text: str) -> str | None:
    """
    Clean the *text* of a credit as `split_caption` does; None if there is none.
    """
    text = characters.line(text)
    return None if _CAMERA.fullmatch(text) or len(text) > LONGEST else _credit(text) or None


def _credit(text: str) -> str:
    text = re.sub(rf"{_SPACES}/\s*", "/", _LABEL.sub("", text))
    return text.strip(" .")
