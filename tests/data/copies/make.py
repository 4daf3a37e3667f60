"""Writes copies.jsonl: reprints as they really happen, and what only looks like them.

python tests/data/copies/make.py

The bases are the made-up reports of tests/data/incidents, alone or two and three of one incident together, Chinese and
English. Everything else is drawn with a fixed seed, so that the same file comes out on every machine.
"""

import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]

from phrases import HEADS, LEADS, NAMES, PAPERS, SWAPS, TAILS, form, ticker  # noqa: E402 - found by the line above

from monitor.domain.folding_table import TRADITIONAL_SIMPLIFIED  # noqa: E402

SEED = 20260310
BASES = {"zh-Hans": 40, "en": 40}
SHORTEST = {"zh-Hans": 160, "en": 480}  # characters of a base
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
TO_TRADITIONAL = {
    simple: old
    for old, simple in reversed(
        list(zip(TRADITIONAL_SIMPLIFIED[::2], TRADITIONAL_SIMPLIFIED[1::2], strict=True))
    )
}

SENTENCE = {
    "zh-Hans": re.compile(r"[^。！？\n]+[。！？]?[”』」]?\n*"),
    "en": re.compile(r".+?(?:[.!?][\"”']?(?:\s+|$)|\n+|$)", re.DOTALL),
}


@dataclass(frozen=True)
class Text:
    """One text of the set; `group` joins a base and its reprints."""

    kind: str
    language: str
    title: str
    text: str
    group: str = ""
    at: datetime = START
    publisher: str = ""


