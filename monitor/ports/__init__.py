"""What the stages ask of the outside world; every Protocol has a real adapter and a fake in tests/fakes.py."""

from monitor.ports.outside import Clock, Fetcher, Parser, Reader, Recorder, Robots, Wayback
from monitor.ports.stores import (
    AgainStore,
    ArchiveStore,
    DecideStore,
    Found,
    Holding,
    Poll,
    PollStore,
    ReadStore,
    VersionStore,
    WatchStore,
)

__all__ = [
    "AgainStore",
    "ArchiveStore",
    "Clock",
    "DecideStore",
    "Fetcher",
    "Found",
    "Holding",
    "Parser",
    "Poll",
    "PollStore",
    "ReadStore",
    "Reader",
    "Recorder",
    "Robots",
    "VersionStore",
    "WatchStore",
    "Wayback",
]
