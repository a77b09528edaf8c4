"""`formloom user`, `token` and `explain` from a terminal's point of view."""

import io
import json
from pathlib import Path

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from formloom.rbac import tokens
from formloom.rbac.access import access_for
from formloom.rbac.signin import Caller, sign_in
from formloom.runtime.cli import REFUSED, main
from formloom.runtime.cli.access import parse_scope
from formloom.runtime.settings import Settings
from formloom.runtime.site import Site, open_site
from tests.rbac.shop import ENTITIES, grant


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An installation without any document, in an English terminal."""
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("FORMLOOM_DATABASE_URL", raising=False)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    site = open_site(Settings.from_environment())
    yield site
    site.close()


def run(monkeypatch: pytest.MonkeyPatch, *words: str, stdin: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    return main(list(words))


def test_the_first_administrator_can_be_made_before_anything_else(site: Site, monkeypatch, capsys):
    words = ("user", "create", " Root ", "--name", "Root", "--admin", "--password-stdin")

    assert run(monkeypatch, *words, stdin="s3cret\n") == 0
    assert "The account root is ready." in capsys.readouterr().out
    sign_in(site.database, "root", "s3cret", Caller())
    with site.database.reading() as conn:
        assert [role.administrator for role in site.catalog(conn).roles.values()] == [True]
    assert run(monkeypatch, *words, stdin="other\n") == REFUSED
    assert "already" in capsys.readouterr().err
    assert run(monkeypatch, "user", "disable", "root") == REFUSED
    assert run(monkeypatch, "user", "create", "two", "--name", "Two", "--admin") == 0
    assert run(monkeypatch, "user", "disable", "root") == 0
    assert run(monkeypatch, "user", "enable", "root") == 0
    assert run(monkeypatch, "user", "password", "root", "--password-stdin", stdin="another one\n") == 0
    sign_in(site.database, "root", "another one", Caller())


@pytest.mark.parametrize(
    "words",
    [
        ("user", "create", "ann", "--name", "Ann", "--role", "nobody"),
        ("user", "create", "ann", "--name", "Ann", "--department", "nowhere"),
        ("user", "create", "ann", "--name", "Ann", "--password-stdin"),
        ("user", "disable", "nobody"),
        ("token", "create", "nobody"),
        ("token", "create", "root", "--scope", "nothing"),
        ("token", "create", "root", "--scope", "{rubbish"),
        ("token", "create", "root", "--scope", "{}x"),
        ("token", "create", "root", "--expires", "tomorrow"),
        ("token", "create", "root", "--expires", "2020-01-01"),
        ("token", "create", "root", "--expires", "9" * 30),
        ("explain", "nobody", "account"),
        ("explain", "root", "nothing"),
        ("explain", "root", "account", "name", "city"),
        ("explain", "root", "account", "nothing"),
        ("explain", "root", "account", "7"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(site: Site, monkeypatch, capsys, words: tuple):
    changesets.apply(site.database, [Edit.put(document) for document in ENTITIES], "test")
    run(monkeypatch, "user", "create", "root", "--name", "Root", "--admin")
    capsys.readouterr()

    assert run(monkeypatch, *words) == REFUSED

    told = capsys.readouterr()
    assert told.out == ""
    assert 0 < len(told.err.splitlines()) <= 2 and "Traceback" not in told.err


def test_a_token_is_printed_once_and_works(site: Site, monkeypatch, capsys):
    documents = [*ENTITIES, grant("all", "account", {"everyone": True}, {"view": "all", "edit": "all"})]
    changesets.apply(site.database, [Edit.put(document) for document in documents], "test")
    run(monkeypatch, "user", "create", "ann", "--name", "Ann")
    capsys.readouterr()

    assert run(monkeypatch, "token", "create", "ann", "--name", "reports", "--scope", "read,account") == 0

    secret = capsys.readouterr().out.strip()
    with site.database.reading() as conn:
        signed_in = tokens.load(conn, secret)
        access = access_for(site.catalog(conn), signed_in.actor)
    assert access.entities() == ("account",) and not access.may("account", "edit")


@pytest.mark.parametrize(
    ("raw", "scope"),
    [
        ("", {"read_only": False}),
        ("write", {"read_only": False}),
        ("read", {"read_only": True}),
        ("account, deal", {"read_only": False, "entities": ["account", "deal"]}),
        ('{"read_only": true, "entities": []}', {"read_only": True, "entities": []}),
    ],
)
def test_a_scope_is_written_as_words_or_json(raw: str, scope: dict):
    assert parse_scope(raw) == scope


@pytest.mark.parametrize(("lang", "told"), [("en_GB.UTF-8", "through everyone"), ("zh_CN.UTF-8", "所有人")])
def test_explanations_speak_the_language_of_the_terminal(site: Site, monkeypatch, capsys, lang: str, told: str):
    documents = [*ENTITIES, grant("all", "account", {"everyone": True}, {"view": "all"}, {"name": "view"})]
    changesets.apply(site.database, [Edit.put(document) for document in documents], "test")
    run(monkeypatch, "user", "create", "ann", "--name", "Ann")
    capsys.readouterr()
    monkeypatch.setenv("LANG", lang)

    assert run(monkeypatch, "explain", "ann", "account", "name") == 0
    lines = capsys.readouterr().out.splitlines()
    assert told in lines[1] and lines[1].startswith("name:view: ")
    assert run(monkeypatch, "explain", "ann", "account", "--json") == 0
    assert json.loads(capsys.readouterr().out)["verdicts"][0]["allowed"] is True
