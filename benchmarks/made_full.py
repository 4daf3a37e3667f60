"""A database of a million articles, made by varying a few that were truly decided; in minutes, not in days.

`made(folder, articles)` has `monitor ingest` decide the labelled documents of tests/data, then writes their rows again
and again: three in five originals, six to an incident on average (most have few, some hundreds), the rest copies of
recent originals; with captures, watches, labels, polls and the words of the search, over the last 170 days. An
incident keeps the everyday words of its model and has rare words, names, sounds and a meaning of its own; texts are
lengthened to those of news, fingerprints have their size. The planner's statistics are not touched: the daemon never
gathers any. A database that is already there is taken as it is.
"""

import math
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pysqlite3
from copies import drawn
from pipeline import MONITOR, environment
from rich.progress import track

from monitor.adapters.embed import pack, unpack
from monitor.adapters.index_features import Features, packed, unpacked
from monitor.domain.search_words import index_words

DATA = Path(__file__).parents[1] / "tests/data/incidents"
LETTERS = '["a","e","o","i","的","人","在","是","了","一"'  # everything is on topic
MADE_UP = "quimarest, anlosol, viraber, ponfinhu, golhujin"  # one page in twenty of the made-up web
SOURCES = f"version: 1\ntopics: {{t: {{any: {LETTERS}, {MADE_UP}]}}}}\nsources: []\n"
AT_ONCE = 10_000
COPIES = 0.4  # of all articles
NEW = 1 / 6  # of the originals begin an incident
FIRST = 3000  # originals that all do, so that none grows large for want of others
RECENT = 20_000  # originals that a report may join, or a copy repeat
EVERYDAY = 0.01  # of the models have the word
OWN = 12  # rare words, four names and eight sounds that only one incident has
WORLDS = 20  # sets of words that incidents share
DAYS, FEEDS, SITES, POLLS_A_DAY = 170, 200, 2000, 24
LABELLED = 20  # one queued article in so many has a label
TEXT = 2800  # characters, the median
SEARCHED = (
    200_000  # the latest articles, whose words are in the search: half of the time goes into these already
)


def made(folder: Path, articles: int) -> Path:
    """Return the database of a folder that has so many articles, made where it is not there."""
    path = folder / "data" / "monitor.db"
    if not path.exists():
        seed = _seed(folder / "seed")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        _emptied(seed, part)
        Maker(seed, part, articles).run()
        part.rename(path)
    return path


def _seed(folder: Path) -> Path:
    """Have some documents truly decided."""
    path = folder / "data" / "monitor.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sources.yaml").write_text(SOURCES)
        files = [DATA / f"{name}.jsonl" for name in ("dev", "test", "more_a")]
        (folder / "documents.jsonl").write_text("".join(one.read_text() for one in files))
        command = [MONITOR, "ingest", str(folder / "documents.jsonl")]
        subprocess.run(command, env=environment(folder, "") | {"MONITOR_ARCHIVE": "wayback"}, check=True)
    return path


def _emptied(seed: Path, path: Path) -> None:
    """Copy the schema alone."""
    with pysqlite3.connect(seed) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(seed, path)
    with pysqlite3.connect(path) as connection:
        for name in ("captures", "mentions", "features", "vectors", "sketches", "documents", "changes"):
            connection.execute(f"DELETE FROM {name}")
        connection.execute("DELETE FROM articles")
        connection.execute("DELETE FROM incidents")
        connection.execute("DELETE FROM sqlite_sequence")


@dataclass(frozen=True)
class Model:
    """One article that was decided, as rows by name of the column."""

    article: dict[str, Any]
    document: dict[str, Any]
    features: Features
    everyday: np.ndarray  # which of its words are
    vector: np.ndarray
    texts: tuple[tuple[str, str], ...]  # lengthened, each with its words for the search


