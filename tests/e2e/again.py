"""What many processes decided, decided again by one that nobody disturbs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from monitor.adapters import tables as t
from monitor.adapters.embed import Examples, encode
from monitor.adapters.engine import make_engine
from monitor.adapters.index import MemoryIndex
from monitor.adapters.store.rows import READ_COLUMNS, read_of
from monitor.config import load_sources
from monitor.domain.decide import judge_batch
from monitor.domain.model import Read, State, Verdict
from tests.e2e.conftest import Installation

Groups = set[frozenset[int]]


@dataclass
class Outcome:
    """Which articles were rejected, which share an incident, and which a text."""

    rejected: set[int] = field(default_factory=set)
    incidents: Groups = field(default_factory=set)
    copies: Groups = field(default_factory=set)


def outcome_in(url: str) -> tuple[Outcome, list[Read]]:
    """Return what stands in the database, and its documents in the order of their verdicts."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(_fates()).all()
            query = READ_COLUMNS.where(t.articles.c.seq.is_not(None)).order_by(t.articles.c.seq)
            reads = [read_of(row) for row in connection.execute(query)]
    finally:
        engine.dispose()
    rejected = {row.id for row in rows if row.state == State.REJECTED.value}
    groups = _groups((row.id, row.incident) for row in rows if row.incident is not None)
    return Outcome(rejected, groups, _chained((row.id, row.copy_of) for row in rows if row.copy_of)), reads


def _fates() -> sa.Select:
    incident = sa.func.coalesce(t.incidents.c.merged_into, t.articles.c.incident_id).label("incident")
    return (
        sa.select(t.articles.c.id, t.articles.c.state, t.articles.c.copy_of, incident)
        .outerjoin(t.incidents, t.incidents.c.id == t.articles.c.incident_id)
        .where(t.articles.c.seq.is_not(None))
    )


def decided_again(reads: list[Read], installation: Installation) -> Outcome:
    """Return what one decider makes of documents, one after the other, that never lost its memory."""
    environment = installation.environment
    topics = tuple(load_sources(Path(environment["MONITOR_SOURCES"])).topics.values())
    index = MemoryIndex()
    liked = {topic.name: encode(list(topic.like)) for topic in topics if topic.like}
    if liked and environment.get("MONITOR_EMBEDDINGS") != "off":
        index.examples = Examples(liked)
    verdicts = [judge_batch([read], topics=topics, index=index)[0][1] for read in reads]
    return Outcome(
        {one.article_id for one in verdicts if one.state is State.REJECTED},
        _incidents(verdicts),
        _chained((one.article_id, one.copy.original_id) for one in verdicts if one.copy),
    )


def _incidents(verdicts: list[Verdict]) -> Groups:
    becomes = {merge.gone: merge.kept for verdict in verdicts for merge in verdict.merges}

    def in_force(incident: int) -> int:
        return in_force(becomes[incident]) if incident in becomes else incident

    return _groups(
        (one.article_id, in_force(one.incident_id)) for one in verdicts if one.incident_id is not None
    )


def _groups(pairs: Iterable[tuple[int, int]]) -> Groups:
    held = defaultdict(set)
    for article, group in pairs:
        held[group].add(article)
    return {frozenset(articles) for articles in held.values()}


def _chained(pairs: Iterable[tuple[int, int]]) -> Groups:
    """Return the groups of all that are linked, directly or by others."""
    held: dict[int, set[int]] = {}
    for one, other in pairs:
        both = held.get(one, {one}) | held.get(other, {other})
        held |= dict.fromkeys(both, both)
    return {frozenset(articles) for articles in held.values()}
