"""The local archive: what is recorded is read back by us and by others, through crashes and deletions."""

import gzip
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from monitor.adapters.wacz import WaczPage, export_wacz
from monitor.adapters.warc import WarcArchive
from monitor.adapters.warc_index import key_of, search
from monitor.adapters.warc_writer import index_path
from monitor.domain.errors import Permanent
from monitor.domain.model import Response

NOW = datetime(2024, 3, 10, 8, 0, 0, 123456, tzinfo=UTC)
PAGE = "<html><title>克隆声音</title><p>一名市长的声音被克隆。</p></html>".encode()
GOOD = (0, "")
WARCIO = Path(sys.executable).with_name("warcio")


def response(url="https://news.example.org/a", *, body=PAGE, packed=True, at=NOW, **changes):
    headers = {"content-type": "text/html; charset=utf-8", "transfer-encoding": "chunked"}
    if packed:
        headers |= {"content-encoding": "gzip"}
    answer = Response(
        url=url,
        final_url=url,
        status=200,
        headers=headers,
        body=body,
        fetched_at=at,
        address="203.0.113.7",
        received=gzip.compress(body, mtime=0) if packed else b"",
        request_headers={"User-Agent": "monitor", "Cookie": "secret=1", "Authorization": "Bearer x"},
    )
    return replace(answer, **changes)


@pytest.fixture
async def archive(tmp_path):
    made = WarcArchive(tmp_path / "archive")
    yield made
    await made.close()


def files(archive):
    return sorted(path.name for path in archive._folder.iterdir())


def closed(archive):
    (path,) = archive._folder.glob("*.warc.gz")
    return path


async def finished(archive):
    archive._writer.close()
    return closed(archive)


def proven(path):
    """Have every digest of a file checked by the tool of another project; return what it complains of."""
    check = subprocess.run([WARCIO, "check", path], capture_output=True, text=True, check=False)
    return check.returncode, check.stdout


def fastwarc(path):
    """Read a file with an independent reader, which proves every digest."""
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.any_type, parse_http=False):
            # it cannot verify a record without a digest; warcinfo has one too
            assert record.verify_block_digest()
            record.freeze()
            yield record.record_type, dict(record.headers), record.reader.read()


async def test_a_page_is_kept_as_it_came_and_shown_as_it_was(archive):
    reference = await archive.record(response())
    kept = await archive.show("http://www.news.example.org/a")
    assert (kept.id, kept.status, kept.body, kept.at) == (reference, 200, PAGE, NOW.replace(microsecond=0))
    assert kept.headers["content-encoding"] == "gzip"


async def test_independent_readers_find_no_fault(archive):
    for number in range(20):
        await archive.record(response(f"https://news.example.org/{number}", packed=bool(number % 2)))
    path = await finished(archive)
    assert proven(path) == GOOD
    kinds = [kind for kind, _, _ in fastwarc(path)]
    assert kinds == [WarcRecordType.warcinfo] + [WarcRecordType.response, WarcRecordType.request] * 20


async def test_records_carry_digests_address_and_each_other(archive):
    await archive.record(response())
    (_, info, _), (_, page, block), (_, request, asked) = fastwarc(await finished(archive))
    assert page["WARC-Payload-Digest"].startswith("sha1:")
    assert page["WARC-IP-Address"] == "203.0.113.7"
    assert page["WARC-Warcinfo-ID"] == info["WARC-Record-ID"]
    assert request["WARC-Concurrent-To"] == page["WARC-Record-ID"]
    assert block.endswith(gzip.compress(PAGE, mtime=0))
    assert b"x-archive-orig-transfer-encoding: chunked" in block
    assert asked.startswith(b"GET /a HTTP/1.1\r\nHost: news.example.org\r\n")


async def test_secrets_of_a_source_are_not_archived(archive):
    await archive.record(response())
    data = gzip.decompress((await finished(archive)).read_bytes())
    assert b"secret=1" not in data
    assert b"Bearer" not in data
    assert b"User-Agent: monitor" in data


async def test_a_redirected_page_is_found_under_both_addresses(archive):
    moved = replace(
        response("https://news.example.org/new"),
        url="https://news.example.org/old?id=1",
        redirects=((301, "https://news.example.org/new"),),
    )
    await archive.record(moved)
    await finished(archive)
    old, new = [await archive.show(url) for url in (moved.url, moved.final_url)]
    assert (old.final_url, old.id, old.body) == (moved.final_url, new.id, PAGE)


