"""The JSON lists of Chinese portals, each with the names and wrapping of its own site."""

import json
from collections.abc import Mapping
from typing import Any

from tests.site.answers import Answer, Ask, as_json, plain_error, text
from tests.site.articles import Article
from tests.site.shapes import FEEDS, Edition, Shape
from tests.site.templating import epoch, naive, render

SINA_REFERER = "https://news.sina.com.cn/"


def sina_roll(edition: Edition, ask: Ask) -> Answer:
    """Sina: pages of `num` entries, times as epoch seconds in strings; 403 without its Referer."""
    if not ask.headers.get("referer", "").startswith(SINA_REFERER):
        return plain_error(403, "Forbidden")
    size, page = int(ask.value("num", "50") or 50), int(ask.value("page", "1") or 1)
    chosen = edition.articles[size * (page - 1) : size * page]
    status = {"code": 0, "msg": "succ"}
    result = {
        "status": status,
        "total": len(edition.articles),
        "data": [_sina_entry(article) for article in chosen],
    }
    return as_json({"result": result})


def _sina_entry(article: Article) -> dict[str, Any]:
    stamp = epoch(article.published_at)
    return {
        "docid": f"comos:{article.key}",
        "url": article.url,
        "title": article.page_title,
        "intro": article.summary,
        "summary": "",
        "media_name": article.source_named or article.publisher,
        "ctime": stamp,
        "mtime": stamp,
        "intime": stamp,
    }


def netease_jsonp(edition: Edition, ask: Ask) -> Answer:
    """NetEase: a GBK callback around a list, with local times month first."""
    entries = [_netease_entry(article) for article in edition.articles]
    script = f"{ask.value('callback', 'data_callback')}({json.dumps(entries, ensure_ascii=False, indent=1)})"
    return _script(script, edition.announcer.encoding)


def _netease_entry(article: Article) -> dict[str, Any]:
    return {
        "title": article.page_title,
        "digest": article.summary,
        "docurl": article.url,
        "commenturl": f"http://comment.tie.163.com/{article.key}.html",
        "tienum": 12,
        "tlastid": "",
        "tlink": article.url,
        "label": "其它",
        "keywords": [{"akey_link": "/keywords/a/i/ai/1.html", "keyname": "AI"}],
        "time": naive(article.published_at, "%m/%d/%Y %H:%M:%S"),
        "newstype": "article",
        "imgurl": "",
        "add1": "",
        "channelname": "tech",
        "source": article.source_named or article.publisher,
        "point": "60",
    }


def ifeng_page(edition: Edition, ask: Ask) -> Answer:
    """ifeng: a front page whose list stands in a script as `var allData={…};`."""
    hot = [
        {
            "url": article.url,
            "title": article.page_title,
            "newsTime": naive(article.published_at),
            "id": article.key,
        }
        for article in edition.articles
    ]
    return text(
        render(
            "lists/ifeng.html", data={"hotNews1": hot, "nav": ["资讯", "视频", "财经"]}, title=edition.title
        )
    )


def kr36_gateway(edition: Edition, ask: Ask) -> Answer:
    """36Kr: answers a JSON question by POST only; times in epoch milliseconds."""
    if ask.method != "POST":
        return as_json({"code": 405, "msg": "Method Not Allowed"}, status=405)
    try:
        asked = json.loads(ask.body)["param"]["pageSize"]
    except (ValueError, KeyError, TypeError):
        return as_json({"code": 400, "msg": "param error", "data": None})
    entries = [_kr36_entry(article) for article in edition.articles[: int(asked)]]
    return as_json({"code": 0, "data": {"itemList": entries, "pageCallback": "", "hasNextPage": 0}})


def _kr36_entry(article: Article) -> dict[str, Any]:
    material = {
        "widgetTitle": article.page_title,
        "summary": article.summary,
        "publishTime": int(article.published_at.timestamp() * 1000),
        "authorName": article.author,
    }
    number = article.path.rstrip("/").rpartition("/")[2]
    return {
        "itemId": int(number) if number.isdigit() else number,
        "itemType": 10,
        "templateMaterial": material,
    }


def eastmoney_script(edition: Edition, ask: Ask) -> Answer:
    """Eastmoney: a script that sets `var ajaxResult={…}`, local times."""
    entries = [
        {
            "id": article.key,
            "title": article.page_title,
            "digest": article.summary,
            "url_w": article.url,
            "showtime": naive(article.published_at),
        }
        for article in edition.articles
    ]
    value = {"rc": 1, "me": "操作成功", "LivesList": entries}
    return _script(f"var ajaxResult={json.dumps(value, ensure_ascii=False)}", edition.announcer.encoding)


def _script(script: str, encoding: str) -> Answer:
    """Encode a script; what the encoding lacks becomes a JSON escape, not a character reference."""
    safe = "".join(char if _encodable(char, encoding) else json.dumps(char)[1:-1] for char in script)
    return text(safe, "application/javascript", encoding=encoding)


def _encodable(char: str, encoding: str) -> bool:
    return char == char.encode(encoding, "ignore").decode(encoding)


SHAPES: Mapping[str, Shape] = {
    **FEEDS,
    "sina-roll": sina_roll,
    "netease-jsonp": netease_jsonp,
    "ifeng-page": ifeng_page,
    "kr36-gateway": kr36_gateway,
    "eastmoney-script": eastmoney_script,
}
