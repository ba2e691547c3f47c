"""
Names of people, whichever way they come in.
"""

from __future__ import annotations

import pytest

from subscribers.errors import InvalidText
from subscribers.import_export.cells import clean_name
from subscribers.validation.text_fields import MAX_NAME, person_name

ODD = [
    "Ada\u202eyduJ",
    "Ada \u2066Byron",
    "Ada\nByron",
    "Ada\x00",
    "Ada\u2028Byron",
    "A" * (MAX_NAME + 1),
    "A" * 100_000,
]


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_a_name_that_is_odd_or_too_long_is_refused_or_cleaned_by_an_import(name: str) -> None:
    with pytest.raises(InvalidText) as caught:
        person_name(name)
    assert len(str(caught.value)) < 250
    assert person_name(clean_name(name)) == clean_name(name) != ""


@pytest.mark.parametrize("name", ["", "Ada", "عدا بايرون", "אדה\u200f", "A\u200dB", "A" * MAX_NAME])
def test_a_usual_name_in_any_script_stays(name: str) -> None:
    assert person_name(name) == clean_name(name) == name
