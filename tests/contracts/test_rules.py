"""Every effect of a rule holds on every way a record is written, and says no more than its reader may know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata.catalog import Catalog, build
from formloom.metadata.database import Database
from formloom.metadata.errors import FormloomError
from formloom.runtime.records import ConfirmRequired, Records
from tests.prepared import copies_of
from tests.runtime.records.office import DOCUMENTS, context, furnish, refused, stored

office = copies_of(furnish)

Document = dict[str, Any]
Write = Callable[[Records, dict[str, Any]], Any]


def rule(entity: str, *effects: Document, key: str = "", **more: Any) -> Document:
    """A rule's document."""
    key = key or f"{entity}.rule"
    return {"kind": "rule", "key": key, "label": key, "entity": entity, "effects": [*effects], **more}


def asks(field: str, value: Any, op: str = "eq") -> Document:
    """A condition on one field."""
    return {"field": field, "op": op, "value": value}


def ruled(*rules: Document) -> Catalog:
    """The office with rules."""
    return build([*DOCUMENTS, *rules], version=8)


def doors(conn: Any, *rules: Document, login: str = "", confirmed: Any = ()) -> Records:
    """The door to rows under these rules."""
    return Records(context(conn, login, catalog=ruled(*rules)), confirmed)


def _start(records: Records, **values: Any) -> int:
    plain = Records(context(records.ctx.conn))
    return plain.create("company", {"name": "Start", "city": "x", **values}, "typed")


def _update(records: Records, values: dict[str, Any]) -> None:
    records.update("company", _start(records), values, source="typed")


def _update_many(records: Records, values: dict[str, Any]) -> None:
    ids = [_start(records), _start(records)]
    records.update_many("company", ids, {k: [v, v] for k, v in values.items()}, source="typed")


def _one_of_each(records: Records, values: dict[str, Any]) -> None:
    written = records.create_many("company", {k: [v] for k, v in values.items()}, "typed", "each")
    assert (written.ids[0] is None) == bool(written.errors)
    if written.errors:
        _raise(written.errors[0])


def _update_each(records: Records, values: dict[str, Any]) -> None:
    ids = [_start(records)]
    written = records.update_many("company", ids, {k: [v] for k, v in values.items()}, source="typed", mode="each")
    if written.errors:
        _raise(written.errors[0])


def _raise(errors: Any) -> None:
    raise FormloomError("validation_failed", fields=errors)


WAYS: dict[str, Write] = {
    "one": lambda records, values: records.create("company", values, "typed"),
    "form": lambda records, values: records.create("company", values, "form"),
    "json": lambda records, values: records.create("company", values, "json"),
    "many": lambda records, values: records.create_many("company", {k: [v, v] for k, v in values.items()}),
    "each": _one_of_each,
    "change": _update,
    "change many": _update_many,
    "change each": _update_each,
}

GOOD = {"name": "A", "city": "Wuhan", "code": None}


