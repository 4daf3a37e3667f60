"""Serves the replayed web from the command line until it is told to stop."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.site import Article, Limits, Pace, Rule, Site, load, serve


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the address, then serve until SIGTERM or SIGINT."""
    asyncio.run(_run(_options().parse_args(arguments)))


def _options() -> argparse.ArgumentParser:
    usual = Limits()
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="loopback port; 0 takes a free one")
    parser.add_argument(
        "--days",
        default="",
        help="only articles of these days: 2024-03-27 or 2024-03-26..2024-03-30, comma-separated",
    )
    parser.add_argument(
        "--start-paced", action="store_true", help="let the articles appear one after another"
    )
    parser.add_argument(
        "--spread", type=float, default=40.0, help="seconds until the last of them has appeared"
    )
    parser.add_argument("--slow", type=float, default=Pace().slow, help="seconds that the slow source takes")
    parser.add_argument("--captures-per-minute", type=int, default=usual.per_minute)
    parser.add_argument("--concurrent-captures", type=int, default=usual.concurrent)
    parser.add_argument("--captures-per-day", type=int, default=usual.per_day)
    parser.add_argument(
        "--index-lag", type=float, default=usual.index_lag, help="seconds until a capture is in the index"
    )
    parser.add_argument("--rules", type=Path, help="YAML list of scripted archive behaviour (see README)")
    return parser


async def _run(options: argparse.Namespace) -> None:
    stopped = _stop_signal()  # before the address is printed: who reads it may send the signal at once
    articles = [article for article in load() if on_days(article, options.days)]
    limits = Limits(
        per_minute=options.captures_per_minute,
        concurrent=options.concurrent_captures,
        per_day=options.captures_per_day,
        index_lag=options.index_lag,
    )
    pace = Pace(spread=options.spread if options.start_paced else 0.0, slow=options.slow)
    async with serve(
        articles, port=options.port, pace=pace, limits=limits, rules=_rules(options.rules)
    ) as site:
        _announce(site)
        await stopped.wait()


def on_days(article: Article, days: str) -> bool:
    """Tell whether an article is of one of the days or ranges of days; no days means all."""
    if not days:
        return True
    day = article.published_at.date().isoformat()
    ranges = (span.strip().partition("..") for span in days.split(","))
    return any(first <= day <= (last or first) for first, _, last in ranges)


def _rules(file: Path | None) -> list[Rule]:
    return [Rule(**entry) for entry in yaml.safe_load(file.read_text("utf-8"))] if file else []


def _announce(site: Site) -> None:
    count = len(site.web.articles)
    print(f"Serving {count} articles at {site.url} (MONITOR_PROXY and MONITOR_WAYBACK_URL)", flush=True)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


if __name__ == "__main__":
    main()
