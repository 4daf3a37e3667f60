"""How fast large feeds are parsed, and whether the quick pass sees what feedparser sees.

python benchmarks/feeds.py             # 200 feeds of 0.2 – 2.5 MB, made here; one process
python benchmarks/feeds.py --feeds 40 --patient 40
python benchmarks/feeds.py --folder DIR   # feeds of your own instead
"""

import argparse
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from monitor.adapters.feeds import parse_feed
from monitor.adapters.feeds.loose import loose_feed
from monitor.adapters.feeds.xml import text_of
from monitor.domain.model import Feed, Kind, Source

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
URL = "https://a.example/feed"
WORDS = [
    "harbour",
    "office",
    "deepfake",
    "voice",
    "account",
    "platform",
    "network",
    "council",
    "fraud",
    "transfer",
    "video",
    "clip",
    "court",
    "police",
    "report",
    "model",
    "company",
    "system",
    "driver",
    "chatbot",
    "review",
    "portrait",
    "election",
    "rumour",
    "bank",
    "customer",
    "studio",
    "actor",
    "teacher",
]
HAN = "平台声明人工智能生成虚假图片用户举报账号视频调查公司警方法院判决消费者数据模型技术安全部门记者表示今日发布处置治理网络信息"
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/"'
)


def sentence(chance: random.Random, han: bool, length: int) -> str:
    if han:
        return "".join(chance.choices(HAN, k=length * 3)) + "。"
    return " ".join(chance.choices(WORDS, k=length)).capitalize() + "."


def paragraphs(chance: random.Random, han: bool, size: int) -> str:
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        parts.append(
            f'<p class="x">{sentence(chance, han, 40)} <a href="/x?a=1&amp;b=2">{sentence(chance, han, 4)}</a></p>'
        )
    return "".join(parts)


def item(chance: random.Random, number: int, han: bool, atom: bool) -> str:
    when = NOW - timedelta(minutes=number * 7)
    title, body = escape(sentence(chance, han, 9)), paragraphs(chance, han, chance.randint(500, 6000))
    link = f"https://a.example/{when:%Y/%m/%d}/story-{number}?utm_source=rss"
    if atom:
        return (
            f'<entry><title>{title}</title><id>tag:a.example,{number}</id><link rel="alternate" href="{escape(link)}"/>'
            f"<published>{when:%Y-%m-%dT%H:%M:%SZ}</published><author><name>Ada Ruiz</name></author>"
            f'<content type="html">{escape(body)}</content></entry>'
        )
    return (
        f"<item><title>{title}</title><link>{escape(link)}</link><guid isPermaLink='false'>{number}</guid>"
        f"<pubDate>{when:%a, %d %b %Y %H:%M:%S} +0000</pubDate><dc:creator>Ada Ruiz</dc:creator>"
        f"<description>{escape(body[:400])}</description><media:content url='https://a.example/{number}.jpg'/>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
    )


def feed_of(chance: random.Random, size: int) -> bytes:
    han, atom = chance.random() < 0.4, chance.random() < 0.3
    items: list[str] = []
    total = 0
    while total < size:
        items.append(item(chance, len(items), han, atom))
        total += len(items[-1].encode())
    if atom:
        return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{"".join(items)}</feed>'.encode()
    text = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {SPACES}><channel><title>T</title>{"".join(items)}</channel></rss>'
    if han and chance.random() < 0.3:
        return text.replace("utf-8", "gb2312", 1).encode("gb18030")
    return text.encode()


def made(count: int) -> Iterator[bytes]:
    chance = random.Random(7)
    for _ in range(count):
        yield feed_of(chance, int(200_000 * (2_500_000 / 200_000) ** chance.random()))


def differences(quick: Feed, patient: Feed) -> dict[str, int]:
    ours, theirs = ({entry.url: entry for entry in feed.entries} for feed in (quick, patient))
    shared = ours.keys() & theirs.keys()
    return {
        "missing": len(theirs.keys() - ours.keys()),
        "more": len(ours.keys() - theirs.keys()),
        "title": sum(ours[url].title != theirs[url].title for url in shared),
        "date": sum(ours[url].published_at != theirs[url].published_at for url in shared),
    }


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", type=int, default=200)
    options.add_argument("--patient", type=int, default=20, help="how many of them feedparser reads as well")
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    source = Source("a", Kind.RSS, URL, max_entries=5_000)
    bodies = (
        [path.read_bytes() for path in sorted(given.folder.iterdir())]
        if given.folder
        else list(made(given.feeds))
    )
    parse_feed(source, bodies[0], "text/xml", URL, NOW)  # imports
    seconds, entries, slowest = 0.0, 0, 0.0
    for body in bodies:
        started = time.process_time()
        entries += len(parse_feed(source, body, "text/xml", URL, NOW).entries)
        took = time.process_time() - started
        seconds, slowest = seconds + took, max(slowest, took)
    size = sum(map(len, bodies)) / 1e6
    print(
        f"quick     {len(bodies)} feeds, {size:.0f} MB, {entries} entries: {len(bodies) / seconds:.0f} feeds/s, slowest {slowest * 1000:.0f} ms"
    )
    compare(source, bodies[: given.patient])


def compare(source: Source, bodies: list[bytes]) -> None:
    totals: dict[str, int] = {}
    seconds, entries = 0.0, 0
    for body in bodies:
        started = time.process_time()
        patient = loose_feed(source, text_of(body, "text/xml", ""), url=URL, now=NOW)
        seconds += time.process_time() - started
        entries += len(patient.entries)
        for kind, count in differences(parse_feed(source, body, "text/xml", URL, NOW), patient).items():
            totals[kind] = totals.get(kind, 0) + count
    if bodies:
        print(
            f"patient   {len(bodies)} of them, {entries} entries: {len(bodies) / seconds:.1f} feeds/s (feedparser, sanitising off)"
        )
        print("differing entries of the quick pass:", totals)


if __name__ == "__main__":
    main()
