"""The errors a user can meet, each one line: what, where, what to do next."""


class GiError(Exception):
    """Root of every error that gi_tools raises on purpose."""


class ReadError(GiError, ValueError):
    """A file that cannot be turned into a document."""


class ParseError(GiError, ValueError):
    """A document that cannot be read as a report."""


class CodebookError(GiError, LookupError):
    """A codebook entry that is missing, doubled or contradicts another one."""


class DataError(GiError, ValueError):
    """A frame that lacks the columns or values a verb needs."""


class ComparisonError(DataError):
    """A comparison that the forms do not support, with both forms and the reason."""
