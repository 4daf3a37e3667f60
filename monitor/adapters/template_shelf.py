"""The templates that one process works with: remembered, kept in step with SQL, and written back as they grow."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from monitor.adapters.store.templates import Template
from monitor.domain.errors import MonitorError
from monitor.domain.templates import Experience, TemplateState, Way, after
from monitor.ports import Clock

log = structlog.get_logger("monitor")

FRESH = timedelta(seconds=60)  # that what others learned may stay unseen
USES = 8  # pages read by a template that are noted at once
MOST_SITES = 2000  # that are remembered


class Store(Protocol):
    """Where templates are kept."""

    async def load(self, site: str) -> Template:
        """Return the template of a site."""
        ...

    async def learn(self, site: str, experiences: Sequence[Experience], *, now: datetime) -> Template:
        """Add what readings showed; return the template as it is then."""
        ...


@dataclass
class _Held:
    template: Template
    since: datetime
    noted: list[Experience] = field(default_factory=list)
    told: TemplateState | None = None  # the state that the log last heard of


class Shelf:
    """Hands out templates and takes in what readings showed."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def take(self, site: str) -> TemplateState | None:
        """Return what is known of a site; None where an operator wants its pages read thoroughly."""
        held = self._held.get(site)
        if held is None or self._clock.now() - held.since > FRESH:
            held = await self._loaded(site)
        return None if held.template.forbidden else held.template.state

    async def note(self, site: str, experience: Experience) -> None:
        """Take in what one reading showed; lessons and checks are written at once, mere uses now and then.

        Trouble with the database costs what was to be written, never the reading.
        """
        held = self._held.get(site)
        if held is None or experience.way is Way.APART:
            return
        held.noted.append(experience)
        held.template = _grown(held.template, [experience])
        if experience.way is not Way.USED or len(held.noted) >= USES:
            await self._write(site, held)

    async def _loaded(self, site: str) -> _Held:
        now = self._clock.now()
        loaded = await self._store.load(site)
        noted = self._held[site].noted if site in self._held else []
        held = self._held[site] = _Held(_grown(loaded, noted), now, noted, loaded.state)
        self._held.move_to_end(site)
        if len(self._held) > MOST_SITES:
            self._held.popitem(last=False)
        return held

    async def _write(self, site: str, held: _Held) -> None:
        noted, held.noted = held.noted, []
        try:
            written = await self._store.learn(site, noted, now=self._clock.now())
        except MonitorError as error:
            log.warning("template.failed", site=site, reason=str(error))
            return
        held.template, held.since = _grown(written, held.noted), self._clock.now()
        before, held.told = held.told or written.state, written.state
        _tell(before, written.state)


def _grown(template: Template, experiences: Sequence[Experience]) -> Template:
    state = template.state
    for experience in experiences:
        state = after(state, experience)
    return Template(state, template.forbidden, template.updated_at)


def _tell(before: TemplateState, now: TemplateState) -> None:
    if now.drops > before.drops:
        log.warning("template.dropped", site=now.site, drops=now.drops)
    elif now.trusted and not before.trusted:
        log.info("template.trusted", site=now.site, pages=now.pages)