def _codes(error: FormloomError) -> set[tuple[str, str]]:
    return {(each.field.rpartition(".")[2], each.code) for each in error.fields}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_rule_requires_must_be_there(office: Database, way: str):  # noqa: F811
    needs = rule("company", {"type": "require", "fields": ["founded"]}, when=asks("city", "Wuhan"))

    with office.writing() as conn:
        records = doors(conn, needs)
        with pytest.raises(FormloomError) as error:
            WAYS[way](records, {"name": "A", "city": "Wuhan"})
        WAYS[way](records, {"name": "A", "city": "Xian"})

    assert _codes(error.value) == {("founded", "required")}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_rule_refuses_is_refused_beside_its_fields(office: Database, way: str):  # noqa: F811
    effect = {"type": "refuse", "message": {"zh": "不行", "en": "No"}, "fields": ["city", "name"]}
    never = rule("company", effect, when=asks("city", "Wuhan"))

    with office.writing() as conn:
        records = doors(conn, never)
        with pytest.raises(FormloomError) as error:
            WAYS[way](records, {"name": "A", "city": "Wuhan"})

    assert _codes(error.value) == {("city", "rule"), ("name", "rule")}
    assert {each.message("zh") for each in error.value.fields} == {"不行"}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_rule_locks_cannot_be_given(office: Database, way: str):  # noqa: F811
    locked = rule("company", {"type": "lock", "fields": ["staff"]}, when=asks("city", "Wuhan"))

    with office.writing() as conn:
        records = doors(conn, locked)
        with pytest.raises(FormloomError) as error:
            WAYS[way](records, {"name": "A", "city": "Wuhan", "staff": 3})
        WAYS[way](records, {"name": "A", "city": "Wuhan"})
        WAYS[way](records, {"name": "A", "city": "Xian", "staff": 3})

    assert _codes(error.value) == {("staff", "rule_locked")}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_rule_sets_is_set_whatever_is_given(office: Database, way: str):  # noqa: F811
    chain = (
        rule("company", {"type": "set", "field": "staff", "formula": "LEN(city) * 2"}, key="company.b"),
        rule(
            "company",
            {"type": "set", "field": "grade", "formula": '"a"'},
            key="company.a",
            when=asks("staff", 10),
        ),
    )

    with office.writing() as conn:
        WAYS[way](doors(conn, *chain), {"name": "A", "city": "Wuhan", "staff": 3})
        rows = stored(conn, "company", "city", "staff", "grade")

    assert {row for row in rows if row[0] == "Wuhan"} == {("Wuhan", 10, "a")}


@pytest.mark.parametrize("way", WAYS)
def test_a_warning_stops_until_it_is_confirmed(office: Database, way: str):  # noqa: F811
    effect = {"type": "refuse", "message": "Sure?", "fields": ["city"], "severity": "warning"}
    unsure = rule("company", effect, when=asks("city", "Wuhan"))

    with office.writing() as conn:
        people = conn.scalar(sa.text("select id from fl_user where login='lea'"))
        assert people
        records = doors(conn, unsure, login="root")
        with pytest.raises(FormloomError) as error:
            WAYS[way](records, {"name": "A", "city": "Wuhan"})
        for confirmed in (["company.rule"], None):
            WAYS[way](doors(conn, unsure, login="root", confirmed=confirmed), {"name": "B", "city": "Wuhan"})

    assert _codes(error.value) in ({("city", "rule")}, {("city", "rule_confirm")})
    if isinstance(error.value, ConfirmRequired):
        assert error.value.members_in("en")["warnings"][0]["rule"] == "company.rule"


def test_warnings_of_rows_that_are_written_all_the_same_are_told(office: Database):  # noqa: F811
    effect = {"type": "refuse", "message": "Sure?", "severity": "warning"}
    with office.writing() as conn:
        records = doors(conn, rule("company", effect), login="root", confirmed=None)
        written = records.create_many("company", {"name": ["A", "B"]}, mode="each")

    assert written.changed == 2
    assert [each.message("en") for errors in written.warnings.values() for each in errors] == ["Sure?", "Sure?"]


@pytest.mark.parametrize(
    ("effect", "hides"),
    [({"type": "hide", "fields": ["name"]}, "Wuhan"), ({"type": "show", "fields": ["name"]}, "Xian")],
)
def test_a_hidden_field_is_not_required_and_keeps_its_value(
    office: Database,  # noqa: F811
    effect: Document,
    hides: str,
):
    shows = {"Wuhan": "Xian", "Xian": "Wuhan"}[hides]
    hiding = rule("company", effect, when=asks("city", "Wuhan"))

    with office.writing() as conn:
        records = doors(conn, hiding)
        records.create("company", {"city": hides}, "typed")
        kept = records.create("company", {"name": "Kept", "city": shows}, "typed")
        records.update("company", kept, {"city": hides}, source="typed")

        assert refused(lambda: records.create("company", {"city": shows}, "typed"))[1] == {"name": "required"}
        assert stored(conn, "company", "name") == [(None,), ("Kept",)]


# --- lines ----------------------------------------------------------------------------------------------------

