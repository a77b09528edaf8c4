"""Fixtures of the tests of files: `sally` and `simon`, sellers in the studio, and `boss`."""

from __future__ import annotations

import pytest

from formloom.metadata.database import Database
from tests.runtime.files import studio
from tests.runtime.world import Visitor


@pytest.fixture
def sally(visitor: Visitor, world: Database) -> Visitor:
    studio.build(world)
    return visitor.sign_in("sally")


@pytest.fixture
def simon(sally: Visitor) -> Visitor:
    return sally.another().sign_in("simon")


@pytest.fixture
def boss(sally: Visitor) -> Visitor:
    return sally.another().sign_in("boss")
