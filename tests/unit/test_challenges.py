"""Walls are recognised, and pages, feeds and JSON are not taken for walls."""

from datetime import UTC, datetime

import pytest

from monitor.domain.challenges import challenge_in, challenge_of
from monitor.domain.model import Response

ARTICLE = (
    b"<!doctype html><html><head><script src=/app.js></script></head><body><article>"
    + b"<p>Words of an article. </p>" * 40
)
WALLS = {
    "cloudflare": b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script src='/cdn-cgi/challenge-platform/h/b'></script></body></html>",
    "imperva": b'<html><head><META NAME="robots"></head><iframe src="/_Incapsula_Resource?x=1"></iframe></html>',
    "datadome": b"<html><head><title>x</title></head><body><script src='https://geo.captcha-delivery.com/c.js'></script></body></html>",
    "aliyun": b"<html><script>var arg1='0F';function setCookie(n,v){document.cookie='acw_sc__v2='+v}</script></html>",
    "knownsec": b"<script>document.cookie=('_')+('_')+'__jsl_clearance_s=1'</script>",
    "waf": b"<!doctype html><html><head><script>window._wafchallengeid='1';</script></head><body></body></html>",
    "javascript": b"<!doctype html><html><head><script src=/main.js></script></head><body><div id=app></div><noscript>Please enable JavaScript, it is needed for this page and explains itself at some length here.</noscript></body></html>",
}


def answer(body=b"", status=200, **headers):
    return Response(
        "https://a.example/", "https://a.example/", status, headers, body, datetime(2026, 11, 22, tzinfo=UTC)
    )


@pytest.mark.parametrize(("name", "body"), WALLS.items())
def test_walls_are_known_by_their_pages(name, body):
    assert challenge_in(body) == name
    assert challenge_of(answer(body)) == name


@pytest.mark.parametrize(
    ("status", "headers", "name"),
    [
        (403, {"cf-mitigated": "challenge"}, "cloudflare"),
        (200, {"cf-mitigated": "Challenge"}, "cloudflare"),
        (403, {"server": "AkamaiGHost"}, "akamai"),
        (200, {"server": "AkamaiGHost"}, None),
        (202, {"x-amzn-waf-action": "challenge"}, "aws"),
        (403, {"server": "cloudflare"}, None),
    ],
)
def test_walls_are_known_by_their_headers(status, headers, name):
    assert challenge_of(answer(b"", status, **headers)) == name


@pytest.mark.parametrize(
    "body",
    [
        b"",
        ARTICLE,
        ARTICLE + b"<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script>",
        b"<?xml version='1.0'?><rss><channel><item><description>&lt;script&gt;acw_sc__v2</description></item></channel></rss>",
        b"<rss><script>x</script></rss>",
        b'{"html": "<script></script>"}',
        b"<html><body><p>A short note without any script.</p></body></html>",
        b"<!-- made by x --><rss version='2.0'><channel></channel></rss>",
    ],
)
def test_what_is_no_wall(body):
    assert challenge_in(body) is None


def test_a_hostile_page_costs_little():
    assert challenge_in(b"<html>" + b"<script" * 100_000) in {None, "javascript"}
    assert challenge_in(b"<html>" + b"<" * 1_000_000) is None
