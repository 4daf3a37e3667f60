"""Words for search: Chinese in pairs, everything else in folded words."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.search_words import index_words, places, query_terms


def test_chinese_is_cut_into_pairs() -> None:
    assert index_words("人工智能") == "人工 工智 智能 能"


def test_mixed_scripts_part() -> None:
    assert index_words("GPT造谣AI") == "gpt 造谣 谣 ai"


def test_words_are_in_one_spelling() -> None:
    assert index_words("Café, CAFE\u0301") == index_words("cafe CAFE") == "cafe cafe"
    assert index_words("Việt Nam, Łódź, İstanbul") == "viet nam lodz istanbul"
    assert index_words("詐騙") == index_words("诈骗")
    assert index_words("Ещё й") == "еще й"  # a letter of its own stays one
    assert index_words("がか") == "がか か"


def test_a_query_is_phrases_that_all_must_hold() -> None:
    assert query_terms('诈骗 "New York" AI') == [["诈骗"], ["new", "york"], ["ai"]]
    assert query_terms("人工智能") == [["人工", "工智", "智能"]]


def test_one_sign_is_a_beginning() -> None:
    assert query_terms("骗") == [["骗*"]]


def test_operators_are_words() -> None:
    assert query_terms("a OR b* NEAR(") == [["a"], ["or"], ["b"], ["near"]]
    assert query_terms("'; DROP TABLE x --") == [["drop"], ["table"], ["x"]]
    assert query_terms(' " * ( ') == []


@given(st.text(max_size=200))
def test_what_is_indexed_is_found_by_its_own_words(text: str) -> None:
    words = index_words(text).split()
    for term in query_terms(text.replace('"', " ")):
        for word in term:
            if word.endswith("*"):
                assert any(one.startswith(word[:-1]) for one in words)
            else:
                assert word in words


def marked(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in places(text, query_terms(query))]


def test_a_short_word_is_not_marked_inside_others() -> None:
    assert marked("He said the airport's AI paid. AI假图, 用AI造", "ai") == ["AI", "AI", "AI"]


def test_signs_are_marked_wherever_they_stand() -> None:
    assert marked("研究人工智能的人", "人工智能") == ["人工智能"]
    assert marked("诈骗AI骗局", "AI骗局") == ["AI骗局"]
    assert marked("骗子", "骗") == ["骗"]


def test_phrases_and_folded_words_are_marked_as_they_were_written() -> None:
    assert marked("In New-York, new york", '"new york"') == ["New-York", "new york"]
    assert marked("Straße und STRASSE, Maße", "strasse") == ["Straße", "STRASSE"]
    assert marked("Ｆａｋｅ ﬁles ½ fake", "fake files") == ["Ｆａｋｅ", "ﬁles", "fake"]


def test_hits_in_another_spelling_are_marked() -> None:
    assert marked("Việt Nam: cafe\u0301 æon", "viet café aeon") == ["Việt", "cafe\u0301"[:4], "æon"]
    assert marked("ß\u0301 fake", "fake") == ["fake"]  # one sign more, one less
    assert marked("香港詐騙案", "诈骗") == ["詐騙"]


def test_what_overlaps_is_marked_once() -> None:
    assert marked("deep fake deep", '"deep fake" fake deep') == ["deep fake", "deep"]


@given(st.text(max_size=60), st.text(max_size=20))
def test_marks_lie_in_the_text_in_order(text: str, query: str) -> None:
    found = [place for start_end in places(text, query_terms(query)) for place in start_end]
    assert found == sorted(found) and all(0 <= place <= len(text) for place in found)
