"""Puts traces around the roles of this process where TRACES says whereto, and tells of labels, whoever gave them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import structlog

from monitor.adapters.store.keys import installation_key
from monitor.adapters.store.labelled import Steps
from monitor.adapters.traces import Traces, check_traces, exporter_to
from monitor.domain.captures import Change, Pause
from monitor.domain.errors import MonitorError
from monitor.domain.model import Article, Read, Source, SourceState, Verdict
from monitor.line import Line
from monitor.log import set_up
from monitor.ports import Clock
from monitor.stages.poll import Polled
from monitor.stages.read import Fate, Here

log = structlog.get_logger("monitor")

LOOK_EVERY = 5.0  # seconds between looks for new labels


@contextlib.asynccontextmanager
async def tracing(line: Line) -> AsyncIterator[Traces | None]:
    """Trace what this process does while the block runs; raise ConfigurationError where the package is missing."""
    settings = line.system.settings
    if not settings.TRACES:
        yield None
        return
    check_traces(settings.TRACES)
    key = await installation_key(line.system.stores.database)
    traces = Traces(exporter_to(settings.TRACES), key)
    set_up(form=settings.LOG_FORMAT, level=settings.LOG_LEVEL, trace_of=traces.id_of)
    trace(line, traces)
    try:
        yield traces
    finally:
        await traces.close()


def trace(line: Line, traces: Traces) -> None:
    """Let every stage of this process write its spans."""
    clock, steps = line.system.clock, Steps(line.system.stores.database)
    line.polling.poll = polled(line.polling.poll, steps, traces)
    line.reading.read = read(line.reading.read, traces, clock)
    line.deciding.decide = decided(line.deciding.decide, traces, clock)
    line.archiving.archive = archived(line.archiving.archive, traces, clock)


def polled(
    stage: Callable[[Source, SourceState | None], Awaitable[Polled]], steps: Steps, traces: Traces
) -> Callable[[Source, SourceState | None], Awaitable[Polled]]:
    """Begin a trace for every article that a poll finds."""

    async def traced(source: Source, state: SourceState | None) -> Polled:
        done = await stage(source, state)
        poll = done.poll
        if poll.new:
            with contextlib.suppress(
                MonitorError
            ):  # the poll is settled; that its trace is missing harms nobody
                for article in await steps.found_by(source.name, poll.at, poll.new):
                    traces.first(
                        "poll",
                        article,
                        poll.at - timedelta(seconds=poll.seconds),
                        poll.at,
                        source=source.name,
                    )
        return done

    return traced


def read(
    stage: Callable[[Article, Here], Awaitable[Fate]], traces: Traces, clock: Clock
) -> Callable[[Article, Here], Awaitable[Fate]]:
    """Write a span for every try to read an article."""

    async def traced(article: Article, here: Here) -> Fate:
        began = clock.now()
        fate = await stage(article, here)
        told = {"fate": fate.word, "reason": fate.reason, "reader": fate.reader, "host": article.host}
        traces.stage("read", article.id, began, clock.now(), attempt=article.attempts, **told)
        return fate

    return traced


def decided(
    stage: Callable[[], Awaitable[list[tuple[Read, Verdict]]]], traces: Traces, clock: Clock
) -> Callable[[], Awaitable[list[tuple[Read, Verdict]]]]:
    """Write a span for every verdict; those of one batch share their times."""

    async def traced() -> list[tuple[Read, Verdict]]:
        began = clock.now()
        batch = await stage()
        ended = clock.now()
        for _, one in batch:
            match = one.outcome.value if one.outcome else None
            told = {"state": one.state.value, "incident": one.incident_id, "match": match}
            traces.stage("decide", one.article_id, began, ended, batch=len(batch), **told)
        return batch

    return traced


def archived(
    stage: Callable[[], Awaitable[list[Change | Pause]]], traces: Traces, clock: Clock
) -> Callable[[], Awaitable[list[Change | Pause]]]:
    """Write a span for every step of a capture."""

    async def traced() -> list[Change | Pause]:
        began = clock.now()
        happened = await stage()
        ended = clock.now()
        for one in happened:
            if isinstance(one, Change):
                told = {"was": one.was.value, "state": one.state.value, "reason": one.reason}
                traces.stage("archive", one.article_id, began, ended, **told)
        return happened

    return traced


async def follow_labels(line: Line, traces: Traces | None) -> None:
    """Log, and trace, the labels that were given anywhere: by the page, the API, a command, an import."""
    steps, verdicts = Steps(line.system.stores.database), line.system.stores.verdicts
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if not verdicts.holds:  # another process does
            continue
        try:
            await note_labels(steps, traces)
        except MonitorError as error:
            log.warning("step.failed", role="labels", reason=str(error))


async def note_labels(steps: Steps, traces: Traces | None) -> None:
    """Say which articles were labelled since the last time, how long they waited, and how long the answer took."""
    for one in await steps.newly_labelled():
        waited = (one.claimed_at - one.queued_at).total_seconds() if one.queued_at else None
        took = (one.at - one.claimed_at).total_seconds()
        log.info("article.labelled", article=one.article_id, labels=one.labels, waited=waited, seconds=took)
        if traces and one.queued_at:
            traces.stage("queue", one.article_id, one.queued_at, one.claimed_at)
        if traces:
            traces.stage("label", one.article_id, one.claimed_at, one.at, labels=one.labels)
