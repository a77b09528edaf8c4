"""The folder of the CRM package: documents and sample data, no logic. Entry points name `FOLDER`."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
