"""The two kinds of error that decide what happens next.

    MonitorError
    ├── Transient        trouble that will pass: the row keeps its state and gets a later due time
    ├── Permanent        cannot be processed: the row fails with its reason
    └── ConfigurationError   the operator has to change something

A class docstring is the operator's message.
"""

from dataclasses import dataclass
from datetime import timedelta


class MonitorError(Exception):
    """Something went wrong."""


class Transient(MonitorError):  # noqa: N818 - "a transient" is the word of the glossary
    """The other side has trouble that will pass; it is asked again later."""

    def __init__(self, reason: str, *, detail: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after


class Permanent(MonitorError):  # noqa: N818 - "a permanent" is the word of the glossary
    """This cannot be processed, now or later; it fails with its reason."""

    def __init__(self, reason: str, *, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Problem:
    """One thing to mend in a configuration file: where, what, and the nearest valid word."""

    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class ConfigurationError(MonitorError):
    """The configuration has errors; every one is listed with its place."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class NotADocumentError(ValueError):
    """A line of a file is no labelled document; says which one and why."""
