"""
What a person says with `--map` is obeyed or refused.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from people_samples import ImportText, states

from subscribers.errors import ImportRefused
from subscribers.import_export.reading.find_columns import ReadingChoices
from subscribers.import_export.reading.map_columns import parse_mappings


@pytest.mark.parametrize("name", ["ignore", "note"])
def test_the_address_that_a_person_says_to_ignore_is_not_imported(
    engine: sa.Engine, import_text: ImportText, name: str
) -> None:
    choices = ReadingChoices(columns={"Email": name})
    import_text("Email,Mail\nold@example.org,new@example.org\n", choices=choices)
    assert states(engine) == {"new@example.org": "active"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("email,name\nada@example.org,Ada\n", "no column contains addresses"),
        ("ada@example.org\n", "the column 'email' has the addresses"),
        ('{"email": "ada@example.org", "lists": []}\n', "the column 'email' has the addresses"),
    ],
)
def test_a_file_whose_only_address_is_ignored_is_refused(
    engine: sa.Engine, import_text: ImportText, text: str, reason: str
) -> None:
    with pytest.raises(ImportRefused, match=reason):
        import_text(text, choices=ReadingChoices(columns={"email": "ignore"}))
    assert states(engine) == {}


def test_a_column_is_read_as_one_thing(import_text: ImportText) -> None:
    reason = "is to be read as name and as note: choose one"
    with pytest.raises(ImportRefused, match=reason):
        parse_mappings(["Alias=name", "Alias=note"])
    choices = ReadingChoices(columns={"Alias": "name", "alias": "note"})
    with pytest.raises(ImportRefused, match=reason):
        import_text("email,Alias\nada@example.org,Ada\n", choices=choices)
