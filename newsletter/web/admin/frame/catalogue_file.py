"""
Read a message catalogue, a `.po` file. Those of the project have one form, which `make words`
writes; they are read here in a tenth of the time that Babel's reader of all forms needs, because
each process reads them before its first page.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, unescape
from babel.support import Translations

_MAGIC = 0x950412DE
# Of the lines that begin an entry, in the order in which they come.
_ID, _PLURAL, _TEXT, _FORM = "msgid ", "msgid_plural ", "msgstr ", "msgstr["


class OtherForm(Exception):
    """
    Raised if a file has lines that `make words` does not write.
    """


def read_catalogue(file: Path) -> Translations:
    """
    Return the texts of a catalogue.

    Raises:
        OSError, UnicodeDecodeError, PoFileError, ValueError: it cannot be read.
    """
    language, content = file.stem, file.read_bytes()
    try:
        return Translations(io.BytesIO(_compiled(_entries(content.decode()), language)))
    except OtherForm:
        catalogue = read_po(io.BytesIO(content), locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def _entries(text: str) -> dict[str, str]:
    """
    Return what each text is translated as, with its plural and its forms as in a `.mo` file.
    """
    entries: dict[str, str] = {}
    key = ""
    forms: list[str] = []
    for line in [*text.split("\n"), _ID + '""']:
        if line.startswith(_ID):
            if all(forms) and forms:
                entries[key] = "\0".join(forms)
            key, forms = _quoted(line[len(_ID) :]), []
        elif line.startswith(_PLURAL):
            key += "\0" + _quoted(line[len(_PLURAL) :])
        elif line.startswith(_TEXT):
            forms.append(_quoted(line[len(_TEXT) :]))
        elif line.startswith(_FORM):
            forms.append(_quoted(line.partition("] ")[2]))
        elif line and (not line.startswith("#, ") or "fuzzy" in line):
            raise OtherForm
    if "" in entries:
        raise OtherForm
    return entries


def _quoted(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise OtherForm
    return unescape(text) if "\\" in text else text[1:-1]


def _compiled(entries: Mapping[str, str], language: str) -> bytes:
    """
    Return *entries* in the format of `.mo` files: tables of lengths and places, then the texts.
    """
    plural = get_plural(language)
    head = f"Content-Type: text/plain; charset=utf-8\nPlural-Forms: {plural.plural_forms};\n"
    pairs = [(key.encode(), text.encode()) for key, text in sorted({**entries, "": head}.items())]
    place, tables = 28 + 16 * len(pairs), [b"", b""]
    texts = []
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<II", len(pair[side]), place)
            texts.append(pair[side] + b"\0")
            place += len(pair[side]) + 1
    starts = (28, 28 + 8 * len(pairs))
    header = struct.pack("<7I", _MAGIC, 0, len(pairs), *starts, 0, 28 + 16 * len(pairs))
    return b"".join([header, *tables, *texts])
