"""The program starts only when it can serve; otherwise it says why in one sentence, with exit code 2."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import SetupError
from formloom.metadata.tables import state
from formloom.runtime import changing, cli
from formloom.runtime.job_queue import get_job
from formloom.runtime.settings import Settings
from formloom.runtime.site import open_site

NAME = {"key": "name", "type": "text", "label": "Name"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory named by the environment, which holds no other setting."""
    for name in [name for name in os.environ if name.startswith("FORMLOOM_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says when it refuses; asserts that it is one sentence and the code is 2."""
    assert cli.main(list(arguments or ("worker", "--once"))) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Traceback" not in said
    return said


def test_an_unknown_setting_is_named(folder, monkeypatch, capsys):
    monkeypatch.setenv("FORMLOOM_DATABSE_URL", "sqlite://")

    assert "FORMLOOM_DATABSE_URL" in refusal(capsys)
    assert not folder.exists()


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "", "１６"])
def test_a_number_must_be_one(folder, monkeypatch, capsys, value):
    monkeypatch.setenv("FORMLOOM_THREADS", value)

    assert "FORMLOOM_THREADS" in refusal(capsys)


def test_an_unreachable_database_is_named_without_its_password(folder, monkeypatch, capsys):
    monkeypatch.setenv("FORMLOOM_DATABASE_URL", "postgresql://me:hidden@127.0.0.1:1/none")

    said = refusal(capsys)
    assert "127.0.0.1:1" in said and "hidden" not in said


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "oracle+nothing://x"])
def test_a_database_of_another_kind_is_refused(folder, monkeypatch, capsys, url):
    monkeypatch.setenv("FORMLOOM_DATABASE_URL", url)

    assert "FORMLOOM_DATABASE_URL" in refusal(capsys)


def test_a_data_directory_that_cannot_be_written_is_named(folder, capsys):
    folder.parent.joinpath("data").write_text("a file, not a folder")

    assert str(folder) in refusal(capsys)


def test_a_database_newer_than_the_program_is_left_alone(folder, capsys):
    site = open_site(Settings(data_dir=folder))
    with site.database.writing() as conn:
        conn.execute(sa.update(state).where(state.c.name == "schema").values(version=999))
    site.close()
    before = (folder / "formloom.db").read_bytes()

    assert "999" in refusal(capsys)
    assert (folder / "formloom.db").read_bytes() == before


def test_a_secret_that_others_can_read_or_guess_is_refused(folder, monkeypatch, capsys):
    Settings(data_dir=folder).prepared()
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600
    (folder / "secret").chmod(0o644)
    assert "chmod 600" in refusal(capsys)

    monkeypatch.setenv("FORMLOOM_SECRET", "short")
    assert "32" in refusal(capsys)


def test_the_secret_is_made_once(folder):
    first, second = (Settings(data_dir=folder).prepared().secret for _ in range(2))

    assert first == second and len(first) >= 32


def test_a_port_in_use_is_named(folder, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert str(port) in refusal(capsys, "serve", "--port", str(port))


def test_a_second_server_on_the_same_data_directory_is_refused(folder, capsys):
    from formloom.runtime.cli.serve import hold_data_dir

    site = open_site(Settings(data_dir=folder))
    held = hold_data_dir(site.settings)
    try:
        assert str(os.getpid()) in refusal(capsys, "serve", "--port", "0")
    finally:
        held.close()
        site.close()
    hold_data_dir(site.settings).close()


def test_help_lists_every_setting_in_both_languages(monkeypatch, capsys):
    from dataclasses import fields

    for lang in ("C", "zh_CN.UTF-8"):
        monkeypatch.setenv("LC_ALL", lang)
        with pytest.raises(SystemExit):
            cli.main(["--help"])
        said = capsys.readouterr().out
        assert all(f"FORMLOOM_{each.name.upper()}" in said for each in fields(Settings))


def test_the_settings_ignore_what_tests_set_for_themselves():
    assert Settings.from_environment({"FORMLOOM_TEST_X": "1", "PATH": "x"}) == Settings()
    with pytest.raises(SetupError):
        Settings.from_environment({"FORMLOOM_X": "1"})


@pytest.fixture
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server in a process of its own, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "formloom", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=dict(os.environ))
    yield process, f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def until_up(address: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not come up")


@pytest.mark.slow
def test_the_server_serves_survives_bad_clients_and_ends_when_told(server):
    process, address = server
    until_up(address)
    host, port = address.removeprefix("http://").split(":")
    for rubbish in (b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(rubbish)

    assert urllib.request.urlopen(f"{address}/metrics").read().startswith(b"# TYPE")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) in (0, -signal.SIGTERM)


@pytest.mark.slow
def test_a_killed_server_leaves_nothing_that_hinders_the_next(server, folder):
    process, address = server
    until_up(address)
    process.kill()
    process.wait()

    site = open_site(Settings(data_dir=folder))
    from formloom.runtime.cli.serve import hold_data_dir

    hold_data_dir(site.settings).close()
    with Database(site.settings.url).reading() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    site.close()


def test_a_worker_of_its_own_knows_every_kind_of_work(folder):
    site = open_site(Settings.from_environment())
    entity = {"kind": "entity", "key": "thing", "label": "Thing", "title": "name", "fields": [NAME]}
    with site.database.writing() as conn:
        number = changing.begin(conn, [Edit.put(entity)], {"actor": "test"}, None)
    site.close()

    command = [sys.executable, "-m", "formloom", "worker", "--once"]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)

    assert done.returncode == 0, done.stderr
    site = open_site(Settings.from_environment())
    with site.database.reading() as conn:
        job = get_job(conn, number)
        assert job is not None and job.state == "done", job
        assert "thing" in site.catalog(conn).entities
    site.close()