async def test_files_roll_by_size_and_by_day(tmp_path):
    archive = WarcArchive(tmp_path, largest=2_000)
    for number in range(8):
        await archive.record(response(f"https://news.example.org/{number}"))
    by_size = len(list(tmp_path.glob("*.warc.gz")))
    await archive.record(response("https://news.example.org/later", at=NOW + timedelta(days=1, minutes=1)))
    by_day = len(list(tmp_path.glob("*.warc.gz")))
    await archive.close()
    assert by_size >= 2
    assert by_day == by_size + 1
    assert not list(tmp_path.glob("*.open*"))
    for path in tmp_path.glob("*.warc.gz"):
        lines = index_path(path).read_text().splitlines()
        assert lines == sorted(lines)


async def test_many_pages_are_found_by_bisection(archive):
    urls = [f"https://host{number % 37}.example.org/path/{number}" for number in range(500)]
    for url in urls:
        await archive.record(response(url, body=url.encode()))
    path = await finished(archive)
    for url in urls[::7]:
        (line,) = search(index_path(path), key_of(url))
        assert line.url == url
        assert (await archive.show(url)).body == url.encode()
    assert search(index_path(path), key_of("https://nowhere.example.org/")) == []


async def test_what_a_dead_process_left_is_recovered_up_to_its_last_whole_record(tmp_path):
    dead = WarcArchive(tmp_path)
    await dead.record(response("https://news.example.org/whole"))
    await dead.record(response("https://news.example.org/cut"))
    dead._writer._file.close()  # the lock ends with the process
    (path,) = tmp_path.glob("*.open")
    data = path.read_bytes()
    request_and_more = data.rindex(gzip.compress(b"")[:4])  # shorter ones occur by chance
    path.write_bytes(data[: request_and_more - 40])
    archive = WarcArchive(tmp_path)
    (recovered,) = await archive.recover()
    assert proven(recovered) == GOOD
    assert (await archive.show("https://news.example.org/whole")).body == PAGE
    with pytest.raises(Permanent):
        await archive.show("https://news.example.org/cut")
    await archive.close()


async def test_a_file_that_another_process_writes_is_left_alone(archive, tmp_path):
    await archive.record(response())
    other = WarcArchive(tmp_path / "archive")
    assert await other.recover() == []
    assert (await other.show("https://news.example.org/a")).body == PAGE
    await other.close()


async def test_deletion_leaves_a_record_and_nothing_else(archive):
    for name in "abc":
        await archive.record(response(f"https://news.example.org/{name}"))
    done = await archive.delete("https://news.example.org/b", who="desk", reason="court order", now=NOW)
    assert done.records == 1
    with pytest.raises(Permanent):
        await archive.show("https://news.example.org/b")
    path = closed(archive)
    assert b"example.org/b" not in gzip.decompress(path.read_bytes())
    assert proven(path) == GOOD
    assert (await archive.show("https://news.example.org/c")).body == PAGE
    asked, carried_out = (archive._folder / "deletions.jsonl").read_text().splitlines()
    assert json.loads(asked)["records"] is None
    assert json.loads(carried_out)["reason"] == "court order"


async def test_what_another_process_still_writes_is_hidden_at_once_and_gone_when_it_closes(archive):
    await archive.record(response())
    other = WarcArchive(archive._folder)
    await other.delete("https://news.example.org/a", who="desk", reason="asked", now=NOW + timedelta(hours=1))
    assert await archive.find("https://news.example.org/a") == []
    archive._writer.close()
    assert not list(archive._folder.glob("*.warc.gz"))
    await other.close()


async def test_a_page_read_after_its_deletion_is_kept(archive):
    await archive.delete("https://news.example.org/a", who="desk", reason="asked", now=NOW)
    await archive.record(response(at=NOW + timedelta(hours=1)))
    assert len(await archive.find("https://news.example.org/a")) == 1


