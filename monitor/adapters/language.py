"""The language of a text: by its script first, then by a seeded detector."""

from langdetect import DetectorFactory, LangDetectException, detect

from monitor.domain.text import common_words_language, script_language

SAMPLE = 600  # characters
SHORTEST = 60  # characters; a detector guesses wildly on less
SEED = 0


def language_of(text: str, title: str, hint: str) -> str:
    """Return the BCP 47 tag of a text; the hint decides where the text is too short to tell, "" where nothing does."""
    found = script_language(text or title)
    if found:
        return found
    sample = (text or title)[:SAMPLE]
    if len(sample) < SHORTEST and hint:
        return normal_tag(hint)
    declared = normal_tag(hint)
    if declared and common_words_language(sample) == declared:
        return declared  # the detector would say the same, five milliseconds later
    return detected(sample) or declared


def detected(sample: str) -> str:
    """Return what the seeded detector says, the same for the same text in every process; "" where it cannot say."""
    DetectorFactory.seed = SEED
    try:
        return str(detect(sample))
    except LangDetectException:
        return ""


def normal_tag(tag: str) -> str:
    """Return a declared language as we write it: en-US is en, zh-CN is zh-Hans, zh_TW is zh-Hant."""
    parts = tag.replace("_", "-").split("-")
    primary = parts[0].strip().casefold()
    rest = {part.casefold() for part in parts[1:]}
    if primary in {"zh", "cmn", "cn"}:
        return "zh-Hant" if rest & {"tw", "hk", "mo", "hant"} else "zh-Hans"
    return primary if primary.isalpha() and len(primary) in {2, 3} else ""
