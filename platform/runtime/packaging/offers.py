"""Packages on offer: those distributions announce, by key, and uploaded zips, by the hash of their content.

An uploaded zip lies in the data directory under its own hash from upload to decision, so that what is applied is
what was looked at. It is read anew each time, with the same suspicion.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

from ...metadata import packages
from ...metadata.errors import FormloomError, NotFound
from ...metadata.packages import Inspection, Package

LARGEST = 20 * 2**20
"""Bytes of a zip."""
KEPT_SECONDS = 14 * 24 * 3_600

_DIGEST = re.compile("[0-9a-f]{64}")


class PackageTooLarge(FormloomError):
    """The uploaded file is larger than a package may be."""

    code, status = "package.zip_too_large", 413


def keep(data_dir: Path, content: bytes) -> str:
    """The hash under which a zip is now kept. Whole or not at all; old ones are thrown away."""
    if len(content) > LARGEST:
        raise PackageTooLarge(most=LARGEST // 2**20)
    digest = hashlib.sha256(content).hexdigest()
    target = _path(data_dir, digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(target)
    _forget_old(target.parent)
    return digest


def _path(data_dir: Path, digest: str) -> Path:
    return data_dir / "packages" / f"{digest}.zip"


def _forget_old(folder: Path) -> None:
    for file in folder.iterdir():
        try:
            if time.time() - file.stat().st_mtime > KEPT_SECONDS:
                file.unlink()
        except FileNotFoundError:
            continue  # another process was faster


def inspect(data_dir: Path, ref: str) -> Inspection:
    """What is on offer as `ref`, with everything that is wrong with it. Raises NotFound."""
    if _DIGEST.fullmatch(ref):
        file = _path(data_dir, ref)
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != ref:
            raise NotFound("package.offer_gone")
        return packages.inspect(packages.of_zip(file, "zip"))
    found = packages.find().get(ref)
    if found is None or found.folder is None:
        raise NotFound("package.unknown", name=ref[:60])
    return packages.inspect(packages.of_folder(found.folder))


def locate(data_dir: Path, ref: str) -> Package:
    """The sound package on offer as `ref`. Raises NotFound, MetadataError with all findings."""
    return inspect(data_dir, ref).require()
