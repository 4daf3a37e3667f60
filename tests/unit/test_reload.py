"""Reloading sources while thousands are polled: what is under way is settled, nothing is asked twice, none is left out."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from monitor.adapters.dispatch.inline import Tickets
from monitor.adapters.metrics import Metrics
from monitor.config import Configuration, load_sources
from monitor.daemon import Watch
from monitor.domain.errors import ConfigurationError
from monitor.domain.model import Health, Kind, Source, SourceState, Validators
from monitor.ports import Poll
from monitor.roles.polling import Polling
from monitor.stages.poll import Polled
from tests.fakes import FakeClock, bounded

MANY = 2_000


@dataclass
class World:
    """Polls that end only when told to, and what SQL knows of the sources."""

    clock: FakeClock = field(default_factory=FakeClock)
    states: dict[str, SourceState] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    noted: int = 0

    async def poll(self, source: Source, state: SourceState | None) -> Polled:
        self.asked[source.name] += 1
        await self.answer.wait()
        later = self.clock.now() + timedelta(hours=1)
        after = SourceState(
            source.name, Health.OK, last_polled_at=self.clock.now(), next_poll_at=later, url=source.url
        )
        self.states[source.name] = after
        return Polled(Poll(source.name, self.clock.now(), "feed"), after, state or SourceState(source.name))

    async def source_state(self, name: str) -> SourceState:
        return self.states.get(name, SourceState(name))

    async def note_state(self, state: SourceState) -> None:
        self.states[state.name] = state
        self.noted += 1

    async def source_states(self, names: list[str]) -> dict[str, SourceState]:
        return {name: self.states[name] for name in names if name in self.states}


def listed(first: int, last: int) -> Configuration:
    names = [f"s{number}" for number in range(first, last)]
    return Configuration(sources={name: Source(name, Kind.RSS, f"https://{name}.example/") for name in names})


async def test_a_reload_of_two_thousand_sources_loses_no_work():
    world, watch = World(), Watch(listed(0, MANY))
    polling = Polling(watch.sources, world.poll, world, Tickets(), Metrics(), world.clock)
    await polling.step()
    await asyncio.sleep(0)
    under_way = set(world.asked)
    assert under_way
    assert not world.states
    watch.configuration = listed(100, MANY + 100)  # a hundred gone, half of them under way; a hundred new
    polling.forget()
    await polling.step()
    world.answer.set()
    while set(world.states) != under_way | set(watch.configuration.sources):
        await polling.step()
        await bounded(polling.land())
    await polling.finish()
    assert set(world.states) >= under_way  # settled, although the file no longer names all of them
    assert set(world.asked.values()) == {1}
    assert set(world.asked) == under_way | set(watch.configuration.sources)


async def test_what_is_no_longer_polled_says_so_and_is_taken_up_again():
    world, watch = World(), Watch(listed(0, 3))
    polling = Polling(watch.sources, world.poll, world, Tickets(), Metrics(), world.clock)
    await polling.step()
    kept = Source("s1", Kind.RSS, "https://s1.example/")
    watch.configuration = Configuration(
        {},
        {"s1": replace(kept, enabled=False), "s2": replace(kept, name="s2")},
        {},
        {"s1": "dead since 2018"},
    )
    polling.forget()
    switching = asyncio.create_task(
        polling.switch_off(dict.fromkeys(("s0", "s1", "s2"), SourceState("")), {"s1": "dead since 2018"})
    )
    await asyncio.sleep(0)
    world.answer.set()
    await bounded(switching)
    await polling.finish()
    shown = {name: (state.status.value, state.reason) for name, state in world.states.items()}
    assert shown == {
        "s0": ("disabled", "not listed in sources.yaml"),
        "s1": ("disabled", "dead since 2018"),
        "s2": ("ok", ""),
    }
    await polling.switch_off(world.states, {"s1": "dead since 2018"})
    assert world.noted == 2  # said once
    watch.configuration = listed(0, 3)
    polling.forget()
    await polling.step()
    await polling.finish()
    assert {state.status for state in world.states.values()} == {Health.OK}


async def test_what_was_edited_is_polled_at_once_and_whole():
    world, watch = World(), Watch(listed(0, 4))
    polling = Polling(watch.sources, world.poll, world, Tickets(), Metrics(), world.clock)
    world.answer.set()
    await polling.all_now()
    for name, state in world.states.items():
        world.states[name] = replace(state, validators=Validators('"etag"'))
    before = watch.configuration.sources
    watch.configuration = Configuration(
        sources={
            **before,
            "s1": replace(before["s1"], kind=Kind.LISTING, select={"item": "li", "link": "a"}),
            "s2": replace(before["s2"], topics=("ai",)),
            "s9": replace(before["s3"], name="s9"),
        }
    )
    await polling.ask_anew(before)
    assert [name for name, state in world.states.items() if not state.validators.etag] == ["s1"]
    polling.forget()
    await polling.step()
    await polling.finish()
    assert {name for name, times in world.asked.items() if times == 2} == {"s1"}


async def test_what_is_paused_is_polled_neither_by_an_edit_nor_by_a_pass():
    world, watch = World(), Watch(listed(0, 2))
    world.answer.set()
    ages = world.clock.now() + timedelta(days=36500)
    paused = SourceState("s0", Health.DISABLED, "paused by hand", next_poll_at=ages)
    world.states["s0"] = paused
    polling = Polling(watch.sources, world.poll, world, Tickets(), Metrics(), world.clock)
    await polling.all_now()
    before = watch.configuration.sources
    watch.configuration = Configuration(sources={**before, "s0": replace(before["s0"], max_entries=5)})
    await polling.ask_anew(before)
    assert world.states["s0"] == paused
    assert set(world.asked) == {"s1"}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rows = "".join(
        f"  - {{name: s{number}, kind: rss, url: 'https://s{number}.example/', keep: [{{match: 'AI|{number}'}}]}}\n"
        for number in range(MANY)
    )
    path = tmp_path_factory.mktemp("many") / "sources.yaml"
    path.write_text(f"version: 1\ndefaults: {{every: 15m}}\nsources:\n{rows}")
    return path


def test_two_thousand_sources_load_in_a_moment(file):
    started = time.process_time()
    assert len(load_sources(file).enabled) == MANY
    assert time.process_time() - started < 5


def test_one_bad_line_among_two_thousand_is_found(file, tmp_path):
    text = file.read_text().replace("name: s1500,", "name: s1500, tiemout: 5s,")
    (tmp_path / "sources.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_sources(tmp_path / "sources.yaml")
    assert [str(problem).rpartition("/")[2] for problem in refused.value.problems] == [
        "sources.yaml:1504: unknown key 'tiemout' (did you mean 'timeout'?)"
    ]
