"""Uploaded files: their contents in a store, what is known of each in `fl_file`, and who may have them."""

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "files")
