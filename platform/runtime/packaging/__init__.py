"""Packages as administrators meet them: uploads kept until they are decided on, and everything in words."""

from __future__ import annotations

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "packaging")
