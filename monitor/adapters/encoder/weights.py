"""The weights of the model in eight bits, as the graph `monitor/data/e5.onnx` wants them.

A matrix is kept as whole numbers with a scale for each column, in seven bits, so that sums of two products fit
where a processor adds them in sixteen. Before that, what some inputs have too large is moved from the inputs to
the weights (SmoothQuant, Xiao et al. 2023), as far as the largest inputs seen tell (`monitor/data/e5-peaks.npz`).
Every matrix has learned something since, told as the product of two narrow ones (LoRA, Hu et al. 2021): reports of one
event lie nearer to each other (`monitor/data/e5-events.npz`, made by benchmarks/train_encoder.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.adapters.encoder.file import Floats, ModelFile, unpacked

WIDTH, WIDE, LAYERS = 384, 1536, 12
MOST = 63  # the largest weight in seven bits
SHARE = 0.7  # how much of the inputs' unevenness the weights take
MATRICES = {  # in the graph: (in the file, inputs)
    "attend": (("q", "k", "v"), WIDTH),
    "join": (("ao",), WIDTH),
    "widen": (("fi",), WIDTH),
    "narrow": (("fo",), WIDE),
}
NORMS = {"attended": "aln", "thought": "oln"}


def weights(
    file: ModelFile, peaks: Mapping[str, Floats], learned: Mapping[str, Floats]
) -> dict[str, NDArray[Any]]:
    """Return all that the graph is given, by name."""
    given: dict[str, NDArray[Any]] = dict(_norm(file, "emb.ln", "norm"))
    for layer in range(LAYERS):
        for name in MATRICES:
            key = f"{layer}.{name}"
            rows, bias = floats(file, layer, name)
            rows += learned_since(learned, key)
            given |= _matrix(key, rows, bias, peaks[key].astype(np.float32))
        for name, stored in NORMS.items():
            given |= _norm(file, f"l{layer}.{stored}", f"{layer}.{name}")
    return given


def floats(file: ModelFile, layer: int, name: str) -> tuple[Floats, Floats]:
    """Return a matrix, an output a row, and its bias, as they were before they were made small."""
    stored, width = MATRICES[name]
    rows = np.concatenate([unpacked(file.blocks(f"l{layer}.{part}.w", width)) for part in stored])
    return rows, np.concatenate([file.floats(f"l{layer}.{part}.b") for part in stored])


def _norm(file: ModelFile, stored: str, name: str) -> Iterator[tuple[str, Floats]]:
    yield f"{name}.weight", file.floats(f"{stored}.w").copy()
    yield f"{name}.bias", file.floats(f"{stored}.b").copy()


def learned_since(learned: Mapping[str, Floats], key: str) -> Floats:
    """Return what a matrix has learned since, an output a row."""
    up, down = learned[f"{key}.up"].astype(np.float32), learned[f"{key}.down"].astype(np.float32)
    product: Floats = up @ down
    return product


def _matrix(key: str, rows: Floats, bias: Floats, peaks: Floats) -> dict[str, NDArray[Any]]:
    smooth = _smooth(peaks, np.abs(rows).max(axis=0))
    columns = (rows * smooth).T
    scale = np.abs(columns).max(axis=0) / np.float32(MOST)
    small = np.ascontiguousarray(np.rint(columns / scale).astype(np.int8))
    return {f"{key}.smooth": 1 / smooth, f"{key}.weight": small, f"{key}.scale": scale, f"{key}.bias": bias}


def _smooth(inputs: Floats, outputs: Floats) -> Floats:
    """Return what each input is divided by, and its weights multiplied with; its geometric mean is one."""
    ratio = np.maximum(inputs, 1e-3) ** SHARE / np.maximum(outputs, 1e-5) ** (1 - SHARE)
    even: Floats = (ratio / np.exp(np.log(ratio).mean())).astype(np.float32)
    return even
