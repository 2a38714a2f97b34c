"""Bulk import of files: reading, checking, mapping and loading, all vectorised or set-based, in flat memory."""

from services.profile.importing.mapping import MappingBroken
from services.profile.importing.reading import FileUnreadable
from services.profile.importing.report import ImportReport, KindReport, Problem
from services.profile.importing.running import import_directory

__all__ = ["FileUnreadable", "ImportReport", "KindReport", "MappingBroken", "Problem", "import_directory"]
