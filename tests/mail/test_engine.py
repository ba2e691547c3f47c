"""
Test what templates can use, what they are refused, and their error messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from newsletter.errors import NewsletterError, SandboxError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.templating.engine import render_parts

BRIEF = {"title": "A & <b>", "keys": "own", "body_html": "<p>x</p>", "takeaways": ["one"]}


def sources(html: str = "x", subject: str = "s", text: str = "t") -> dict[str, str]:
    files = {"subject.txt": subject, "body.html": html, "body.txt": text}
    return {f"issue/x/{name}": source for name, source in files.items()}


def render(html: str, **context: Any) -> str:
    return render_parts(sources(html), "issue/x", {"brief": BRIEF, **context})["html"].strip()


def refusal(html: str, **context: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        render(html, **context)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(("newsletter.mail.templating.engine",), cpu_s=1, memory_bytes=2**28) as running:
        yield running


def test_html_is_escaped_and_text_is_not() -> None:
    files = sources("{{ t }}", subject="{{ t }}\n", text="{{ t }}")
    assert render_parts(files, "issue/x", {"t": "A & <b>"}) == {
        "subject": "A & <b>",
        "html": "A &amp; &lt;b&gt;\n",
        "text": "A & <b>\n",
    }


def test_only_mail_html_passes_html_through() -> None:
    assert render("{{ brief.body_html|mail_html }}{{ brief.body_html }}") == (
        "<p>x</p>&lt;p&gt;x&lt;/p&gt;"
    )


def test_the_bodies_can_use_the_subject() -> None:
    files = sources("<title>{{ subject }}</title>", subject="a\n  b")
    assert render_parts(files, "issue/x", {})["html"] == "<title>a b</title>\n"


def test_a_key_is_never_a_method_of_dict() -> None:
    assert render("{{ brief.keys }} {{ brief['keys'] }}") == "own own"


def test_an_error_about_an_unknown_name_has_file_line_and_known_names() -> None:
    assert refusal("a\n{{ brief.titel }}") == (
        "templates/issue/x/body.html line 2: 'brief.titel' is unknown; "
        "choose from title, keys, body_html, takeaways"
    )
    assert refusal("{{ breif.title }}") == (
        "templates/issue/x/body.html line 1: 'breif' is unknown; choose from brief, subject"
    )


def test_an_unknown_name_passed_to_a_part_is_reported_at_its_line() -> None:
    part = "{% macro summary(brief, words) %}\n<p>{{ words }}</p>\n{% endmacro %}"
    body = '{% import "parts/p.html" as part %}\n{{ part.summary(brief, brief.exerpt) }}'
    with pytest.raises(
        TemplateError, match=r"^templates/issue/x/body\.html line 2: 'brief\.exerpt'"
    ):
        render_parts(sources(body) | {"parts/p.html": part}, "issue/x", {"brief": BRIEF})


def test_a_syntax_error_names_file_and_line() -> None:
    assert refusal("a\n\n{% if %}").startswith("templates/issue/x/body.html line 3: ")


def test_a_missing_part_is_named() -> None:
    assert refusal('{% include "parts/no.html" %}') == (
        "templates/issue/x/body.html line 1: there is no template file 'parts/no.html'"
    )


def test_a_template_that_includes_itself_is_an_error() -> None:
    assert "each other endlessly" in refusal('{% include "issue/x/body.html" %}')


def test_an_empty_subject_is_an_error() -> None:
    with pytest.raises(TemplateError, match="the issue needs a subject"):
        render_parts(sources(subject=" \n"), "issue/x", {})


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ brief.__class__ }}",
        "{{ brief['__class__'] }}",
        "{{ ().__class__.__base__.__subclasses__() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ joiner }}",
        "{{ lipsum() }}",
        "{{ brief|attr('__class__') }}",
        "{{ 'x'.format(1) }}",
        "{{ '{0.__class__}'.format_map(brief) }}",
        "{{ [brief]|map(attribute='__class__')|join }}",
        "{{ range.__self__ }}",
        "{{ loop.__class__ }}",
        "{% for i in [1] %}{{ loop._iterator }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
        "{{ brief.title.upper() }}",
        "{{ 'x'|safe }}",
        "{{ '%s' % 'x' }}",
        "{% import 'issue/x/body.txt' as t %}{{ t.__init__ }}",
        "{{ brief.update({}) }}",
        "{{ brief.takeaways.append(1) }}",
        "{{ namespace.__init__.__globals__ }}",
    ],
)
def test_no_python_attribute_can_be_accessed(hostile: str) -> None:
    assert refusal(hostile).startswith("templates/issue/x/body.html line 1: ")


@pytest.mark.parametrize(
    "bomb",
    [
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
        "{% endfor %}{% endfor %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 10**9 * 'a' }}",
        "{{ [0] * 10**9 }}",
        "{{ 9**9**9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'a'.center(10**9) }}",
        "{{ 'a'|center(10**9) }}",
        "{{ 'a'|indent(10**9) }}",
        "{{ range(10**9)|list }}",
        "{{ [1]|batch(10**9, 'x')|list }}",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(40) %}"
        "{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_a_template_bomb_is_stopped_with_one_line_and_the_next_call_works(
    sandbox: Sandbox, bomb: str
) -> None:
    with pytest.raises((TemplateError, SandboxError)) as caught:
        sandbox.call("newsletter.mail.templating.engine:render_parts", sources(bomb), "issue/x", {})
    assert isinstance(caught.value, NewsletterError)
    assert "\n" not in str(caught.value)
    good = sandbox.call(
        "newsletter.mail.templating.engine:render_parts", sources("ok"), "issue/x", {}
    )
    assert good == {"subject": "s", "html": "ok\n", "text": "t\n"}


def test_errors_are_the_same_inside_the_sandbox(sandbox: Sandbox) -> None:
    with pytest.raises(TemplateError) as caught:
        sandbox.call(
            "newsletter.mail.templating.engine:render_parts",
            sources("{{ b.titel }}"),
            "issue/x",
            {"b": {"x": 1}},
        )
    assert str(caught.value) == (
        "templates/issue/x/body.html line 1: 'b.titel' is unknown; choose from x"
    )


def test_small_calculations_still_work() -> None:
    assert render("{{ 2 ** 3 }} {{ 7 % 4 }} {{ '=' * 3 }} {{ range(3)|list }}") == (
        "8 3 === [0, 1, 2]"
    )
