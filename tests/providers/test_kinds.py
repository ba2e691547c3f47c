"""
The kinds of providers: what the settings know is what the wiring can open.
"""

from __future__ import annotations

from typing import get_args

from newsletter.app import PROVIDER_KINDS
from newsletter.settings.provider import KEYS_OF_KIND, ProviderSettings


def test_every_kind_has_an_adapter_and_its_keys():
    kinds = get_args(ProviderSettings.model_fields["kind"].annotation)
    assert set(PROVIDER_KINDS) == set(KEYS_OF_KIND) == set(kinds)


def test_every_key_is_one_of_some_kind_s():
    known = {"kind", "rate"}.union(*KEYS_OF_KIND.values())
    assert known == set(ProviderSettings.model_fields)
