"""Promise on encodings: a page is read right whatever its header and its markup say of it."""

from datetime import UTC, datetime

import pytest

from monitor.adapters.extract import read_page
from monitor.domain.model import Hints, Page

TEXTS = {
    "zh-Hans": "抖音安全中心发布公告称，平台已掌握部分黑产团伙不当使用人工智能生成虚拟人物用于犯罪的线索，并将报警打击。",
    "zh-Hant": "抖音安全中心發布公告稱，平台已掌握部分黑產團伙不當使用人工智慧生成虛擬人物用於犯罪的線索，並將報警打擊。",
    "ja": "総務省の専門家会議は水曜日、偽情報への対応についてＩＴ大手から説明を聞き、夏までに対策をまとめることにした。",
    "ko": "과학기술정보통신부는 수요일 인공지능으로 만든 가짜 영상에 대한 대책을 발표하고 올해 안에 법을 고치겠다고 밝혔다.",
    "ru": "Министерство сообщило в среду, что поддельные видео, созданные искусственным интеллектом, будут удаляться с площадок.",
}
ENCODINGS = [
    ("zh-Hans", "utf-8"), ("zh-Hans", "gb2312"), ("zh-Hans", "gbk"), ("zh-Hans", "gb18030"), ("zh-Hant", "big5"),
    ("ja", "shift_jis"), ("ja", "euc-jp"), ("ko", "euc-kr"), ("ru", "windows-1251"), ("ru", "koi8-r"),
]  # fmt: skip
CASES = ["right", "header wrong", "markup wrong", "both wrong", "none"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
def test_fifty_encodings_and_mislabellings_are_read_right(language, encoding, case) -> None:
    meta = {"right": encoding, "header wrong": encoding, "none": ""}.get(case, "iso-8859-1")
    header = {"right": encoding, "header wrong": "utf-8", "markup wrong": encoding, "none": ""}.get(
        case, "utf-8"
    )
    sentences = "".join(f"<p>{TEXTS[language]}</p><p>{number}. {TEXTS[language]}</p>" for number in range(4))
    declared = f"<meta charset='{meta}'>" if meta else ""
    markup = f"<html><head>{declared}<title>A title</title></head><body><article>{sentences}</article></body></html>"
    kind = f"text/html; charset={header}" if header else "text/html"
    page = Page(
        "https://a.example/x",
        "https://a.example/x",
        kind,
        markup.encode(encoding),
        datetime(2026, 3, 10, tzinfo=UTC),
    )
    document = read_page(page, Hints())
    assert TEXTS[language] in document.text
    assert document.language == language


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_obeyed(encoding) -> None:
    markup = f"<html><head><meta charset='gbk'></head><body><article><p>{TEXTS['zh-Hans']}</p><p>再说一遍：{TEXTS['zh-Hans']}</p></article></body></html>"
    page = Page(
        "https://a.example/x",
        "https://a.example/x",
        "text/html; charset=gbk",
        markup.encode(encoding),
        datetime(2026, 3, 10, tzinfo=UTC),
    )
    assert TEXTS["zh-Hans"] in read_page(page, Hints()).text
