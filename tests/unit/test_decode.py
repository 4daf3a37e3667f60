"""Every encoding that pages come in, declared rightly, wrongly and not at all."""

import itertools

import pytest

from monitor.adapters.decode import decode

TEXTS = {
    "hans": "淘宝宣布启动人工智能假图治理，严厉打击欺骗消费者的行为。平台表示，将依法追究相关商家的责任，并呼吁全行业共同抵制。",
    "hant": "淘寶宣布啟動人工智慧假圖治理，嚴厲打擊欺騙消費者的行為。平臺表示，將依法追究相關商家的責任，並呼籲全行業共同抵制。",
    "ja": "総務省の専門家会議は、偽情報への対応について聴き取りを行いました。プラットフォーム事業者の取り組みが説明されました。",
    "ko": "총무성 전문가 회의는 허위 정보에 대한 대응을 청취했습니다. 플랫폼 사업자의 조치가 설명되었습니다.",
}
ENCODINGS = {
    "hans": ["utf-8", "gb2312", "gbk", "gb18030"],
    "hant": ["utf-8", "big5", "big5hkscs"],
    "ja": ["utf-8", "shift_jis", "euc-jp", "iso-2022-jp"],
    "ko": ["utf-8", "euc-kr"],
}
PAIRS = [(language, encoding) for language, names in ENCODINGS.items() for encoding in names]
HEADERS = ["", "text/html", "text/html; charset=ISO-8859-1", "right"]
METAS = ["", "right", "wrong"]


def page(language, meta):
    declared = f'<meta charset="{meta}">' if meta else ""
    return f"<html><head>{declared}<title>x</title></head><body><p>{TEXTS[language]}</p></body></html>"


@pytest.mark.parametrize(("pair", "header", "meta"), list(itertools.product(PAIRS, HEADERS, METAS)))
def test_the_matrix(pair, header, meta):
    language, encoding = pair
    declared = {"right": encoding, "wrong": "utf-8" if encoding != "utf-8" else "gb2312", "": ""}.get(
        meta, meta
    )
    text = page(language, declared)
    content_type = f"text/html; charset={encoding}" if header == "right" else header
    assert decode(text.encode(encoding), content_type=content_type) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_and_marks(encoding):
    text = f'<?xml version="1.0"?><rss>{TEXTS["hans"]}</rss>'
    assert decode(text.encode(encoding), content_type="text/xml; charset=gb2312") == text


def test_western_pages():
    text = "<meta charset=iso-8859-1><p>déjà vu – « où ça ? » – naïve café</p>"
    assert decode(text.encode("cp1252")) == text
    assert decode(text.encode("cp1252"), content_type="text/html; charset=ISO-8859-1") == text


def test_characters_beyond_the_declared_set():
    text = '<?xml version="1.0" encoding="gb2312"?><title>朱镕基 喆 㐀</title>'
    assert decode(text.encode("gb18030")) == text


def test_the_operators_word_wins():
    assert (
        decode("déjà".encode("cp1252"), content_type="text/html; charset=utf-8", override="cp1252") == "déjà"
    )
    assert decode(TEXTS["hans"].encode("gbk"), override="no-such-encoding") == TEXTS["hans"]


def test_a_few_broken_bytes_do_not_unseat_a_declaration():
    body = page("hans", "gb2312").encode("gbk") * 20
    assert "淘宝" in decode(body[:200] + b"\xff" + body[200:])


def test_a_body_cut_inside_a_character_is_still_utf8():
    body = TEXTS["hans"].encode()
    for cut in (1, 2):
        assert decode(body[:-cut]) == TEXTS["hans"][:-1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"\xff\xfe",
        b"\0" * 100,
        bytes(range(256)) * 20,
        b"\xff\xfe\x00\xd8",
        b"charset=hex abc\xff",
    ],
)
def test_anything_becomes_text(body):
    for kind in ("", "text/html; charset=nonsense", "x; charset=base64", "x; charset=\udcff"):
        assert isinstance(decode(body, content_type=kind), str)
        assert isinstance(decode(body, override="rot13"), str)
