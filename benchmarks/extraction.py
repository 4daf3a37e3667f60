"""Page reading side by side with bare trafilatura, on the same pages in the same run.

python benchmarks/extraction.py PAGES_FOLDER     unknown sites: CPU milliseconds a page of both
python benchmarks/extraction.py --stream         20 made-up sites with 50 pages each: learned templates
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from monitor.adapters.extract import read_page
from monitor.adapters.extract_template import read_by_template
from monitor.domain.errors import MonitorError
from monitor.domain.model import Hints, Page
from monitor.domain.templates import TemplateState, template_key
from monitor.domain.text import token_f1

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.made_sites import made_page

WARM = 15  # pages that both readers see first: caches and imports
SITES, PAGES, LEARNED = 20, 50, 10


def page_of(url: str, body: bytes) -> Page:
    return Page(url, url, "text/html", body, datetime.now(UTC))


def timed(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def bare(page: Page) -> str:
    return trafilatura.extract(page.body, url=page.url, with_metadata=True) or ""


def ours(page: Page) -> str:
    try:
        return read_page(page, Hints()).text
    except MonitorError:
        return ""


def unknown_sites(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "gold.jsonl").read_text("utf-8").splitlines()]
    pages = [page_of(row["url"] or "", (folder / row["file"]).read_bytes()) for row in rows]
    for page in pages[:WARM]:
        ours(page), bare(page)
    costs = [(timed(lambda p=page: ours(p)), timed(lambda p=page: bare(p))) for page in pages[WARM:]]
    mine, theirs = (sum(column) / len(costs) * 1000 for column in zip(*costs, strict=True))
    print(
        f"{len(costs)} pages, CPU ms a page: reader {mine:.1f}, trafilatura {theirs:.1f}, ratio {mine / theirs:.2f}"
    )


def stream() -> None:
    states: dict[str, TemplateState] = {}
    mine: list[float] = []
    theirs: list[float] = []
    scores: list[tuple[float, float]] = []
    readers: dict[str, int] = {}
    for number in range(PAGES):
        for site in range(SITES):
            made = made_page(site, number)
            page = page_of(made.url, made.markup)
            key = template_key(page.url)
            state = states.get(key, TemplateState(key))
            start = time.process_time()
            document, states[key] = read_by_template(page, Hints(), state)
            spent = time.process_time() - start
            if number >= LEARNED:
                mine.append(spent)
                start = time.process_time()
                text = bare(page)
                theirs.append(time.process_time() - start)
                scores.append((token_f1(document.text, made.text), token_f1(text, made.text)))
                readers[document.reader] = readers.get(document.reader, 0) + 1
    ratio = sum(theirs) / sum(mine)
    print(
        f"from page {LEARNED} on: reader {statistics.mean(mine) * 1000:.1f} ms, trafilatura {statistics.mean(theirs) * 1000:.1f} ms a page, {ratio:.1f} times its rate; {readers}"
    )
    print(
        "token F1: reader {:.4f}, trafilatura {:.4f}".format(
            *(statistics.mean(column) for column in zip(*scores, strict=True))
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("pages", type=Path, nargs="?", help="a folder of pages with answers beside them")
    what.add_argument("--stream", action="store_true", help="made-up sites whose templates are learned")
    given = parser.parse_args()
    stream() if given.stream else unknown_sites(given.pages)
