"""
The time zones of the settings page: places by continent, in the language of the page.
"""

from __future__ import annotations

import re
import zoneinfo
from collections import Counter

import pytest
from installation import Installation
from web_samples import ADA, TestClient

from newsletter.web.preferences.timezones import (
    all_timezones,
    timezone_option,
    timezone_regions,
)
from subscribers.database import tables
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

SELECT = re.compile(r'<select id="timezone".*?</select>', re.DOTALL)
OPTION = re.compile(r"<option[^>]*>[^<]*|<optgroup[^>]*>")


def settings_path(installation: Installation, timezone: str | None, language: str) -> str:
    with installation.app.database.write() as connection:
        values = {"timezone": timezone, "language": language}
        connection.execute(tables.subscriber.update().values(values))
        person = subscriber_by_address(connection, parse_address(ADA)).id
    return installation.app.links.preferences(person).removeprefix(installation.app.site.base_url)


def options(page: str) -> list[str]:
    (select,) = SELECT.findall(page)
    return OPTION.findall(select)


def test_the_time_zone_of_the_reader_comes_first(
    installation: Installation, client: TestClient
) -> None:
    shown = options(client.get(settings_path(installation, "Europe/Kiev", "de")).text)

    assert shown[:4] == [
        '<option value="Europe/Kiev" selected>Kiew',
        '<option value="">Wie beim Newsletter',
        '<optgroup label="Afrika">',
        '<option value="Africa/Abidjan">Abidjan',
    ]
    assert '<option value="Europe/Kyiv">Kiew' in shown
    assert sum("selected" in option for option in shown) == 1


def test_without_a_time_zone_that_of_the_newsletter_comes_first(
    installation: Installation, client: TestClient
) -> None:
    shown = options(client.get(settings_path(installation, None, "en")).text)

    assert shown[0] == '<option value="">Same as the newsletter'
    assert not any("selected" in option for option in shown)


@pytest.mark.parametrize("language", ["en", "de", "ar", "ja", "tr", "xx"])
def test_every_place_is_there_once_with_a_readable_name(language: str) -> None:
    regions = timezone_regions(language)
    places = [place for region in regions for place in region.places]

    assert len(regions) == 6
    assert {place.value for place in places} == all_timezones()
    assert [place.label for place in places if re.search(r"[_/]", place.label)] == []
    for region in regions:
        labels = Counter(place.label for place in region.places)
        assert [label for label, count in labels.items() if count > 1] == []


def test_places_are_called_and_sorted_as_in_the_language() -> None:
    german = {region.name: region for region in timezone_regions("de")}

    assert list(german) == ["Afrika", "Amerika", "Antarktis", "Asien", "Europa", "Ozeanien"]
    names = [place.label for place in german["Europa"].places]
    assert names.index("Azoren") < names.index("Belgrad") < names.index("Rom")
    assert timezone_option("Asia/Kolkata", "en").label == "Kolkata"
    assert timezone_option("Asia/Tokyo", "ar").label == "طوكيو"
    assert timezone_option("America/New_York", "en").label == "New York"
    assert timezone_option("UTC", "en").label == "UTC"


def test_a_name_that_a_place_had_before_is_not_offered() -> None:
    assert {"Europe/Kyiv", "Asia/Kolkata", "Atlantic/Faroe"} <= all_timezones()
    assert {"Europe/Kiev", "Asia/Calcutta", "America/Knox_IN", "UTC", "Etc/GMT+3"}.isdisjoint(
        all_timezones()
    )
    assert all_timezones() <= zoneinfo.available_timezones()
