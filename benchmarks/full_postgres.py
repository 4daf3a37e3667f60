"""A full database on PostgreSQL: how fast it is carried there, how soon the daemon is ready, how its pages answer.

    python benchmarks/full_postgres.py --folder DIR --server FOLDER

DIR holds a database of benchmarks/full.py; FOLDER, on a disk with twice its room, takes a PostgreSQL of its own, which
stays there: a second call finds what was carried. Then as in benchmarks/full.py: a start without snapshots, one from
those it left, the bytes by table, and what each page, list and command takes, once the search has filled up. Memory is
that of the daemon and its children; the server's is its `shared_buffers`, 1 GB, and what each connection takes.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from full import COMMANDS, PATHS, ROUNDS, WAITING, Daemon, asked
from made_full import made
from pipeline import MONITOR, environment

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.postgres import SETTINGS, Server, binaries

NAME = "carried"
PATIENCE = 900.0  # seconds for the search to fill up
LIKE_ITS_OWN = SETTINGS | {
    "shared_buffers": "1GB",
    "full_page_writes": "on",
    "fsync": "on",
    "max_wal_size": "2GB",
    "autovacuum_naptime": "60s",
}
SEARCHED = "SELECT coalesce((SELECT max(seq) FROM articles), 0) - coalesce((SELECT position FROM positions WHERE name = 'searched'), 0)"
SIZES = """
    SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY pg_total_relation_size(oid) DESC
"""
CHANGES = {
    "url_key": "max_id || '-' || row",
    "url": "'https://new.example/' || row",
    "state": "'read'",
    "seq": "NULL",
    "incident_id": "NULL",
    "match": "NULL",
    "queued_at": "NULL",
}


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Run the server of a folder, made where it is not there."""
    path = binaries()
    if path is None:
        sys.exit("no PostgreSQL server here (apt-get install postgresql)")
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(path, folder, LIKE_ITS_OWN)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def carried(folder: Path, server: Server) -> str:
    """Carry the database of a folder to the server, unless it is there; print what that took."""
    if server.execute(f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'"):
        return server.url(NAME)
    url, settings = server.create("copying"), environment(folder, "")
    subprocess.run([MONITOR, "db", "upgrade"], env=settings, check=True)
    began, before = time.monotonic(), os.times()
    subprocess.run([MONITOR, "db", "copy", url], env=settings, check=True, stdout=subprocess.DEVNULL)
    took, after = time.monotonic() - began, os.times()
    [(articles,)] = server.execute("SELECT count(*) FROM articles", "copying")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"carried {articles} articles in {took:.0f} s ({articles / took:.0f} a second), {cpu:.0f} s of a processor on our side")  # fmt: skip
    server.execute(f"ALTER DATABASE copying RENAME TO {NAME}")
    return server.url(NAME)


def disk(server: Server) -> None:
    """Print what each table takes with its indexes."""
    [(articles,)] = server.execute("SELECT count(*) FROM articles", NAME)
    [(size,)] = server.execute(f"SELECT pg_database_size('{NAME}')")
    print(f"{articles} articles, {size / 1e9:.2f} GB: {size / articles:.0f} bytes an article")
    for table, rows, indexes in server.execute(SIZES, NAME):
        if rows + indexes > articles:
            print(f"  {table:12} {rows / articles:7.0f} and {indexes / articles:5.0f} of indexes")


