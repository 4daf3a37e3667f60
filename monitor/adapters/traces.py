"""OpenTelemetry traces, for those who want them: one trace per article, from the poll that found it to its labels.

Its id follows from the article's number and the installation's key, so that every process knows it without being told:
nothing travels with tickets, nothing is stored. An optional package brings the exporter.
"""

import asyncio
import contextlib
import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor import __version__
from monitor.domain.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span

INSTALL = "pip install 'incident-monitor[tracing]'"
FLUSH = 5.0  # seconds that the last spans may take
_NANO = 1_000_000_000

Detail = str | int | float | bool | None


class Traces:
    """Writes down what was done with articles, with the times that it took."""

    def __init__(self, processor: "SpanProcessor", key: str) -> None:
        """`key`: the installation's own, so that two installations may share a collector."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        about = {"service.name": "incident-monitor", "service.version": __version__}
        self._ids, self._key = _ids(), key.encode()[: hashlib.blake2b.MAX_KEY_SIZE]
        self._provider = TracerProvider(resource=Resource.create(about), id_generator=self._ids)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("monitor", __version__)

    def id_of(self, article_id: int) -> str:
        """Return the article's trace id as collectors and the log show it."""
        return f"{self._root(article_id)[0]:032x}"

    def first(self, name: str, article_id: int, began: datetime, ended: datetime, **details: Detail) -> None:
        """Write the span that the others hang on: the poll that found the article."""
        from opentelemetry.context import Context

        self._ids.given = self._root(article_id)
        try:
            span = self._start(name, article_id, began, Context(), details)
        finally:
            self._ids.given = None
        span.end(end_time=_nanoseconds(ended))

    def stage(self, name: str, article_id: int, began: datetime, ended: datetime, **details: Detail) -> None:
        """Write what one stage did with an article."""
        from opentelemetry import trace

        trace_id, span_id = self._root(article_id)
        sampled = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        first = trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=sampled)
        parent = trace.set_span_in_context(trace.NonRecordingSpan(first))
        self._start(name, article_id, began, parent, details).end(end_time=_nanoseconds(ended))

    async def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(self._provider.shutdown), FLUSH)

    def _root(self, article_id: int) -> tuple[int, int]:
        digest = hashlib.blake2b(str(article_id).encode(), key=self._key, digest_size=24).digest()
        return int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:], "big")

    def _start(
        self, name: str, article_id: int, began: datetime, parent: "Context", details: dict[str, Detail]
    ) -> "Span":
        told = {
            f"monitor.{word}": value for word, value in details.items() if value is not None and value != ""
        }
        known = {"monitor.article": article_id, **told}
        return self._tracer.start_span(name, parent, start_time=_nanoseconds(began), attributes=known)


def check_traces(address: str) -> None:
    """Raise ConfigurationError where traces are wanted and their package is missing."""
    if not address:
        return
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError:
        raise ConfigurationError([Problem("TRACES", "needs OpenTelemetry's SDK", INSTALL)]) from None


def exporter_to(address: str) -> "SpanProcessor":
    """Return what sends spans to a collector over HTTP, many at once, beside the work; what it cannot send is lost."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    endpoint = address.rstrip("/") + "/v1/traces"
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=FLUSH))


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * (_NANO // 1_000_000)


def _ids() -> Any:
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Given(RandomIdGenerator):
        """Random ids, or those that were given for the next span."""

        given: tuple[int, int] | None = None  # trace, span

        def generate_trace_id(self) -> int:
            return self.given[0] if self.given else super().generate_trace_id()

        def generate_span_id(self) -> int:
            return self.given[1] if self.given else super().generate_span_id()

    return Given()
