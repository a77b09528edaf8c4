"""Every kind of background work of this package: importing it makes them known to a worker."""

from __future__ import annotations

from . import changing
from .design import publication

KINDS = (changing.KIND, publication.KIND)