class Maker:
    """Writes a database."""

    def __init__(self, seed: Path, path: Path, articles: int) -> None:
        self._dice, self._chance = random.Random(5), np.random.default_rng(5)
        self._models = _models(seed, self._dice)
        self._connection = pysqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA foreign_keys=OFF")
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("PRAGMA cache_size=-1000000")
        self._search("hashsize", 100_000_000)
        self._articles = articles
        self._now = datetime.now(UTC)
        self._recent: list[tuple[int, int, int]] = []  # article, incident, model
        self._incidents: dict[int, list[Any]] = {}
        self._at = 0
        self._sketches: dict[int, bytes] = {}

    def run(self) -> None:
        """Write everything, with a bar."""
        starts = range(1, self._articles + 1, AT_ONCE)
        for start in track(starts, f"{self._articles} articles", disable=not sys.stderr.isatty()):
            self._connection.execute("BEGIN")
            self._write(range(start, min(start + AT_ONCE, self._articles + 1)))
            self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")
        self._insert("incidents", self._incidents_rows())
        self._insert("sources", self._source_rows())
        self._insert("polls", self._poll_rows())
        names = ("ranked", "searched", "labels told")
        positions = [{"name": one, "position": self._articles} for one in names]
        self._insert("positions", [*positions, {"name": "search-to-fold", "position": 0}])
        self._connection.execute("COMMIT")
        self._search("hashsize", 1_048_576)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.close()

    def _search(self, option: str, value: int) -> None:
        """Set how much the search keeps in memory before it writes."""
        self._connection.execute(
            "INSERT INTO search_texts(search_texts, rank) VALUES (?, ?)", (option, value)
        )

    def _write(self, numbers: range) -> None:
        rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("articles", "documents", "sketches", "features", "vectors", "captures", "watches", "labels", "search_texts")
        }  # fmt: skip
        noise = self._chance.standard_normal((len(numbers), 384), dtype=np.float32)
        for number, shift in zip(numbers, noise, strict=True):
            self._article(number, shift, rows)
        for name, found in rows.items():
            self._insert(name, found)

    def _article(self, number: int, shift: np.ndarray, rows: dict[str, list[dict[str, Any]]]) -> None:
        copy = bool(self._recent) and self._dice.random() < COPIES
        original, incident, model_number = self._placed(number, copy=copy)
        model = self._models[model_number]
        at = _text(self._now - timedelta(days=DAYS * (1 - number / self._articles)))
        self._seen(incident, model, number, at)
        share = self._dice.uniform(0.6, 1.0)
        sketch = drawn(self._chance, self._sketches[original], share) if copy else drawn(self._chance)
        text, words = self._dice.choice(model.texts)
        title = f"{model.document['title']} ({number})"
        rows["articles"].append(self._article_row(number, original if copy else None, incident, model, at))
        said = {"article_id": number, "title": title, "text": text, "published_at": at, "read_at": at}
        rows["documents"].append(model.document | said | {"content_hash": f"{number:032x}"})
        rows["sketches"].append({"article_id": number, "sketch": sketch})
        rows["captures"].append(_capture(number, rows["articles"][-1]["url"], at))
        if number > self._articles - SEARCHED:
            rows["search_texts"].append({"rowid": number, "title": index_words(title), "body": words})
        if copy:
            return
        self._sketches[number] = sketch
        self._sketches.pop(number - 4 * RECENT, None)
        rows["features"].append({"article_id": number, "features": self._features(model, incident)})
        vector = model.vector + 0.04 * _own(incident) + 0.02 * shift
        encoded = pack(vector / np.linalg.norm(vector))
        rows["vectors"].append({"article_id": number, "model": model.article["model"], "vector": encoded})
        rows["watches"].append({"article_id": number, "seq": number, "state": "alive", "looks": 2, "baseline": "0" * 32, "looked_at": at, "due_at": _text(self._now + timedelta(days=9))})  # fmt: skip
        if number % LABELLED == 0:
            rows["labels"].append(_label(number, at))

    def _placed(self, number: int, *, copy: bool) -> tuple[int, int, int]:
        """Return what an article copies, its incident and its model; it is remembered where it is an original."""
        if copy:
            return self._dice.choice(self._recent)
        if len(self._recent) < FIRST or self._dice.random() < NEW:
            self._at += 1
            found = (number, self._at, self._at % len(self._models))
        else:
            _, incident, model = self._dice.choice(self._recent)
            found = (number, incident, model)
        self._recent.append(found)
        if len(self._recent) > 2 * RECENT:
            del self._recent[:RECENT]
        return found

    def _seen(self, incident: int, model: Model, number: int, at: str) -> None:
        known = self._incidents.setdefault(incident, [f"{model.document['title']} ({incident})", model.document["summary"], number, at, at])  # fmt: skip
        known[-1] = at

    def _article_row(
        self, number: int, copy_of: int | None, incident: int, model: Model, at: str
    ) -> dict[str, Any]:
        path = f"site{number % SITES}.example/{number}/{model.article['url_key'].rpartition('/')[2]}"
        row = {name: value for name, value in model.article.items() if name != "model"} | {
            "id": number, "url_key": path, "url": f"https://www.{path}", "host": f"www.site{number % SITES}.example",
            "source": f"source-{number % FEEDS}", "found_at": at, "state_at": at, "due_at": at, "queued_at": at,
            "incident_id": incident, "seq": number, "place": self._dice.random() * 100,
            "place_reasons": '{"relevance": 0.41, "new incident": 0.3, "age": 0.02}',
            "entry": '{"title": "' + model.document["title"].replace('"', "'").replace("\\", "") + '"}',
        }  # fmt: skip
        if copy_of is not None:
            row |= {"state": "copy", "copy_of": copy_of, "copy_score": 0.8, "queued_at": None, "match_evidence": None, "alternative": None}  # fmt: skip
        elif number % LABELLED == 0:
            row |= {"label_state": "labelled"}
        return row

    def _features(self, model: Model, incident: int) -> bytes:
        """Return what is compared of a report on an incident."""
        known = model.features
        terms, rare = known.terms.copy(), np.flatnonzero(~model.everyday)
        terms[rare] = _mixed(terms[rare], incident % WORLDS)
        own = rare[:OWN]
        kept = self._chance.random(len(own)) < 0.7
        terms[own[kept]] = _mixed(known.terms[own[kept]], incident + WORLDS)
        terms |= np.uint32(1)
        return packed(replace(known, terms=terms, keys=_renamed(known.keys, 4, incident), sounds=_renamed(known.sounds, 8, incident)))  # fmt: skip

    def _incidents_rows(self) -> Iterator[dict[str, Any]]:
        for number, (title, summary, founder, first, last) in self._incidents.items():
            yield {
                "id": number, "title": title, "summary": summary, "topics": '["t"]', "founded_by": founder, "first_report_at": first,
                "last_report_at": last, "created_at": first, "updated_at": last,
            }  # fmt: skip

    def _source_rows(self) -> Iterator[dict[str, Any]]:
        for number in range(FEEDS):
            yield {"name": f"source-{number}", "status": "ok", "since": _text(self._now), "last_polled_at": _text(self._now)}  # fmt: skip

    def _poll_rows(self) -> Iterator[dict[str, Any]]:
        for hour in range(30 * POLLS_A_DAY):
            at = _text(self._now - timedelta(hours=hour))
            for number in range(FEEDS):
                yield {"source": f"source-{number}", "at": at, "outcome": "feed", "entries": 30, "new": self._dice.choice((0, 0, 1, 4)), "seconds": 0.4}  # fmt: skip

    def _insert(self, table: str, rows: Any) -> None:
        first = next(rows := iter(rows), None)
        if first is None:
            return
        marks = ", ".join(f":{name}" for name in first)
        statement = f"INSERT INTO {table} ({', '.join(_quoted(name) for name in first)}) VALUES ({marks})"
        self._connection.execute(statement, first)
        self._connection.executemany(statement, rows)


