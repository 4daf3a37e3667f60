"""When a person should hear of a source: once when its state changes for the worse or for the better, never again."""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.model import Health, Source, SourceState

LASTING = 2.0  # failures from which trouble is no hiccup: four time-outs, or two plain refusals


@dataclass(frozen=True)
class Alert:
    """One change of a source that is worth telling."""

    source: str
    url: str
    status: Health
    before: Health
    reason: str
    at: datetime

    @property
    def text(self) -> str:
        """The alert in one line."""
        return f"{self.source}: {self.before} → {self.status}" + (f" ({self.reason})" if self.reason else "")


def alert_of(source: Source, before: SourceState, after: SourceState, now: datetime) -> Alert | None:
    """Return what to tell about a poll, None where nothing changed that a person would act on.

    Failures count only once they last. Silence counts where the operator has said how much is too much.
    """
    was, told = _told(source, before), _told(source, after)
    if told is was:
        return None
    return Alert(source.name, source.url, told, was, after.reason if told is after.status else "", now)


def _told(source: Source, state: SourceState) -> Health:
    """Return a source's state as a person was told of it."""
    passing = (
        state.status in {Health.FAILING, Health.BLOCKED, Health.BROKEN_FORMAT} and state.failures < LASTING
    )
    expected = state.status is Health.QUIET and source.expect.max_silence is None
    return Health.OK if passing or expected or state.status is Health.NEW else state.status
