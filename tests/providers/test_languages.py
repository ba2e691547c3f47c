"""
Test the template languages of providers that take the content once: any text of an editor, even
template code, arrives unchanged, and no brace is read together with a placeholder beside it.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from issue_samples import NONCE, make_mail
from provider_samples import make_reader

from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.provider_template import Language, to_provider_template
from newsletter.providers.brevo import provider
from newsletter.providers.ses import provider as ses
from newsletter.providers.sparkpost import provider as sparkpost

LANGUAGES = {
    # Patterns that must not occur right before a placeholder, and anywhere in a text.
    "ses": (ses.LANGUAGE, ("{", "\\"), ("{{",)),
    "sparkpost": (sparkpost.LANGUAGE, ("{",), ("{{", "}}", "[[")),
    "brevo": (provider.LANGUAGE, ("{",), ("{{", "}}", "{%", "%}", "{#", "#}")),
}
TEXT = st.text(st.sampled_from("{}[]%#\\a "), max_size=8)


@pytest.mark.parametrize("kind", LANGUAGES)
@given(before=TEXT, after=TEXT)
def test_braces_in_content_are_treated_as_text(kind: str, before: str, after: str):
    language, before_a_place, anywhere = LANGUAGES[kind]
    compiled = compile_mail(make_mail(text=f"{before}NL{NONCE}0X{after}{before}"))
    shared, reader = to_provider_template(compiled, language), make_reader(1)
    values, place = shared.values_for(reader).values, _pattern(language)
    texts = place.split(shared.text)[::2]
    assert not any(text.endswith(before_a_place) for text in texts[:-1])
    assert not any(text.startswith("}") for text in texts[1:])
    assert not any(mark in text for text in texts for mark in anywhere)
    filled = place.sub(lambda match: values[match[1]], shared.text)
    assert filled == compiled.fill(reader).text


def _pattern(language: Language) -> re.Pattern[str]:
    return re.compile(re.escape(language.place("NAME")).replace("NAME", r"(\w+)"))
