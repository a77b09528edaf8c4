"""An entity with a field of each type that is more than a number, a text or a day, and a record of it."""

from __future__ import annotations

from typing import Any

from formloom.metadata.database import Database
from tests.prepared import opened
from tests.runtime.records.office import entity, field
from tests.runtime.world import furnish as furnish_world
from tests.runtime.world import put

FIELDS = (
    field("name", required=True),
    field("region", "region", level="city"),
    field("place", "address", searchable=True),
    field("point", "geo", map="https://maps.example/?q={lat},{lng}"),
    field("starts", "time"),
    field("spent", "duration"),
    field("tags", "tags", searchable=True),
    field("stars", "rating"),
    field("color", "color"),
    field("team", "multi_user"),
    field("role", "role"),
    field("serial", "code", symbol="code128"),
    field("credit", "credit_code"),
    field("card", "id_card"),
    field("report", "richtext", searchable=True),
    field("extra", "json"),
)

GRANT = {
    "kind": "grant",
    "key": "outing.all",
    "entity": "outing",
    "label": "All",
    "members": [{"role": "seller"}],
    "operations": {op: True for op in ("view", "create", "edit", "delete", "export", "import", "batch_edit")},
    "fields": {"*": "edit"},
}

DUMPED: dict[str, Any] = {
    "name": "First",
    "region": "320506",
    "place": {
        "province": "江苏省",
        "city": "苏州市",
        "district": "姑苏区",
        "street": "观前街1号",
        "postcode": "215005",
    },
    "point": {"lat": 31.2989, "lng": 120.5853},
    "starts": "14:30",
    "spent": 5400,
    "tags": ["重点", "展会"],
    "stars": 4,
    "color": "#1e90ff",
    "role": "seller",
    "serial": "SN-0001",
    "credit": "91350100M000100Y43",
    "card": "11010519491231002X",
    "report": "<h2>纪要</h2><p>谈了 <b>价格</b></p>",
    "extra": {"a": [1, {"b": "<i>"}]},
}
"""A record in JSON, without the people, whose ids differ."""


def prepare_places(url: str) -> None:
    """Make the world with outings in it."""
    furnish_world(url)
    with opened(url) as database:
        furnish(database)


def furnish(database: Database) -> None:
    """Add outings to a world."""
    put(database, entity("outing", "name", *FIELDS), GRANT)
