"""
The program's own documentation, as pages of the newsroom: the Markdown files of `docs/`, without
what only Sphinx can make of them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

import newsletter
from newsletter.web.admin.help.markdown_page import render_page

HELP = "/admin/help"
# Pages of the reference that Sphinx makes from the code are not among them.
_FOLDERS = ("guides", "explanation", "tutorials", "reference")
_GENERATED = re.compile(r"(?m)^<!-- generated: \w+ -->$")
_CONTENTS = re.compile(
    r"(?ms)^```\{toctree\}\n(?P<options>(?::[^\n]*\n)*+)(?P<entries>[^`]*+)^```$"
)
_TITLE = re.compile(r"(?m)^# (.+)$")


@dataclass(frozen=True, kw_only=True)
class HelpDocument:
    """
    A page of the documentation: its title, its text as HTML, and its headings with the addresses of
    these.
    """

    name: str
    title: str
    html: Markup
    headings: Sequence[tuple[str, str]]


def documentation_folder() -> Path:
    """
    Return the project's `docs/`: inside the package if that was installed from a wheel, else beside
    it.
    """
    package = Path(newsletter.__file__).parent
    packed = package / "_docs"
    return packed if packed.is_dir() else package.parent / "docs"


class Documentation:
    """
    The pages in the folder of the documentation, by name: `guides/schedules`.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {
            file.relative_to(folder).with_suffix("").as_posix(): file
            for name in _FOLDERS
            for file in sorted((folder / name).rglob("*.md"))
            if not _GENERATED.search(file.read_text("utf-8"))
        }
        self._page = functools.cache(self._read)

    @property
    def names(self) -> Sequence[str]:
        """
        Return the names of all pages.
        """
        return tuple(self._files)

    def find(self, name: str) -> HelpDocument | None:
        """
        Return the page called *name*, or None if there is none.
        """
        return self._page(name) if name in self._files else None

    def _read(self, name: str) -> HelpDocument:
        text = self._files[name].read_text("utf-8")
        text = _CONTENTS.sub(functools.partial(self._contents, name), text)
        page = render_page(text, link=functools.partial(self._address, name))
        # The text is part of the program, and raw HTML in it is not passed on.
        html = Markup(page.html)  # noqa: S704
        return HelpDocument(name=name, title=page.title, html=html, headings=page.headings)

    def _contents(self, name: str, contents: re.Match[str]) -> str:
        """
        Return links to the pages that the page *name* lists, `*` for all in its folder, unless it
        hides them.
        """
        if ":hidden:" in contents["options"]:
            return ""
        folder = self._files[name].parent
        files = (
            file for entry in contents["entries"].split() for file in folder.glob(f"{entry}.md")
        )
        others = sorted(file for file in files if file in self._files.values())
        return "".join(
            f"- [{_TITLE.findall(file.read_text('utf-8'))[0]}]({file.name})\n"
            for file in others
            if file != self._files[name]
        )

    def _address(self, name: str, target: str) -> str:
        """
        Return where a link on the page *name* leads; empty if the newsroom has no such page.
        """
        if target.startswith(("https://", "#")):
            return target
        path, _, anchor = target.partition("#")
        parts = [*name.split("/")[:-1], *path.removesuffix(".md").split("/")]
        linked: list[str] = []
        for part in parts:
            if part == "..":
                linked = linked[:-1]
            else:
                linked.append(part)
        found = "/".join(linked)
        if found not in self._files:
            return ""
        return f"{HELP}/{found}#{anchor}" if anchor else f"{HELP}/{found}"


@functools.cache
def documentation() -> Documentation:
    """
    Return the documentation that came with the program.
    """
    return Documentation(documentation_folder())
