"""The screen: what enters, how strongly it is on a topic, and the reason that is shown."""

import pytest

from monitor.domain.model import Document, Topic
from monitor.domain.screen import screen

FRAUD = Topic("fraud", any=("deepfake*", "AI", "骗", "騙", "詐欺"), all_of=("fraud", "scam", "诈骗", "骗"))


def passed(topic: Topic, title: str, text: str = "", **more) -> bool:
    return screen(Document(title, text), [topic], **more).passed


@pytest.mark.parametrize(
    ("word", "title", "found"),
    [
        ("AI", "AI fraud", True),
        ("AI", "AI诈骗", True),  # a Chinese character bounds a word
        ("AI", "A SAID fraud", False),
        ("ai", "ＡＩ fraud", True),
        ("deepfake", "deepfakes", False),
        ("deepfake*", "deepfakes", True),
        ("诈骗", "詐騙案", True),  # traditional and simplified are one
        ("élection", "ELECTION", True),
        ("дипфейк", "Дипфейк министра", True),
    ],
)
def test_a_word_is_found_whole_in_any_script(word, title, found):
    assert passed(Topic("t", any=(word,)), title) is found


def test_both_lists_have_to_be_there():
    assert passed(FRAUD, "Deepfakes used in fraud")
    assert not passed(FRAUD, "Deepfakes used in film")
    assert "none of the words that must stand beside" in screen(Document("Deepfakes", ""), [FRAUD]).reasons[0]


def test_an_excluded_word_has_the_last_word():
    assert not passed(Topic("t", any=("AI",), none_of=("game",)), "AI in a game", likeness={"t": 1.0})


def test_examples_admit_what_has_no_word():
    like = Topic("t", any=("AI",), like=("An example",), like_threshold=0.9)
    assert passed(like, "Nothing", likeness={"t": 0.93})
    assert not passed(like, "Nothing", likeness={"t": 0.89})


def test_what_the_title_says_weighs_more_than_what_stands_further_down():
    topic = Topic("t", any=("AI",))
    far = "Word. " * 200 + "AI"
    relevances = [
        screen(Document(*page), [topic]).relevance for page in (("AI", "AI"), ("AI", ""), ("", far))
    ]
    assert relevances == sorted(relevances, reverse=True)
    assert all(0 < relevance <= 1 for relevance in relevances)


def test_a_word_in_two_scripts_is_told_and_counted_once():
    once, twice = (Topic("t", any=words) for words in (("骗",), ("骗", "騙")))
    document = Document("老人被骗", "骗局")
    assert screen(document, [once]) == screen(document, [twice])
    assert screen(document, [twice]).reasons == ("t: “骗” in the title",)
