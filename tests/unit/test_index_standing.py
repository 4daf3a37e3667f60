"""The incidents in memory keep in step with the database: over restarts, corrections, and what was not written."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor.adapters.embed import DIMENSIONS, pack
from monitor.adapters.index import MemoryIndex
from monitor.domain.decide import judge_batch
from monitor.domain.model import State
from monitor.domain.position import Position
from monitor.evaluate import reads_of, rows_of

DATA = Path(__file__).parents[1] / "data" / "incidents" / "test.jsonl"
HALF = 60


@pytest.fixture(scope="module")
def reads():
    """Documents with vectors that lie near where they are of one incident."""
    rows, chance = rows_of(DATA)[: 2 * HALF], np.random.default_rng(4)
    topics = {row["incident"]: chance.normal(size=DIMENSIONS) for row in rows}
    vectors = [pack(topics[row["incident"]] + chance.normal(size=DIMENSIONS)) for row in rows]
    return reads_of(rows, vectors)


def judged(index, reads):
    return judge_batch(reads, topics=(), index=index, screening=False)


def members(pairs):
    """As the store returns them: under the names that the incidents have by now."""
    becomes = {merge.gone: merge.kept for _, verdict in pairs for merge in verdict.merges}

    def current(incident):
        while incident in becomes:
            incident = becomes[incident]
        return incident

    told = [verdict for _, verdict in pairs if verdict.state is State.QUEUED and verdict.incident_id]
    return [(one.article_id, current(one.incident_id)) for one in told]


def said(pairs):
    return [
        (verdict.outcome, verdict.incident_id, verdict.score and round(verdict.score, 3))
        for _, verdict in pairs
    ]


def begun(folder, pairs):
    """A process that starts on what another one left on the shelf; what is missing there comes from the database."""
    index = MemoryIndex(folder=folder)
    index.copies.wake(pairs[0][0].found_at)
    position = index.reported.wake()
    index.know(1 + max(verdict.incident_id or 0 for _, verdict in pairs), index._bounds)
    known = {read.article_id: (read, replace(verdict, merges=())) for read, verdict in pairs}
    now = dict(members(pairs))
    missing = index.stand(members(pairs))
    index.take_in([(known[one][0], replace(known[one][1], incident_id=now[one])) for one in missing])
    return index, position, len(missing)


def test_a_process_goes_on_where_the_one_before_it_ended(reads, tmp_path):
    whole = MemoryIndex()
    expected = judged(whole, reads[:HALF]), judged(whole, reads[HALF:])
    first = MemoryIndex(folder=tmp_path)
    before = judged(first, reads[:HALF])
    first.copies.reached(Position(HALF), reads[0].found_at)
    first.reported.reached(Position(HALF))
    first.keep()
    second, position, missing = begun(tmp_path, before)
    assert (position, missing) == (Position(HALF), 0)
    assert said(judged(second, reads[HALF:])) == said(expected[1])


def test_what_came_after_the_snapshot_is_taken_in(reads, tmp_path):
    first = MemoryIndex(folder=tmp_path)
    before = judged(first, reads[:HALF])
    first.reported.reached(Position(HALF))
    first.reported.keep()
    before += judged(first, reads[HALF:])
    second, position, missing = begun(tmp_path, before)
    assert position == Position(HALF)
    assert 0 < missing <= HALF
    assert len(second._incidents.reports) == len(first._incidents.reports)


def test_a_damaged_snapshot_is_none(reads, tmp_path):
    first = MemoryIndex(folder=tmp_path)
    before = judged(first, reads[:HALF])
    first.reported.reached(Position(HALF))
    first.reported.keep()
    file = next((tmp_path / "incidents").glob("reports-terms*"))
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    _, position, missing = begun(tmp_path, before)
    assert position == Position()
    assert missing == len(members(before))


def evidence(index, read):
    found = index.recall_incidents(read.document.title, read.document.text, read)
    return {one.incident_id: one for one in found}


def test_corrected_incidents_are_as_if_read_anew(reads):
    """Articles are moved, split off and taken out by chance; nothing but the rarity of words tells the difference."""
    corrected, fresh, chance = MemoryIndex(), MemoryIndex(), random.Random(2)
    pairs = judged(corrected, reads[:HALF])
    now = dict(members(pairs))
    names = sorted(set(now.values()))
    for article in chance.sample(sorted(now), 12):
        now[article] = chance.choice([*names, 1000, 1001])
    for article in chance.sample(sorted(now), 5):
        del now[article]
    assert corrected.stand(list(now.items())) == []
    fresh.load(
        [
            (read, replace(verdict, incident_id=now[read.article_id], merges=()))
            for read, verdict in pairs
            if read.article_id in now
        ],
        2000,
    )
    for read in reads[HALF:]:
        ours, theirs = evidence(corrected, read), evidence(fresh, read)
        assert set(ours) <= set(now.values())
        for incident in set(ours) & set(theirs):
            one, other = ours[incident], theirs[incident]
            assert (one.reports, one.days, one.places) == (other.reports, other.days, other.places)
            assert one.words == pytest.approx(other.words, abs=0.1)
            assert one.meaning_centre == pytest.approx(other.meaning_centre, abs=0.1)


def test_what_was_not_written_is_taken_out_and_may_come_back(reads):
    index = MemoryIndex()
    pairs = judged(index, reads[:HALF])
    now = members(pairs)
    few = len(now) // 5
    assert index.stand(now[few:]) == []
    assert set(evidence(index, reads[0])) <= set(dict(now[few:]).values())
    assert index.stand(now) == []
    assert {one: index.reports(one) for one in dict(now).values()} == {
        one: list(dict(now).values()).count(one) for one in dict(now).values()
    }


def test_what_left_the_window_is_forgotten_for_good(reads):
    index = MemoryIndex()
    now = members(judged(index, reads[:HALF]))
    assert index.stand(now[len(now) // 5 :]) == []  # too few to be forgotten yet
    before = [evidence(index, read) for read in reads[HALF:]]
    assert len(index._incidents.reports) == len(now)
    index._incidents.tidy()
    assert len(index._incidents.reports) == len(now) - len(now) // 5
    assert [evidence(index, read) for read in reads[HALF:]] == before
    assert index.stand([]) == []
    assert len(index._incidents.reports) == 0
    assert evidence(index, reads[0]) == {}
    assert index.stand(now) == [article for article, _ in now]
