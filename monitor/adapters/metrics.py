"""Prometheus metrics: one prefix, base units, no address in a label; docs/operate.md explains each."""

import math
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from monitor import __version__
from monitor.adapters.store.overview import Overview

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LONGER = (*SECONDS, 120, 300, 900, 3600, 6 * 3600, 24 * 3600)  # what waits in line may wait for hours
CHECKS = ("database", "writes", "schema")


class Metrics:
    """The counters of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._replaced = 0
        self.polls = self._counter("monitor_polls_total", "Polls by outcome.", "outcome")
        self.entries = self._counter("monitor_entries_total", "New entries found.", "source")
        self.reads = self._counter(
            "monitor_reads_total", "Attempts to read an article, by what came of it.", "fate"
        )
        self.readers = self._counter(
            "monitor_readings_total", "Articles read, by the way they were read.", "reader"
        )
        self.articles = self._counter("monitor_articles_total", "Articles by their final state.", "state")
        self.captures = self._counter(
            "monitor_captures_total", "Captures by the state they reached.", "state"
        )
        self.links = self._counter(
            "monitor_links_total",
            "Pages that were looked at again and are not as they were, by state.",
            "state",
        )
        self.poll_seconds = self._seconds("monitor_poll_seconds", "Time of one poll.")
        self.read_seconds = self._seconds(
            "monitor_read_seconds", "Time from an article's lease to its document."
        )
        self.decide_seconds = self._seconds("monitor_decide_seconds", "Time of one batch of decisions.")
        self.found_to_queued = self._seconds(
            "monitor_found_to_queued_seconds", "Age of an article when it is queued.", LONGER
        )
        self.loop_lag = Gauge(
            "monitor_loop_lag_seconds", "How late the event loop is.", registry=self.registry
        )
        self.children = Counter(
            "monitor_worker_replacements", "Worker processes replaced.", registry=self.registry
        )
        self._show_stock()
        build = Gauge("monitor_build_info", "The version that runs.", ["version"], registry=self.registry)
        build.labels(version=__version__).set(1)

    def render(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self.registry)

    def show(self, overview: Overview) -> None:
        """Show what the whole installation holds; only where the pages are served, and at the moment of asking."""
        by = ((self._articles, overview.articles), (self._captures, overview.captures))
        for gauge, counts in (*by, (self._labels, overview.labels), (self._sources, overview.sources)):
            gauge.clear()
            for word, count in counts.items():
                gauge.labels(word).set(count)
        self._processes.clear()
        for worker in overview.workers:
            self._processes.labels(worker.roles, worker.version).inc()
        self._incidents.set(overview.incidents)
        self._oldest_pending.set(overview.oldest_pending)
        self._oldest_capture.set(overview.oldest_wanted_capture)
        self._captures_left.set(overview.captures_left)
        self._last_poll.set(math.nan if overview.last_poll is None else overview.last_poll)
        self._troubled.clear()
        for source, status in overview.troubled.items():
            self._troubled.labels(source, status).set(1)

    def show_ready(self, checks: Mapping[str, str]) -> None:
        """Show which of the things that must work does: what /readyz says, for alarms."""
        for check in CHECKS:
            self._ready.labels(check).set(checks[check] == "ok")

    def count_replacements(self, replaced: int) -> None:
        """Bring the count of replaced worker processes to what the pool says."""
        self.children.inc(max(0, replaced - self._replaced))
        self._replaced = replaced

    def _show_stock(self) -> None:
        self._articles = self._gauge("monitor_stored_articles", "Articles in the database by state.", "state")
        self._captures = self._gauge("monitor_stored_captures", "Captures in the database by state.", "state")
        self._labels = self._gauge("monitor_queue_articles", "Queued articles by label state.", "label_state")
        self._sources = self._gauge("monitor_sources", "Sources by health.", "status")
        self._processes = self._gauge("monitor_processes", "Processes that live.", "roles", "version")
        self._incidents = self._gauge("monitor_incidents", "Incidents that stand.")
        self._oldest_pending = self._gauge(
            "monitor_queue_oldest_seconds", "Age of the oldest article that waits for a label."
        )
        self._oldest_capture = self._gauge(
            "monitor_captures_oldest_seconds", "Age of the oldest capture that is wanted."
        )
        self._captures_left = self._gauge(
            "monitor_captures_left", "Captures that the archive still allows us today."
        )
        self._last_poll = self._gauge("monitor_last_poll_seconds", "Time since any source was polled.")
        self._troubled = self._gauge(
            "monitor_source_in_trouble",
            "1 for each source that is in trouble, with its health.",
            "source",
            "status",
        )
        self._ready = self._gauge(
            "monitor_ready", "1 where the database answers, takes writes, has our schema.", "check"
        )

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, label: str) -> Counter:
        return Counter(name, text, [label], registry=self.registry)

    def _seconds(self, name: str, text: str, buckets: tuple[float, ...] = SECONDS) -> Histogram:
        return Histogram(name, text, buckets=buckets, registry=self.registry)
