"""`formloom template` from a terminal's point of view: upgrades with conflicts, differences, exports."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from formloom.runtime.cli import main
from tests.metadata.sample import entity, field

MANIFEST = {"key": "shop", "label": {"zh": "商店", "en": "Shop"}, "version": "1.0.0"}
BOX = {"kind": "entity", "key": "box", "label": "Box", "title": "name"}
OWN = {
    "kind": "list",
    "key": "item.own",
    "entity": "item",
    "label": "Own",
    "columns": ["name"],
    "filter": {"field": "size", "op": "is_not_empty"},
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("FORMLOOM_DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def package(root: Path, *documents: dict[str, Any], **manifest: Any) -> str:
    root.mkdir(exist_ok=True)
    (root / "formloom.json").write_text(json.dumps({**MANIFEST, **manifest}), encoding="utf-8")
    (root / "all.json").write_text(json.dumps(list(documents)), encoding="utf-8")
    return str(root)


def apply(root: Path, *documents: dict[str, Any]) -> None:
    file = root / "site.json"
    file.write_text(json.dumps(list(documents)), encoding="utf-8")
    assert main(["metadata", "apply", str(file)]) == 0


def item(label: str) -> dict[str, Any]:
    return entity("item", field("size") | {"label": label})


def test_conflicts_are_listed_and_decided(home: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["template", "install", package(home / "shop", item("Size"))]) == 0
    apply(home, item("Our size"))
    newer = package(home / "shop", item("Their size"), version="1.1.0")
    capsys.readouterr()

    assert main(["template", "diff", "shop"]) == 1
    assert "field “Size” › Name: Size → Our size" in capsys.readouterr().out
    assert main(["template", "upgrade", newer, "--dry-run"]) == 3
    assert main(["template", "upgrade", newer]) == 3
    shown = capsys.readouterr().out
    assert "entity:item#/fields/size/label" in shown
    assert all(value in shown for value in ("before: Size", "Their size", "Our size", "1 conflicts"))
    assert main(["template", "list"]) == 0
    assert "1.0.0" in capsys.readouterr().out

    choices = home / "choices.json"
    for wrong in ("{", '{"entity:item#/fields/size/label": "both"}', '{"entity:item#/x": "mine"}'):
        choices.write_text(wrong)
        assert main(["template", "upgrade", newer, "--choices", str(choices)]) == 2
    choices.write_text('{"entity:item#/fields/size/label": "theirs"}')
    assert main(["template", "upgrade", newer, "--choices", str(choices)]) == 0
    assert main(["template", "diff", "shop"]) == 0
    assert main(["template", "diff", "shop", newer]) == 0
    assert main(["template", "diff", "shop", package(home / "next", item("X"), version="2")]) == 1
    assert main(["template", "diff", "nothing"]) == 2


@pytest.mark.parametrize(("flag", "label"), [("--keep-mine", "Our size"), ("--take-theirs", "Their size")])
def test_one_flag_decides_everything(home: Path, capsys: pytest.CaptureFixture[str], flag: str, label: str):
    main(["template", "install", package(home / "shop", item("Size"))])
    apply(home, item("Our size"))

    assert main(["template", "upgrade", package(home / "shop", item("Their size"), version="2"), flag]) == 0
    assert main(["metadata", "export", "out"]) == 0
    document = json.loads((home / "out" / "entity" / "item.json").read_text("utf-8"))
    assert document["fields"][1]["label"] == label


def test_a_node_or_a_document_is_reset(home: Path, capsys: pytest.CaptureFixture[str]):
    main(["template", "install", package(home / "shop", item("Size"))])
    apply(home, {**item("Our size"), "label": "Our item"})

    assert main(["template", "reset", "entity:item", "/label"]) == 0
    capsys.readouterr()
    assert main(["template", "diff", "shop"]) == 1
    shown = capsys.readouterr().out
    assert "Our size" in shown and "Our item" not in shown
    assert main(["template", "reset", "entity:item", "/title"]) == 2
    assert main(["template", "reset", "entity:item"]) == 0
    assert main(["template", "reset", "entity:item"]) == 2
    assert main(["template", "diff", "shop"]) == 0


def test_the_sites_own_documents_under_the_same_key_are_never_overwritten(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    apply(home, entity("item", field("ours")))
    shop = package(home / "shop", item("Size"))

    assert main(["template", "install", shop]) == 2
    assert "item" in capsys.readouterr().err
    assert main(["template", "install", shop, "--merge"]) == 0
    assert main(["metadata", "export", "out"]) == 0
    merged = json.loads((home / "out" / "entity" / "item.json").read_text("utf-8"))
    assert {each["key"] for each in merged["fields"]} == {"name", "ours", "size"}

    # Uninstalling gives back what was there before.
    assert main(["template", "uninstall", "shop"]) == 0
    assert main(["metadata", "export", "after"]) == 0
    after = json.loads((home / "after" / "entity" / "item.json").read_text("utf-8"))
    assert after == entity("item", field("ours"))


def test_what_depends_on_a_package_is_shown_before_it_goes(home: Path, capsys: pytest.CaptureFixture[str]):
    main(["template", "install", package(home / "shop", item("Size"))])
    apply(home, OWN, {**BOX, "fields": [field("name"), field("item", "relation", target="item")]})
    capsys.readouterr()

    assert main(["template", "uninstall", "shop", "--dry-run"]) == 1
    shown = capsys.readouterr().out
    assert "List item.own" in shown and "Table box" in shown
    assert main(["template", "uninstall", "shop"]) == 2
    assert main(["template", "uninstall", "shop", "--with-dependents", "--dry-run"]) == 0
    assert main(["template", "uninstall", "shop", "--with-dependents"]) == 0
    assert main(["metadata", "export", "out"]) == 0
    assert not (home / "out").exists()


def test_the_sites_own_documents_become_a_package(home: Path, capsys: pytest.CaptureFixture[str]):
    main(["template", "install", package(home / "shop", item("Size"))])
    kinds = {"kind": "option_set", "key": "kinds", "label": "Kinds", "options": [{"key": "a", "label": "A"}]}
    box = {
        **BOX,
        "fields": [
            field("name"),
            field("item", "relation", target="item"),
            field("kind", "select", options="kinds"),
        ],
    }
    apply(home, box, kinds)

    assert main(["template", "export", "boxes.zip", "--key", "boxes", "--only", "entity:box"]) == 0
    assert "Option set" not in capsys.readouterr().err
    assert main(["template", "export", "boxes", "--key", "boxes", "--version", "3.1"]) == 0
    assert main(["template", "export", "boxes"]) == 2
    assert main(["template", "export", "x.zip", "--only", "entity:item"]) == 2
    assert main(["template", "export", "x.zip", "--only", "entity:nothing"]) == 2
    assert main(["template", "export", "x.zip", "--key", "Bad key"]) == 2
    assert main(["template", "export", "x.zip", "--version", "new"]) == 2

    manifest = json.loads((home / "boxes" / "formloom.json").read_text("utf-8"))
    assert (manifest["key"], manifest["version"], manifest["requires"]) == ("boxes", "3.1", ["shop>=1.0.0"])
    with zipfile.ZipFile(home / "boxes.zip") as archive:
        assert {Path(name).name for name in archive.namelist()} == {"formloom.json", "box.json", "kinds.json"}

    # The same site takes it in place of its own documents, and another takes it after what it requires.
    assert main(["template", "install", "boxes.zip", "--merge"]) == 0
    assert main(["template", "uninstall", "boxes"]) == 0
    assert main(["template", "uninstall", "shop", "--with-dependents"]) == 0
    assert main(["template", "install", "boxes.zip"]) == 2
    assert "shop" in capsys.readouterr().err


def test_a_package_that_names_what_the_site_added_elsewhere_is_not_whole(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    main(["template", "install", package(home / "shop", item("Size"))])
    apply(home, entity("item", field("size"), field("extra")), {**OWN, "columns": ["name", "extra"]})

    assert main(["template", "export", "x.zip"]) == 2
    assert "extra" in capsys.readouterr().err
    assert main(["template", "export", "x.zip", "--package", "shop"]) == 0
    with zipfile.ZipFile(home / "x.zip") as archive:
        assert json.loads(archive.read("shop/formloom.json"))["version"] == "1.0.1"
        assert "extra" in archive.read("shop/entity/item.json").decode()


def test_rows_go_along_and_come_back_the_same(home: Path, capsys: pytest.CaptureFixture[str]):
    line = entity("line", field("qty", "integer"), parent="box")
    box = {
        **BOX,
        "fields": [
            field("name"),
            field("bought", "date"),
            field("price", "money"),
            field("good", "boolean"),
            field("container", "relation", target="box"),
            field("lines", "subtable", target="line"),
        ],
    }
    demo = home / "boxes" / "demo" / "records"
    apply(home, box, line)
    assert main(["template", "export", "boxes", "--key", "boxes"]) == 0
    demo.mkdir(parents=True)
    (demo / "01_box.csv").write_text(
        "ref,name,bought,price,good,container,created_at\n"
        'a,"A, ""big""",2026-01-02,12.50,true,,2026-01-03T04:05:06Z\n'
        "b,B,,,,a,2026-01-03T04:05:06Z\n"
    )
    (demo / "02_line.csv").write_text("ref,box,name,qty\nl,a,x,3\n")
    assert main(["template", "install", "boxes", "--merge", "--demo"]) == 0

    assert main(["template", "export", "again.zip", "--package", "boxes", "--with-data", "box"]) == 0
    assert main(["template", "uninstall", "boxes", "--with-dependents", "--drop-data"]) == 0
    apply(home, entity("other"))
    with zipfile.ZipFile(home / "again.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("boxes/demo/records/01_box.csv").decode())))
        lines = archive.read("boxes/demo/records/02_line.csv").decode()
    assert [row["name"] for row in rows] == ['A, "big"', "B"]
    assert (rows[0]["price"], rows[0]["bought"], rows[0]["good"]) == ("12.50", "2026-01-02", "true")
    assert rows[1]["container"] == rows[0]["ref"] and rows[0]["created_at"].startswith("2026-01-03T04:05:06")
    assert lines.splitlines()[1].endswith(",x,3") or ",3" in lines
    with zipfile.ZipFile(home / "again.zip") as archive:
        archive.extractall(home / "unpacked")
    assert main(["template", "install", "again.zip", "--merge", "--demo"]) == 0
    assert main(["template", "export", "third.zip", "--package", "boxes", "--with-data", "box"]) == 0
