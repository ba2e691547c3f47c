"""
What the API says of values that are not valid, in our own words.
"""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from newsletter.web.api.bodies.lists import ListToMake
from newsletter.web.api.refusals.validation_messages import message_for


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nme": "x"}, "this field is unknown here: leave it out"),
        ({"name": None}, "write text"),
        ({"name": "x" * 1_001}, "write at most 1000 characters"),
        ({"opt_in": "triple"}, "write 'double' or 'single'"),
        ({"needs_approval": "perhaps"}, "write true or false"),
        ({"second_person_above": -1}, "write a number of at least 0"),
        ({"second_person_above": 1.5}, "write a whole number"),
        ({"asks": []}, "write an object"),
        ({"asks_not": "a"}, "write a list"),
    ],
)
def test_a_value_that_is_not_valid_is_answered_with_what_to_write(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(ListToMake).validate_python({"slug": "daily", "name": "Daily", **changes})
    (found,) = caught.value.errors()
    assert message_for(found) == words


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(ListToMake).validate_python({"slug": "daily"})
    assert [message_for(found) for found in caught.value.errors()] == ["this value is missing"]
