"""Random changes to records, some of them refused: what is stored has to hold whatever was done before."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from formloom.metadata.errors import FormloomError
from formloom.runtime.records import Records


class Player:
    """Does one random thing after another. Those that derive from it say to what, and what may be done."""

    entities: Sequence[str]

    def __init__(self, door: Records, seed: int) -> None:
        self.door = door
        self.random = random.Random(seed)
        self.ids: dict[str, list[int]] = {key: [] for key in self.entities}

    def acts(self) -> list[Callable[[str], None]]:
        """What may be done to an entity; what is named twice is done twice as often."""
        raise NotImplementedError

    def values(self, entity: str) -> dict[str, Any]:
        """Values of a record as a form sends them."""
        raise NotImplementedError

    def step(self) -> None:
        """Do something; what is refused leaves nothing behind."""
        entity = self.random.choice(list(self.ids))
        act = self.random.choice(self.acts())
        point = self.door.ctx.conn.begin_nested()
        try:
            act(entity)
            point.commit()
        except FormloomError:
            point.rollback()

    def create(self, entity: str) -> None:
        """Make one record, or three at once."""
        if self.random.random() < 0.3:
            rows = [self.values(entity) for _ in range(3)]
            columns = {key: [row[key] for row in rows] for key in rows[0]}
            self.ids[entity] += [i for i in self.door.create_many(entity, columns, "form", "each").ids if i]
        else:
            self.ids[entity].append(self.door.create(entity, self.values(entity)))
