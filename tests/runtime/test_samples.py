"""Sample data comes in once, dated from the day it is loaded, or not at all."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import InvalidInput
from formloom.rbac.tables import users
from formloom.runtime import samples
from formloom.runtime.context import Context
from formloom.runtime.records import ListRequest, Records
from formloom.runtime.site import Site
from tests.runtime.world import site_of

PEOPLE = {
    "departments": [{"key": "sales", "name": "Sales"}, {"key": "north", "name": "North", "head": "nina"}],
    "users": [
        {
            "login": "nina",
            "name": "Nina",
            "department": "north",
            "roles": ["seller"],
            "password": "nina1234",
            "demo_login": True,
            "note": {"zh": "北方", "en": "the north"},
        },
        {"login": "gone", "name": "Gone", "roles": ["seller"], "password": "gone1234", "disabled": True},
    ],
}
COMPANIES = """ref,name,grade,founded,seen,owner,created_at
acme,Acme,a,-400d,-0d 23:59,nina,-30d 09:00
blue,Blue,,,+2d 10:00,nina,-1d 10:00
"""
DEALS = "ref,name,company,amount,owner\nfirst,First,acme,1200.50,nina\n"
LINES = "ref,deal,product,quantity\n1,first,Pump,2\n2,first,Valve,4\n"


@pytest.fixture
def site(world: Database, tmp_path: Path) -> Site:
    return site_of(world, tmp_path)


def written(folder: Path, **files: str) -> Path:
    """A folder of samples; names of files end in the entity."""
    (folder / "demo" / "records").mkdir(parents=True)
    (folder / "demo" / "organisation.json").write_text(json.dumps(PEOPLE))
    for name, text in files.items():
        (folder / "demo" / "records" / f"{name.removeprefix('n')}.csv").write_text(text)
    return folder / "demo"


def shown(site: Site, entity: str, *columns: str) -> list[dict[str, object]]:
    with site.database.reading() as conn:
        ctx = Context.system(conn, site.catalog(conn), "test")
        request = ListRequest(entity, ("owner", "created_at", *columns), sort=("id",))
        return [dict(row) for row in Records(ctx).list(request).items]


def test_rows_come_with_their_people_their_lines_and_their_dates(site: Site, tmp_path: Path) -> None:
    folder = written(tmp_path, n1_company=COMPANIES, n2_deal=DEALS, n3_deal_line=LINES)
    assert samples.load(site, folder, "en") == ["nina         nina1234   the north"]
    acme, blue = shown(site, "company", "name", "grade", "founded", "seen")
    with site.database.reading() as conn:
        nina = conn.scalar(sa.select(users.c.id).where(users.c.login == "nina"))
        ctx = Context.system(conn, site.catalog(conn), "test")
        deal = Records(ctx).get("deal", 1)
        log = Records(ctx).changes("company", acme["id"])
        assert conn.scalar(sa.select(users.c.is_active).where(users.c.login == "gone")) is False
        today, now = ctx.env.today, ctx.env.now
    assert acme["owner"] == nina
    assert acme["founded"] == today - timedelta(days=400)
    assert acme["seen"] <= now < blue["seen"]
    assert [line["product"] for line in deal["lines"]] == ["Pump", "Valve"]
    assert [(entry.at, entry.actor) for entry in log] == [(acme["created_at"], nina)]


def test_samples_are_loaded_once_and_again_when_all_was_thrown_away(site: Site, tmp_path: Path) -> None:
    folder = written(tmp_path, n1_company=COMPANIES)
    samples.load(site, folder)
    samples.load(site, folder)
    assert len(shown(site, "company")) == 2
    with site.database.writing() as conn:
        conn.execute(sa.delete(site.catalog(conn).table("company")))
    assert samples.load(site, folder, "zh") == ["nina         nina1234   北方"]
    assert len(shown(site, "company")) == 2


def test_a_changed_password_is_not_printed(site: Site, tmp_path: Path) -> None:
    folder = written(tmp_path, n1_company=COMPANIES)
    samples.load(site, folder)
    with site.database.writing() as conn:
        conn.execute(sa.update(users).where(users.c.login == "nina").values(password_hash=None))
    assert samples.load(site, folder) == []


def test_nothing_is_kept_when_a_row_points_nowhere(site: Site, tmp_path: Path) -> None:
    folder = written(tmp_path, n1_company=COMPANIES, n2_deal=DEALS.replace("acme", "nobody"))
    with pytest.raises(InvalidInput) as refused:
        samples.load(site, folder)
    assert refused.value.code == "samples.unknown_ref"
    assert "nobody" in refused.value.message("en") and "nobody" in refused.value.message("zh")
    assert shown(site, "company") == []
