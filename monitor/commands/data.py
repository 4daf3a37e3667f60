"""ingest, extract, retry, evaluate: work on files and addresses."""

import asyncio
import mimetypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from monitor.adapters.dispatch.inline import Tickets
from monitor.adapters.store.imports import Imported
from monitor.commands.common import (
    NUMBER,
    SOME_FAILED,
    asynchronous,
    configuration,
    err,
    json_anyway,
    json_option,
    out,
    print_json,
    progress,
    settings,
    tell_missed,
)
from monitor.commands.ready import Ready, ready
from monitor.daemon import check_database, migrate_database, open_stores, owned, owner_of
from monitor.domain.errors import NotADocumentError
from monitor.domain.model import Hints, Page, Request
from monitor.domain.pages import page_of
from monitor.domain.urls import host_of
from monitor.line import Line, open_line, open_reader
from monitor.worker import drain

BATCH = 100


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--source", default="ingest", show_default=True, help="The source the documents are filed under."
)
@json_option
@asynchronous
async def ingest(file: Path, source: str, as_json: bool) -> None:
    """Take documents that were already read (JSON Lines) through decide, for backfill and imports.

    Each line: {"id", "url", "title", "text", "language", "published_at", "publisher"?}. Lines that cannot be used
    are counted and named; documents known already are left alone. While a daemon runs on the same embedded
    database, its decider settles them.
    """
    loaded = settings()
    watched = configuration(loaded)
    check_database(loaded)
    sqlite = loaded.database_url.startswith("sqlite")
    busy = owner_of(loaded) if sqlite else None
    if busy is None:
        migrate_database(loaded)
    counts = {"new": 0, "known": 0, "refused": 0}
    async with open_stores(loaded, watched) as system, open_line(system, Tickets()) as line:
        await _take_in(line, file, source, counts)
        if busy is None:
            with owned(loaded):
                await drain(line.deciding)
                await system.stores.verdicts.let_go()
        overview = await system.stores.overviews.take(system.clock.now())
    result = {
        **counts,
        "states": overview.articles,
        "incidents": overview.incidents,
        "decided_by": busy or "this command",
    }
    print_json(result) if as_json else out.print(result, markup=False)
    sys.exit(SOME_FAILED if counts["refused"] else 0)


async def _take_in(line: Line, file: Path, source: str, counts: dict[str, int]) -> None:
    size, now = (await asyncio.to_thread(file.stat)).st_size, line.system.clock.now()
    with progress() as bar, file.open("rb") as lines:
        task = bar.add_task("ingesting", total=size)
        batch: list[Ready] = []
        for number, raw in enumerate(lines, 1):
            bar.update(task, completed=lines.tell() if number % BATCH == 0 else None)
            if not raw.strip():
                continue
            taken = ready(raw, now)
            if isinstance(taken, str):
                counts["refused"] += 1
                err.print(f"{file}:{number}: {taken}", style="red", markup=False)
                continue
            batch.append(taken)
            if len(batch) == BATCH:
                await _settle(line, batch, source, counts)
                batch = []
        await _settle(line, batch, source, counts)


async def _settle(line: Line, batch: list[Ready], source: str, counts: dict[str, int]) -> None:
    imports = line.system.stores.imports
    known = await imports.known([one.url_key for one in batch])
    fresh = [one for one in {one.url_key: one for one in batch}.values() if one.url_key not in known]
    readings = await line.reader.complete([one.document for one in fresh]) if fresh else []
    rows = [
        Imported(one.url_key, one.url, host_of(one.url), reading)
        for one, reading in zip(fresh, readings, strict=True)
    ]
    new = await imports.add(rows, source=source, now=line.system.clock.now())
    counts["new"] += new
    counts["known"] += len(batch) - new


@click.command()
@click.argument("page")
@click.option("--url", default="", help="The address the page came from.")
@click.option("--content-type", default="", help="The Content-Type it was served with.")
@json_anyway
@asynchronous
async def extract(page: str, url: str, content_type: str) -> None:
    """Extract one page, a FILE or a URL, and print its document as JSON."""
    loaded = settings()
    async with open_stores(loaded, unfit=True) as system, open_reader(system) as (http, reader):
        if page.startswith(("http://", "https://")):
            taken = page_of(await http.fetch(Request(page)), challenge="", retry_after=None)
        else:
            taken = _page_from_file(Path(page), url, content_type, system.clock.now())
        reading = await reader.read(taken, Hints())
    print_json({**vars(reading.document), "content_hash": reading.content_hash})


def _page_from_file(path: Path, url: str, content_type: str, now: datetime) -> Page:
    if not path.is_file():
        raise click.BadParameter(f"no file {str(path)!r}")
    address = url or path.resolve().as_uri()
    kind = content_type or mimetypes.guess_type(path.name)[0] or "text/html"
    return Page(address, address, kind, path.read_bytes(), now)


@click.command()
@click.argument("ids", nargs=-1, type=NUMBER)
@click.option("--failed", is_flag=True, help="All failed articles.")
@json_option
@asynchronous
async def retry(ids: tuple[int, ...], failed: bool, as_json: bool) -> None:
    """Send failed articles back to be read again."""
    if not ids and not failed:
        raise click.UsageError("name article ids, or --failed for all")
    loaded = settings()
    async with open_stores(loaded) as system:
        count = await system.stores.articles.retry(list(ids) or None, now=system.clock.now())
    print_json({"retried": count}) if as_json else out.print(f"{count} articles are read again", markup=False)
    tell_missed(ids, count, "failed article")


@click.group()
def evaluate() -> None:
    """Measure on labelled data, through exactly the code that the daemon runs."""


@contextmanager
def _data_at_fault() -> Iterator[None]:
    """Say which line of the data is wrong in one line of ours."""
    try:
        yield
    except NotADocumentError as error:
        raise click.BadParameter(str(error)) from error


@evaluate.command()
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--shuffled", default=0, type=click.IntRange(0, 100), help="Also so many other orders within each day."
)
@click.option(
    "--batch", type=click.IntRange(1), help="Documents decided together; unless told, as in the daemon."
)
@json_anyway
def matching(data: Path, shuffled: int, batch: int | None) -> None:
    """Stream labelled documents through decide (no topic screen); print BCubed and pairwise scores as JSON."""
    from monitor.evaluate import evaluate_matching

    with _data_at_fault(), progress() as bar:
        print_json(evaluate_matching(data, _shown(bar, "matching"), batch=batch, shuffles=shuffled))


@evaluate.command()
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_anyway
def copies(data: Path) -> None:
    """Find the copies among labelled documents; print pairwise scores as JSON."""
    from monitor.evaluate import evaluate_copies

    with _data_at_fault(), progress() as bar:
        print_json(evaluate_copies(data, _shown(bar, "copies")))


@evaluate.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_anyway
def extraction(folder: Path) -> None:
    """Read a folder of pages with a gold.jsonl; print token F1 and the shares of right facts as JSON."""
    from monitor.evaluate_extraction import evaluate_extraction

    if not (folder / "gold.jsonl").is_file():
        raise click.BadParameter(f"{folder} holds no gold.jsonl")
    with _data_at_fault(), progress() as bar:
        print_json(evaluate_extraction(folder, _shown(bar, "extraction")))


def _shown(bar: Any, name: str) -> Any:
    task = bar.add_task(name, total=None)

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    return advance
