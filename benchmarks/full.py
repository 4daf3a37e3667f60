"""The daemon on a full database: how soon it is ready and can decide, how much memory it takes, how its pages answer.

    python benchmarks/full.py --folder DIR --articles 1000000        makes the database where DIR has none, then all of it
    python benchmarks/full.py --folder DIR --articles 1000000 --only warm

Four parts: `cold` (the daemon without snapshots, the database out of the system's cache), `warm` (from the snapshots
that it left), both while two processes read a made-up web; `disk` (bytes by table); `pages` (what each page, list and
command takes while the daemon runs). Memory is sampled twice a second: the proportional set sizes of the daemon and of
its children, and how much of the daemon's is mapped files. Some articles wait for their verdict at each start, so that
deciding is seen, not believed.
"""

import argparse
import contextlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import psutil
import pysqlite3
from made_full import SOURCES, made
from made_web import serving
from pipeline import MONITOR, environment

PORT = 18476
WAITING = 50  # articles that wait for their verdict at a start
EVERY = 0.5  # seconds between looks at the memory
PATIENCE = 3600.0
ROUNDS = 9
SITES, PAGES = (
    {"cold": 60, "warm": 120},
    10,
)  # of the web that is read meanwhile; half is known at the second start
PATHS = (
    "/", "/queue", "/incidents", "/incidents?words=deepfake", "/incidents?language=zh-Hans", "/incidents/{incident}", "/sources", "/sources/source-7",
    "/search?q=deepfake", "/search?q=人脸识别", "/search?q=police+language&language=en", "/articles/{article}", "/api/v1/queue", "/api/v1/articles",
    "/api/v1/articles?order=settled", "/api/v1/articles?language=zh-Hans", "/api/v1/articles?state=copy", "/api/v1/incidents", "/api/v1/incidents/{incident}",
    "/api/v1/sources", "/api/v1/overview", "/api/v1/labels", "/readyz", "/metrics",
)  # fmt: skip
COMMANDS = (
    ["status"],
    ["check"],
    ["queue", "list"],
    ["incidents", "list"],
    ["archive", "status"],
    ["health"],
)