CHEAP = rule(
    "line",
    {"type": "refuse", "message": "Too cheap", "fields": ["price"]},
    when={"all": [asks("price", "10", "lt"), asks("deal.stage", "open")]},
)
LARGE = rule(
    "deal", {"type": "refuse", "message": "Too much", "fields": ["lines"]}, when=asks("total", "100", "gt")
)
SOME = rule(
    "deal",
    {"type": "refuse", "message": "Bulk"},
    key="deal.some",
    when={"some": "lines", "where": asks("qty", "50", "gte")},
)
FULL = rule("deal", {"type": "require", "fields": ["lines"]}, key="deal.full", when=asks("stage", "won"))


def turned_away(records: Records, call: Callable[[], Any]) -> dict[str, str]:
    """The codes by field of a refused call, nothing of which stays."""
    with pytest.raises(FormloomError) as error, records.ctx.conn.begin_nested():
        call()
    return {each.field: each.code for each in error.value.fields}


def _line(product: int, qty: str = "1", price: str = "20", **more: Any) -> Document:
    return {"product": product, "qty": qty, "price": price, **more}


def test_rules_hold_in_lines_and_over_them(office: Database):  # noqa: F811
    with office.writing() as conn:
        records = doors(conn, CHEAP, LARGE, SOME, FULL)
        product = records.create("product", {"name": "P", "price": "20"}, "form")

        def create(*lines: Document, **more: Any) -> Any:
            return turned_away(records, lambda: records.create("deal", {"name": "D", "lines": [*lines], **more}))

        assert create(_line(product, price="5")) == {"lines[0].price": "rule"}
        assert create(_line(product), _line(product, qty="9")) == {"lines": "rule"}
        assert create(_line(product, qty="50", price="2"), stage="lost") == {"": "rule"}
        assert create(stage="won") == {"lines": "required"}
        deal = records.create("deal", {"name": "D", "lines": [_line(product)]})
        line = conn.scalar(sa.select(records.ctx.catalog.tables["line"].c.id))

        def change(**values: Any) -> Any:
            return turned_away(records, lambda: records.update("deal", deal, values, source="form"))

        assert change(lines=[{"id": line, "price": "5"}]) == {"lines[0].price": "rule"}
        assert change(lines=[{"id": line}, _line(product, qty="9")]) == {"lines": "rule"}
        assert change(lines=[], stage="won") == {"lines": "required"}
        assert turned_away(records, lambda: records.update("line", line, {"price": "5"})) == {"price": "rule"}
        assert turned_away(records, lambda: records.update("line", line, {"qty": "9"})) == {"lines": "rule"}
        alone = {**_line(product, qty="9"), "deal": deal}
        assert turned_away(records, lambda: records.create("line", alone)) == {"lines": "rule"}
        records.update("deal", deal, {"stage": "won"})
        assert turned_away(records, lambda: records.delete("line", line)) == {"lines": "required"}


def test_a_rule_sets_fields_of_lines_and_from_lines(office: Database):  # noqa: F811
    sets = (
        rule("line", {"type": "set", "field": "price", "formula": "7"}, when=asks("deal.stage", "lost")),
        rule("deal", {"type": "set", "field": "stage", "formula": '"won"'}, when=asks("subtotal", "100", "gt")),
    )
    with office.writing() as conn:
        records = doors(conn, *sets)
        product = records.create("product", {"name": "P", "price": "20"}, "form")
        lost = records.create("deal", {"name": "D", "stage": "lost", "lines": [_line(product)]})
        big = records.create("deal", {"name": "B", "lines": [_line(product)]})
        line = conn.scalar(sa.text("select max(id) from r_line"))
        records.update("line", line, {"qty": "9"})

        assert stored(conn, "line", "price")[0][0] == 7
        assert dict(stored(conn, "deal", "id", "stage")) == {lost: "lost", big: "won"}
        assert dict(stored(conn, "deal", "id", "total"))[lost] == 7


# --- when rules count, and what they may tell -------------------------------------------------------------------


