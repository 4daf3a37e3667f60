"""Why a page holds no article: a plain verdict on what was found in it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

FEWEST_TOKENS = 12  # of any article
SHORT = 80  # tokens; below it a page needs more than its text to be an article
WALLED = 260  # tokens; what a wall lets through is shorter
LINK_SHARE = 0.7  # of the kept text
HOME_TOKENS = 120

_WALL = re.compile(
    r"subscribe (?:to|now to|for) (?:continue|read|keep|unlock|access)|continue reading (?:this|with|by)|(?:this|the) (?:article|story|content) is (?:for|only available to|reserved for|exclusive to) (?:paid |paying )?(?:subscribers|members)|"
    r"already a (?:subscriber|member)\?|log ?in to (?:read|continue|view)|sign in to (?:read|continue|view)|create a free account to|register to (?:read|continue)|to (?:read|continue reading) (?:this|the full) (?:article|story)|"
    r"you(?:'|’)?ve (?:reached|read) your (?:limit|free)|登录后(?:查看|阅读|可)|登入後|付费(?:阅读|内容)|订阅后(?:阅读|可)|開通會員|开通会员|剩余.{0,6}内容.{0,6}(?:订阅|付费|购买)",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"verify(?:ing)? (?:that )?you are (?:a )?human|enable javascript(?: and cookies)? to continue|checking your browser|attention required|access (?:to this page has been )?denied|are you a robot|"
    r"please (?:enable|turn on) (?:javascript|cookies)|unusual traffic|security check|complete the captcha|request blocked|请完成(?:安全)?验证|安全验证|访问(?:过于频繁|被拒绝|异常)|滑动验证|输入验证码|正在验证",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"page (?:not found|doesn.t exist|no longer exists|could not be found)|404 (?:error|not found)|not found.{0,12}404|页面(?:不存在|未找到|已删除|无法访问)|您(?:访问|查看)的(?:页面|文章|内容).{0,8}(?:不存在|已删除|已下线)|该(?:文章|内容|页面).{0,6}(?:已删除|不存在|已下线)|文章不存在",
    re.IGNORECASE,
)
_HOME_PATH = re.compile(
    r"^/?(?:index\.\w{2,5}|home|default\.\w{2,5}|[a-z]{2}(?:-[a-z]{2})?)?/?$", re.IGNORECASE
)


@dataclass(frozen=True)
class Findings:
    """What was found in a page; counts in tokens, shares 0 - 1."""

    url: str
    title: str
    text: str
    tokens: int
    after: str = ""  # what stands right below the text
    prose: bool = True  # it holds whole sentences
    frame: bool = False  # it is nothing but notices, prompts and headings of other articles
    link_share: float = 0.0  # of the kept text
    article: bool = False  # the page calls itself an article
    free: bool = True  # the page does not say that it is walled


def refusal(found: Findings) -> str:
    """Return why there is no article, "" where there is one."""
    short = found.tokens < SHORT
    reasons = {
        "a challenge page": short and _CHALLENGE.search(f"{found.title}\n{found.text}"),
        "a page that says it is missing": found.tokens < WALLED and is_missing(found, short=short),
        "a paywall": found.tokens < WALLED
        and (not found.free or _WALL.search(f"{found.text}\n{found.after}")),
        "no text": found.tokens < FEWEST_TOKENS and (not found.article or not found.tokens),
        "nothing but notices": found.frame and short,
        "a page of links": found.link_share > LINK_SHARE,
        "a home page": is_home(found.url)
        and found.tokens < HOME_TOKENS
        and not (found.article or found.prose),
        "a gallery or a list": short and not (found.article or found.prose),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def is_missing(found: Findings, *, short: bool) -> bool:
    """Tell whether the page says in place of an article that there is none."""
    return bool(_MISSING.search(found.title) or (short and _MISSING.search(found.text)))


def is_home(url: str) -> bool:
    """Tell whether an address is that of a whole site."""
    parts = urlsplit(url)
    return bool(parts.hostname) and bool(_HOME_PATH.match(parts.path)) and not parts.query
