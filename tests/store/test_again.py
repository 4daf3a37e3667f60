"""What was decided by words alone is decided again when the encoder is back: in the stage, and on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from monitor.adapters.embed import DIMENSIONS, Examples, pack
from monitor.adapters.engine import Database
from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.index import MemoryIndex
from monitor.adapters.index_features import features, packed
from monitor.adapters.store.stores import Stores
from monitor.domain.errors import MonitorError, Transient
from monitor.domain.match import SHIPPED
from monitor.domain.model import Document, Read, Reading, Topic
from monitor.domain.tune import Calibration
from monitor.stages.again import decide_again
from monitor.stages.decide import decide
from tests.fakes import NOON, FakeClock
from tests.store.rows import LEASE, add_found, rows_of

WINDOW = timedelta(days=180)
TOPIC = Topic("topic", any=("voice", "声音"))
LIKE = Topic("topic", like=("a cloned voice asks for money",), like_threshold=0.9)
ENGLISH = (
    "A cloned voice of Oswin Tarrant costs Aldermoor Pies 1.9 million",
    "Fraudsters used a cloned voice to make Aldermoor Pies of Leeds transfer 1.9 million pounds.",
)
CHINESE = (
    "馅饼公司被克隆声音骗走巨款",
    "骗子用人工智能克隆了总经理的声音,让会计把钱汇给一家并不存在的供应商,当地警方正在调查。",
)
OTHER = (
    "Norges storting ber om svar",
    "Oslo krever at maskiner sier fra: voice assistants skal fortelle folk hva de er, mener komiteen enstemmig.",
)
DIRECTIONS = np.eye(3, DIMENSIONS)
SURE = SHIPPED.calibrated(Calibration(1.0, 30.0))  # whatever the weights of a release are: like meaning joins


class Encoder:
    """Gives a vector by the event that a text tells of; may be away."""

    def __init__(self) -> None:
        self.away, self.asked = True, 0

    async def __call__(self, reads: Sequence[Read]) -> tuple[list[bytes], str]:
        self.asked += 1
        if self.away:
            raise Transient("embedding-service", detail="away")
        return [self.vector(read.document.title) for read in reads], "fake"

    @staticmethod
    def vector(title: str) -> bytes:
        if not title:
            return b""
        return pack(DIRECTIONS[0] if title in {ENGLISH[0], CHINESE[0]} else DIRECTIONS[1])


def reading(title: str, text: str, language: str) -> Reading:
    document = Document(title, text, language, published_at=NOON)
    return Reading(document, content_hash(text), sketch(text), features=packed(features(title, text)))


async def add(stores: Stores, *readings: Reading) -> None:
    await add_found(stores, [f"host{number}.example" for number in range(len(readings))])
    for article, one in zip(
        await stores.articles.claim_found(9, now=NOON, lease=LEASE), readings, strict=True
    ):
        await stores.articles.settle_reading(article, one, now=NOON)


async def settle(stores: Stores, memory: MemoryIndex, topic: Topic = TOPIC):
    return await decide(
        store=stores.verdicts, memory=memory, topics=[topic], clock=FakeClock(), window=WINDOW
    )


async def again(stores: Stores, memory: MemoryIndex, encoder: Encoder, topic: Topic = TOPIC):
    return await decide_again(
        store=stores.verdicts,
        memory=memory,
        encode=encoder,
        topics=[topic],
        clock=FakeClock(),
        window=WINDOW,
        decisions=SURE,
    )


@pytest.fixture
async def outage(stores: Stores) -> tuple[Stores, MemoryIndex, Encoder]:
    """One event in two languages, and another one, decided while there was no encoder."""
    memory = MemoryIndex(window=WINDOW)
    await add(stores, reading(*ENGLISH, "en"), reading(*CHINESE, "zh"), reading(*OTHER, "no"))
    batch = await settle(stores, memory)
    assert len({verdict.incident_id for _, verdict in batch}) == 3
    assert all(verdict.words_only for _, verdict in batch)
    return stores, memory, Encoder()


async def articles(database: Database) -> list:
    columns = "id, state, incident_id, words_only, match_reasons"
    return await rows_of(database, f"SELECT {columns} FROM articles ORDER BY id")


async def test_while_the_encoder_is_away_the_mark_stays(outage, database):
    stores, memory, encoder = outage
    with pytest.raises(MonitorError):
        await again(stores, memory, encoder)
    assert all(row["words_only"] for row in await articles(database))


async def test_when_it_is_back_incidents_in_two_languages_become_one(outage, database):
    stores, memory, encoder = outage
    encoder.away = False
    told = await again(stores, memory, encoder)
    assert [len(one.merges) for one in told].count(1) == 1
    rows = await articles(database)
    assert rows[0]["incident_id"] == rows[1]["incident_id"] != rows[2]["incident_id"]
    assert not any(row["words_only"] for row in rows)
    assert "encoded later" in str(rows[1]["match_reasons"])
    assert memory.current(2) == memory.current(1)
    assert await again(stores, memory, encoder) == []
    assert encoder.asked == 1
    (change,) = await stores.corrections.history(rows[0]["incident_id"])
    assert (change.what, change.who) == ("merge", "decider")


async def test_vectors_that_came_later_are_there_after_a_restart(outage, tmp_path):
    stores, memory, encoder = outage
    encoder.away = False
    before = MemoryIndex(window=WINDOW, folder=tmp_path)
    stores.verdicts.forget()
    await settle(stores, before)
    before.keep()  # a snapshot from before the encoder was back
    assert len(before.without_vectors()) == 3
    stores.verdicts.forget()
    await settle(stores, memory)
    await again(stores, memory, encoder)
    after = MemoryIndex(window=WINDOW, folder=tmp_path)
    stores.verdicts.forget()
    await settle(stores, after)
    assert after.without_vectors() == []
    assert after.reports(1) == 2


async def test_what_people_said_is_not_touched(outage, database):
    stores, memory, encoder = outage
    encoder.away = False
    first = (await articles(database))[0]["incident_id"]
    await stores.corrections.confirm(first, who="ann", now=NOON)
    await settle(stores, memory)
    await again(stores, memory, encoder)
    rows = await articles(database)
    assert len({row["incident_id"] for row in rows}) == 3
    assert not any(row["words_only"] for row in rows)


async def test_while_another_process_decides_nothing_is_decided_again(outage):
    stores, memory, encoder = outage
    encoder.away = False
    stores.verdicts.holds = False
    assert await again(stores, memory, encoder) == []


async def test_what_is_lost_on_the_way_is_done_the_next_time(outage, database):
    stores, memory, encoder = outage
    encoder.away = False
    await stores.verdicts.let_go()
    with pytest.raises(Transient, match="decider-lock-lost"):
        await again(stores, memory, encoder)
    assert all(row["words_only"] for row in await articles(database))
    await settle(stores, memory)
    await again(stores, memory, encoder)
    rows = await articles(database)
    assert rows[0]["incident_id"] == rows[1]["incident_id"]


async def test_what_examples_would_have_let_in_comes_in(stores, database):
    memory, encoder = MemoryIndex(window=WINDOW), Encoder()
    await add(
        stores, reading(*CHINESE, "zh"), reading(*OTHER, "no"), reading(CHINESE[0], CHINESE[1] + "。", "zh")
    )
    await settle(stores, memory, LIKE)
    assert [row["state"] for row in await articles(database)] == ["rejected"] * 3
    encoder.away = False
    memory.examples = Examples({"topic": [Encoder.vector(ENGLISH[0])]})
    told = await again(stores, memory, encoder, LIKE)
    assert [one.back for one in told] == [True, False]
    await settle(stores, memory, LIKE)
    rows = await articles(database)
    assert [row["state"] for row in rows] == ["queued", "rejected", "copy"]
    assert rows[2]["incident_id"] == rows[0]["incident_id"]
    assert not any(row["words_only"] for row in rows[:2])


async def test_a_text_without_letters_is_asked_about_once(stores, database):
    memory, encoder = MemoryIndex(window=WINDOW), Encoder()
    encoder.away = False
    bare = reading("", "voice", "en")
    await add(stores, replace(bare, document=replace(bare.document, title="")))
    await settle(stores, memory)
    assert len(await again(stores, memory, encoder)) == 1
    assert await again(stores, memory, encoder) == []
