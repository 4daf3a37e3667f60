"""The pages' words in each language: one YAML file per language, English where one is missing."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from starlette.requests import HTTPConnection

from monitor.adapters.yaml_text import plain

LANGUAGES = {"en": "English", "zh": "中文"}
COOKIE = "monitor_language"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return every word of one language by its dotted name."""
    text = resources.files("monitor.web").joinpath(f"catalogues/{language}.yaml").read_text("utf-8")
    return dict(_flat(plain(text), ""))


def word(language: str, name: str, /, **values: object) -> str:
    """Return a word with values filled in; the name itself where nobody wrote one."""
    text = catalogue(language).get(name) or catalogue("en").get(name) or name.rpartition(".")[2]
    return text.format(**values) if values else text


def language_of(connection: HTTPConnection) -> str:
    """Return the language that the reader chose, else the first that the browser asks for and we have."""
    chosen = connection.cookies.get(COOKIE, "")
    asked = connection.headers.get("accept-language", "")[:200].split(",")
    wanted = [chosen, *(one.partition(";")[0].strip()[:2].lower() for one in asked)]
    return next((one for one in wanted if one in LANGUAGES), "en")


def _flat(value: Any, name: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(name, str(value))]
    return [
        pair for key, part in value.items() for pair in _flat(part, f"{name}.{key}" if name else str(key))
    ]
