"""Every store keeps the same promises: in a folder, and in a bucket."""

import errno
import io

import pytest
from obstore.store import MemoryStore

from formloom.metadata.errors import SetupError
from formloom.runtime.files import store
from formloom.runtime.files.objects import ObjectStore
from formloom.runtime.files.opening import open_store
from formloom.runtime.http.errors import Unavailable, of_disk
from formloom.runtime.settings import Settings


@pytest.fixture(params=["folder", "bucket"])
def keeper(request, tmp_path) -> store.Store:
    return store.LocalStore(tmp_path) if request.param == "folder" else ObjectStore(MemoryStore())


def test_a_store_gives_back_what_it_keeps_whole_and_in_parts(keeper):
    content = bytes(range(256)) * 5_000
    key = store.key_of("ab" * 32)

    keeper.write(key, io.BytesIO(content))

    assert keeper.size(key) == len(content)
    assert b"".join(keeper.read(key)) == content
    assert b"".join(keeper.read(key, 1_000, 300_000)) == content[1_000:301_000]
    assert b"".join(keeper.read(key, len(content) - 3, 100)) == content[-3:]
    assert [found for found, _ in keeper.keys("files")] == [key]
    assert list(keeper.keys("thumbnails")) == []


def test_a_store_overwrites_nothing(keeper):
    key = store.key_of("cd" * 32)
    keeper.write(key, io.BytesIO(b"first"))

    keeper.write(key, io.BytesIO(b"second"))

    assert b"".join(keeper.read(key)) == b"first"


def test_what_is_not_there_is_told(keeper):
    key = store.key_of("ef" * 32)

    keeper.delete(key)

    assert keeper.size(key) is None
    with pytest.raises(KeyError):
        keeper.read(key)


def test_what_is_deleted_is_gone(keeper):
    key = store.key_of("ef" * 32)
    keeper.write(key, io.BytesIO(b"x"))

    keeper.delete(key)

    assert keeper.size(key) is None


def test_a_write_that_fails_leaves_nothing(tmp_path):
    class Broken(io.BytesIO):
        def read(self, *given):
            raise OSError(errno.EIO, "cannot be read")

    keeper = store.LocalStore(tmp_path)
    with pytest.raises(Unavailable):
        keeper.write(store.key_of("ab" * 32), Broken())

    assert list(keeper.keys("files")) == []


def test_trouble_of_the_disk_has_its_names():
    found = [of_disk(OSError(code, "")) for code in (errno.ENOSPC, errno.EROFS, errno.EIO)]

    assert [(each.code, each.status) for each in found] == [
        ("storage_full", 507),
        ("read_only", 503),
        ("busy", 503),
    ]


def test_the_settings_say_which_store(tmp_path):
    local = open_store(Settings(data_dir=tmp_path))
    given = {"files_key": "a", "files_secret": "b", "files_region": "x", "files_endpoint": "http://127.0.0.1:9"}
    bucket = open_store(Settings(data_dir=tmp_path, files_address="s3://papers/crm", **given))

    assert isinstance(local, store.LocalStore)
    assert isinstance(bucket, ObjectStore)
    for address in ("ftp://x", "s3://", "papers"):
        with pytest.raises(SetupError, match="s3://bucket"):
            open_store(Settings(data_dir=tmp_path, files_address=address))
