"""What a person or a tool asks for and cannot have."""

from monitor.domain.errors import MonitorError


class Refused(MonitorError):  # noqa: N818 - named as what happened, like Transient and Permanent
    """A label, a claim or a correction that cannot be taken; `kind` is a stable word, the text says what to do."""

    def __init__(self, kind: str, told: str) -> None:
        super().__init__(told)
        self.kind = kind
