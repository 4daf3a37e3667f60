"""One trace per article, whichever process had it in hand; nothing where nobody asked for it."""

from datetime import timedelta

import pytest

from monitor import tracing
from monitor.adapters.engine import Database
from monitor.adapters.store.labelled import Steps
from monitor.adapters.store.labels import NewLabel
from monitor.adapters.store.stores import Stores
from monitor.adapters.traces import Traces, check_traces
from monitor.domain.captures import Change
from monitor.domain.labels import Judgement
from monitor.domain.model import Article, CaptureState, Kind, Outcome, Source, SourceState
from monitor.ports import Poll
from monitor.stages.poll import Polled
from monitor.stages.read import Fate, Here
from tests.fakes import NOON, FakeClock
from tests.store.rows import LEASE, add_found, queued, reading

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

KEY = "key of this installation"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def another_process(spans: InMemorySpanExporter, key: str = KEY) -> Traces:
    return Traces(SimpleSpanProcessor(spans), key)


async def take_its_way(stores: Stores, steps: Steps, spans: InMemorySpanExporter, clock: FakeClock) -> int:
    """Bring one article from its poll to a label, each stage in a process of its own; return its id."""

    async def poll(source: Source, _state: SourceState | None) -> Polled:
        await add_found(stores, ["host.example"], source=source.name, at=clock.now())
        state = SourceState(source.name)
        return Polled(Poll(source.name, clock.now(), "feed", entries=1, new=1, seconds=2.0), state, state)

    async def read(article: Article, _here: Here) -> Fate:
        await stores.articles.settle_reading(article, reading(article.id), now=clock.now())
        return Fate("read", reader="prose")

    async def decide():
        await stores.verdicts.hold(clock.now())
        batch = [queued(one, 1, Outcome.NEW) for one in await stores.verdicts.unsettled(10)]
        await stores.verdicts.settle(batch, now=clock.now())
        return batch

    async def archive():
        moved = (CaptureState.WANTED, CaptureState.SUBMITTED)
        return [Change(1, article.id, article.url, *moved)]

    source = Source("gazette", Kind.RSS, url="https://gazette.example/feed")
    await tracing.polled(poll, steps, another_process(spans))(source, None)
    [article] = await stores.articles.claim_found(1, now=clock.now(), lease=LEASE)
    await tracing.read(read, another_process(spans), clock)(article, lambda: None)
    await tracing.decided(decide, another_process(spans), clock)()
    await tracing.archived(archive, another_process(spans), clock)()
    await tracing.note_labels(steps, another_process(spans))  # begins to follow
    label = NewLabel(article.id, "ann", (Judgement("relevant", "relevant", "yes"),))
    await stores.judgements.give(label, now=clock.now() + timedelta(minutes=5))
    await tracing.note_labels(steps, another_process(spans))
    return article.id


async def test_one_trace_goes_from_the_poll_to_the_label(
    stores: Stores, database: Database, spans: InMemorySpanExporter
) -> None:
    article = await take_its_way(stores, Steps(database), spans, FakeClock(NOON))
    written = spans.get_finished_spans()
    assert [span.name for span in written] == ["poll", "read", "decide", "archive", "queue", "label"]
    trace = another_process(spans).id_of(article)
    assert {f"{span.context.trace_id:032x}" for span in written} == {trace}
    first, *others = written
    assert first.parent is None
    assert {span.parent.span_id for span in others} == {first.context.span_id}
    assert len({span.context.span_id for span in written}) == len(written)
    assert {span.attributes["monitor.article"] for span in written} == {article}


async def test_spans_tell_what_came_of_a_stage_and_how_long_it_took(
    stores: Stores, database: Database, spans: InMemorySpanExporter
) -> None:
    await take_its_way(stores, Steps(database), spans, FakeClock(NOON))
    told = {span.name: span for span in spans.get_finished_spans()}
    assert told["poll"].end_time - told["poll"].start_time == 2_000_000_000
    assert told["read"].attributes["monitor.reader"] == "prose"
    assert told["decide"].attributes["monitor.state"] == "queued"
    assert told["archive"].attributes["monitor.state"] == "submitted"
    assert told["queue"].end_time - told["queue"].start_time == 300_000_000_000


async def test_labels_are_told_once(stores: Stores, database: Database, spans: InMemorySpanExporter) -> None:
    steps = Steps(database)
    await take_its_way(stores, steps, spans, FakeClock(NOON))
    assert await steps.newly_labelled() == []


def test_two_installations_share_no_trace(spans: InMemorySpanExporter) -> None:
    assert another_process(spans).id_of(7) != another_process(spans, "another").id_of(7)


def test_the_log_names_the_trace(spans: InMemorySpanExporter) -> None:
    from monitor.log import _named

    event = _named(another_process(spans).id_of)(None, "info", {"event": "article.read", "article": 7})
    assert event["trace"] == another_process(spans).id_of(7)


def test_off_needs_no_package() -> None:
    check_traces("")
