"""Fixtures of the tests of files: `sally` and `simon`, sellers in the studio, and `boss`."""

from __future__ import annotations

import pytest

from tests.prepared import copies_of
from tests.runtime.files import studio
from tests.runtime.world import Visitor

world = copies_of(studio.furnish)


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    return visitor.sign_in("sally")


@pytest.fixture
def simon(visitor: Visitor) -> Visitor:
    return visitor.another().sign_in("simon")


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    return visitor.another().sign_in("boss")
