"""Packages: folders of documents that can be installed, upgraded, compared, exported and taken out again.

Installing is a changeset on the package's own layer; what the site edited stays on the site's and is merged, node
by node, with each new version.
"""

from __future__ import annotations

from .exporting import Exported, Wanted, export
from .findings import PackageFinding
from .installed import (
    Customised,
    Installed,
    Mark,
    customised,
    customised_by_site,
    find_package,
    in_force,
    installed,
    marks,
    own_documents,
    package_of,
    shipped_by,
)
from .installing import Proposal, UndecidedConflicts, install, propose
from .merging import EVERYTHING, Dispute, Merged, read_choices
from .reading import Inspection, Package, find, inspect, locate, read, read_documents, read_file, read_zip
from .removal import Removal, propose_removal, uninstall
from .resetting import find_customised, preview_reset, reset
from .sources import DEMO, MANIFEST, Source, of_folder, of_zip
from .versions import next_version, rank

__all__ = [
    "DEMO",
    "EVERYTHING",
    "MANIFEST",
    "Customised",
    "Dispute",
    "Exported",
    "Inspection",
    "Installed",
    "Mark",
    "Merged",
    "Package",
    "PackageFinding",
    "Proposal",
    "Removal",
    "Source",
    "UndecidedConflicts",
    "Wanted",
    "customised",
    "customised_by_site",
    "export",
    "find",
    "find_customised",
    "find_package",
    "in_force",
    "inspect",
    "install",
    "installed",
    "locate",
    "marks",
    "next_version",
    "of_folder",
    "of_zip",
    "own_documents",
    "package_of",
    "preview_reset",
    "propose",
    "propose_removal",
    "rank",
    "read",
    "read_choices",
    "read_documents",
    "read_file",
    "read_zip",
    "reset",
    "shipped_by",
    "uninstall",
]
