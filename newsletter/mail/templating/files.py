"""
Find and read template files for the sandbox, which renders them but cannot open files.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import newsletter
from newsletter.errors import TemplateError, UnknownTemplate, is_temporary

_SUFFIXES = (".html", ".mjml", ".txt", ".css")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_MOST_BYTES = 512 * 1024


def project_templates() -> Path:
    """
    Return the project's own `templates/`.

    It is inside the package if that was installed from a wheel, and beside it in a checkout or an
    editable install.
    """
    package = Path(newsletter.__file__).parent
    packed = package / "_templates"
    return packed if packed.is_dir() else package.parent / "templates"


def gather_templates(folders: Sequence[Path], name: str, *, kind: str = "issue") -> dict[str, str]:
    """
    Return the text of every file of template *name* and of `parts/`, by its path below
    `templates/`.

    *kind* is "issue" or "notice". If two folders have a file with the same path, the earlier folder
    wins; the project's folder is last. A `body.mjml` replaces a `body.html` in the same way.

    Raises:
        UnknownTemplate: there is no template of that name.
        TemplateError: one of its three files is missing, or a file cannot be read.
    """
    places = [*folders, project_templates()]
    if not _NAME.fullmatch(name) or not any((p / kind / name).is_dir() for p in places):
        known = ", ".join(template_names(folders, kind=kind))
        raise UnknownTemplate(f"there is no template {name!r}; choose from {known}")
    folder = f"{kind}/{name}"
    html, mjml = f"{folder}/body.html", f"{folder}/body.mjml"
    found: dict[str, str] = {}
    for place in reversed(places):
        own = _files_below(place, folder)
        if html in own and mjml in own:
            raise TemplateError(f"{place / folder}: both body.html and body.mjml; remove one")
        if html in own or mjml in own:
            found = {path: text for path, text in found.items() if path not in (html, mjml)}
        found |= own | _files_below(place, "parts")
    _check_whole(found, folder)
    return found


def gather_pages(folders: Sequence[Path]) -> dict[str, str]:
    """
    Return the text of every file of `page/`, by its path below `templates/`. The earlier folder
    wins, and the project's is last, as with templates.

    Raises:
        TemplateError: a file cannot be read.
    """
    found: dict[str, str] = {}
    for place in (project_templates(), *reversed(folders)):
        found |= _files_below(place, "page")
    return found


def _check_whole(found: Mapping[str, str], folder: str) -> None:
    is_mjml = f"{folder}/body.mjml" in found
    for file in ("subject.txt", "body.mjml" if is_mjml else "body.html", "body.txt"):
        if f"{folder}/{file}" not in found:
            raise TemplateError(f"templates/{folder}: {file} is missing")
    if is_mjml and importlib.util.find_spec("mrml") is None:
        raise TemplateError(
            f"templates/{folder}/body.mjml needs mrml, the extra newsletter[mjml]: "
            "run `pip install '.[mjml]'` in the checkout"
        )


def template_names(folders: Sequence[Path], *, kind: str = "issue") -> tuple[str, ...]:
    """
    Return the names of all templates of *kind*, in order.
    """
    branches = [place / kind for place in (*folders, project_templates())]
    inside = [path for branch in branches if branch.is_dir() for path in branch.iterdir()]
    return tuple(sorted({p.name for p in inside if p.is_dir() and _NAME.fullmatch(p.name)}))


def _files_below(place: Path, branch: str) -> dict[str, str]:
    return {
        path.relative_to(place).as_posix(): _text(path)
        for path in sorted((place / branch).rglob("*"))
        if path.suffix in _SUFFIXES and path.is_file()
    }


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > _MOST_BYTES:
            raise TemplateError(f"{path}: larger than {_MOST_BYTES // 1024} KB; shorten it")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        if is_temporary(error):
            raise
        raise TemplateError(f"{path}: {error.strerror}") from None
