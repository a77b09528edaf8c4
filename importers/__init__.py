"""Excel and CSV, in and out."""

from pathlib import Path

from formloom.metadata import wording

wording.register(Path(__file__).parent / "wording")
