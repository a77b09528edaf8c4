"""A bucket over real HTTP: signed requests, parts of contents, and what is told when it fails."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from obstore.store import S3Store

from formloom.runtime.files import objects, store
from formloom.runtime.files.objects import ObjectStore, bucket_of
from formloom.runtime.http.errors import Unavailable
from formloom.runtime.settings import Settings
from tests.runtime.files.bucket import BUCKET, KEY, REGION, SECRET, Bucket, served_bucket

CONTENT = bytes(range(256)) * 5_000
PLACE = store.key_of("ab" * 32)


@pytest.fixture
def bucket(monkeypatch) -> Iterator[Bucket]:
    monkeypatch.setattr(objects, "PATIENCE", timedelta(seconds=0.2))
    with served_bucket() as served:
        yield served


def settings_for(bucket: Bucket) -> Settings:
    return Settings(
        files_address=f"s3://{BUCKET}/crm 织表",
        files_key=KEY,
        files_secret=SECRET,
        files_region=REGION,
        files_endpoint=bucket.address,
    )


def test_contents_go_to_a_bucket_and_come_back_whole_and_in_parts(bucket: Bucket):
    keeper = bucket_of(settings_for(bucket))

    keeper.write(PLACE, io.BytesIO(CONTENT))

    assert bucket.kept == {f"crm 织表/{PLACE}": CONTENT}
    assert keeper.size(PLACE) == len(CONTENT)
    assert b"".join(keeper.read(PLACE)) == CONTENT
    assert b"".join(keeper.read(PLACE, 1_000, 300_000)) == CONTENT[1_000:301_000]
    assert [key for key, _ in keeper.keys("files")] == [PLACE]

    keeper.delete(PLACE)
    keeper.delete(PLACE)
    assert bucket.kept == {}


def test_what_is_not_in_the_bucket_is_told(bucket: Bucket):
    keeper = bucket_of(settings_for(bucket))

    assert keeper.size(PLACE) is None
    with pytest.raises(KeyError):
        keeper.read(PLACE)


def test_nothing_in_a_bucket_is_overwritten_even_by_who_comes_at_the_same_time(bucket: Bucket, monkeypatch):
    first, second = bucket_of(settings_for(bucket)), bucket_of(settings_for(bucket))
    first.write(PLACE, io.BytesIO(b"first"))
    monkeypatch.setattr(second, "size", lambda key: None)

    second.write(PLACE, io.BytesIO(b"second"))

    assert b"".join(first.read(PLACE)) == b"first"


@pytest.mark.parametrize("wrong", [{"files_secret": "x"}, {"files_key": "x"}])
def test_a_wrong_key_is_told_from_a_bucket_that_is_down(bucket: Bucket, wrong: dict[str, str]):
    keeper = bucket_of(replace(settings_for(bucket), **wrong))

    for deed in (
        lambda: keeper.write(PLACE, io.BytesIO(CONTENT)),
        lambda: keeper.size(PLACE),
        lambda: keeper.delete(PLACE),
        lambda: list(keeper.keys("files")),
    ):
        with pytest.raises(Unavailable) as refused:
            deed()
        assert (refused.value.code, refused.value.status) == ("storage_refused", 503)
        assert SECRET not in refused.value.message("en")
    assert bucket.kept == {}


@pytest.mark.parametrize("trouble", ["busy", "drop"])
def test_a_bucket_in_trouble_keeps_nothing_by_halves(bucket: Bucket, trouble: str):
    keeper = quick(bucket)
    bucket.trouble = trouble

    for deed in (lambda: keeper.write(PLACE, io.BytesIO(CONTENT)), lambda: keeper.size(PLACE)):
        with pytest.raises(Unavailable) as refused:
            deed()
        assert refused.value.code == "storage_unreachable"

    bucket.trouble = ""
    assert bucket.kept == {}
    keeper.write(PLACE, io.BytesIO(CONTENT))
    assert b"".join(keeper.read(PLACE)) == CONTENT


def test_a_bucket_that_dies_while_it_is_written_to_holds_no_part(bucket: Bucket, monkeypatch):
    keeper = quick(bucket)
    monkeypatch.setattr(keeper, "size", lambda key: None)
    bucket.trouble = "drop"

    with pytest.raises(Unavailable):
        keeper.write(PLACE, io.BytesIO(CONTENT))

    assert bucket.kept == {}


def test_a_content_that_is_cut_short_is_never_taken_for_whole(bucket: Bucket):
    keeper = quick(bucket)
    keeper.write(PLACE, io.BytesIO(CONTENT))
    bucket.trouble = "cut"

    with pytest.raises(Unavailable):
        b"".join(keeper.read(PLACE))


def test_a_bucket_that_is_not_there_is_told(bucket: Bucket):
    keeper = quick(bucket)
    bucket.shutdown()
    bucket.server_close()

    with pytest.raises(Unavailable) as refused:
        keeper.write(PLACE, io.BytesIO(CONTENT))
    assert "Nothing was saved" in refused.value.message("en")


def quick(bucket: Bucket) -> ObjectStore:
    """The store of this bucket that asks once, so that a test need not wait for it."""
    given = {"access_key_id": KEY, "secret_access_key": SECRET, "region": REGION, "endpoint": bucket.address}
    return ObjectStore(
        S3Store(BUCKET, **given, client_options={"allow_http": True}, retry_config={"max_retries": 0})
    )
