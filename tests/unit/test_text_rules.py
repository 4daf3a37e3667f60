"""Promises of the text rules: the script settles the language, sentences end where they end."""

import pytest

from monitor.domain import text
from monitor.domain.text import (
    common_words_language,
    paragraphs,
    printable,
    script_language,
    sentences,
    summarize,
    token_f1,
    tokens,
)


@pytest.mark.parametrize(
    ("sample", "language"),
    [
        ("抖音：禁止利用生成式人工智能技术创作内容", "zh-Hans"),
        ("抖音：禁止利用生成式人工智慧技術創作內容", "zh-Hant"),
        ("領英1000多個假帳戶被曝光", "zh-Hant"),
        ("总务省专家会议听取IT巨头介绍", "zh-Hans"),
        ("総務省の専門家会議がIT大手から聞き取り", "ja"),
        ("삼성전자 AI 반도체 발표", "ko"),
        ("ข่าวปัญญาประดิษฐ์วันนี้", "th"),
        ("Η τεχνητή νοημοσύνη", "el"),
        ("Deepfake profiles found on LinkedIn", None),
        ("Искусственный интеллект", None),
        ("Why the word 人 means person in Chinese and what that tells us", None),
        ("", None),
    ],
)
def test_the_script_settles_the_language(sample, language) -> None:
    assert script_language(sample) == language


@pytest.mark.parametrize(
    ("sample", "language"),
    [
        ("The company said that it was not aware of the fraud and that it will be in court by Monday", "en"),
        ("Der Konzern ist nicht auf die Fragen der Zeitung und des Senders eingegangen, wird es aber", "de"),
        ("zorp blag fnord quux", None),
        ("", None),
    ],
)
def test_common_words_tell_a_language_only_where_it_stands_out(sample, language) -> None:
    assert common_words_language(sample) == language


def test_tokens_are_words_and_single_cjk_characters() -> None:
    assert tokens("AI 假图 AI") == {"ai": 2, "假": 1, "图": 1}


@pytest.mark.parametrize(
    ("found", "expected", "score"),
    [("a b", "a b", 1.0), ("a b", "c d", 0.0), ("", "", 1.0), ("a b", "b c", 0.5)],
)
def test_token_f1(found, expected, score) -> None:
    assert token_f1(found, expected) == score


def test_paragraphs_are_tidy_and_not_repeated() -> None:
    assert paragraphs(" a\u3000 b\r\n\n\x07c\u200b\nc\n") == ["a b", "c"]


@pytest.mark.parametrize(
    ("paragraph", "parts"),
    [
        ("他说：“好。”然后走了。真的吗？是。", ["他说：“好。”", "然后走了。", "真的吗？", "是。"]),
        (
            "Mr. Smith paid $3.5 to the U.S. bank. He left!",
            ["Mr. Smith paid $3.5 to the U.S. bank.", "He left!"],
        ),
        ("No end", ["No end"]),
    ],
)
def test_sentences(paragraph, parts) -> None:
    assert sentences(paragraph) == parts


def test_a_summary_is_two_sentences_of_the_text_in_their_order() -> None:
    lines = [
        "The platform banned fraud rings that used generated faces to sell loans to pensioners.",
        "It rained in the city.",
        "Police said the fraud rings had sold loans with generated faces on the platform for months.",
    ]
    summary = summarize(lines, "Platform bans fraud rings with generated faces")
    assert summary == f"{lines[0]} {lines[2]}"


def test_a_summary_is_bounded_and_never_fails() -> None:
    assert summarize([], "") == ""
    assert len(summarize(["word " * 1000], "word")) <= text.LONGEST_SUMMARY


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\u202etxt.exe\x07\u200b", "txt.exe"),
        ("20\u00a0000 «\u202foui\u202f»\u3000新闻", "20\u00a0000 «\u202foui\u202f»\u3000新闻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("one\r\ntwo\u2028three\rfour", "one\ntwo\nthree\nfour"),
    ],
)
def test_what_people_see_keeps_its_spaces_and_hides_nothing(given, shown):
    assert printable(given) == shown
