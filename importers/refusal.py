"""The error for files that are no sheets, or are larger than allowed."""

from __future__ import annotations

from formloom.metadata.errors import FormloomError


class FileRefused(FormloomError):
    """The file cannot be read as a sheet, or is larger than the limits."""

    code, status = "import.file_refused", 422
