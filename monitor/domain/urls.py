"""Addresses: the identity of an article (its URL key) and the address that is fetched are two things.

A key folds what publishers vary without meaning it: scheme, twins of a host (`www.`, `m.`, `wap.`), default
ports, fragments, tracking parameters, AMP paths. It never folds a parameter that it does not know by its exact name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from monitor.domain.errors import Permanent
from monitor.domain.hosts import canonical_host, site_of_host

MAX_LENGTH = 4096  # characters; longer addresses are traps or embedded data
_SCHEMES = {"http", "https"}
_TWINS = {"www", "m", "wap", "mobile", "amp", "3g"}

_TRACKING = frozenset(
    re.findall(
        r"\S+",
        """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh li_fat_id bd_vid
    mc_cid mc_eid mkt_tok _hsenc _hsmi hsctatracking vero_id oly_enc_id oly_anon_id _openstat
    wt_mc wt.mc_id wt_zmc at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 xtor
    s_cid guccounter guce_referrer guce_referrer_sig ref_src ref_url sr_share share_token
    spm scm tdsourcetag isappinstalled nsukey share_source share_medium share_session_id vd_source
    _ga _gl __twitter_impression usqp amp_js_v amp_gsa phpsessid jsessionid smid cmpid
    """,
    ),
)
_TRACKING_FAMILIES = ("utm_", "mtm_", "pk_")  # namespaces of campaign tools: nothing else begins so
_TRACKING_PAIRS = frozenset(
    {
        ("amp", ""),
        ("amp", "1"),
        ("amp", "true"),
        ("outputtype", "amp"),
        ("from", "timeline"),  # WeChat says where a link was shared
        ("from", "singlemessage"),
        ("from", "groupmessage"),
    },
)


@dataclass(frozen=True)
class KeyRule:
    """What one site does differently: names to drop from its keys as well, and names never to drop."""

    drop: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()


SITE_RULES: Mapping[str, KeyRule] = {
    "163.com": KeyRule(drop=frozenset({"clickfrom", "f", "spss", "spsnuid", "spsdevid", "snstype", "spsw"})),
    "36kr.com": KeyRule(drop=frozenset({"f"})),
    "ifeng.com": KeyRule(drop=frozenset({"f", "aman", "gud", "ivk_sa"})),
    "npr.org": KeyRule(drop=frozenset({"ft"})),
    "sina.cn": KeyRule(
        drop=frozenset({"from", "vt", "pos", "wm", "cre", "mod", "loc", "r", "rfunc", "tj", "tr"})
    ),
    "sina.com.cn": KeyRule(
        drop=frozenset({"from", "vt", "wm", "cre", "mod", "loc", "r", "rfunc", "tj", "tr"})
    ),
    "sohu.com": KeyRule(drop=frozenset({"_f", "_trans_"})),
}

_UNRESERVED = re.compile(rb"[A-Za-z0-9._~-]")
_IN_PATH = re.compile(rb"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/-]")
_IN_QUERY = re.compile(rb"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$'()*,;=:@/?-]")
_FETCH_UNSAFE = re.compile(rb"()[^A-Za-z0-9._~!$&'()*+,;=:@/?%\[\]-]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_AMPERSAND = re.compile(r"&(?:amp;)+")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_AMP_CACHE = re.compile(
    r"https?://(?:(?:www\.)?google\.[a-z.]{2,6}/amp/(s/)?|[a-z0-9-]+\.cdn\.ampproject\.org/[cvi]/(s/)?)(?=[^/?#]+\.)",
    re.IGNORECASE,
)
# An article that names itself unmistakably: a date, a long number, or a slug of four words and more.
_SELF_NAMED = re.compile(r"/20\d\d[/-]?[01]\d|\d{8}|[^/-]+(?:-[^/-]+){3}")
_AMP_SEGMENT = re.compile(r"^/amp(?=/.)|(?<=.)/amp$", re.IGNORECASE)
_AMP_ENDING = re.compile(r"\.amp(?=\.html?$|$)", re.IGNORECASE)
_MOBILE_SEGMENT = re.compile(r"/(?:m|mobile|wap)(?=/)")
_PLAIN = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,18}/[A-Za-z0-9._~!$'()*,;=:@/+-]*(?:\?[A-Za-z0-9._~=%+-]*)?"
)


def url_key(url: str, overrides: Mapping[str, KeyRule] = SITE_RULES) -> str:
    """Return the identity of the article at this address; the key of a key is itself.

    Raises Permanent("bad-url") for what is no http or https address without credentials.
    """
    parts = _split(_behind_cache(_clean(url)))
    host = _without_twin(_host_of(parts))
    port = _port(parts)
    path = _key_path(parts.path)
    query = _key_query(parts.query, _rules_for(host, overrides))
    key = f"https://{_bracketed(host)}{f':{port}' if port else ''}{path}{f'?{query}' if query else ''}"
    return url_key(key, overrides) if _AMP_CACHE.match(key) or "&amp;" in key else _checked(key)


def identity(url: str, canonical: str = "", overrides: Mapping[str, KeyRule] = SITE_RULES) -> str:
    """Return the key of the page's own rel=canonical when that stays on the site, else the key of its address.

    A canonical link to a front page is a mistake of the site and is ignored.
    """
    key = url_key(url, overrides)
    try:
        stated = url_key(fetch_url(canonical, url), overrides) if canonical.strip() else key
    except Permanent:
        return key
    front_page = urlsplit(stated).path == "/" and not urlsplit(stated).query
    return key if front_page or site_of(stated) != site_of(key) else stated


def fetch_url(raw: str, base: str = "") -> str:
    """Return the absolute address to fetch, spelt as the publisher spelt it, without fragment.

    Raises Permanent("bad-url") for other schemes (`javascript:`, `data:`), credentials and what is no address.
    """
    if _PLAIN.fullmatch(raw) and len(raw) <= MAX_LENGTH and "&amp;" not in raw:
        return raw  # nine in ten: nothing to mend
    parts = _split(_joined(_clean(raw), base))
    host, port = _bracketed(_host_of(parts)), _port(parts, parts.scheme.lower())
    path = _escaped(parts.path or "/")
    query = f"?{_escaped(parts.query)}" if parts.query else ""
    return _checked(f"{parts.scheme.lower()}://{host}{f':{port}' if port else ''}{path}{query}")


def host_of(url: str) -> str:
    """Return the host of an address in lower case, "" where there is none."""
    try:
        return _host_of(_split(_clean(url)))
    except Permanent:
        return ""


def site_of(url: str) -> str:
    """Return the registrable domain of an address (`news.sina.com.cn` → `sina.com.cn`), "" where there is none."""
    return site_of_host(host_of(url))


def bad_url(detail: str) -> Permanent:
    """Make the refusal of an address; the detail is cut."""
    return Permanent("bad-url", detail=detail[:200].encode("utf-8", "replace").decode())


def _clean(raw: str) -> str:
    if len(raw) > MAX_LENGTH:
        raise bad_url(f"longer than {MAX_LENGTH} characters")
    text = _CONTROL.sub("", raw.strip()).strip()
    if not text:
        raise bad_url("empty")
    text = _AMPERSAND.sub("&", text)  # feeds escape twice and more
    return text.replace("\\", "/")  # as browsers do


def _joined(raw: str, base: str) -> str:
    try:
        return urljoin(base, raw) if base else raw
    except ValueError:
        raise bad_url(raw) from None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        credentials = parts.username is not None or parts.password is not None
    except ValueError:
        raise bad_url(url) from None
    if parts.scheme.lower() not in _SCHEMES or not parts.netloc or credentials:
        raise bad_url(url)
    return parts


def _host_of(parts: SplitResult) -> str:
    try:
        return canonical_host(parts.hostname or "")
    except ValueError:
        raise bad_url(parts.netloc) from None


def _port(parts: SplitResult, scheme: str = "") -> int | None:
    try:
        port = parts.port
    except ValueError:
        raise bad_url(parts.netloc) from None
    standard = {"http": {80}, "https": {443}}.get(scheme, {80, 443})
    return None if port is None or port in standard else port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _checked(url: str) -> str:
    if len(url) > MAX_LENGTH:  # escaping makes longer: what comes out must go in again
        raise bad_url(f"longer than {MAX_LENGTH} characters")
    return url


def _behind_cache(url: str) -> str:
    while found := _AMP_CACHE.match(url):
        url = "https://" + url[found.end() :]
    return url


def _without_twin(host: str) -> str:
    head, _, rest = host.partition(".")
    while head in _TWINS and site_of_host(rest):
        host = rest
        head, _, rest = host.partition(".")
    return host


def _rules_for(host: str, overrides: Mapping[str, KeyRule]) -> KeyRule:
    labels = host.split(".")
    for start in range(len(labels)):
        if rule := overrides.get(".".join(labels[start:])):
            return rule
    return KeyRule()


def _key_path(path: str) -> str:
    path = _SESSION.sub("", _normal(path, _IN_PATH))
    while (folded := _fold_path(path)) != path:
        path = folded
    return path or "/"


def _fold_path(path: str) -> str:
    """Fold dot segments, a closing slash, and AMP or mobile versions once."""
    path = _without_dots(path).rstrip("/")
    path = _AMP_SEGMENT.sub("", path) or path
    if found := _MOBILE_SEGMENT.match(path):
        path = path[found.end() :] if _SELF_NAMED.search(path, found.end()) else path
    return _AMP_ENDING.sub("", path)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _key_query(query: str, rule: KeyRule) -> str:
    pieces = {_normal(piece.replace("+", "%20"), _IN_QUERY) for piece in query.split("&")}
    return "&".join(sorted(piece for piece in pieces if piece and _has_meaning(piece, rule)))


def _has_meaning(piece: str, rule: KeyRule) -> bool:
    name, _, value = piece.lower().partition("=")
    if name in rule.keep:
        return True
    tracking = name in _TRACKING or name in rule.drop or name.startswith(_TRACKING_FAMILIES)
    return not tracking and (name, value) not in _TRACKING_PAIRS


def _normal(text: str, escape: re.Pattern[bytes]) -> str:
    """Percent-encode one way only: what needs no escape has none, the rest is upper case."""
    return escape.sub(_one_way, _bytes(text)).decode("ascii")


def _escaped(text: str) -> str:
    return _FETCH_UNSAFE.sub(_one_way, _bytes(text)).decode("ascii")


def _one_way(found: re.Match[bytes]) -> bytes:
    byte = bytes([int(found[1], 16)]) if found[1] else found[0]
    return byte if found[1] and _UNRESERVED.match(byte) else b"%%%02X" % byte[0]


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise bad_url("not text") from None