@dataclass
class Daemon:
    """One run of the daemon, watched."""

    folder: Path
    proxy: str = ""  # to the made-up web
    sources: str = SOURCES
    database: str = ""  # another than the file in the folder
    began: float = field(default_factory=time.monotonic)
    samples: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self) -> Iterator[psutil.Process]:
        """Run it until the block ends."""
        more = {"MONITOR_LISTEN": f"127.0.0.1:{PORT}", "MONITOR_LOG_LEVEL": "info", "MONITOR_LOG_FORMAT": "json"}  # fmt: skip
        more |= {"MONITOR_DATABASE_URL": self.database} if self.database else {}
        (self.folder / "sources.yaml").write_text(self.sources)
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [MONITOR, "run"], env=environment(self.folder, self.proxy) | more, stderr=log
            )
        self.process = psutil.Process(process.pid)
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield self.process
        finally:
            self._over.set()
            watcher.join()
            process.terminate()
            process.wait(timeout=120)

    def until(self, event: str, count: int = 1) -> float:
        """Return the seconds from the start until the log has so many lines of an event."""
        mark = f'"{event}"'.encode()
        while (self.folder / "log").read_bytes().count(mark) < count:
            if not self.process.is_running() or time.monotonic() - self.began > PATIENCE:
                raise SystemExit((self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)
        return time.monotonic() - self.began

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            with contextlib.suppress(psutil.Error, OSError, LookupError):
                main, files = _memory(self.process)
                children = [_memory(one)[0] for one in self.process.children(recursive=True)]
                cpu = sum(self.process.cpu_times()[:2])
                self.samples.append((time.monotonic() - self.began, main, files, sum(children), cpu))

    def told(self, since: float = 0.0) -> str:
        """Return the most memory that was seen since a moment, and the last."""
        seen = [one for one in self.samples if one[0] >= since] or self.samples[-1:]
        most, last = max(seen, key=lambda one: one[1] + one[3]), seen[-1]
        return "; ".join(
            f"{name} {one[1] + one[3]:.0f} MB ({one[1]:.0f} the daemon, {one[2]:.0f} of it mapped files; {one[3]:.0f} its children)"
            for name, one in (("at most", most), ("at the end", last))
        )


def _memory(process: psutil.Process) -> tuple[float, float]:
    """Return the proportional set size of a process, and that of its mapped files, in MB."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:])  # fmt: skip
    return int(said["Pss"].split()[0]) / 1000, int(said.get("Pss_File", "0 kB").split()[0]) / 1000


def disk(path: Path) -> None:
    """Print what each table takes with its indexes; the standard library's SQLite can tell, ours cannot."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
    sizes = connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    table_of = dict(connection.execute("SELECT name, tbl_name FROM sqlite_schema").fetchall())
    whole: dict[str, list[int]] = {}
    for name, size in sizes:
        table = table_of.get(name, name)
        table = "search" if table.startswith("search_texts") else table
        whole.setdefault(table, [0, 0])[name != table_of.get(name) and not name.startswith("search_texts")] += size  # fmt: skip
    print(f"{articles} articles, {path.stat().st_size / 1e9:.2f} GB: {path.stat().st_size / articles:.0f} bytes an article")  # fmt: skip
    for table, (rows, indexes) in sorted(whole.items(), key=lambda one: -sum(one[1])):
        if rows + indexes > articles:
            print(f"  {table:12} {rows / articles:7.0f} and {indexes / articles:5.0f} of indexes")
    snapshots = sum(one.stat().st_size for one in path.parent.rglob("snapshots/**/*") if one.is_file())
    print(f"  snapshots    {snapshots / articles:7.0f} ({snapshots / 1e9:.2f} GB)", flush=True)


def let_wait(path: Path) -> None:
    """Give the decider some work: articles like the last ones, under other addresses."""
    with contextlib.closing(pysqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        (last,) = connection.execute("SELECT max(id) FROM articles").fetchone()
        models = connection.execute("SELECT article_id FROM features ORDER BY article_id DESC LIMIT ?", (WAITING,)).fetchall()  # fmt: skip
        for number, (model,) in enumerate(models, last + 1):
            _copy(connection, "articles", "id", (model, number), {"url_key": str(number), "url": f"https://new.example/{number}", "state": "read", "seq": None, "incident_id": None, "match": None, "queued_at": None})  # fmt: skip
            for table in ("documents", "features", "vectors"):
                _copy(connection, table, "article_id", (model, number), {})
        connection.execute("COMMIT")


def _copy(connection: pysqlite3.Connection, table: str, key: str, move: tuple[int, int], changes: dict[str, object]) -> None:  # fmt: skip
    of, to = move
    cursor = connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (of,))
    names = [one[0] for one in cursor.description]
    row = dict(zip(names, cursor.fetchone(), strict=True)) | changes | {key: to}
    named, marks = ", ".join(f'"{one}"' for one in names), ", ".join("?" * len(names))
    connection.execute(f"INSERT INTO {table} ({named}) VALUES ({marks})", list(row.values()))


def out_of_cache(path: Path) -> None:
    """Let the system forget the pages of a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def reading(sites: int) -> str:
    """Return sources on the made-up web, so that the reading processes are busy and hold the encoder."""
    feeds = [f"{{name: s{n}, kind: rss, max_entries: 1000, url: 'http://site{n}.example/feed.xml'}}" for n in range(sites)]  # fmt: skip
    return SOURCES.replace("sources: []", f"sources: [{', '.join(feeds)}]")


def starts(folder: Path, path: Path, seconds: int, names: Sequence[str]) -> None:
    """Print what a start takes without snapshots, and with them."""
    for name in names:
        if name == "cold":
            shutil.rmtree(path.parent / "snapshots", ignore_errors=True)
        let_wait(path)
        out_of_cache(path)
        sites = SITES[name]
        with (
            serving(sites, PAGES) as proxy,
            (daemon := Daemon(folder, proxy, reading(sites))).running() as process,
        ):
            ready = daemon.until("daemon.ready")
            cpu = sum(process.cpu_times()[:2])
            first = daemon.until("article.settled")
            decided = sum(process.cpu_times()[:2])
            time.sleep(seconds)
        told = {"cold": "without a snapshot", "warm": "from its snapshots"}[name]
        print(
            f"{told}: ready after {ready:.1f} s ({cpu:.1f} s of a processor), first verdict after {first:.1f} s "
            f"({decided:.1f} s of a processor)\n  {daemon.told()}",
            flush=True,
        )


def pages(folder: Path, path: Path) -> None:
    """Print what each page and command takes while the daemon runs."""
    with contextlib.closing(pysqlite3.connect(path)) as connection:
        article, incident = connection.execute("SELECT id, incident_id FROM articles WHERE state = 'queued' AND id > (SELECT max(id) / 2 FROM articles) LIMIT 1").fetchone()  # fmt: skip
    let_wait(path)
    daemon, told = Daemon(folder), {}
    with daemon.running():
        daemon.until("article.settled", WAITING)
        time.sleep(30)  # what is counted once a minute is counted
        since = time.monotonic() - daemon.began
        for name in PATHS:
            times = [asked(name.format(article=article, incident=incident)) for _ in range(ROUNDS)]
            told[name] = f"median {1000 * statistics.median(times):7.0f} ms, slowest {1000 * max(times):7.0f} ms"  # fmt: skip
            print(f"  {name:42} {told[name]}", flush=True)
        for command in COMMANDS:
            began = time.monotonic()
            subprocess.run([MONITOR, *command], env=environment(folder, ""), check=True, capture_output=True)
            print(f"  monitor {' '.join(command):34} {time.monotonic() - began:7.1f} s", flush=True)
    print(f"  memory meanwhile: {daemon.told(since)}")


def asked(path: str) -> float:
    began = time.monotonic()
    with urlopen(f"http://127.0.0.1:{PORT}{quote(path, safe='/?&=:+')}", timeout=300) as answer:
        answer.read()
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--folder", type=Path, required=True, help="where the database lies, or is made")
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument(
        "--seconds", type=int, default=30, help="of a start that are watched after the verdicts"
    )
    parser.add_argument("--only", choices=["disk", "cold", "warm", "pages"])
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    path = made(chosen.folder, chosen.articles)
    starts(
        chosen.folder, path, chosen.seconds, [one for one in ("cold", "warm") if chosen.only in {None, one}]
    )
    if chosen.only in {None, "disk"}:
        disk(path)
    if chosen.only in {None, "pages"}:
        pages(chosen.folder, path)


if __name__ == "__main__":
    main()
