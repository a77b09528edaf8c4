"""Which store a site uses, as its settings say."""

from __future__ import annotations

from importlib.util import find_spec

from ...metadata.errors import SetupError
from ..settings import Settings
from .store import LocalStore, Store

BUCKET = "s3://"


def open_store(settings: Settings) -> Store:
    """The store: a folder of the data directory, or a bucket. Raises SetupError for any other address."""
    address = settings.files_address
    if not address:
        return LocalStore(settings.data_dir)
    if not address.startswith(BUCKET) or not address.removeprefix(BUCKET).strip("/"):
        raise SetupError("setup.files_address", address=address)
    if find_spec("obstore") is None:
        raise SetupError("setup.files_library")
    from .objects import bucket_of

    return bucket_of(settings)
