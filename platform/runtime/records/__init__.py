"""Records: the only door to rows. See `facade.Records`."""

from __future__ import annotations

from pathlib import Path

from ...metadata.wording import register
from ..files import releasing as _releasing  # noqa: F401  (hears of what is purged)
from . import numbering as _numbering  # noqa: F401  (announces itself to changesets)
from . import renewal as _renewal  # noqa: F401  (announces itself to changesets)
from .aggregate import Aggregate, AggregateRequest, Dimension, Group, Measure
from .batch import ABSENT, RowErrors, Written
from .facade import Mode, Records
from .listrequest import ListRequest
from .merging import Overlap, VersionConflict
from .record import Page, Record
from .ruling import ConfirmRequired
from .timeline import Entry, FieldChange

register(Path(__file__).parent / "wording")

__all__ = [
    "ABSENT",
    "Aggregate",
    "AggregateRequest",
    "ConfirmRequired",
    "Dimension",
    "Entry",
    "FieldChange",
    "Group",
    "ListRequest",
    "Measure",
    "Mode",
    "Overlap",
    "Page",
    "Record",
    "Records",
    "RowErrors",
    "VersionConflict",
    "Written",
]
