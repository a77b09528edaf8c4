"""A small shop for tests of forms and record pages: wares, offers with lines, notes on offers."""

from __future__ import annotations

import re
from html import unescape

from tests.prepared import opened
from tests.runtime.world import SELLING, Visitor, put
from tests.runtime.world import furnish as furnish_world

STAGES = [
    {"key": "new", "label": "New"},
    {"key": "hot", "label": "Hot"},
    {"key": "won", "label": "Won", "category": "won"},
]
KINDS = [{"key": "call", "label": "Call", "color": "blue"}, {"key": "visit", "label": "Visit"}]


def grant(entity: str, **more: object) -> dict:
    """What sellers may do with an entity."""
    given = {"operations": SELLING, "fields": {"*": "edit"}, **more}
    return {
        "kind": "grant",
        "key": f"{entity}.seller",
        "entity": entity,
        "label": "Sellers",
        "members": [{"role": "seller"}],
        **given,
    }


WARE = {
    "kind": "entity",
    "key": "ware",
    "label": "Ware",
    "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True, "searchable": True},
        {"key": "price", "type": "money", "label": "Price"},
        {"key": "cost", "type": "money", "label": "Cost"},
    ],
}
OFFER = {
    "kind": "entity",
    "key": "offer",
    "label": {"zh": "报价", "en": "Offer"},
    "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True, "max_length": 30},
        {"key": "code", "type": "text", "label": "Code", "unique": True},
        {"key": "company", "type": "relation", "label": "Company", "target": "company"},
        {"key": "stage", "type": "stage", "label": "Stage", "options": STAGES, "default": "new", "required": True},
        {
            "key": "chance",
            "type": "percent",
            "label": "Chance",
            "required": True,
            "default_formula": 'SWITCH(stage, "new", 10, "hot", 60, 100)',
        },
        {"key": "amount", "type": "money", "label": "Amount"},
        {
            "key": "weighted",
            "type": "formula",
            "label": "Weighted",
            "formula": "ROUND(amount * chance / 100, 2)",
            "result": "money",
        },
        {"key": "secret", "type": "money", "label": "Secret"},
        {
            "key": "margin",
            "type": "formula",
            "label": "Margin",
            "formula": "amount - secret",
            "result": "money",
            "publish": True,
        },
        {"key": "seen", "type": "datetime", "label": "Seen"},
        {"key": "lines", "type": "subtable", "label": "Lines", "target": "offer_line"},
        {"key": "total", "type": "rollup", "label": "Total", "function": "sum", "of": "lines.sum"},
    ],
}
LINE = {
    "kind": "entity",
    "key": "offer_line",
    "label": "Line",
    "title": "text",
    "parent": "offer",
    "fields": [
        {"key": "text", "type": "text", "label": "Text"},
        {"key": "ware", "type": "relation", "label": "Ware", "target": "ware", "required": True},
        {"key": "qty", "type": "integer", "label": "Qty", "required": True, "default": 1, "min": 1},
        {"key": "price", "type": "money", "label": "Price", "required": True, "default_formula": "ware.price"},
        {"key": "gift", "type": "boolean", "label": "Gift", "default": False},
        {
            "key": "sum",
            "type": "formula",
            "label": "Sum",
            "formula": "IF(gift, 0, qty * price)",
            "result": "money",
        },
    ],
}
NOTE = {
    "kind": "entity",
    "key": "note",
    "label": {"zh": "记事", "en": "Note"},
    "title": "body",
    "fields": [
        {"key": "body", "type": "textarea", "label": "Body", "required": True},
        {"key": "kind", "type": "select", "label": "Kind", "options": KINDS},
        {"key": "at", "type": "datetime", "label": "At", "default_formula": "NOW()"},
        {"key": "offer", "type": "relation", "label": "Offer", "target": "offer"},
        {"key": "company", "type": "relation", "label": "Company", "target": "company"},
    ],
}
DETAIL = {
    "kind": "detail",
    "key": "offer.detail",
    "entity": "offer",
    "label": "Offer",
    "highlights": ["company", "amount", "owner"],
    "stage": "stage",
    "related": [{"entity": "note", "by": "offer", "columns": ["body", "kind"]}],
    "composer": {
        "entity": "note",
        "by": "offer",
        "fields": ["kind", "body"],
        "take": {"company": "company"},
        "at": "at",
    },
}
DOCUMENTS = (
    WARE,
    OFFER,
    LINE,
    NOTE,
    DETAIL,
    grant("ware", operations={"view": "all"}, fields={"*": "view", "cost": "none"}),
    grant("offer", fields={"*": "edit", "secret": "none"}),
    grant("note"),
)


def furnish(visitor: Visitor) -> None:
    """Put the shop's documents in force."""
    put(visitor.site.database, *DOCUMENTS)


def prepare_shop(url: str) -> None:
    """Make the world with the shop in it."""
    furnish_world(url)
    with opened(url) as database:
        put(database, *DOCUMENTS)


def add(visitor: Visitor, entity: str, **values: object) -> int:
    """The id of a new record of the signed-in visitor."""
    answer = visitor.api("POST", f"/records/{entity}", values)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def wares(visitor: Visitor) -> tuple[int, int]:
    """The ids of a hammer for 10 and a saw for 20, made by the administrator."""
    boss = visitor.another().sign_in("boss")
    return add(boss, "ware", name="Hammer", price="10", cost="4"), add(boss, "ware", name="Saw", price="20")


def line(number: int, **values: object) -> dict[str, str]:
    """The inputs of one row as a browser sends them."""
    own = {"id": "", "rev": "", "text": "", "ware": "", "qty": "1", "price": "", "gift": "0"} | values
    return {f"lines[{number}].{key}": str(value) for key, value in own.items()}


def inputs(html: str) -> dict[str, str]:
    """What a browser would send of a page's text inputs: value by name, the last of several."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", re.sub(r"<template>.*?</template>", "", html, flags=re.DOTALL)):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        plain = not re.search(r'type="(checkbox|radio)"', tag) or " checked" in tag
        if name and plain:
            found[unescape(name[1])] = unescape(value[1]) if value else ""
    return found
