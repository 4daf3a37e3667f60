"""YAML as plain data: safe loading only, in C where PyYAML was built with libyaml (a tenth of the time)."""

from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _Safe
except ImportError:
    from yaml import SafeLoader as _Safe  # type: ignore[assignment]


def plain(text: str) -> Any:
    """Return the one document of a text; raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Safe)
