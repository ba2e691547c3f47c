"""
Test templates that would run forever, use all the memory, or access Python: each is stopped with
one line that names file and line, and the next mail is rendered as usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from issue_samples import NONCE, make_content

from newsletter.errors import NewsletterError, SandboxError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.render import RENDER_MODULES, render_mail
from newsletter.model.mail import Mail

PAGE = "<!DOCTYPE html><html><body><p>\n{}\n</p></body></html>"
MJML = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>\n{}\n</mj-text></mj-column></mj-section>"
    "</mj-body></mjml>"
)
FILES = {"body.html": PAGE, "body.mjml": MJML}
LOOP = "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}" + (
    "{% if c == 1001 %}x{% endif %}{% endfor %}{% endfor %}{% endfor %}"
)
DOUBLING = "{% set ns = namespace(x='abcdefgh') %}{% for i in range(40) %}" + (
    "{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
)
FLOOD = "{% for a in range(999) %}{% for b in range(99) %}{{ 'x' * 9999 }}{% endfor %}{% endfor %}"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES, cpu_s=1, memory_bytes=2**28) as running:
        yield running


def rendered(sandbox: Sandbox, folder: Path, file: str, text: str) -> Mail:
    place = folder / "issue" / "mine"
    place.mkdir(parents=True, exist_ok=True)
    for name, content in {"subject.txt": "s", "body.txt": "t", file: FILES[file]}.items():
        (place / name).write_text(content.replace("{}", text), encoding="utf-8")
    return render_mail(make_content(), "mine", folders=(folder,), sandbox=sandbox, nonce=NONCE)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        (LOOP, TemplateError, ": takes too long: is there an endless loop?"),
        (DOUBLING, SandboxError, " needed more than 256 MB of memory"),
        (FLOOD, TemplateError, ": makes more than 2,000,000 characters"),
        ("{{ briefs.__class__ }}", TemplateError, ": there is no '__class__' in a list of 1"),
        ("{{ ''.format.__globals__ }}", TemplateError, ": 'format' is unknown"),
    ],
)
def test_a_template_over_its_limits_is_stopped_at_its_line(
    sandbox: Sandbox,
    tmp_path: Path,
    file: str,
    text: str,
    kind: type[NewsletterError],
    says: str,
) -> None:
    with pytest.raises(kind) as stopped:
        rendered(sandbox, tmp_path, file, text)
    assert str(stopped.value).startswith(f"templates/issue/mine/{file} line 2{says}")
    assert "\n" not in str(stopped.value)
    assert rendered(sandbox, tmp_path, file, "Nobody left the quay.").subject == "s"


def test_an_endless_part_is_named_and_not_the_file_that_includes_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "endless.html").write_text(f"\n\n{LOOP}")
    with pytest.raises(TemplateError) as stopped:
        rendered(sandbox, tmp_path, "body.html", '{% include "parts/endless.html" %}')
    assert re.match(r"templates/parts/endless\.html line 3: takes too long", str(stopped.value))


def test_an_endless_macro_is_stopped_at_its_line(sandbox: Sandbox, tmp_path: Path) -> None:
    text = f"{{% macro m() %}}\n{LOOP}\n{{% endmacro %}}\n{{{{ m() }}}}"
    with pytest.raises(TemplateError, match=r"body\.html line 3: takes too long"):
        rendered(sandbox, tmp_path, "body.html", text)
