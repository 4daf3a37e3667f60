"""Fetch and extraction of the same pages beside news-please and newspaper4k, from one local server in one run.

    python benchmarks/rivals.py --rivals PYTHON     # a Python that has both (pip install news-please newspaper4k)

Ours is `monitor once`: feeds, robots.txt, pages, reading, matching, storing. Theirs are two processes a tool that
fetch each page and extract it, without feeds, robots.txt or storing. Neither their imports nor our start are counted.
All go through the proxy of the made-up web on the loopback; no side waits between two pages of a host. Once with many
sites of two pages each, and once with few sites, which we learn on the way: no site was seen before.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from made_web import address, made, serving
from pipeline import Spent, ours

TOOLS = ("newspaper4k", "news-please")
FEW = 20  # sites, that have many pages each
RIVAL = """
import json, os, resource, sys, time
from multiprocessing import get_context
tool, proxy = sys.argv[1:3]
os.environ |= {"http_proxy": proxy, "HTTP_PROXY": proxy}
def newspaper4k(url):
    import newspaper
    article = newspaper.Article(url)
    article.download(); article.parse()
    return article.text
def news_please(url):
    from newsplease import NewsPlease
    return NewsPlease.from_url(url).maintext
read = newspaper4k if tool == "newspaper4k" else news_please
def tried(url):
    try:
        return len(read(url) or "") > 200
    except Exception as error:
        print(repr(error)[:200], file=sys.stderr)
        return False
def used():
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in times)
def work(urls):
    tried(urls[0])  # imports are not counted
    began, cpu = time.monotonic(), used()
    good = sum(map(tried, urls))
    return time.monotonic() - began, used() - cpu, good
if __name__ == "__main__":
    urls = json.load(sys.stdin)
    with get_context("spawn").Pool(2) as pool:
        done = pool.map(work, [urls[0::2], urls[1::2]], chunksize=1)
    walls, cpus, good = zip(*done)
    print(json.dumps([max(walls), sum(cpus), sum(good)]))
"""


def rival(python: str, tool: str, sites: int, pages: int) -> tuple[Spent, int]:
    """Return what a tool spent, and how many pages gave a text."""
    urls = [address(page) for page in made(sites, pages)]
    with tempfile.TemporaryDirectory() as folder, serving(sites, pages) as proxy:
        script = Path(folder) / "rival.py"
        script.write_text(RIVAL)
        done = subprocess.run(
            [python, str(script), tool, proxy],
            input=json.dumps(urls),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    wall, cpu, good = json.loads(done.stdout.splitlines()[-1])
    return Spent(wall, cpu), good


def compare(python: str, sites: int, pages: int, more: dict[str, str]) -> None:
    """Print how all do on so many sites, so many pages of each; none of them is known to us before."""
    count = sites * pages
    whole, summary = ours(sites, pages, 0, more)
    mine = whole - ours(1, 1, 0, more)[0]
    print(
        f"{count} pages of {sites} sites: monitor {count / mine.wall:.1f} pages/s,"
        f" {mine.cpu / count * 1000:.0f} ms of a core a page; {summary['states']}",
        flush=True,
    )
    for tool in TOOLS:
        theirs, good = rival(python, tool, sites, pages)
        wall, cpu = theirs.over(mine)
        print(
            f"  {tool}: {count / theirs.wall:.1f} pages/s, {theirs.cpu / count * 1000:.0f} ms a page, {good} texts;"
            f" monitor {wall:.1f} times its rate, by processor time {cpu:.1f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rivals", required=True, help="a Python with news-please and newspaper4k")
    parser.add_argument("--pages", type=int, default=800, help="in all, of each kind of web")
    parser.add_argument("--only", choices=["many", "few"])
    parser.add_argument("--embeddings", choices=["bundled", "off"], default="bundled")
    chosen = parser.parse_args()
    more = {"MONITOR_EMBEDDINGS": chosen.embeddings}
    if chosen.only != "few":
        compare(chosen.rivals, chosen.pages // 2, 2, more)
    if chosen.only != "many":
        compare(chosen.rivals, FEW, chosen.pages // FEW, more)


if __name__ == "__main__":
    main()
