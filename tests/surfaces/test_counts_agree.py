"""However rows are counted, the number is the same: what a reader may not see is in none of the numbers."""

import io
import json
import re

import pytest
from openpyxl import load_workbook

from tests.surfaces.asks import test as condition
from tests.surfaces.world import Principal, World

QUESTIONS = (
    None,
    condition("name", "is_not_empty", None),
    condition("city", "ne", "Open"),
    {"not": condition("city", "eq", "Open")},
    condition("city", "in", ["Open", "Harbin"]),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=[str(n) for n in range(len(QUESTIONS))])
@pytest.mark.parametrize("who", ["rita", "clara", "benno"])
def test_all_counts_of_firms_agree(world: World, who: str, question: dict | None):
    principal = world.people[who]
    path = "/api/v1/records/firm?limit=2" + ("&filter=" + json.dumps(question) if question else "")

    counted = {
        "exact count": principal.ask("GET", path + "&count=exact").json()["count"],
        "capped count": principal.ask("GET", path + "&count=capped").json()["count"],
        "pages": len({row["id"] for row in principal.items(path)}),
        "one number": sum(measured(principal, question)),
        "by name": sum(measured(principal, question, "name")),
        "by city": sum(measured(principal, question, "city")),
        "by owner": sum(measured(principal, question, "owner")),
        "screen": on_screen(principal, question),
    }
    if who != "benno":
        counted["xlsx"], counted["csv"] = exported(world, principal, question)

    assert len(set(counted.values())) == 1, counted
    if question is None:
        assert counted["pages"] == {"rita": 3, "clara": 6, "benno": 1}[who]


def measured(who: Principal, question: dict | None, *fields: str) -> list[int]:
    """The count of each group."""
    answer = who.ask("POST", "/api/v1/records/firm/aggregate", {"group_by": list(fields), "filter": question})
    return [row["values"][0] for row in answer.json()["rows"]]


def on_screen(who: Principal, question: dict | None) -> int:
    """The rows on the list's page."""
    asked = {"filter": json.dumps(question)} if question else {}
    return len(re.findall(r'<tr data-id="\d+"', who.ask("GET", "/e/firm", params=asked).text))


def exported(world: World, who: Principal, question: dict | None) -> tuple[int, int]:
    """The rows in a workbook and in a CSV file."""
    found = []
    for kind in ("xlsx", "csv"):
        asked = {"entity": "firm", "format": kind, "fields": "name", **({"filter": question} if question else {})}
        job = who.ask("POST", "/api/v1/exports", asked).json()["id"]
        world.work()
        file = who.ask("GET", f"/api/v1/exports/{job}/file").content
        lines = load_workbook(io.BytesIO(file)).active.max_row if kind == "xlsx" else len(file.split(b"\r\n")) - 1
        found.append(lines - 1)
    return found[0], found[1]
