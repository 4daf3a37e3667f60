"""Text rules hold for any text."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.blocks import letters
from monitor.domain.tails import without_tails
from monitor.domain.text import (
    one_line,
    paragraphs,
    script_language,
    summarize,
    token_f1,
    tokens,
    without_control,
)
from monitor.domain.titles import LONGEST_TITLE, clean_title
from monitor.domain.versions import change

texts = st.text(max_size=300)
lines = st.lists(st.text(min_size=1, max_size=60).filter(str.strip), max_size=12)


@given(texts)
def test_tidying_twice_is_tidying_once(text) -> None:
    assert paragraphs("\n".join(paragraphs(text))) == paragraphs(text)
    assert one_line(one_line(text)) == one_line(text)
    assert without_control(without_control(text)) == without_control(text)


@given(st.text(st.characters(codec="ascii"), max_size=300))
def test_a_letter_of_another_alphabet_changes_nothing_around_it(text) -> None:
    assert tokens(f"{text} é") == tokens(text) + tokens("é")
    assert letters(f"{text} é") == letters(text) + "é"
    assert one_line(f"{text} é") == f"{one_line(text)} é".strip()
    assert without_control(f"{text}é") == without_control(text) + "é"


@given(texts)
def test_cleaning_a_title_twice_is_cleaning_it_once(text) -> None:
    clean = clean_title(text)
    assert clean_title(clean) == clean
    assert len(clean) <= LONGEST_TITLE


@given(texts, texts)
def test_token_f1_is_a_share_and_symmetric(left, right) -> None:
    assert 0.0 <= token_f1(left, right) <= 1.0
    assert token_f1(left, right) == token_f1(right, left)
    assert token_f1(left, left) == 1.0


@given(lines)
def test_tails_only_take_away(many) -> None:
    kept = without_tails(many)
    assert len(kept) <= len(many)
    assert bool(kept) == bool(many)


@given(lines, texts)
def test_summaries_never_fail(many, title) -> None:
    assert isinstance(summarize(many, title), str)


@given(texts)
def test_a_text_is_no_new_version_of_itself(text) -> None:
    assert not change("t", text, "t", text)


@given(texts)
def test_a_script_is_told_or_not(text) -> None:
    assert script_language(text) is None or script_language(text)
