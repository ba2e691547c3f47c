"""
The generated reference: every command, argument, option and setting has a sentence and a place.
"""

from __future__ import annotations

from typing import get_args

from reference_pages import GENERATORS
from reference_pages.commands import every_command, parameters_of, sentences_of
from reference_pages.settings import sections, sentence_of

from newsletter.settings import ProviderSettings
from newsletter.settings.provider import KEYS_OF_KIND


def test_every_command_has_a_sentence_and_an_example() -> None:
    lacking = [
        words
        for words, command in every_command()
        if not all(sentences_of(command))
        or not sentences_of(command)[1].startswith(f"newsletter {words}")
    ]
    assert lacking == []


def test_every_argument_and_option_has_a_sentence() -> None:
    lacking = [
        f"{words} {parameter.name}"
        for words, command in every_command()
        for parameter in parameters_of(command)
        if not parameter.help
    ]
    assert lacking == []


def test_every_setting_has_a_sentence() -> None:
    lacking = [
        f"[{section}] {key}"
        for section, model in sections()
        for key in model.model_fields
        if not sentence_of(model, key)
    ]
    assert lacking == []


def test_every_kind_of_provider_has_its_keys() -> None:
    assert set(get_args(ProviderSettings.model_fields["kind"].annotation)) == set(KEYS_OF_KIND)
    every = set().union(*KEYS_OF_KIND.values())
    assert every | {"kind", "rate"} == set(ProviderSettings.model_fields)


def test_the_reference_names_a_command_a_setting_and_its_variable() -> None:
    assert "### newsletter issue send\n" in GENERATORS["commands"]()
    settings = GENERATORS["settings"]()
    assert "```{confval} [provider.NAME] api_key\n:type: text\n:default: not set\n" in settings
    assert "NEWSLETTER_PROVIDER__NAME__API_KEY" in settings
