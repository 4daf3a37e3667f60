"""The calibration of this installation: a small file beside the data."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import orjson

from monitor.domain.errors import ConfigurationError, Problem
from monitor.domain.tune import Calibration

NAME = "matching.json"


def load(folder: Path) -> tuple[Calibration, datetime | None]:
    """Return the calibration and when it was made; the shipped one where there is none."""
    file = folder / NAME
    if not file.exists():
        return Calibration(), None
    try:
        data = orjson.loads(file.read_bytes())
        return Calibration(float(data["slope"]), float(data["offset"])), datetime.fromisoformat(
            data["made_at"]
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            [Problem(NAME, f"{file} is not what `monitor tune` wrote: {error}")]
        ) from error


def save(folder: Path, calibration: Calibration, now: datetime) -> Path:
    """Write the calibration; return the file."""
    file = folder / NAME
    beside = file.with_suffix(
        ".new"
    )  # renamed when it is whole: whoever reads sees the old one or the new one
    beside.write_bytes(orjson.dumps(asdict(calibration) | {"made_at": now.isoformat()}))
    return beside.replace(file)
