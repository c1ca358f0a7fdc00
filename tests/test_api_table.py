"""Every API of a 3.9 broker in ZooKeeper mode is served, or stands in GAPS.md with its reason; never both."""

from __future__ import annotations

import re
from pathlib import Path

from zkbroker.apis.table import ADVERTISED, API_TABLE
from zkbroker.protocol.codec import VERSIONS, ApiKey

GAPS = Path(__file__).parent.parent / "GAPS.md"
ROW = re.compile(
    r"^\| (?P<name>[A-Za-z]+) \((?P<key>\d+)\) \| (?P<instead>[^|]+) \| (?P<reason>[^|]+) \|$", re.M
)


def not_served() -> dict[int, str]:
    """The rows of "APIs not served yet": key to name."""
    section = GAPS.read_text().partition("## APIs not served yet")[2].partition("\n## ")[0]
    return {int(row["key"]): row["name"] for row in ROW.finditer(section)}


def test_the_table_and_the_gaps_make_up_all_of_kafkas_apis() -> None:
    gaps = not_served()
    served = set(API_TABLE)
    assert served | set(gaps) == {int(key) for key in VERSIONS}
    assert not served & set(gaps), "served and yet called a gap"
    for key, name in gaps.items():
        assert ApiKey(key).name.replace("_", "").lower() == name.lower()


def test_api_versions_tells_what_is_served_in_kafkas_own_ranges() -> None:
    told = {row.api_key: (row.min_version, row.max_version) for row in ADVERTISED}
    assert told == {
        int(k): (VERSIONS[k].lowest, VERSIONS[k].highest) for k in VERSIONS if int(k) in API_TABLE
    }


def test_every_handler_has_its_card() -> None:
    for api in API_TABLE.values():
        card = api.handler.__doc__ or ""
        assert re.match(r"Versions? \d", card), (
            f"{api.key.name}: a handler's docstring begins with its versions"
        )