def _models(seed: Path, dice: random.Random) -> list[Model]:
    """Return the originals of a seed, in its order."""
    connection = pysqlite3.connect(seed)
    connection.row_factory = pysqlite3.Row
    columns = "a.*, v.model, v.vector, f.features"
    found = connection.execute(
        f"SELECT {columns} FROM articles a JOIN vectors v ON v.article_id = a.id JOIN features f ON f.article_id = a.id "
        "WHERE a.state = 'queued' ORDER BY a.id"
    ).fetchall()
    documents = {row["article_id"]: dict(row) for row in connection.execute("SELECT * FROM documents")}
    compared = [unpacked(bytes(row["features"])) for row in found]
    numbers, counts = np.unique(np.concatenate([one.terms for one in compared]), return_counts=True)
    everyday = numbers[counts >= EVERYDAY * len(found)]
    by_language: dict[str, list[str]] = {}
    for row in found:
        document = documents[row["id"]]
        by_language.setdefault(document["language"], []).append(document["text"])
    return [
        Model(
            {name: row[name] for name in row.keys() if name not in {"vector", "features"}},  # noqa: SIM118 - a Row
            documents[row["id"]],
            features,
            np.isin(features.terms, everyday),
            unpack(bytes(row["vector"])),
            tuple(_lengthened(documents[row["id"]], by_language, dice) for _ in range(3)),
        )
        for row, features in zip(found, compared, strict=True)
    ]


def _lengthened(
    document: dict[str, Any], others: dict[str, list[str]], dice: random.Random
) -> tuple[str, str]:
    """Return a text as long as one of news, and its words for the search."""
    wanted, text = TEXT * math.exp(dice.gauss(0, 0.5)), document["text"]
    if document["language"].startswith(("zh", "ja", "ko")):
        wanted /= 2.5  # a character is a word
    while len(text) < wanted:
        text += "\n\n" + dice.choice(others[document["language"]])
    return text, index_words(text)


def _mixed(hashes: np.ndarray, salt: int) -> np.ndarray:
    mixed = (hashes ^ np.uint32(salt * 2654435761 & 0xFFFFFFFF)) * np.uint32(0x85EBCA6B)
    return mixed ^ (mixed >> np.uint32(13))


def _renamed(keys: np.ndarray, own: int, incident: int) -> np.ndarray:
    """Give the first keys the incident's own names; the two lowest bits tell the kind."""
    named = keys.copy()
    named[:own] = _mixed(keys[:own], incident) & ~np.uint32(3) | keys[:own] & np.uint32(3)
    return named


def _own(incident: int) -> np.ndarray:
    return np.random.default_rng(incident).standard_normal(384, dtype=np.float32)


def _capture(number: int, url: str, at: str) -> dict[str, Any]:
    kept = f"https://web.archive.org/web/20260701000000/{url}"
    return {"article_id": number, "url": url, "state": "verified", "attempts": 1, "priority": 1.8, "archived_at": at, "archive_url": kept, "final_url": url, "looks": 1, "created_at": at, "updated_at": at}  # fmt: skip


def _label(number: int, at: str) -> dict[str, Any]:
    value = '"ai_incident"' if number % 3 else '"unrelated"'
    return {"article_id": number, "scheme": "oecd", "question": "article_label", "labeller": f"labeller-{number % 7}", "value": value, "at": at, "answer": str(number)}  # fmt: skip


def _quoted(name: str) -> str:
    return f'"{name}"'


def _text(at: datetime) -> str:
    return f"{at.isoformat(timespec='microseconds')[:26]}Z"
