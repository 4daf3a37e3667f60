"""The second look: the likeliest pair first, each merge told where nothing after it names what is gone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from monitor.domain.linkage import LINKS
from monitor.domain.match import SHIPPED, Decisions
from monitor.domain.merge import Rival
from monitor.domain.model import Document, Evidence, Mention, Outcome, Read, Reading, State, Verdict
from monitor.domain.second_look import bring_together
from tests.fakes import NOON


class Told:
    """Merges are as probable as the rival's likeness of words says."""

    def probabilities(self, rows):
        return [row[0] for row in rows]


def decisions() -> Decisions:
    return replace(SHIPPED, words=replace(SHIPPED.words, merge=Told(), merge_from=0.5))


@dataclass
class Incidents:
    """Remembers how alike incidents are, pair by pair; what grew is as alike as its likest part."""

    alike: dict[tuple[int, int], float]
    became: dict[int, int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def current(self, incident: int) -> int:
        return self.current(self.became[incident]) if incident in self.became else incident

    def reports(self, incident: int) -> int:
        return 2

    def merge(self, kept: int, gone: int) -> None:
        self.became[gone] = kept

    def recall_rivals(self, incidents: Sequence[int]) -> list[tuple[Rival, ...]]:
        return [self.rivals(one) for one in incidents]

    def rivals(self, incident: int) -> tuple[Rival, ...]:
        self.asked.append(incident)
        found: dict[int, float] = {}
        for pair, score in self.alike.items():
            one, other = map(self.current, pair)
            if one != other and incident in {one, other}:
                rival = other if one == incident else one
                found[rival] = max(found.get(rival, 0.0), score)
        nothing = (0.0,) * len(LINKS)
        return tuple(Rival(Evidence(one, words=score), nothing) for one, score in found.items())


def judged(*incidents: int, score: float = 0.7, **more):
    reading = Reading(Document("t", "t", "en", published_at=NOON), b"", b"")
    return [
        (
            Read(at, f"https://example.org/{at}", "example", NOON, reading),
            Verdict(at, State.QUEUED, (), outcome=Outcome.NEW, incident_id=one, score=score, **more),
        )
        for at, one in enumerate(incidents)
    ]


def merges(pairs) -> list[list[tuple[int, int]]]:
    return [[(one.kept, one.gone) for one in verdict.merges] for _, verdict in pairs]


def test_the_likeliest_pair_is_brought_together_first():
    index = Incidents({(1, 2): 0.6, (2, 3): 0.9, (1, 3): 0.55})
    found = bring_together(judged(1, 2, 3), index, decisions())
    assert merges(found) == [[], [], [(2, 3), (1, 2)]]
    assert {index.current(one) for one in (1, 2, 3)} == {1}


def test_a_merge_is_told_at_the_last_verdict_that_names_one_of_the_two():
    found = bring_together(judged(1, 2, 3, 2, 4), Incidents({(1, 2): 0.9}), decisions())
    assert merges(found) == [[], [], [], [(1, 2)], []]


def test_a_roundup_names_what_it_mentions():
    pairs = judged(1, 2)
    (roundup,) = judged(0)
    mention = Verdict(2, State.QUEUED, (), roundup=True, mentions=(Mention(2, 0.9, "of two"),))
    found = bring_together([*pairs, (roundup[0], mention)], Incidents({(1, 2): 0.9}), decisions())
    assert merges(found) == [[], [], [(1, 2)]]


def test_an_incident_that_is_like_no_other_is_not_looked_at():
    index = Incidents({(1, 2): 0.9})
    assert merges(bring_together(judged(1, 2, score=0.01), index, decisions())) == [[], []]
    assert index.asked == []


def test_what_is_improbable_stays_apart():
    assert merges(bring_together(judged(1, 2), Incidents({(1, 2): 0.4}), decisions())) == [[], []]


def test_it_ends_where_everything_is_like_everything():
    crowd = range(1, 30)
    index = Incidents({(one, other): 0.9 for one in crowd for other in crowd if one < other})
    bring_together(judged(*crowd), index, decisions())
    assert {index.current(one) for one in crowd} == {1}
    assert len(index.asked) < 4 * len(crowd)  # not each of the crowd again after every merge
