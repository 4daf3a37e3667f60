"""What all reports of a large incident mean on average, though only some of them are compared one by one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor.adapters.embed import DIMENSIONS, pack
from monitor.adapters.index import MemoryIndex
from monitor.adapters.index_incidents import REPORTS, STEPS
from monitor.domain.linkage import LINKS
from monitor.domain.model import Outcome, Screening, State, Verdict
from monitor.evaluate import reads_of

MANY = 3 * REPORTS
BEGUN = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def rows():
    """Titles of two incidents in turns, with vectors that drift from one side to the other."""
    chance, sides = np.random.default_rng(7), np.random.default_rng(8).normal(size=(2, DIMENSIONS))
    found = []
    for at in range(2 * MANY):
        share = at / (2 * MANY)
        vector = (1 - share) * sides[0] + share * sides[1] + chance.normal(size=DIMENSIONS)
        row = {"title": f"harbour strike {at}", "text": "", "published_at": BEGUN + timedelta(minutes=at)}
        found.append((row, pack(vector)))
    reads = reads_of([row for row, _ in found], [vector for _, vector in found])
    return [(read, verdict(read.article_id, 1 + read.article_id % 2)) for read in reads]


def verdict(article_id, incident_id):
    screened = Screening((), 1.0, ())
    return Verdict(article_id, State.QUEUED, (), screened, outcome=Outcome.EXISTING, incident_id=incident_id)


def known(rows):
    index = MemoryIndex()
    index.take_in(rows)
    return index


def sums(index):
    slots = index._incidents.slots([1, 2])
    return [index._incidents.summed(slot).tolist() for slot in slots]


def expected(index):
    """The same added up from every report that there is."""
    incidents = index._incidents
    of = incidents.became.rows[incidents.reports.facts.rows["slot"]]
    rounded = np.rint(incidents.reports.vectors.of(np.arange(len(of))) * STEPS).astype(np.int64)
    return [rounded[of == slot].sum(axis=0).tolist() for slot in incidents.slots([1, 2])]


def test_reports_that_are_not_compared_are_counted_too(rows):
    index = known(rows)
    assert sums(index) == expected(index)


def test_it_goes_with_new_reports_and_with_merges(rows):
    index = known(rows[:MANY])
    before = sums(index)
    index.take_in(rows[MANY:])
    assert sums(index) == expected(index) != before
    index.merge(1, 2)
    assert sums(index) == expected(index)


def test_it_goes_with_what_people_move(rows):
    index = known(rows)
    before = sums(index)
    index.stand([(read.article_id, 1 if at < MANY else 2) for at, (read, _) in enumerate(rows)])
    assert sums(index) == expected(index) != before


def test_it_goes_with_vectors_that_come_later(rows):
    late = rows[5][0]
    index = known(rows)
    before = sums(index)
    index.encoded(late)
    assert sums(index) == expected(index) != before


def test_rivals_are_averaged_over_all_their_reports(rows):
    index = known(rows)
    (rival,) = index.recall_rivals([1])[0]
    ours, theirs = (np.array(one) / STEPS for one in sums(index))
    assert rival.links[LINKS.index("meaning_mean")] == pytest.approx(ours @ theirs / MANY**2)