def test_a_rule_counts_from_its_day_on_and_for_older_records_only_where_it_looks(office: Database):  # noqa: F811
    def since(day: str) -> Document:
        return rule("company", {"type": "require", "fields": ["founded"]}, **{"from": day})

    with office.writing() as conn:
        old = Records(context(conn)).create("company", {"name": "Old", "created_at": "2026-01-05T00:00:00Z"})
        assert doors(conn, since("2026-12-01")).create("company", {"name": "Early"})
        records = doors(conn, since("2026-02-01"))
        records.update("company", old, {"city": "Wuhan"})
        conn.execute(sa.text("update r_company set founded='2020-01-01' where id=:id"), {"id": old})

        assert refused(lambda: records.create("company", {"name": "New"}))[1] == {"founded": "required"}
        assert refused(lambda: records.update("company", old, {"founded": ""}))[1] == {"founded": "required"}


def test_a_rule_that_is_switched_off_does_nothing(office: Database):  # noqa: F811
    with office.writing() as conn:
        off = rule("company", {"type": "refuse", "message": "No"}, active=False)
        assert doors(conn, off).create("company", {"name": "A"})


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        ({"type": "refuse", "message": "The secret is x", "fields": ["name"]}, {"": "rule_refused"}),
        ({"type": "require", "fields": ["founded"]}, {"": "rule_refused"}),
        ({"type": "lock", "fields": ["city"]}, {"": "rule_refused"}),
        ({"type": "refuse", "message": "The secret is x", "severity": "warning"}, None),
        ({"type": "hide", "fields": ["founded"]}, None),
    ],
)
def test_a_rule_says_nothing_about_a_field_its_writer_does_not_see(
    office: Database,  # noqa: F811
    effect: Document,
    told: dict[str, str] | None,
):
    with office.writing() as conn:
        ann = conn.scalar(sa.text("select id from fl_user where login='ann'"))
        company = Records(context(conn)).create("company", {"name": "A", "secret": "x", "owner": ann})
        records = doors(conn, rule("company", effect, when=asks("secret", "x")), login="ann")
        if told is None:
            records.update("company", company, {"city": "Wuhan"})
        else:
            code, fields = refused(lambda: records.update("company", company, {"city": "Wuhan"}))
            assert (code, fields) == ("validation_failed", told)
        seeing = doors(conn, rule("company", effect, when=asks("secret", "x")), login="root")
        if told is not None:
            assert refused(lambda: seeing.update("company", company, {"city": "X"}))[1].keys() != {""}


def test_handing_over_judges_only_what_looks_at_the_owner(office: Database):  # noqa: F811
    with office.writing() as conn:
        bob, ann = (conn.scalar(sa.text(f"select id from fl_user where login='{n}'")) for n in ("bob", "ann"))
        company = Records(context(conn)).create("company", {"name": "A", "owner": ann})
        doors(conn, rule("company", {"type": "require", "fields": ["founded"]})).assign("company", [company], bob)
        mine = rule(
            "company", {"type": "refuse", "message": "No"}, when={"field": "owner", "op": "eq", "value": ann}
        )
        with pytest.raises(FormloomError):
            doors(conn, mine).assign("company", [company], ann)


def test_rules_take_no_more_statements_for_many_rows_than_for_one(office: Database):  # noqa: F811
    from tests.runtime.records.office import counted

    rules = (
        rule("contact", {"type": "refuse", "message": "No"}, when=asks("company.city", "Nowhere")),
        rule("contact", {"type": "set", "field": "name", "formula": "CONCAT(company.name, 1)"}, key="contact.set"),
    )
    with office.writing() as conn:
        records = doors(conn, *rules)
        companies = records.create_many("company", {"name": ["A", "B", "C"]}).ids
        counts = []
        for size in (1, 60):
            columns = {"name": ["x"] * size, "company": [companies[n % 3] for n in range(size)]}
            with counted(conn) as statements:
                records.create_many("contact", columns)
            counts.append(len(statements))

    assert counts[1] <= counts[0] + 1
