"""The CRM as its people find it after `template install crm --demo`, on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata.checks import check
from formloom.metadata.errors import FormloomError
from formloom.runtime import samples
from formloom.runtime.dashboards.cards import cards_of
from formloom.runtime.dashboards.state import read_state
from formloom.runtime.records import ListRequest, Records
from formloom.runtime.recordview.statistics import counted
from formloom.runtime.site import Site
from tests.templates_crm.conftest import acting
from tests.templates_crm.package import FOLDER, conditions, documents, of_kind
from tests.templates_crm.package import samples as sample_rows

SELLERS = ("luoqiuhong", "zhangwei")
EVERYBODY = (*SELLERS, "wangjianguo", "tangmeiling", "zhengyun", "admin")


def test_the_documents_pass_every_check() -> None:
    assert [finding.message("en") for finding in check(documents())] == []


def test_loading_the_samples_again_changes_nothing(crm: Site) -> None:
    def counts() -> dict[str, int]:
        with crm.database.reading() as conn:
            tables = crm.catalog(conn).tables
            return {key: conn.scalar(sa.select(sa.func.count()).select_from(t)) for key, t in tables.items()}

    before = counts()
    assert before == {key: len(sample_rows().get(key, ())) for key in before}
    logins = samples.load(crm, FOLDER / "demo", "en")
    assert len(logins) == 5 and all("demo1234" in line for line in logins)
    assert counts() == before


def _listed(crm: Site, login: str) -> dict[str, int]:
    """For each list `login` may open, how many rows it shows."""
    found = {}
    with crm.database.reading() as conn:
        ctx = acting(crm, conn, login)
        for key, layout in ctx.catalog.lists.items():
            if ctx.access.may(layout.entity, "view"):
                request = ListRequest.of_layout(ctx.access, layout.entity, layout)
                found[key] = len(Records(ctx).list(request).items)
    return found


def test_no_list_is_empty(crm: Site) -> None:
    def is_personal(key: str) -> bool:
        return any(leaf["op"] == "is_me" for leaf in conditions(of_kind("list")[key].get("filter", {})))

    empty = {}
    for login in EVERYBODY:
        sells = login in SELLERS or login == "wangjianguo"
        listed = _listed(crm, login)
        assert listed
        empty[login] = [key for key, rows in listed.items() if not rows and (sells or not is_personal(key))]
    assert empty == {login: [] for login in EVERYBODY}


OPENED = {
    "home_sales": (*SELLERS, "wangjianguo"),
    "home_manager": ("wangjianguo", "admin"),
    "opportunity_analysis": ("wangjianguo", "admin", "zhengyun"),
    "receipt_analysis": ("wangjianguo", "admin", "zhengyun"),
}


def test_every_card_of_a_dashboard_has_something_to_say(crm: Site) -> None:
    silent = []
    with crm.database.reading() as conn:
        for key, logins in OPENED.items():
            for login in logins:
                ctx = acting(crm, conn, login)
                for card in cards_of(ctx, read_state(ctx, key, {})):
                    says = card.marks or card.rows or card.value
                    if card.state != "ok" or not says:
                        silent.append((login, key, card.widget.key, card.state))
    assert silent == []


@pytest.mark.parametrize("entity", ["account", "opportunity"])
def test_every_number_of_a_record_page_has_something_to_say_and_is_true(crm: Site, entity: str) -> None:
    by = {"account": "contract_amount", "opportunity": "amount"}[entity]
    with crm.database.reading() as conn:
        ctx = acting(crm, conn, "wangjianguo")
        columns = ("contract_amount", "received_amount") if entity == "account" else ()
        wanted = {"field": by, "op": "gt", "value": "0"}
        rows = Records(ctx).list(ListRequest(entity, columns, wanted, sort=(f"-{by}",), limit=40)).items
        shown = {row["id"]: {n.key: n.whole for n in counted(ctx, entity, row["id"])} for row in rows}
    said = {key for numbers in shown.values() for key, whole in numbers.items() if whole not in ("0", "–")}
    assert said == {each["key"] for each in of_kind("detail")[f"{entity}.detail"]["statistics"]}
    for row in rows if entity == "account" else ():
        for key, field in (("contracts", "contract_amount"), ("received", "received_amount")):
            assert Decimal(shown[row["id"]][key].replace(",", "")) == (row[field] or 0), (row["id"], key)


def test_each_person_sees_his_own_and_the_manager_sees_all(crm: Site) -> None:
    with crm.database.reading() as conn:
        seen = {}
        for login in EVERYBODY:
            ctx = acting(crm, conn, login)
            request = ListRequest(entity="account", columns=("owner",), limit=500)
            seen[login] = {row["id"]: row["owner"] for row in Records(ctx).list(request).items}
            if login in SELLERS:
                assert set(seen[login].values()) == {ctx.actor.id}
    assert not seen["luoqiuhong"].keys() & seen["zhangwei"].keys()
    assert len(seen["wangjianguo"]) == len(seen["admin"]) == len(seen["zhengyun"]) == 140
    assert len(seen["tangmeiling"]) < 140


SHOWN = [
    ("luoqiuhong", "product.cost_price", False),
    ("tangmeiling", "product.cost_price", False),
    ("zhengyun", "product.cost_price", True),
    ("wangjianguo", "product.cost_price", True),
    ("luoqiuhong", "contract.cost_estimate", False),
    ("wangjianguo", "account.sales_cost_estimate", True),
    ("luoqiuhong", "account.sales_cost_estimate", False),
    ("luoqiuhong", "account.credit_limit", True),
    ("luoqiuhong", "account.contract_amount", True),
    ("luoqiuhong", "account.receivable_amount", True),
    ("luoqiuhong", "payment_plan.overdue_days", True),
]


def test_costs_are_shown_to_who_may_know_them(crm: Site) -> None:
    with crm.database.reading() as conn:
        found = []
        for login, path, _ in SHOWN:
            entity, key = path.split(".")
            found.append((login, path, key in acting(crm, conn, login).access.entity(entity).readable))
    assert found == SHOWN


def test_only_finance_opens_credit_and_confirms_receipts(crm: Site) -> None:
    with crm.database.reading() as conn:
        writers = {
            login: acting(crm, conn, login).access
            for login in ("luoqiuhong", "wangjianguo", "tangmeiling", "zhengyun", "admin")
        }
        credit = [n for n, access in writers.items() if "credit_limit" in access.entity("account").writable]
        status = [n for n, access in writers.items() if "status" in access.entity("payment_receipt").writable]
    assert credit == ["zhengyun", "admin"]
    assert status == ["zhengyun", "admin"]


def _one(ctx: Any, entity: str, name: str, value: Any, columns: tuple[str, ...] = ()) -> Any:
    filter_ = {"field": name, "op": "eq", "value": value}
    found = Records(ctx).list(ListRequest(entity=entity, columns=columns or (name,), filter=filter_))
    return found.items[0]


def test_a_salesperson_enters_a_deal_with_lines(crm: Site) -> None:
    with crm.database.writing() as conn:
        ctx = acting(crm, conn, "luoqiuhong")
        account = _one(ctx, "account", "name", "中山市松大电子有限公司")
        product = _one(ctx, "product", "name", "智能视觉传感器")
        values = {
            "name": "松大视觉检测",
            "account": account["id"],
            "amount": "30020",
            "stage": "solution",
            "expected_close": "2030-01-31",
            "lines": [{"product": product["id"], "qty": "2", "discount": "5"}],
        }
        deal = Records(ctx).get("opportunity", Records(ctx).create("opportunity", values))
    assert deal["probability"] == 50
    assert deal["weighted_amount"] == Decimal("15010.00")
    assert deal["lines_amount"] == Decimal("30020.00")
    assert deal["lines"][0]["price"] == Decimal("15800.00")
    assert deal["no"].startswith("SJ")


def test_a_confirmed_receipt_moves_every_total(crm: Site) -> None:
    with crm.database.writing() as conn:
        ctx = acting(crm, conn, "zhengyun")
        records = Records(ctx)
        receipt = _one(
            ctx, "payment_receipt", "status", "draft", ("amount", "payment_plan", "contract", "account")
        )
        places = [(entity, receipt[entity]) for entity in ("payment_plan", "contract", "account")]
        before = [records.get(entity, key)["received_amount"] for entity, key in places]
        records.update("payment_receipt", receipt["id"], {"status": "confirmed"})
        after = [records.get(entity, key)["received_amount"] for entity, key in places]
    assert [new - old for old, new in zip(before, after, strict=True)] == [receipt["amount"]] * 3


def test_the_owner_of_an_account_sees_what_others_do_with_it(crm: Site) -> None:
    with crm.database.writing() as conn:
        boss = acting(crm, conn, "wangjianguo")
        account = _one(boss, "account", "name", "中山市松大电子有限公司")["id"]
        values = {"account": account, "method": "visit", "content": "经理陪同拜访"}
        visit = Records(boss).create("activity", values)
        assert Records(acting(crm, conn, "luoqiuhong")).get("activity", visit)["content"] == "经理陪同拜访"
        with pytest.raises(FormloomError):
            Records(acting(crm, conn, "zhangwei")).get("activity", visit)


def test_a_signed_contract_is_closed_to_its_salesperson(crm: Site) -> None:
    with crm.database.writing() as conn:
        ctx = acting(crm, conn, "luoqiuhong")
        for status, opened in (("draft", True), ("signed", False)):
            rows = Records(acting(crm, conn, "admin")).list(
                ListRequest(
                    entity="contract",
                    columns=("status",),
                    filter={"field": "status", "op": "eq", "value": status},
                )
            )
            mine = [r["id"] for r in rows.items if _sees(ctx, r["id"])]
            for record in mine:
                if opened:
                    Records(ctx).update("contract", record, {"remark": "x"})
                else:
                    with pytest.raises(FormloomError):
                        Records(ctx).update("contract", record, {"remark": "x"})


def _sees(ctx: Any, record: int) -> bool:
    try:
        Records(ctx).get("contract", record)
    except FormloomError:
        return False
    return True