def reports() -> dict[str, dict[str, list[dict]]]:
    """Return the originals of the incident sets by language and incident."""
    found: dict[str, dict[str, list[dict]]] = defaultdict(lambda: defaultdict(list))
    for name in ("dev", "test"):
        for line in (HERE.parent / "incidents" / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["copy_group"] is None and row["incident"] and row["title"] and row["language"] in BASES:
                found[row["language"]][row["incident"]].append(row)
    return found


def bases(chance: random.Random) -> tuple[list[Text], list[Text]]:
    """Return the bases, and what is left over: other reports on the same incidents."""
    chosen: list[Text] = []
    spare: list[Text] = []
    for language, incidents in reports().items():
        made: list[Text] = []
        for number, (incident, rows) in enumerate(sorted(incidents.items())):
            chance.shuffle(rows)
            parts = rows[: 1 + number % 3]
            text = "\n\n".join(row["text"] for row in parts)
            if len(text) >= SHORTEST[language] and len(made) < BASES[language]:
                made.append(Text("original", language, parts[0]["title"], text, f"{language}-{incident}"))
                del rows[: len(parts)]
            spare += [
                Text("follow-up", language, row["title"], row["text"], f"{language}-{incident}")
                for row in rows
            ]
        chosen += made
    return chosen, spare


def sentences(text: Text) -> list[str]:
    """Return the sentences of a text, each with what ends it."""
    return [part for part in SENTENCE[text.language].findall(text.text) if part.strip()]


def filled(chance: random.Random, text: Text, pattern: str) -> str:
    """Return a piece of furniture with names and days of its own."""
    names, papers = chance.choice(NAMES[text.language]), chance.choice(PAPERS[text.language])
    return pattern.format(day=chance.randint(2, 28), name=names, paper=papers, title=text.title)


def light(chance: random.Random, text: Text) -> Text:
    """An agency's header, a tail or two, and now and then another headline."""
    head = filled(chance, text, chance.choice(HEADS[text.language]))
    tails = "".join(filled(chance, text, tail) for tail in chance.sample(TAILS[text.language], 2))
    title = text.title if chance.random() < 0.6 else "".join(sentences(text)[:1]).strip()[:60]
    return replace(text, kind="light", title=title, text=head + text.text + tails)


def medium(chance: random.Random, text: Text) -> Text:
    """A tenth of the sentences gone, words swapped, a lead and a tail added."""
    parts = sentences(text)
    gone = set(chance.sample(range(len(parts)), max(1, round(len(parts) / 10))))
    kept = swapped(
        chance, text.language, "".join(part for number, part in enumerate(parts) if number not in gone), 6
    )
    lead = chance.choice(LEADS[text.language]) + ("" if text.language == "zh-Hans" else " ")
    return replace(
        text, kind="medium", text=lead + kept + filled(chance, text, chance.choice(TAILS[text.language]))
    )


def swapped(chance: random.Random, language: str, text: str, most: int) -> str:
    """Return the text with some words said otherwise."""
    for old, new in chance.sample(SWAPS[language], most):
        text = text.replace(old, new)
    return text


def cut(_chance: random.Random, text: Text) -> Text:
    """What fits above the fold: three fifths from the top."""
    kept, size = [], 0
    for part in sentences(text):
        kept.append(part)
        size += len(part)
        if size >= 0.6 * len(text.text):
            break
    return replace(text, kind="cut", text="".join(kept).strip())


def rewritten(chance: random.Random, text: Text, foreign: Text) -> Text:
    """A third of the sentences gone, a quarter of foreign ones between them, another headline."""
    parts = sentences(text)
    gone = set(chance.sample(range(len(parts)), round(0.33 * len(parts))))
    kept = [part for number, part in enumerate(parts) if number not in gone]
    added, size = [], 0
    for part in sentences(foreign):
        if size >= 0.22 * len(text.text):
            break
        added.append(part)
        size += len(part)
    for part in added:
        kept.insert(chance.randint(0, len(kept)), part)
    title = sentences(foreign)[0].strip()[:30] if chance.random() < 0.3 else text.title
    return replace(text, kind="rewritten", title=title, text=swapped(chance, text.language, "".join(kept), 3))


def traditional(_chance: random.Random, text: Text) -> Text:
    """The same in traditional characters, as a paper in Hong Kong or Taipei prints it."""
    said = {"title": text.title, "text": text.text}
    turned = {name: "".join(TO_TRADITIONAL.get(char, char) for char in value) for name, value in said.items()}
    return replace(text, kind="traditional", language="zh-Hant", **turned)


def quoting(chance: random.Random, text: Text, around: list[Text]) -> Text:
    """A longer article on another matter that quotes a passage, or a short text whole."""
    quote = "".join(sentences(text)[:3]).strip()
    paper = chance.choice(PAPERS[text.language])
    said = (
        f"{paper}此前报道称：“{quote}”"
        if text.language == "zh-Hans"
        else f'As {paper} wrote earlier: "{quote}"'
    )
    body = "\n\n".join([around[0].text, said, *(one.text for one in around[1:])])
    return Text("quote", text.language, around[0].title, body)


def following(chance: random.Random, text: Text, report: Text) -> Text:
    """A later report on the same matter that repeats a sentence or two of the first as its background."""
    background = "".join(chance.sample(sentences(text), min(2, len(sentences(text)))))
    return replace(report, kind="follow-up", text=report.text + "\n\n" + background.strip(), group="")


def drawn_forms(chance: random.Random, language: str) -> Iterator[Text]:
    """Market flashes and quarterly figures: one template, other firms and figures."""
    for _ in range(24):
        yield Text("ticker", language, *ticker(chance, language))
    for number in range(16):
        yield Text("form", language, *form(chance, language, number))


def namesakes(others: list[Text]) -> Iterator[Text]:
    """Different texts under one headline."""
    for language in BASES:
        own = [one for one in others if one.language == language]
        for one, two in zip(own[::2], own[1::2], strict=False):
            yield replace(one, kind="headline", group="")
            yield replace(two, kind="headline", title=one.title, group="")


def taken(spare: list[Text], count: int, wanted: Callable[[Text], bool]) -> list[Text]:
    """Take reports out of what is left over: each stands in one text of the set only."""
    found = [one for one in spare if wanted(one)][:count]
    for one in found:
        spare.remove(one)
    return found


def the_set() -> list[Text]:
    """Return every text in the order of its publication."""
    chance = random.Random(SEED)
    originals, spare = bases(chance)
    texts: list[Text] = []
    chance.shuffle(spare)
    for number, base in enumerate(originals):
        strange = lambda one, base=base: one.language == base.language and one.group != base.group  # noqa: E731
        moment = START + timedelta(hours=7 * number)
        made = [base, light(chance, base), medium(chance, base), cut(chance, base)]
        made += [rewritten(chance, base, one) for one in taken(spare, 1, strange)]
        if base.language == "zh-Hans":
            made.append(traditional(chance, base))
        around = taken(spare, 2, strange)
        made += [quoting(chance, base, around)] if around else []
        made += [
            following(chance, base, one)
            for one in taken(spare, 1, lambda one, base=base: one.group == base.group)
        ]
        texts += [replace(one, at=moment + timedelta(minutes=13 * place)) for place, one in enumerate(made)]
    negatives = [one for language in BASES for one in drawn_forms(chance, language)]
    negatives += list(namesakes(spare))[:40]
    texts += [replace(one, at=START + timedelta(hours=5 * place)) for place, one in enumerate(negatives)]
    return sorted(texts, key=lambda one: one.at)


def main() -> None:
    """Write the set."""
    lines = []
    for number, one in enumerate(the_set()):
        group = one.group if one.kind not in {"quote", "follow-up", "ticker", "form", "headline"} else None
        row = {
            "id": f"copies-{number:03}", "url": f"https://paper{number % 37}.example/{number}", "title": one.title, "text": one.text,
            "language": one.language, "published_at": one.at.isoformat(), "copy_group": group, "kind": one.kind,
        }  # fmt: skip
        lines.append(json.dumps(row, ensure_ascii=False))
    (HERE / "copies.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
