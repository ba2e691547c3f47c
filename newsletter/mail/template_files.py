"""
Where template files lie and what is in them; `jinja` renders what is gathered here, because the
sandbox can open no file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import newsletter
from newsletter.errors import TemplateError

ISSUE_FILES = ("subject.txt", "body.html", "body.txt")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_MOST_BYTES = 512 * 1024


def project_templates() -> Path:
    """
    The project's own `templates/`: inside the package when installed from a wheel, beside it in a
    checkout or an editable install.
    """
    package = Path(newsletter.__file__).parent
    packed = package / "_templates"
    return packed if packed.is_dir() else package.parent / "templates"


def gather_templates(folders: Sequence[Path], name: str, *, kind: str = "issue") -> dict[str, str]:
    """
    The text of every file of template *name* and of `parts/`, by its path below `templates/`; its
    *kind* is "issue" or "notice". Of two files with one path, that of the earlier folder counts;
    the project's folder is last.

    Raises:
        TemplateError: no such template, one of its three files missing, or a file unreadable.
    """
    places = [*folders, project_templates()]
    if not _NAME.fullmatch(name) or not any((p / kind / name).is_dir() for p in places):
        known = ", ".join(template_names(folders, kind=kind))
        raise TemplateError(f"there is no template {name!r}; known are {known}")
    found: dict[str, str] = {}
    for place in reversed(places):
        for branch in (f"{kind}/{name}", "parts"):
            found |= _files_below(place, branch)
    missing = [file for file in ISSUE_FILES if f"{kind}/{name}/{file}" not in found]
    if missing:
        raise TemplateError(f"templates/{kind}/{name}: {missing[0]} is missing")
    return found


def template_names(folders: Sequence[Path], *, kind: str = "issue") -> tuple[str, ...]:
    """
    The name of every template of *kind* there is, in order.
    """
    branches = [place / kind for place in (*folders, project_templates())]
    return tuple(
        sorted({t.name for b in branches if b.is_dir() for t in b.iterdir() if t.is_dir()})
    )


def _files_below(place: Path, branch: str) -> dict[str, str]:
    return {
        path.relative_to(place).as_posix(): _text(path)
        for path in sorted((place / branch).rglob("*"))
        if path.suffix in (".html", ".txt") and path.is_file()
    }


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > _MOST_BYTES:
            raise TemplateError(f"{path}: larger than {_MOST_BYTES // 1024} KB")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror}") from None
