"""Deciding and archiving: step by step."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from monitor.adapters.metrics import Metrics
from monitor.domain.again import Again
from monitor.domain.captures import Change, Pause
from monitor.domain.model import Read, State, Verdict
from monitor.ports import Clock
from monitor.roles.common import Stepwise, Tickets

log = structlog.get_logger("monitor")


@dataclass
class Deciding(Stepwise):
    """Settles read documents, batch after batch."""

    decide: Callable[[], Awaitable[list[tuple[Read, Verdict]]]]
    again: Callable[[], Awaitable[list[Again]]]  # what was decided by words alone, when there is time
    tickets: Tickets
    metrics: Metrics
    clock: Clock
    name: str = "decide"

    async def step(self) -> int:
        """Settle one batch."""
        started = time.monotonic()
        batch = await self.decide()
        if batch:
            self.metrics.decide_seconds.observe(time.monotonic() - started)
            self.tickets.give("archive", "web")
        for read, verdict in batch:
            self._note(read, verdict)
        return len(batch) or await self._settle_again()

    async def _settle_again(self) -> int:
        """Settle anew what was decided by words alone."""
        again = await self.again()
        for one in again:
            merged = [merge.gone for merge in one.merges] or None
            log.info("article.encoded", article=one.read.article_id, merged=merged, back=one.back or None)
        return len(again)

    def _note(self, read: Read, verdict: Verdict) -> None:
        self.metrics.articles.labels(state=verdict.state.value).inc()
        if verdict.state is State.QUEUED:
            self.metrics.found_to_queued.observe((self.clock.now() - read.found_at).total_seconds())
        log.info(
            "article.settled",
            article=verdict.article_id,
            state=verdict.state.value,
            source=read.source,
            url=read.url,
            incident=verdict.incident_id,
            match=verdict.outcome.value if verdict.outcome else None,
            score=round(verdict.score, 3) if verdict.score is not None else None,
            copy_of=verdict.copy.original_id if verdict.copy else None,
            roundup=verdict.roundup or None,
            reason="; ".join(verdict.reasons)[:200],
        )


@dataclass
class Archiving(Stepwise):
    """Has queued pages archived, within what the archive allows."""

    archive: Callable[[], Awaitable[list[Change | Pause]]]
    metrics: Metrics
    name: str = "archive"

    async def step(self) -> int:
        """Do one step of work; nothing here ever delays an article."""
        happened = await self.archive()
        for one in happened:
            if isinstance(one, Change):
                self._note(one)
            else:
                log.warning(
                    "archive.paused",
                    scope=one.scope.value,
                    host=one.host or None,
                    reason=one.reason,
                    until=one.until.isoformat(),
                )
        return sum(isinstance(one, Change) for one in happened)

    def _note(self, change: Change) -> None:
        if change.state is not change.was:
            self.metrics.captures.labels(state=change.state.value).inc()
        event = "capture." + change.state.value
        known = {"capture": change.capture_id, "article": change.article_id, "url": change.url}
        reached = {"reason": change.reason or None, "archive_url": change.archive_url or None}
        log.info(event, was=change.was.value, **reached, **known)
