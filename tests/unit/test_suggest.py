"""The suggester that learns from words."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.suggest import Example, learn, propose, words_of


def examples(count: int) -> list[Example]:
    fraud, launch = (
        "诈骗 团伙 用 AI 换脸 骗走 scam victims lost money",
        "新品 发布会 手机 launch event new phone camera",
    )
    return [
        Example(words_of(f"{kind} {number}", text), kind)
        for number in range(count)
        for kind, text in (("incident", fraud), ("unrelated", launch))
    ]


def test_too_few_labels_teach_nothing() -> None:
    assert learn(examples(5)) is None
    assert learn([Example(frozenset({"a"}), "one")] * 50) is None


def test_it_tells_two_kinds_apart_and_says_why() -> None:
    learned = learn(examples(20))
    proposal = propose(learned, words_of("A scam", "AI换脸诈骗，victims lost money"))
    assert proposal.value == "incident"
    assert proposal.score > 0.9
    assert set(proposal.words) & {"victims", "诈骗", "lost", "money", "scam"}


def test_a_text_of_unknown_words_is_unsure() -> None:
    assert propose(learn(examples(20)), words_of("天气", "明天有雨")).score < 0.7


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_gets_a_score(title: str, text: str) -> None:
    proposal = propose(learn(examples(12)), words_of(title, text))
    assert 0.5 <= proposal.score <= 1
