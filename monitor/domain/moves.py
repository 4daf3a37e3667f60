"""A feed that moved: followed after repeated proof only, for one wrong redirect must not cost a source."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.domain.model import Feed, Response, SourceState

TIMES = 3
LASTING = timedelta(days=2)
_PERMANENT = frozenset({301, 308})


def followed(state: SourceState, answer: Response, feed: Feed | None, now: datetime) -> SourceState:
    """Count a permanent redirect that led to a good page; follow it for good after three over two days.

    A temporary redirect proves nothing, a page without entries proves a maintenance notice.
    """
    target = _moved_to(answer)
    if not target:
        begun = state.moved_to and not state.url_in_force
        return replace(state, moved_to="", moved_times=0, moved_since=None) if begun else state
    if feed is not None and not (feed.entries or feed.more):
        return state
    again = target == state.moved_to and state.moved_since is not None
    since = state.moved_since if again and state.moved_since else now
    state = replace(
        state, moved_to=target, moved_times=state.moved_times + 1 if again else 1, moved_since=since
    )
    proven = state.moved_times >= TIMES and now - since >= LASTING
    return replace(state, url_in_force=target) if proven else state


def _moved_to(answer: Response) -> str:
    steps = answer.redirects
    return answer.final_url if steps and all(status in _PERMANENT for status, _ in steps) else ""
