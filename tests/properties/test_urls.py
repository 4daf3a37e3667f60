"""What must hold for every string that somebody calls an address."""

import contextlib
import random
from urllib.parse import urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.domain.errors import Permanent
from monitor.domain.urls import fetch_url, host_of, site_of, url_key

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8).filter(
    lambda name: not name.startswith(("utm_", "mtm_", "pk_")),
)
SCRAPS = st.sampled_from(
    [
        "http://", "https://", "HTTP://", "//", "/", "?", "#", "&", "=", "%", "%2e", "%2F", "%zz", "..", ".", ":", "@",
        "www.", "m.", "wap.", "amp", "/amp/", "s/", "google.com", "a.cdn.ampproject.org/c/", "[::1]", "127.1", "0x7f",
        "com", "co.uk", "例え", "中", "İ", "\ud800", "\x00", "\t", " ", "+", ";jsessionid=", "utm_source=", "id=1",
        ".html", "/m/2024/03/", "javascript:", "data:", "user:pw@", "&amp;", "\\", "：", "。", "ß", ":80", ":443", ":99999",
    ],
)  # fmt: skip
ADDRESSES = st.one_of(
    st.text(max_size=60),
    st.lists(SCRAPS, max_size=9).map("".join),
    st.lists(SCRAPS, max_size=9).map(lambda scraps: "http://a.example/" + "".join(scraps)),
    st.lists(SCRAPS, max_size=9).map(lambda scraps: "https://" + "".join(scraps)),
)


@given(ADDRESSES)
@example("http://m.a.cdn.ampproject.org/c/s/x.com/a")
@example("http://a.example/;jsessionid=1;x")
@example("http://a.example/x?a=1&amp;amp;y=2")
@example("http://a.example/x?a=1&%61mp;y=2")
@example("http://a.example/a&%61mp;b")
def test_any_string_gives_a_key_or_a_clear_refusal(raw):
    with contextlib.suppress(Permanent):
        key = url_key(raw)
        assert url_key(key) == key
        assert url_key(fetch_url(raw)) == key
        assert key.startswith("https://")
        assert key.isascii()


@given(ADDRESSES)
@example("http://a.example/x?a=1&amp;amp;y=2")
def test_an_address_to_fetch_is_stable_and_has_the_same_identity(raw):
    with contextlib.suppress(Permanent):
        address = fetch_url(raw, "https://base.example/x/y")
        assert fetch_url(address) == address
        assert address.isascii()
        assert url_key(address) == url_key(fetch_url(address))
        assert host_of(address)
        assert site_of(address) in host_of(address)


@given(st.lists(st.tuples(NAMES, st.text(max_size=6)), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_parameters_does_not_matter(pairs, chance: random.Random):
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    base = "https://a.example/x?"
    assert url_key(base + urlencode(pairs)) == url_key(base + urlencode(shuffled))


@given(NAMES, st.integers(0, 10**9), st.integers(0, 10**9))
@example("gallery", 5, 6)
@example("keyword", 1, 2)
def test_unknown_parameters_are_never_merged(name, one, other):
    if name in {"spm", "scm", "xtor", "smid", "igsh", "cmpid", "usqp"}:
        return  # the few known trackers that are single words
    first, second = (url_key(f"https://a.example/x?{name}={value}") for value in (one, other))
    assert (first == second) == (one == other)
