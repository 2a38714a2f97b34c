"""A seeded, believable Chinese retail bank in the import format, with the truth about what was planted in it."""

from steward.sample.bank import MAX_CUSTOMERS, Progress, Summary, generate
from steward.sample.writer import FileFormat

__all__ = ["MAX_CUSTOMERS", "FileFormat", "Progress", "Summary", "generate"]