async def test_pruning_keeps_the_young_and_the_labelled(archive):
    await archive.record(response("https://news.example.org/old"))
    await archive.record(response("https://news.example.org/labelled"))
    await archive.record(response("https://news.example.org/young", at=NOW + timedelta(hours=20)))
    await finished(archive)
    gone = await archive.prune(before=NOW + timedelta(hours=1), keep=["https://news.example.org/labelled"])
    assert gone == 1
    assert await archive.find("https://news.example.org/old") == []
    assert await archive.find("https://news.example.org/labelled")
    assert await archive.find("https://news.example.org/young")
    assert await archive.prune(before=NOW + timedelta(days=9), keep=[]) == 2
    assert files(archive) == []


async def test_a_full_disk_stops_no_article_and_leaves_no_half_page(archive):
    await archive.record(response())
    archive._writer._file = Full(archive._writer._file, room=300)
    assert await archive.record(response("https://news.example.org/b")) == ""
    assert "No space" in archive.trouble
    assert await archive.record(response("https://news.example.org/c"))
    path = await finished(archive)
    assert proven(path) == GOOD
    assert (await archive.show("https://news.example.org/c")).body == PAGE
    assert archive.trouble == ""


class Full:
    """A file on a disk that is full for one write, after some bytes of it."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def write(self, data):
        if self._room is None:
            return self._file.write(data)
        if self._room == 0:
            self._room = None
            raise OSError(28, "No space left on device")
        written = self._file.write(data[: self._room])
        self._room = 0
        return written

    def __getattr__(self, name):
        return getattr(self._file, name)


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"content-type": "text/html", "x": "a\r\nSet-Cookie: b", "bad name": "y"}},
        {"final_url": "https://news.example.org/%0d a\r\nWARC-Type: x"},
        {"status": 999, "body": b"", "received": b""},
        {"url": "https://例え.jp/記事?q=声", "final_url": "https://例え.jp/記事?q=声"},
        {"final_url": "https://news.example.org/" + "x" * 8_000},
        {"truncated": True},
        {"address": ""},
    ],
)
async def test_hostile_answers_make_whole_records(archive, changes):
    await archive.record(response(**changes))
    path = await finished(archive)
    assert proven(path) == GOOD
    (_, page, _), *_ = [one for one in fastwarc(path) if one[0] == WarcRecordType.response]
    assert page["WARC-Type"] == "response"


async def test_a_bomb_is_shown_up_to_the_limit(archive, monkeypatch):
    monkeypatch.setattr("monitor.adapters.warc.LARGEST_BODY", 1_000_000)
    await archive.record(response(body=b"small", received=gzip.compress(bytes(30_000_000))))
    kept = await archive.show("https://news.example.org/a")
    assert (len(kept.body), kept.truncated) == (1_000_000, True)


def flipped(path, target):
    """Write the same records with one letter of the last page changed."""
    data = gzip.decompress(path.read_bytes())
    place = data.rindex(b"mayor")
    records = [b"WARC/1.1" + one for one in (data[:place] + b"M" + data[place + 1 :]).split(b"WARC/1.1")[1:]]
    target.write_bytes(b"".join(gzip.compress(one) for one in records))
    return target


async def test_the_independent_reader_would_find_a_changed_letter(archive, tmp_path):
    await archive.record(response(body=b"<p>the mayor</p>", packed=False))
    code, complaint = proven(flipped(await finished(archive), tmp_path / "flipped.warc.gz"))
    assert code == 1
    assert "payload digest failed" in complaint


async def test_an_incident_is_exported_as_wacz(archive, tmp_path):
    await archive.record(response("https://news.example.org/one"))
    await archive.record(
        replace(response("https://news.example.org/new"), url="https://news.example.org/two")
    )
    pages = [WaczPage(f"https://news.example.org/{name}", "标题") for name in ("one", "two", "none")]
    path = tmp_path / "incident.wacz"
    export = await export_wacz(archive, pages, path, title="Voice clone", now=NOW)
    assert (export.pages, export.missing) == (2, ("https://news.example.org/none",))
    with zipfile.ZipFile(path) as wacz:
        (tmp_path / "data.warc.gz").write_bytes(wacz.read("archive/data.warc.gz"))
        index = wacz.read("indexes/index.cdxj").decode().splitlines()
    assert proven(tmp_path / "data.warc.gz") == GOOD
    assert index == sorted(index)
    assert [line.split()[0] for line in index] == [
        "org,example,news)/new",
        "org,example,news)/one",
        "org,example,news)/two",
    ]
