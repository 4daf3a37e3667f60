"""Words for search: Chinese in pairs, everything else in folded words."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.search_words import index_words, query_terms


def test_chinese_is_cut_into_pairs() -> None:
    assert index_words("人工智能") == "人工 工智 智能 能"


def test_mixed_scripts_part() -> None:
    assert index_words("GPT造谣AI") == "gpt 造谣 谣 ai"


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
