"""What matching compares of an article travels from the reading process to the decider, and only where it may matter."""

from dataclasses import replace

from monitor.adapters.index_features import features, packed
from monitor.adapters.reading import Plan, complete
from monitor.adapters.store.stores import Stores
from monitor.domain.model import Document, Topic
from tests.fakes import NOON
from tests.store.rows import LEASE, add_found, reading

AI = Plan((Topic("ai", any=("deepfake",)),))


def test_only_what_may_pass_the_screen_is_prepared() -> None:
    near = complete(Document("A deepfake of a director", "It cost the bank a million.", "en"), AI)
    far = complete(Document("Sun in the valley", "The weather stays fine.", "en"), AI)
    assert near.features == packed(features("A deepfake of a director", "It cost the bank a million."))
    assert far.features == b""


async def test_the_decider_gets_what_the_reader_prepared(stores: Stores) -> None:
    await add_found(stores, ["one.example", "two.example"])
    first, second = await stores.articles.claim_found(2, now=NOON, lease=LEASE)
    prepared = replace(reading(first.id), features=packed(features("Title", "Text")))
    await stores.articles.settle_reading(first, prepared, now=NOON)
    await stores.articles.settle_reading(second, reading(second.id), now=NOON)
    told = {read.article_id: read.reading.features for read in await stores.verdicts.unsettled(2)}
    assert told == {first.id: prepared.features, second.id: b""}
