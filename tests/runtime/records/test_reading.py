"""Lists and single records: what is shown, in which order, page by page, to whom."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from formloom.metadata.database import Database
from formloom.metadata.errors import FormloomError, InvalidInput, NotFound, UnknownField
from formloom.runtime.records import ListRequest
from tests.runtime.records.office import context, counted, records, user

COMPANIES = (
    {"name": "Alpha", "city": "Paris", "credit": Decimal("10.50"), "grade": "a", "founded": date(2020, 1, 2)},
    {"name": "Beta", "city": None, "credit": None, "grade": "b"},
    {"name": "Gamma 50%", "city": "Rome", "credit": Decimal("7"), "grade": "c", "tags": ("a", "c")},
    {"name": "Delta", "city": "Paris", "credit": Decimal("10.50"), "grade": None},
    {"name": "Epsilon", "city": "Bonn", "credit": None, "grade": "a", "seen": datetime(2026, 1, 1, tzinfo=UTC)},
)


def filled(conn, owner: str = "ann") -> list[int]:
    """Ids of the companies, all of one seller."""
    of_owner = [{**row, "owner": user(conn, owner)} for row in COMPANIES]
    return [records(conn).create("company", row, source="typed") for row in of_owner]


def listed(door, **wanted) -> list[str]:
    """Names in a list."""
    return [row["name"] for row in door.list(ListRequest("company", ("name",), **wanted)).items]


def test_a_record_comes_with_typed_values_labels_lines_and_what_may_be_done(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        company = door.create("company", {"name": "Alpha", "owner": user(conn, "ann")}, source="typed")
        product = door.create("product", {"name": "Bolt", "price": "2.50"})
        lines = [{"product": product, "qty": "3", "price": 1}, {"product": product, "qty": "1", "price": 2}]
        owner = user(conn, "ann")
        deal = door.create("deal", {"name": "First", "company": company, "lines": lines, "owner": owner})

        found = records(conn, "ann").get("deal", deal)

        assert found["company"] == company and found.labels["company"] == "Alpha"
        assert found.labels["owner"] == "Ann" and found.labels["owner_department"] == "East"
        assert found["discount"] == Decimal("0.00") and found["rev"] == 1
        assert [line["qty"] for line in found["lines"]] == [Decimal("3.00"), Decimal("1.00")]
        assert found["lines"][0].labels["product"] == "Bolt"
        assert found.may == {"edit", "delete"}


def test_a_record_out_of_scope_deleted_or_never_made_answers_the_same(office: Database) -> None:
    with office.writing() as conn:
        (first, *_) = filled(conn)
        deleted = filled(conn, "bob")[0]
        records(conn).delete("company", deleted)
        for record_id in (first, deleted, 999_999):
            with pytest.raises(NotFound):
                records(conn, "bob").get("company", record_id)


@pytest.mark.parametrize(
    ("case", "sort", "expected"),
    [
        ("text", ("name",), ["Alpha", "Beta", "Delta", "Epsilon", "Gamma 50%"]),
        ("empty first", ("city",), ["Beta", "Epsilon", "Alpha", "Delta", "Gamma 50%"]),
        ("empty last", ("-city",), ["Gamma 50%", "Delta", "Alpha", "Epsilon", "Beta"]),
        ("numbers", ("credit", "-name"), ["Epsilon", "Beta", "Gamma 50%", "Delta", "Alpha"]),
        ("two keys", ("-credit", "name"), ["Alpha", "Delta", "Gamma 50%", "Beta", "Epsilon"]),
        ("newest", ("-id",), ["Epsilon", "Delta", "Gamma 50%", "Beta", "Alpha"]),
        ("created", ("-created_at",), ["Epsilon", "Delta", "Gamma 50%", "Beta", "Alpha"]),
    ],
)
def test_every_order_is_the_same_in_one_page_and_in_pages_of_one(
    office: Database, case: str, sort: tuple[str, ...], expected: list[str]
) -> None:
    with office.writing() as conn:
        filled(conn)
        door = records(conn, "ann")

        assert listed(door, sort=sort) == expected
        found, after = [], None
        while True:
            page = door.list(ListRequest("company", ("name",), sort=sort, limit=1, after=after))
            found += [row["name"] for row in page.items]
            after = page.next
            if after is None:
                break
        assert found == expected


def test_a_cursor_serves_only_the_query_and_the_person_it_was_made_for(office: Database) -> None:
    with office.writing() as conn:
        filled(conn)
        filled(conn, "bob")
        wanted = {"columns": ("name",), "sort": ("name",), "limit": 2}
        cursor = records(conn, "ann").list(ListRequest("company", **wanted)).next
        assert cursor is not None
        broken = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
        for who, change in (
            ("bob", {}),
            ("ann", {"sort": ("-name",)}),
            ("ann", {"search": "a"}),
            ("ann", {"filter": {"field": "city", "op": "eq", "value": "Paris"}}),
            ("ann", {"after": broken}),
            ("ann", {"after": "nonsense"}),
            ("ann", {"after": "é"}),
            ("ann", {"after": ""}),
        ):
            with pytest.raises(InvalidInput) as refused:
                records(conn, who).list(ListRequest("company", **{**wanted, "after": cursor, **change}))
            assert refused.value.code == "bad_cursor"


@pytest.mark.parametrize(
    ("case", "text", "expected"),
    [
        ("part of a word", "LPH", ["Alpha"]),
        ("percent is no wildcard", "50%", ["Gamma 50%"]),
        ("underscore is no wildcard", "a_", []),
        ("not in unsearched fields", "Paris", []),
        ("nothing", "zzz", []),
    ],
)
def test_search_finds_literal_text_in_searched_fields(
    office: Database, case: str, text: str, expected: list[str]
) -> None:
    with office.writing() as conn:
        filled(conn)
        assert listed(records(conn, "ann"), search=text) == expected


def test_a_count_is_exact_up_to_its_cap(office: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formloom.runtime.records.listquery.COUNT_CAP", 3)
    with office.writing() as conn:
        filled(conn)
        door = records(conn, "ann")
        paris = {"field": "city", "op": "eq", "value": "Paris"}

        capped = door.list(ListRequest("company", ("name",), count="capped", limit=2))
        few = door.list(ListRequest("company", ("name",), count="capped", limit=1, filter=paris))
        exact = door.list(ListRequest("company", ("name",), count="exact", limit=2))
        whole = door.list(ListRequest("company", ("name",), limit=5))

        assert (capped.count, capped.count_capped) == (3, True)
        assert (few.count, few.count_capped) == (2, False)
        assert (exact.count, exact.count_capped) == (5, False)
        assert (whole.count, whole.count_capped) == (5, False), "a list of one page needs no counting"


def test_columns_may_lead_over_relations_as_far_as_the_reader_sees(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        company = door.create(
            "company", {"name": "Alpha", "city": "Rome", "secret": "x", "owner": user(conn, "ann")}
        )
        contact = door.create("contact", {"name": "Carl", "company": company})
        door.update("company", company, {"advisor": user(conn, "bob")})
        wanted = ListRequest("contact", ("name", "company.city", "company.owner"), sort=("company.city",))

        (own,) = records(conn, "ann").list(wanted).items
        (other,) = records(conn, "bob").list(wanted).items

        assert own["id"] == contact
        assert (own["company.city"], own.labels["company.owner"]) == ("Rome", "Ann")
        assert other["company.city"] is None and "company.owner" not in other.labels
        with pytest.raises(UnknownField):
            records(conn, "ann").list(ListRequest("contact", ("company.secret",)))


def refusal_of(call) -> tuple[str, int, object]:
    """What a refused call says."""
    with pytest.raises(FormloomError) as refused:
        call()
    return refused.value.code, refused.value.status, refused.value.message("en").replace("secret", "madeup")


@pytest.mark.parametrize(
    ("case", "params"),
    [
        ("column", {"fields": "name,{}"}),
        ("sort", {"sort": "-{}"}),
        ("filter", {"filter": '{{"field": "{}", "op": "eq", "value": "x"}}'}),
        ("wrong operator", {"filter": '{{"field": "{}", "op": "before", "value": "x"}}'}),
        ("nested filter", {"filter": '{{"not": {{"any": [{{"field": "{}", "op": "is_empty"}}]}}}}'}),
        ("shorthand", {"{}__contains": "x"}),
        ("path", {"sort": "parent.{}"}),
    ],
)
def test_a_hidden_field_answers_like_one_that_was_never_made(office: Database, case: str, params: dict) -> None:
    with office.reading() as conn:
        access = context(conn, "ann").access

        def asking(name: str):
            return lambda: ListRequest.parse(
                access, "company", {k.format(name): v.format(name) for k, v in params.items()}
            )

        hidden, made_up = refusal_of(asking("secret")), refusal_of(asking("madeup"))
        assert hidden == made_up and hidden[0] == "unknown_field"


@pytest.mark.parametrize(
    ("case", "params", "code"),
    [
        ("not a name", {"sort": "id; drop table"}, "bad_sort"),
        ("twice", {"sort": "name,-name"}, "bad_sort"),
        ("six keys", {"sort": "name,city,code,grade,staff,credit"}, "bad_sort"),
        ("dunder", {"sort": "__class__"}, "bad_sort"),
        ("limit none", {"limit": "0"}, "bad_parameter"),
        ("limit negative", {"limit": "-1"}, "bad_parameter"),
        ("limit beyond", {"limit": "501"}, "bad_parameter"),
        ("limit word", {"limit": "all"}, "bad_parameter"),
        ("count", {"count": "some"}, "bad_parameter"),
        ("broken filter", {"filter": "{"}, "bad_filter"),
        ("filter of nothing", {"filter": "[]"}, "bad_filter"),
        ("bad value", {"credit__gte": "much"}, "bad_filter"),
        ("search with NUL", {"search": "a\0"}, "bad_parameter"),
    ],
)
def test_a_request_that_means_nothing_is_refused(office: Database, case: str, params: dict, code: str) -> None:
    with office.reading() as conn, pytest.raises(InvalidInput) as refused:
        ListRequest.parse(context(conn, "ann").access, "company", params)
    assert refused.value.code == code


def test_parameters_become_a_request(office: Database) -> None:
    with office.writing() as conn:
        filled(conn)
        access = context(conn, "ann").access
        params = {"fields": "name, city", "sort": "-name", "city": "Paris", "credit__gte": "10", "limit": "5"}

        request = ListRequest.parse(access, "company", params)

        assert request.columns == ("name", "city") and request.limit == 5
        assert [row["name"] for row in records(conn, "ann").list(request).items] == ["Delta", "Alpha"]


def test_neighbours_are_the_rows_before_and_after_in_the_list(office: Database) -> None:
    with office.writing() as conn:
        filled(conn)
        door = records(conn, "ann")
        for sort in (("city",), ("-credit", "name"), ("-id",)):
            request = ListRequest("company", ("name",), sort=sort)
            ids = [row["id"] for row in door.list(request).items]
            around = [door.neighbours(request, record_id) for record_id in ids]
            assert around == list(zip([None, *ids[:-1]], [*ids[1:], None], strict=True))


@pytest.mark.parametrize("count", [1, 50])
def test_a_list_takes_one_statement_and_a_record_one_and_its_lines(office: Database, count: int) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A", "owner": user(conn, "ann")}, source="typed")
        product = records(conn).create("product", {"name": "P", "price": "1"})
        lines = [{"product": product, "price": 1}] * count
        for number in range(count):
            last = records(conn).create(
                "deal", {"name": f"D{number}", "company": company, "lines": lines, "owner": user(conn, "ann")}
            )
        door = records(conn, "ann")
        request = ListRequest("deal", ("name", "company", "company.city", "owner", "closes"))
        with counted(conn) as statements:
            assert len(door.list(request).items) == count
        assert len(statements) == 1
        with counted(conn) as statements:
            assert len(door.get("deal", last)["lines"]) == count
        assert len(statements) == 2


def test_a_relation_to_the_same_entity_leads_to_the_right_row(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        top = door.create("company", {"name": "Top", "city": "Rome"})
        middle = door.create("company", {"name": "Middle", "city": "Bonn", "parent": top})
        door.create("company", {"name": "Low", "city": "Oslo", "parent": middle})
        columns = ("name", "parent", "parent.city", "parent.parent", "parent.parent.city")
        for sort in (("name",), ("parent.parent.city", "name")):
            rows = door.list(ListRequest("company", columns, sort=sort)).items
            found = {row["name"]: (row["parent.city"], row["parent.parent.city"], row.labels) for row in rows}
            assert found == {
                "Top": (None, None, {}),
                "Middle": ("Rome", None, {"parent": "Top"}),
                "Low": ("Bonn", "Rome", {"parent": "Middle", "parent.parent": "Top"}),
            }
