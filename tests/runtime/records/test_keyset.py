"""Orders and cursors by themselves, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from formloom.metadata.errors import InvalidInput
from formloom.runtime.records import cursor
from formloom.runtime.records.keyset import Key, ranges

A, ID = sa.column("a", sa.Integer), sa.column("id", sa.Integer)


def sql(clause: Any) -> str:
    """The clause as PostgreSQL reads it, values included."""
    return str(clause.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize(
    ("case", "key", "expected"),
    [
        ("up", Key(A), "a ASC NULLS FIRST"),
        ("down", Key(A, True), "a DESC NULLS LAST"),
        ("never empty", Key(A, True, filled=True), "a DESC NULLS LAST"),
        ("id", Key(ID, True, filled=True, is_id=True), "id DESC"),
    ],
)
def test_an_order_says_where_empties_stand_as_its_index_does(case: str, key: Key, expected: str) -> None:
    assert sql(key.order()) == expected


@pytest.mark.parametrize(
    ("case", "descending", "filled", "value", "expected"),
    [
        ("up", False, False, 5, ["a >= 5 AND (a > 5 OR a = 5 AND id > 9)"]),
        ("up from empty", False, False, None, ["a IS NULL AND id > 9", "a IS NOT NULL"]),
        ("down", True, False, 5, ["a <= 5 AND (a < 5 OR a = 5 AND id < 9)", "a IS NULL"]),
        ("down among empties", True, False, None, ["a IS NULL AND id < 9"]),
        ("down, never empty", True, True, 5, ["a <= 5 AND (a < 5 OR a = 5 AND id < 9)"]),
    ],
)
def test_what_comes_after_a_row_is_cut_into_ranges_an_index_can_seek(
    case: str, descending: bool, filled: bool, value: int | None, expected: list[str]
) -> None:
    keys = [Key(A, descending, filled), Key(ID, descending, filled=True, is_id=True)]
    assert [sql(part) for part in ranges(keys, [value, 9])] == expected


VALUES = (
    None,
    7,
    "上海",
    True,
    Decimal("12.50"),
    date(2026, 11, 21),
    datetime(2026, 11, 21, 8, 30, 15, 123456, tzinfo=UTC),
    ("a", "b"),
)


def test_a_cursor_gives_back_what_was_put_in() -> None:
    written = cursor.write("secret", "bound", VALUES)
    found = cursor.read("secret", "bound", written)
    assert tuple(found) == VALUES and [type(value) for value in found] == [type(value) for value in VALUES]


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_a_cursor_with_any_character_changed_is_refused(place: int) -> None:
    written = cursor.write("secret", "bound", VALUES)
    broken = written[:place] + ("A" if written[place] != "A" else "B") + written[place + 1 :]
    for secret, bound_to, text in (
        ("secret", "bound", broken),
        ("other", "bound", written),
        ("secret", "x", written),
    ):
        with pytest.raises(InvalidInput) as error:
            cursor.read(secret, bound_to, text)
        assert error.value.code == "bad_cursor"
