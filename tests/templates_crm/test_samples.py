"""The sample data fits the documents: every reference resolves, amounts agree, nothing looks empty."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from tests.templates_crm.package import fields_of, of_kind, options_of, organisation, samples

VOLUMES = {
    "lead": 60,
    "account": 140,
    "contact": 220,
    "activity": 600,
    "task": 120,
    "opportunity": 70,
    "product": 25,
    "product_category": 6,
    "price_list": 3,
    "quote": 40,
    "contract": 35,
    "payment_plan": 90,
    "payment_receipt": 70,
}
DAY = re.compile(r"[+-]\d+d|\d{4}-\d\d-\d\d")
MOMENT = re.compile(r"[+-]\d+d [012]\d:[0-5]\d")
SHAPES = {
    "date": DAY,
    "datetime": MOMENT,
    "boolean": re.compile("true|false"),
    "integer": re.compile(r"-?\d+"),
    "money": re.compile(r"\d+(\.\d\d)?"),
    "percent": re.compile(r"\d+(\.\d+)?"),
    "decimal": re.compile(r"\d+(\.\d+)?"),
}
COMPUTED = {"autonumber", "formula", "rollup", "subtable"}
LOGINS = {user["login"]: user for user in organisation()["users"]}
DEPARTMENTS = {department["key"]: department for department in organisation()["departments"]}
SALESPEOPLE = [
    login for login, user in LOGINS.items() if user["roles"] == ["salesperson"] and "disabled" not in user
]


def days(text: str) -> int:
    """The offset of a date or datetime cell from the day of installing."""
    return int(text.split("d")[0])


def test_the_volumes_are_as_promised() -> None:
    assert {entity: len(samples()[entity]) for entity in VOLUMES} == VOLUMES


@pytest.mark.parametrize("entity", sorted(samples()))
def test_rows_fill_only_fields_the_loader_may_set(entity: str) -> None:
    fields = fields_of(entity)
    rows = samples()[entity]
    assert len({row["ref"] for row in rows}) == len(rows)
    columns = set(rows[0]) - {"ref", "owner", "created_at"}
    assert columns <= set(fields)
    assert not [key for key in columns if fields[key]["type"] in COMPUTED]
    required = {
        k for k, f in fields.items() if f.get("required") and "default" not in f and "default_formula" not in f
    }
    assert [(row["ref"], key) for row in rows for key in required if not row.get(key)] == []


@pytest.mark.parametrize("entity", sorted(samples()))
def test_cells_have_the_shape_of_their_field(entity: str) -> None:
    fields = fields_of(entity)
    for row in samples()[entity]:
        for key, text in row.items():
            field = fields.get(key)
            if field is None or not text:
                continue
            if field["type"] in SHAPES:
                assert SHAPES[field["type"]].fullmatch(text), (row["ref"], key, text)
            if field["type"] in ("select", "stage"):
                assert text in options_of(field), (row["ref"], key, text)
            if field["type"] == "user":
                assert text in LOGINS


def test_relations_point_at_rows_loaded_before() -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for entity, rows in samples().items():
        links = {key: field["target"] for key, field in fields_of(entity).items() if field["type"] == "relation"}
        for row in rows:
            for key, target in links.items():
                assert not row.get(key) or row[key] in known[target], (entity, row["ref"], key)
            known[entity].add(row["ref"])


@pytest.mark.parametrize("entity", sorted(samples()))
def test_unique_fields_are_unique(entity: str) -> None:
    for key, field in fields_of(entity).items():
        if field.get("unique"):
            values = [row[key] for row in samples()[entity] if row.get(key)]
            assert len(set(values)) == len(values), key


def test_owners_work_here_and_rows_are_not_older_than_their_parents() -> None:
    ages = {row["ref"]: days(row["created_at"]) for row in samples()["account"]}
    for entity, rows in samples().items():
        for row in rows:
            if "owner" in row:
                assert row["owner"] in LOGINS
            if entity not in ("lead", "account") and row.get("account") and "created_at" in row:
                assert entity == "task" or days(row["created_at"]) >= ages[row["account"]], (entity, row["ref"])


def test_the_organisation_is_a_tree_with_heads_and_superiors() -> None:
    for department in DEPARTMENTS.values():
        assert department.get("parent") is None or department["parent"] in DEPARTMENTS
        assert department.get("head") is None or department["head"] in LOGINS
    for user in LOGINS.values():
        assert user["department"] in DEPARTMENTS
        assert user.get("superior") is None or user["superior"] in LOGINS
        assert set(user["roles"]) <= set(of_kind("role"))
    assert len(SALESPEOPLE) == 9
    assert 4 <= sum(user.get("demo_login", False) for user in LOGINS.values()) <= 5
    assert [login for login, user in LOGINS.items() if user.get("disabled")] == ["panhao"]


def _lines_total(entity: str, parent: str) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in samples()[entity]:
        gift = row["is_gift"] == "true"
        full = Decimal(row["qty"]) * Decimal(row["price"]) * (1 - Decimal(row["discount"] or 0) / 100)
        totals[row[parent]] += Decimal(0) if gift else full.quantize(Decimal("0.01"))
    return totals


def test_opportunity_amounts_agree_with_their_lines() -> None:
    totals = _lines_total("opportunity_line", "opportunity")
    assert len(totals) > 40
    for row in samples()["opportunity"]:
        assert Decimal(row["amount"]) > 0
        assert row["ref"] not in totals or totals[row["ref"]] == Decimal(row["amount"]), row["ref"]


def test_quotes_and_contracts_all_have_lines() -> None:
    assert set(_lines_total("quote_line", "quote")) == {row["ref"] for row in samples()["quote"]}
    assert set(_lines_total("contract_line", "contract")) == {row["ref"] for row in samples()["contract"]}


def test_plans_add_up_to_their_contract() -> None:
    totals = _lines_total("contract_line", "contract")
    planned: dict[str, Decimal] = defaultdict(Decimal)
    for row in samples()["payment_plan"]:
        planned[row["contract"]] += Decimal(row["amount"])
    contracts = {row["ref"]: row for row in samples()["contract"]}
    for ref, amount in planned.items():
        assert amount == totals[ref] - Decimal(contracts[ref]["discount_amount"])


def test_receipts_never_exceed_their_plan() -> None:
    received: dict[str, Decimal] = defaultdict(Decimal)
    for row in samples()["payment_receipt"]:
        if row["status"] != "reversed":
            received[row["payment_plan"]] += Decimal(row["amount"])
    plans = {row["ref"]: row for row in samples()["payment_plan"]}
    for ref, amount in received.items():
        assert amount <= Decimal(plans[ref]["amount"])


def test_children_belong_to_the_account_they_name() -> None:
    owners = {
        row["ref"]: row["account"]
        for key in ("contact", "opportunity", "quote", "contract")
        for row in samples()[key]
    }
    for entity in ("opportunity", "quote", "contract", "activity", "task", "payment_plan", "payment_receipt"):
        for row in samples()[entity]:
            for key in ("contact", "opportunity", "quote", "contract"):
                if row.get(key):
                    assert owners[row[key]] == row["account"], (entity, row["ref"], key)


def test_overdue_money_stands_in_every_ageing_bucket() -> None:
    received: dict[str, Decimal] = defaultdict(Decimal)
    for row in samples()["payment_receipt"]:
        if row["status"] == "confirmed":
            received[row["payment_plan"]] += Decimal(row["amount"])
    buckets: Counter[int] = Counter()
    for row in samples()["payment_plan"]:
        late = -days(row["due_date"])
        if received[row["ref"]] < Decimal(row["amount"]) and late > 0:
            buckets[min((late - 1) // 30, 3)] += 1
    assert set(buckets) == {0, 1, 2, 3}


@pytest.mark.parametrize("login", SALESPEOPLE)
def test_every_salesperson_has_a_busy_day(login: str) -> None:
    def mine(entity: str, key: str = "owner") -> list[dict[str, str]]:
        return [row for row in samples()[entity] if row[key] == login]

    assert any(row["status"] == "confirmed" and days(row["received_on"]) == 0 for row in mine("payment_receipt"))
    assert any(days(row["due_date"]) == 0 for row in mine("payment_plan"))
    assert any(
        row["status"] in ("todo", "doing") and days(row["start_at"]) <= 0 for row in mine("task", "assignee")
    )
    assert any(row["next_followup_at"] and days(row["next_followup_at"]) <= 0 for row in mine("account"))
    assert len({row["stage"] for row in mine("opportunity")}) >= 4
    assert any(row["status"] in ("pending", "following") for row in mine("lead"))
    assert sum(days(row["occurred_at"]) == 0 for row in mine("activity")) >= 2
