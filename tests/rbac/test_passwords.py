import time

import pytest

from formloom.metadata.errors import InvalidInput
from formloom.rbac.passwords import hash_password, is_outdated, matches

pytestmark = pytest.mark.usefixtures("real_hashes")


@pytest.mark.parametrize(
    "password", ["correct horse", " " * 8, "with\x00nul inside", "🐎🐎🐎🐎🐎🐎🐎🐎", "密码密码密码密码"]
)
def test_a_password_is_taken_verbatim(password: str):
    stored = hash_password(password)

    assert matches(stored, password)
    assert not matches(stored, password + " ")
    assert not matches(stored, password.strip() + "x")


def test_passwords_that_differ_late_differ():
    stored = hash_password("x" * 72 + "a")

    assert not matches(stored, "x" * 72 + "b")


def test_the_parameters_are_those_we_chose():
    assert hash_password("correct horse").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert is_outdated("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$" + "A" * 43)


def test_a_huge_password_is_refused_without_hashing():
    begun = time.perf_counter()
    with pytest.raises(InvalidInput):
        matches(None, "x" * 1_000_000)
    with pytest.raises(InvalidInput):
        hash_password("x" * 1_000_000)

    assert time.perf_counter() - begun < 0.05


@pytest.mark.parametrize("stored", [None, "", "rubbish", "$2b$12$abc"])
def test_without_a_usable_hash_nothing_matches(stored: str | None):
    assert not matches(stored, "nobody")
