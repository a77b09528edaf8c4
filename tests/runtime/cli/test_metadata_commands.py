"""`formloom metadata`, `template` and `doctor` from a terminal's point of view."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from formloom.metadata.database import Database
from formloom.runtime.cli import main
from tests.metadata.sample import add, entity, field

ACCOUNT = entity("account", field("city"))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("FORMLOOM_DATABASE_URL", raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    return tmp_path


def file(files: Path, *documents: dict[str, Any]) -> str:
    path = files / "documents.json"
    path.write_text(json.dumps(list(documents), ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_documents_are_checked_planned_applied_and_taken_back(files: Path, capsys: pytest.CaptureFixture[str]):
    path = file(files, ACCOUNT)

    assert main(["metadata", "check", path]) == 0
    assert main(["metadata", "plan", path]) == 0
    assert "Create the table of “account”" in capsys.readouterr().out
    assert main(["metadata", "apply", path, "--note", "first"]) == 0
    assert "Changeset 1 applied: 1 documents" in capsys.readouterr().out
    assert main(["metadata", "apply", path]) == 0
    assert "Nothing to change" in capsys.readouterr().out
    assert main(["metadata", "apply", file(files, entity("account", field("city"), field("zip")))]) == 0
    assert main(["metadata", "revert", "2"]) == 0
    assert main(["metadata", "purge", "2"]) == 0
    capsys.readouterr()
    assert main(["metadata", "history"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["3", "2", "1"] and lines[2].endswith("first")
    assert main(["doctor"]) == 0


def test_what_is_wrong_is_listed_with_its_place(files: Path, capsys: pytest.CaptureFixture[str]):
    wrong = {**ACCOUNT, "title": "gone", "colour": "red"}

    assert main(["metadata", "check", file(files, wrong)]) == 1
    assert "M104 entity/account : Unknown: colour" in capsys.readouterr().err
    assert main(["metadata", "apply", file(files, {**ACCOUNT, "title": "gone"})]) == 2
    shown = capsys.readouterr().err
    assert "M205 entity/account /title" in shown and "Traceback" not in shown
    assert main(["metadata", "plan", file(files, {**ACCOUNT, "title": "gone"})]) == 1
    assert main(["metadata", "revert", "7"]) == 2
    assert main(["metadata", "apply", str(files / "absent.json")]) == 2
    assert main(["metadata", "apply", "--delete", "nothing/x"]) == 2


def test_documents_are_written_out_as_they_can_be_read_in(files: Path, capsys: pytest.CaptureFixture[str]):
    main(["metadata", "apply", file(files, ACCOUNT, {"kind": "role", "key": "boss", "label": {"zh": "老板"}})])

    assert main(["metadata", "export", str(files / "out")]) == 0

    assert json.loads((files / "out/entity/account.json").read_text(encoding="utf-8")) == ACCOUNT
    assert main(["metadata", "apply", str(files / "out")]) == 0
    assert "Nothing to change" in capsys.readouterr().out


def test_a_plan_can_be_read_by_programs(files: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["metadata", "plan", file(files, ACCOUNT), "--json"]) == 0

    plan = json.loads(capsys.readouterr().out)
    assert [step["step"] for step in plan["steps"]] == ["create_table", "add_foreign_keys"]


def test_a_version_can_be_expected_and_documents_deleted(files: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["metadata", "apply", file(files, ACCOUNT), "--expect", "0"]) == 0
    assert main(["metadata", "apply", file(files, entity("other")), "--expect", "0"]) == 2
    assert "changed in the meantime" in capsys.readouterr().err
    assert main(["metadata", "apply", "--delete", "entity/account"]) == 0
    assert main(["doctor"]) == 0


def test_a_template_is_installed_listed_and_removed(files: Path, capsys: pytest.CaptureFixture[str]):
    shop = files / "shop"
    shop.mkdir()
    manifest = {"key": "shop", "label": {"zh": "商店", "en": "Shop"}, "version": "1.0"}
    (shop / "formloom.json").write_text(json.dumps(manifest), encoding="utf-8")
    (shop / "item.json").write_text(json.dumps(entity("item")), encoding="utf-8")

    assert main(["template", "install", str(shop)]) == 0
    assert main(["template", "install", str(shop)]) == 0
    assert "Nothing to change" in capsys.readouterr().out
    assert main(["template", "list"]) == 0
    assert "installed" in next(line for line in capsys.readouterr().out.splitlines() if line.startswith("shop"))
    assert main(["template", "install", str(shop), "--demo"]) == 2
    assert main(["template", "uninstall", "shop", "--drop-data"]) == 0
    assert main(["template", "uninstall", "shop"]) == 2
    assert main(["template", "install", "no_such_template"]) == 2
    assert "no_such_template" in capsys.readouterr().err
    assert main(["doctor"]) == 0


def test_the_doctor_reports_by_its_exit_code(files: Path, capsys: pytest.CaptureFixture[str]):
    import sqlite3

    main(["metadata", "apply", file(files, ACCOUNT)])
    [stored] = (files / "var").glob("*.db")
    connection = sqlite3.connect(stored)
    connection.execute("DROP INDEX ix_account_owner")
    connection.commit()
    connection.close()

    assert main(["doctor"]) == 1
    assert "ix_account_owner" in capsys.readouterr().out


def test_what_was_put_aside_is_listed_brought_back_and_dropped(files: Path, capsys: pytest.CaptureFixture[str]):
    main(["metadata", "apply", file(files, ACCOUNT)])
    database = Database(f"sqlite:///{files}/var/formloom.db")
    add(database, "account", {"name": "A", "city": "上海"}, {"name": "B"})
    database.close()
    assert main(["metadata", "apply", file(files, entity("account"))]) == 2
    assert "1 rows of “account” have a value in “city”" in capsys.readouterr().err
    assert main(["metadata", "apply", file(files, entity("account")), "--allow-destructive"]) == 0
    capsys.readouterr()

    assert main(["metadata", "kept"]) == 0
    listed = capsys.readouterr().out
    assert "account.city" in listed and "changeset 2" in listed.lower()
    assert main(["metadata", "diff", "2"]) == 0
    assert "city" in capsys.readouterr().out
    assert main(["metadata", "diff", "2", "--json"]) == 0
    [node] = json.loads(capsys.readouterr().out)
    assert (node["kind"], node["key"], node["before"]["key"]) == ("entity", "account", "city")
    assert main(["metadata", "restore", "1"]) == 0
    assert main(["metadata", "restore", "1"]) == 2, "it is back already"
    assert main(["metadata", "diff", "9"]) == 2

    assert main(["metadata", "apply", file(files, entity("account")), "--allow-destructive"]) == 0
    capsys.readouterr()
    assert main(["metadata", "purge", "4"]) == 0
    assert "1" in capsys.readouterr().out
    assert main(["metadata", "kept"]) == 0 and capsys.readouterr().out == ""
    assert main(["metadata", "revert", "4"]) == 0, "the field comes back, its values do not"
    assert main(["doctor"]) == 0