def let_wait(server: Server) -> None:
    """Give the decider some work: articles like the last ones, under other addresses."""
    [(last,)] = server.execute("SELECT max(id) FROM articles", NAME)
    models = f"(SELECT article_id AS model, {last} + row_number() OVER () AS row FROM (SELECT article_id FROM features ORDER BY article_id DESC LIMIT {WAITING}) AS f) AS m"  # fmt: skip
    for table, key in (("articles", "id"), ("documents", "article_id"), ("features", "article_id"), ("vectors", "article_id")):  # fmt: skip
        columns = [str(name) for (name,) in server.execute(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND table_schema = 'public'", NAME)]  # fmt: skip
        changes = CHANGES | {key: "row"} if table == "articles" else {key: "row"}
        values = [changes.get(name, f't."{name}"').replace("max_id", str(last)) for name in columns]
        named = ", ".join(f'"{name}"' for name in columns)
        server.execute(f"INSERT INTO {table} ({named}) SELECT {', '.join(values)} FROM {table} t JOIN {models} ON t.{key} = m.model", NAME)  # fmt: skip
    server.execute("SELECT setval(pg_get_serial_sequence('articles', 'id'), (SELECT max(id) FROM articles))", NAME)  # fmt: skip


def start(folder: Path, server: Server, seconds: int) -> None:
    """Print what a start takes; with snapshots where the last one left some."""
    told = "from its snapshots" if (folder / "data/snapshots").exists() else "without a snapshot"
    let_wait(server)
    daemon = Daemon(folder, database=server.url(NAME))
    with daemon.running() as process:
        ready = daemon.until("daemon.ready")
        cpu = sum(process.cpu_times()[:2])
        first = daemon.until("article.settled")
        decided = sum(process.cpu_times()[:2])
        time.sleep(seconds)
    print(
        f"{told}: ready after {ready:.1f} s ({cpu:.1f} s of a processor), first verdict after {first:.1f} s "
        f"({decided:.1f} s of a processor)\n  {daemon.told()}",
        flush=True,
    )


def pages(folder: Path, server: Server) -> None:
    """Print what each page and command takes while the daemon runs, once the search has filled up."""
    [(article, incident)] = server.execute("SELECT id, incident_id FROM articles WHERE state = 'queued' AND id > (SELECT max(id) / 2 FROM articles) ORDER BY id LIMIT 1", NAME)  # fmt: skip
    let_wait(server)
    daemon = Daemon(folder, database=server.url(NAME))
    with daemon.running():
        daemon.until("article.settled", WAITING)
        filled(server)
        time.sleep(30)  # what is counted once a minute is counted
        since = time.monotonic() - daemon.began
        for name in PATHS:
            times = [asked(name.format(article=article, incident=incident)) for _ in range(ROUNDS)]
            print(f"  {name:42} median {1000 * statistics.median(times):7.0f} ms, slowest {1000 * max(times):7.0f} ms", flush=True)  # fmt: skip
        for command in COMMANDS:
            began = time.monotonic()
            subprocess.run([MONITOR, *command], env=environment(folder, "") | {"MONITOR_DATABASE_URL": server.url(NAME)}, check=True, capture_output=True)  # fmt: skip
            print(f"  monitor {' '.join(command):34} {time.monotonic() - began:7.1f} s", flush=True)
    print(f"  memory meanwhile: {daemon.told(since)}")


def filled(server: Server) -> None:
    """Let the search take in articles for a while, and print how many; then have the tables as in the middle of a life."""
    began, (behind,) = time.monotonic(), server.execute(SEARCHED, NAME)[0]
    while server.execute(SEARCHED, NAME)[0][0] and time.monotonic() - began < PATIENCE:
        time.sleep(1)
    behind -= server.execute(SEARCHED, NAME)[0][0]
    print(f"the search took in {behind} articles in {time.monotonic() - began:.0f} s", flush=True)
    server.execute("VACUUM ANALYZE", NAME)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--folder", type=Path, required=True, help="of benchmarks/full.py")
    parser.add_argument("--articles", type=int, default=1_000_000, help="where its database has to be made")
    parser.add_argument("--server", type=Path, required=True, help="where the server keeps its files")
    parser.add_argument("--seconds", type=int, default=30, help="of a start that are watched after the verdicts")  # fmt: skip
    parser.add_argument("--only", choices=["disk", "starts", "pages"])
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    made(chosen.folder, chosen.articles)
    other = chosen.server / "daemon"
    with serving(chosen.server / "server") as server:
        carried(chosen.folder, server)
        other.mkdir(exist_ok=True)
        if chosen.only in {None, "starts"}:
            shutil.rmtree(other / "data", ignore_errors=True)
            for _ in range(2):
                start(other, server, chosen.seconds)
        if chosen.only in {None, "pages"}:
            pages(other, server)
        if chosen.only in {None, "disk"}:
            disk(server)


if __name__ == "__main__":
    main()
