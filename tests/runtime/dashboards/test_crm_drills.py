"""Every mark of the CRM's dashboards leads to the rows it counts, whoever looks and whatever is filtered by."""

import pytest
import sqlalchemy as sa

from formloom.rbac import accounts
from formloom.rbac.tables import departments
from formloom.runtime.dashboards.cards import DENIED
from formloom.runtime.dashboards.state import read_state
from formloom.runtime.site import Site
from tests.runtime.dashboards.boards import agrees, cards, counted, shown
from tests.templates_crm.installed import acting

LOGINS = ("admin", "wangjianguo", "luoqiuhong", "zhengyun")
BOARDS = ("home_sales", "home_manager", "opportunity_analysis", "receipt_analysis")


def state_of(conn, name: str) -> dict[str, str]:
    if name == "person":
        return {"period": "last_12_months", "owner": str(accounts.find(conn, "luoqiuhong"))}
    if name == "department":
        one = conn.scalar(sa.select(departments.c.parent_id).where(departments.c.parent_id.is_not(None)).limit(1))
        return {"period": "this_year", "department": str(one)}
    return {"period": name} if name else {}


@pytest.mark.parametrize(
    ("login", "state"),
    [*((login, "") for login in LOGINS), *(("admin", state) for state in ("all", "person", "department"))],
)
def test_the_rows_behind_each_mark_add_up_to_it(crm: Site, login: str, state: str):
    checked, wrong = 0, []
    with crm.database.reading() as conn:
        ctx = acting(crm, conn, login)
        for board in BOARDS:
            for card in cards(ctx, board, **state_of(conn, state)):
                for values, address in shown(card):
                    assert address, f"{board}.{card.widget.key} leads nowhere"
                    wrong += agrees(ctx, card, values, address)
                    checked += 1

    assert wrong == []
    assert checked > 50


def test_each_widget_takes_one_statement_and_each_chosen_person_or_department_one_more(crm: Site):
    with crm.database.reading() as conn:
        ctx = acting(crm, conn, "admin")
        widgets = {board: len(ctx.catalog.dashboards[board].widgets) for board in BOARDS}
        person, department = state_of(conn, "person"), state_of(conn, "department")
        for board in BOARDS:
            for given, more in (({}, 0), (person, 1), (department, 1), ({**department, **person}, 2)):
                with counted(conn) as statements:
                    cards(ctx, board, **given)
                assert len(statements) == widgets[board] + more, (board, given)


def test_nobody_who_may_open_a_dashboard_finds_it_full_of_locks(crm: Site):
    with crm.database.reading() as conn:
        for login in LOGINS:
            ctx = acting(crm, conn, login)
            for board in BOARDS:
                found = cards(ctx, board)
                denied = [card for card in found if card.state == DENIED]
                assert len(denied) < len(found), (login, board)


def test_a_seller_is_not_shown_the_figures_of_others(crm: Site):
    with crm.database.reading() as conn:
        boss, seller = acting(crm, conn, "admin"), acting(crm, conn, "luoqiuhong")
        whole = {card.widget.key: card.value for card in cards(boss, "home_manager", period="all")}
        own = {card.widget.key: card.value for card in cards(seller, "home_manager", period="all")}

    for key in ("followups", "new_opportunities", "won"):
        assert 0 < own[key] < whole[key]


def test_the_state_of_an_address_is_its_own_address_again(crm: Site):
    with crm.database.reading() as conn:
        ctx = acting(crm, conn, "admin")
        person = state_of(conn, "person")
        state = read_state(ctx, "home_manager", person)

    assert state.href() == f"/d/home_manager?period=last_12_months&owner={person['owner']}"
    assert state.href(owner=None, period="all") == "/d/home_manager?period=all"
    assert state.owner_name
