"""What is made ready beside the tables' life before a changeset is published. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .physical import Place


@dataclass(frozen=True)
class Ready:
    """Names of hidden columns by entity and field, of hidden indexes by entity and the name they are to have."""

    columns: Mapping[Place, str] = field(default_factory=dict)
    indexes: Mapping[tuple[str, str], str] = field(default_factory=dict)


NOTHING_READY = Ready()
