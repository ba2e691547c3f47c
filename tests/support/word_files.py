"""
Word files made in one line, whole and hostile ones.
"""

from __future__ import annotations

import io
import zipfile

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}" Target="word/document.xml"/></Relationships>'
)
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


_DRAWING = (
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
    'wordprocessingDrawing"><wp:docPr id="1" name="a" descr="A quay"/><a:graphic '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:{kind}="p1"/>'
    "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
)
_PICTURES = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="p1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/image" Target="{target}"/></Relationships>'
)


def pictured_word_file(text: str, picture: bytes, *, link: str = "") -> bytes:
    """
    Make a Word file of one paragraph followed by *picture*, or only a *link* to one.
    """
    target = link or "media/image1.png"
    more = {
        "word/document.xml": (
            f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p>'
            f"{_DRAWING.format(kind='link' if link else 'embed')}</w:body></w:document>"
        ).encode(),
        "word/_rels/document.xml.rels": _PICTURES.format(target=target).encode(),
    }
    return docx_file(more=more if link else more | {"word/media/image1.png": picture})


def docx_file(*paragraphs: str, prolog: str = "", more: dict[str, bytes] | None = None) -> bytes:
    """
    Make a Word file with *paragraphs* of plain text, and the parts *more* beside them.
    """
    runs = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    parts = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _RELATIONS.encode(),
        "word/document.xml": (
            f'{prolog}<w:document xmlns:w="{_WORD}"><w:body>{runs}</w:body></w:document>'
        ).encode(),
        **(more or {}),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()
