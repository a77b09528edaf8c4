"""What refused cells may have meant: only what their field takes."""

from __future__ import annotations

from datetime import date

import pytest

from formloom.importers.suggestions import suggestions
from formloom.metadata.errors import FieldError

from .conftest import Desk

YEAR = date.today().year


@pytest.mark.parametrize(
    ("entity", "field", "text", "code", "offered"),
    [
        ("company", "founded", "待定", "not_a_date", [""]),
        ("company", "founded", "03/05/2026", "ambiguous_date", ["2026-03-05", "2026-05-03", ""]),
        ("company", "founded", "25/12/26", "ambiguous_date", ["2026-12-25", ""]),
        ("company", "founded", "2026-02-30", "impossible_date", ["2026-02-28", ""]),
        ("company", "founded", "2026年3月", "not_a_date", ["2026-03-01", ""]),
        ("company", "founded", "3月5日", "not_a_date", [f"{YEAR}-03-05", ""]),
        ("company", "staff", "约1,200人", "not_a_number", ["1,200", ""]),
        ("company", "staff", "12.5", "not_an_integer", ["12", ""]),
        ("company", "staff", "10到20", "not_a_number", [""]),
        ("company", "grade", "A级", "unknown_option", ["A", ""]),
        ("company", "name", "x" * 50, "too_long", []),
        ("company", "name", "", "required", []),
        ("visit", "who", "Sallly", "unknown_reference", ["Sally", ""]),
        ("visit", "company", "Alfa Ltd", "unknown_reference", ["Alpha Ltd", ""]),
    ],
)
def test_suggestions_are_what_the_field_takes(
    desk: Desk, entity: str, field: str, text: str, code: str, offered: list[str]
) -> None:
    desk.add("company", name="Alpha Ltd")
    with desk.database.reading() as conn:
        ctx = desk.context(conn)
        found = suggestions(ctx, ctx.catalog.entity(entity).fields[field], text, FieldError(field, code), "en")

    assert found[: len(offered)] == offered
    assert len(found) <= 3


def test_names_out_of_scope_are_never_suggested(desk: Desk) -> None:
    desk.add("company", name="Secret Ltd")
    with desk.database.reading() as conn:
        ctx = desk.of("sally").context(conn)
        field = ctx.catalog.entity("visit").fields["company"]
        found = suggestions(ctx, field, "Secret Lt", FieldError("company", "unknown_reference"), "en")

    assert found == [""]
