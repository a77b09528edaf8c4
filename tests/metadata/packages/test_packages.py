"""Packages: read with suspicion, installed as changesets, taken out without a trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import changesets, packages, store
from formloom.metadata.database import Database
from formloom.metadata.errors import Conflict, MetadataError, NotFound
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems

MANIFEST = {"key": "shop", "label": {"zh": "商店", "en": "Shop"}, "version": "1.0.0"}
LIST = {"kind": "list", "key": "item.all", "entity": "item", "label": "All", "columns": ["name"]}


def folder(root: Path, *documents: dict[str, Any], **manifest: Any) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for old in root.glob("*.json"):
        old.unlink()
    (root / "formloom.json").write_text(json.dumps({**MANIFEST, **manifest}), encoding="utf-8")
    (root / "all.json").write_text(json.dumps(list(documents)), encoding="utf-8")
    return root


def test_a_folder_is_read_with_all_its_documents_but_the_samples(tmp_path: Path):
    root = folder(tmp_path / "shop", entity("item"))
    for name, content in {"lists/a.json": LIST, "demo/x.json": "no document", "lists/b.txt": ""}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(json.dumps(content), encoding="utf-8")

    package = packages.read(root)

    assert [document["key"] for document in package.documents] == ["item", "item.all"]
    assert (package.key, package.version, package.demo) == ("shop", "1.0.0", root / "demo")


def link(root: Path) -> None:
    (root / "outside.json").symlink_to("/etc/hostname")


def linked_folder(root: Path) -> None:
    (root / "outside").symlink_to("/etc")


BAD = {
    "no_manifest": [lambda root: (root / "formloom.json").unlink()],
    "bad_manifest": [
        lambda root: (root / "formloom.json").write_text("{}"),
        lambda root: (root / "formloom.json").write_text(json.dumps({**MANIFEST, "key": "../x"})),
        lambda root: (root / "formloom.json").write_text(json.dumps({**MANIFEST, "script": "rm"})),
        lambda root: (root / "formloom.json").write_text(json.dumps({**MANIFEST, "version": "new"})),
        lambda root: (root / "formloom.json").write_text(json.dumps({**MANIFEST, "requires": ["crm > 2"]})),
    ],
    "newer_format": [lambda root: (root / "formloom.json").write_text(json.dumps({**MANIFEST, "format": 2}))],
    "link": [link, linked_folder],
    "unreadable": [
        lambda root: (root / "x.json").write_text("{"),
        lambda root: (root / "x.json").write_text('{"a": 1, "a": 2}'),
        lambda root: (root / "x.json").write_text("[" * 100_000),
        lambda root: (root / "x.json").write_text('{"a": 1e400}'),
    ],
    "not_utf8": [lambda root: (root / "x.json").write_bytes(b"\xff\xfe")],
    "no_document": [lambda root: (root / "x.json").write_text("[1]")],
    "unknown_kind": [lambda root: (root / "x.json").write_text('{"kind": "spell", "key": "x"}')],
    "twice": [lambda root: (root / "x.json").write_text(json.dumps(entity("item")))],
    "M107": [lambda root: (root / "x.json").write_text(json.dumps(entity("Bad Key")))],
    "M104": [lambda root: (root / "x.json").write_text(json.dumps({**entity("x"), "spell": 1}))],
}


@pytest.mark.parametrize(("code", "spoil"), [(code, spoil) for code, many in BAD.items() for spoil in many])
def test_a_folder_that_is_not_sound_is_refused_with_file_and_hint(tmp_path: Path, code: str, spoil: Any):
    root = folder(tmp_path / "shop", entity("item"))
    spoil(root)

    with pytest.raises(MetadataError) as error:
        packages.read(root)

    found = next(finding for finding in error.value.findings if finding.code == code)
    assert found.file and found.severity == "error"
    assert all(found.message(lang) and found.hint(lang) and found.line(lang) for lang in ("zh", "en"))
    assert found.dump("en")["id"] in (code, f"package.{code}")


def test_everything_wrong_is_said_at_once(tmp_path: Path):
    root = folder(tmp_path / "shop", entity("item"), {"kind": "spell", "key": "x"})
    (root / "a.json").write_text("{")
    (root / "b.json").write_text(json.dumps([LIST, 7, {**LIST, "columns": []}]))

    found = packages.inspect(packages.of_folder(root)).findings

    places = {(finding.code, finding.file, finding.path) for finding in found}
    assert places == {
        ("unreadable", "a.json", ""),
        ("no_document", "b.json", "/1"),
        ("M108", "b.json", "/2/columns"),
        ("unknown_kind", "all.json", "/1/kind"),
    }


def test_installing_is_a_changeset_and_doing_it_again_is_nothing(database: Database, tmp_path: Path):
    package = packages.read(folder(tmp_path / "shop", entity("item"), LIST))

    first = packages.install(database, package, "tester")
    again = packages.install(database, package, "tester")

    assert (first.number, first.layer, len(first.changes)) == (1, "package:shop", 2)
    assert again.empty
    with database.reading() as conn:
        present = packages.installed(conn)["shop"]
    assert (present.version, present.label, present.changeset) == ("1.0.0", MANIFEST["label"], 1)
    assert problems(database) == []


def test_another_version_replaces_the_layer_and_keeps_the_sites_edits(database: Database, tmp_path: Path):
    packages.install(database, packages.read(folder(tmp_path / "shop", entity("item", field("size")), LIST)), "t")
    applied(database, entity("item", field("size"), field("own")))

    newer = folder(tmp_path / "shop", entity("item", field("size"), field("weight")), version="1.1.0")
    packages.install(database, packages.read(newer), "t")

    catalog = catalog_of(database)
    assert list(catalog.entities["item"].fields) == ["name", "size", "own", "weight"]
    assert catalog.lists == {}
    assert problems(database) == []


def test_uninstalling_restores_the_prior_state(database: Database, tmp_path: Path):
    applied(database, entity("mine"))
    package = packages.read(folder(tmp_path / "shop", entity("item", field("size")), LIST))
    packages.install(database, package, "t")
    applied(database, entity("item", field("size"), field("own")))
    add(database, "item", {"name": "A", "own": "x"})

    gone = packages.uninstall(database, "shop", "t")

    with database.reading() as conn:
        assert [document["key"] for document in store.load(conn)] == ["mine"]
        assert packages.installed(conn) == {}
    assert problems(database) == []
    changesets.revert(database, gone.number, "t")
    assert column(database, "item", "own") == ["x"]
    with database.reading() as conn:
        assert packages.installed(conn)["shop"].version == "1.0.0"


def test_uninstalling_drops_the_data_only_when_told(database: Database, tmp_path: Path):
    packages.install(database, packages.read(folder(tmp_path / "shop", entity("item"))), "t")

    packages.uninstall(database, "shop", "t", drop_data=True)

    with database.reading() as conn:
        names = sa.inspect(conn).get_table_names()
    assert [name for name in names if name.startswith(("r_", "x_"))] == []
    assert problems(database) == []


def test_a_package_that_others_build_upon_cannot_go(database: Database, tmp_path: Path):
    packages.install(database, packages.read(folder(tmp_path / "shop", entity("item"))), "t")
    applied(database, entity("mine", field("item", "relation", target="item")))

    with pytest.raises(MetadataError) as error:
        packages.uninstall(database, "shop", "t")

    assert [finding.document for finding in error.value.findings] == [("entity", "mine")]


def test_what_is_missing_taken_or_unknown_is_said(database: Database, tmp_path: Path):
    applied(database, entity("item"))

    with pytest.raises(Conflict) as taken:
        packages.install(database, packages.read(folder(tmp_path / "shop", entity("item", field("x")))), "t")
    with pytest.raises(MetadataError) as needed:
        packages.install(
            database, packages.read(folder(tmp_path / "b", entity("b"), key="b", requires=["c"])), "t"
        )
    with pytest.raises(NotFound) as absent:
        packages.uninstall(database, "shop", "t")
    with pytest.raises(NotFound) as unknown:
        packages.locate("no_such_package")

    assert taken.value.code == "package.taken" and "entity/item" in taken.value.message("en")
    assert [finding.code for finding in needed.value.findings] == ["missing"]
    assert absent.value.code == "package.not_installed"
    assert unknown.value.code == "package.unknown"


def test_packages_announced_by_distributions_are_found_without_running_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = folder(tmp_path / "announced_shop", entity("item"))
    (root / "__init__.py").write_text("raise RuntimeError('imported')")
    info = tmp_path / "announced-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: announced\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[formloom.packages]\nshop = announced_shop\ngone = no.such.module\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert packages.find()["shop"].folder == root
    assert packages.locate("shop").key == "shop"


def test_the_crm_is_a_package():
    package = packages.read(Path("templates_crm"))

    assert package.key == "crm" and package.demo is not None and len(package.documents) > 100
