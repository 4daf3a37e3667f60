"""Lets suggesters say what they think of waiting articles, a few at a time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from monitor.adapters.suggesters import EndpointSuggester, Suggester, WordSuggester
from monitor.domain.errors import Transient
from monitor.web.context import Context

log = structlog.get_logger("monitor")

LEARNED_AT_ONCE, ASKED_AT_ONCE = 50, 3
PAUSE = timedelta(minutes=5)  # after an endpoint that did not answer
MOST_SILENT = 1000  # articles about which an endpoint had nothing to say; it is asked no more then


class Suggesting:
    """Holds the suggesters that the labelling names, and what they had nothing to say about."""

    def __init__(self, context: Context) -> None:
        labelling = context.stores.labelling
        self._context, self._store = context, context.stores.suggestions
        self._words = WordSuggester(list(labelling.schemes.values()), self._store)
        self._others = [EndpointSuggester(one, labelling.schemes[one.scheme]) for one in labelling.suggesters]
        self._silent: dict[str, set[int]] = defaultdict(set)
        self._not_before: dict[str, datetime] = {}

    async def step(self) -> int:
        """Learn what is new, then propose; return how many proposals were written."""
        await self._words.learn()
        ready: list[Suggester] = [self._words] if self._words.model else []
        now = self._context.clock.now()
        others = [one for one in self._others if self._not_before.get(one.name, now) <= now]
        written = [await self._ask(one, LEARNED_AT_ONCE) for one in ready]
        return sum([*written, *[await self._ask(one, ASKED_AT_ONCE) for one in others]])

    async def _ask(self, suggester: Suggester, limit: int) -> int:
        silent = self._silent[suggester.name]
        if len(silent) >= MOST_SILENT:
            return 0
        articles = await self._store.unseen(suggester.name, suggester.model, limit, without=sorted(silent))
        ids = [one.article_id for one in articles]
        try:
            found = await suggester.suggest(articles) if articles else []
        except Transient as error:
            log.warning("suggester.away", suggester=suggester.name, reason=str(error))
            self._not_before[suggester.name] = self._context.clock.now() + PAUSE
            return 0
        silent |= _without(ids, [article for article, _ in found])
        if found:
            await self._store.put(found, now=self._context.clock.now())
        return len(found)


def _without(asked: Sequence[int], answered: Sequence[int]) -> set[int]:
    return set(asked) - set(answered)
