"""Changes of incidents told in few words, the same on the page and by the command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """What a change did: its name in the catalogue, words that need no translation, the incident that it leads to."""

    name: str
    words: str = ""
    leads: int | None = None

    def __str__(self) -> str:
        number = f"#{self.leads}" if self.leads is not None else ""
        return " ".join(part for part in (self.words, number) if part)


def told_change(what: str, detail: Mapping[str, Any]) -> Told:
    """Tell a change from its record; a kind that is not known here has its name only."""
    match what:
        case "merge":
            why = detail.get("reason") or "; ".join(map(str, detail.get("reasons", ())))
            return Told(what, f"#{detail['gone']} → #{detail['kept']}" + (f": {why}" if why else ""))
        case "split" | "move" | "admit":
            old = detail.get("old")
            return Told(what, f"#{old} →" if old is not None else "→", detail["new"])
        case "rename":
            return Told(what, f"“{detail['old']}” → “{detail['new']}”")
        case "confirm":
            return Told(what if detail["new"] else "unconfirm")
        case "apart":
            return Told(what, "≠", detail["other"])
        case _:
            return Told(what)
