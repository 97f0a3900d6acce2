from __future__ import annotations

import pytest

from tierwise.derive.regions import countries_of


@pytest.mark.parametrize(
    ("region", "countries"),
    [
        ("EU", {"EU"}),
        ("US", {"US"}),
        ("europe-west2", {"GB"}),
        ("EUROPE-WEST4", {"NL"}),
        ("eur4", {"FI", "NL"}),
        ("eur5", {"BE", "GB"}),
        ("eur3", {"BE", "NL", "FI"}),
        ("spanner-nam3", {"US"}),
        ("global", {"global"}),
    ],
)
def test_google_locations(region, countries):
    assert countries_of("gcp", region) == countries


@pytest.mark.parametrize(("provider", "region"), [("gcp", "asia"), ("gcp", "spanner-eur5"), ("aws", "eur5"), ("gcp", "")])
def test_a_place_that_is_not_listed_is_not_guessed(provider, region):
    assert countries_of(provider, region) is None
