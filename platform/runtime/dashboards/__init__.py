"""Dashboards: what their cards say to one reader, each in one statement, each mark with the rows behind it."""

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "dashboard")
