"""Embeddings: a text as a vector that lies near the vectors of texts of like meaning, in any language.

The bundled encoder is multilingual-e5-small, taught what one event is (`encoder/e5.py`). Of unrelated news its
cosines are about .64, of one event about .83. `likeness` spreads them.
"""

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from monitor.domain.errors import ConfigurationError, Permanent, Problem, Transient
from monitor.domain.folding import bare
from monitor.domain.model import Read, Request
from monitor.ports import Fetcher

MODEL = "multilingual-e5-small/events-2"  # another name whenever e5-events.npz changes: vectors of both do not compare
RUNTIME = "onnxruntime, 7 bits"  # vectors of others are near enough to be compared, not the same
DIMENSIONS = 384
LONGEST = 700  # bytes of title and text: an encoder needs its time by the byte, whatever the script
LOWEST, HIGHEST = 0.62, 0.92  # cosines between which the bundled model tells something
BATCH = 64
MOST_BYTES = 32 * 1024 * 1024

Vector = NDArray[np.float32]


def passage(title: str, text: str) -> str:
    """Return what is encoded of a document: its title and the beginning of its text."""
    whole = f"{title}\n{text[:LONGEST]}".replace("\0", " ").strip().encode("utf-8", "replace")
    return whole[:LONGEST].decode("utf-8", "ignore").strip()


@lru_cache(maxsize=1)
def _bundled(threads: int) -> Any:
    """Load the encoder, once in a process; raise ConfigurationError where this platform has none."""
    try:
        from monitor.adapters.encoder.e5 import E5

        return E5(threads)
    except Exception as error:
        raise ConfigurationError(
            [Problem("EMBEDDINGS", f"the bundled encoder does not load: {error}")]
        ) from error


def unavailable() -> str:
    """Return why the bundled encoder cannot be used on this platform, or nothing."""
    try:
        _bundled(1)
    except ConfigurationError as error:
        return str(error)
    return ""


def encode(texts: list[str], *, model: str = "bundled", threads: int = 1) -> list[bytes]:
    """Return one vector a text as float32 bytes of unit length; empty for a text without letters.

    A plain function for a worker process: the model stays loaded. Raise ConfigurationError without an encoder.
    """
    if model != "bundled":
        raise ConfigurationError([Problem("EMBEDDINGS", f"no such encoder: {model!r}")])
    return [pack(_bundled(threads).vector(_clean(text))) if bare(text) else b"" for text in texts]


def _clean(text: str) -> str:
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def pack(values: Sequence[float] | NDArray[Any]) -> bytes:
    """Return a vector of unit length as bytes; empty for a vector that has no direction."""
    row = np.asarray(values, dtype="<f4")
    size = float(np.linalg.norm(row))
    return (row / np.float32(size)).tobytes() if size > 0 and np.isfinite(size) else b""


def unpack(vector: bytes) -> Vector:
    """Return the vector that `pack` wrote."""
    return np.frombuffer(vector, dtype="<f4")


def likeness(cosine: float) -> float:
    """Return a cosine of the bundled model spread over 0 – 1."""
    return min(1.0, max(0.0, (cosine - LOWEST) / (HIGHEST - LOWEST)))


class Examples:
    """The encoded examples of the topics, to compare documents with."""

    def __init__(self, examples: Mapping[str, Sequence[bytes]]) -> None:
        self._rows = {
            name: np.stack([unpack(vector) for vector in vectors])
            for name, vectors in examples.items()
            if vectors
        }

    def likeness(self, read: Read) -> Mapping[str, float] | None:
        """Return the best cosine for every topic that has examples; None for a document without a vector."""
        if not read.reading.vector:
            return None
        vector = unpack(read.reading.vector)
        return {name: float((rows @ vector).max()) for name, rows in self._rows.items()}


class RemoteEncoder:
    """Asks an OpenAI-compatible `/v1/embeddings` address for vectors."""

    def __init__(self, fetcher: Fetcher, url: str, *, model: str = "default", key: str = "") -> None:
        self._fetcher = fetcher
        self._url = url
        self.model = model
        self._headers = {"content-type": "application/json"} | (
            {"authorization": f"Bearer {key}"} if key else {}
        )

    async def encode(self, texts: Sequence[str]) -> list[bytes]:
        """Return one vector a text, in their order; raise Transient or Permanent where the service gives none."""
        vectors: list[bytes] = []
        rest = iter(texts)
        while part := list(islice(rest, BATCH)):
            vectors.extend(await self._ask(part))
        return vectors

    async def _ask(self, texts: list[str]) -> list[bytes]:
        body = orjson.dumps({"model": self.model, "input": [_clean(text) or " " for text in texts]})
        request = Request(self._url, method="POST", headers=self._headers, body=body, max_bytes=MOST_BYTES)
        response = await self._fetcher.fetch(request)
        if response.status == 429 or response.status >= 500:  # noqa: PLR2004 - the standard codes
            raise Transient("embedding-service", detail=f"status {response.status}")
        if response.status != 200:  # noqa: PLR2004
            raise Permanent("embedding-service", detail=f"status {response.status}")
        return _answer(response.body, len(texts))


def _answer(body: bytes, count: int) -> list[bytes]:
    """Return the vectors of an answer, whose rows may come in any order; raise Permanent for another shape."""
    try:
        rows = sorted(orjson.loads(body)["data"], key=lambda row: int(row["index"]))
        vectors = [pack(_values(row["embedding"])) for row in rows]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise Permanent("embedding-service", detail="not an answer of embeddings") from error
    if len(vectors) != count:
        raise Permanent("embedding-service", detail=f"{len(vectors)} vectors for {count} texts")
    return vectors


def _values(embedding: object) -> NDArray[Any]:
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return np.asarray(embedding, dtype="<f4")
