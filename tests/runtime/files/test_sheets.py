"""Files in workbooks: exports name them, imports say that a cell cannot stand for one."""

import io
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook

from formloom.importers import register
from formloom.metadata.database import Database
from formloom.runtime.jobs import Worker
from tests.runtime.files.studio import job, picture, uploaded
from tests.runtime.world import Visitor, site_of


@pytest.fixture
def sally(world: Database, tmp_path) -> Visitor:
    return Visitor(site_of(world, tmp_path), (register,)).sign_in("sally")


def exported(visitor: Visitor) -> list[tuple]:
    asked = visitor.api("POST", "/exports", {"entity": "job", "fields": "name,papers,photos"})
    assert asked.status_code == 202, asked.text
    worker = Worker(visitor.site.database, visitor.site.settings, site=visitor.site)
    while worker.run_once():
        pass
    content = visitor.api("GET", f"/exports/{asked.json()['id']}/file").content
    return [tuple(row) for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]


def test_an_export_names_the_files(sally):
    job(sally, papers=[uploaded(sally, b"1", "a.txt"), uploaded(sally, b"2", "b.txt")])

    assert exported(sally)[1] == ("Roof", "a.txt, b.txt", None)


def test_an_export_of_a_site_with_an_address_links_them(sally):
    site = sally.site
    site.settings = replace(site.settings, base_url="http://crm.example.com")
    photo = uploaded(sally, picture(), "现场.png")
    job(sally, photos=[photo])

    [row] = exported(sally)[1:]

    assert row[2] == f"现场.png http://crm.example.com/files/{photo}/%E7%8E%B0%E5%9C%BA.png"


def test_a_column_of_files_is_not_matched_and_refused_when_it_is_asked_for(sally):
    book, content = Workbook(), io.BytesIO()
    for row in (["Name", "Papers"], ["Roof", "a.pdf"]):
        book.active.append(row)
    book.save(content)

    def imported(options: str):
        sent = {"file": ("jobs.xlsx", content.getvalue())}
        return sally.api("POST", "/imports", files=sent, data={"entity": "job", "options": options})

    plain = imported("{}")
    asked = imported('{"map": {"Papers": "papers"}}')
    told = sally.api("GET", f"/imports/{asked.json()['id']}").text if asked.status_code == 201 else asked.text
    worker = Worker(sally.site.database, sally.site.settings, site=sally.site)
    while worker.run_once():
        pass

    assert plain.status_code == 201
    assert "text cannot stand for them" in told, told
