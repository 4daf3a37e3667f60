"""Who publishes where: the lists that announce each channel and the look of its article pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.site.articles import Article


@dataclass(frozen=True)
class Announcer:
    """One list of a channel: its shape, its address, and what is peculiar about it."""

    channel: str
    shape: str  # a name in rolls.SHAPES
    host: str
    path: str
    encoding: str = "utf-8"
    quirk: str = ""  # keep-alive-hangs | liar | once-429 | referer | slow

    @property
    def url(self) -> str:
        """The address of the list."""
        return f"http://{self.host}{self.path}"


@dataclass(frozen=True)
class Look:
    """How the article pages of a channel are written."""

    layout: str  # a template in templates/pages
    encoding: str = "utf-8"


ANNOUNCERS = (
    # Chinese portals with lists of their own kind
    Announcer("sina", "sina-roll", "feed.mix.sina.com.cn", "/api/roll/get", quirk="referer"),
    Announcer("netease", "netease-jsonp", "news.163.com", "/special/cm_yaowen20200213/", "gbk"),
    Announcer("ifeng", "ifeng-page", "www.ifeng.com", "/"),
    Announcer("kr36", "kr36-gateway", "gateway.36kr.com", "/api/mis/nav/ifm/subNav/flow"),
    Announcer(
        "eastmoney",
        "eastmoney-script",
        "newsapi.eastmoney.com",
        "/kuaixun/v1/getlist_102_ajaxResult_50_1_.html",
    ),
    # Chinese feeds
    Announcer("cnbeta", "rss", "www.cnbeta.com.tw", "/backend.php"),
    Announcer("chinanews", "rss-naive", "www.chinanews.com.cn", "/rss/scroll-news.xml", "gb2312"),
    Announcer("mydrivers", "rss", "rss.mydrivers.com", "/rss.aspx", "gb2312"),
    Announcer("nbd", "rss", "www.nbd.com.cn", "/rss/toutiao/articles"),
    Announcer("kyodo", "rdf", "china.kyodonews.net", "/rss/news.rdf"),
    Announcer("etnet", "rss", "www.etnet.com.hk", "/www/tc/news/rss.php", quirk="slow"),
    Announcer("jingji21", "rss-naive", "www.21jingji.com", "/rss/news.xml"),
    # Chinese list pages
    Announcer("hexun", "list-table", "tech.hexun.com", "/news/", "gb2312"),
    Announcer("stockstar", "list-table", "stock.stockstar.com", "/list/10.shtml", "gb2312"),
    Announcer("yesky", "list-table", "news.yesky.com", "/news/", "gb2312"),
    Announcer("jxnews", "list-table", "www.jxnews.com.cn", "/kj/", "gbk"),
    Announcer("chinaz", "list-cards", "www.chinaz.com", "/news/"),
    Announcer("xinhua", "list-lines", "jjckb.xinhuanet.com", "/gundong.htm"),
    Announcer("dayoo", "list-lines", "news.dayoo.com", "/society/"),
    Announcer("sznews", "list-lines", "www.sznews.com", "/news/"),
    Announcer("bjd", "list-lines", "news.bjd.com.cn", "/list/"),
    Announcer("china", "list-cards", "news.china.com", "/social/"),
    Announcer("yangtse", "list-cards", "www.yangtse.com", "/news/"),
    Announcer("xkb", "list-lines", "www.xkb.com.cn", "/list/"),
    # English-language titles
    Announcer("npr", "rss", "feeds.npr.org", "/1001/rss.xml", quirk="keep-alive-hangs"),
    Announcer("wbur", "rss", "www.wbur.org", "/rss/news"),
    Announcer("gizmodo", "rss", "gizmodo.com", "/rss"),
    Announcer("theregister", "atom", "www.theregister.com", "/headlines.atom"),
    Announcer("techradar", "sitemap-news", "www.techradar.com", "/sitemap-news.xml"),
    Announcer("techradar", "rss", "www.techradar.com", "/rss", quirk="once-429"),
    Announcer("petapixel", "rss-tracked", "petapixel.com", "/feed/"),
    Announcer("siliconangle", "rss-full", "siliconangle.com", "/feed/"),
    Announcer("malwarebytes", "rss", "www.malwarebytes.com", "/blog/feed/index.xml"),
    Announcer("siliconrepublic", "rss-full", "www.siliconrepublic.com", "/feed"),
    Announcer("thequint", "atom", "www.thequint.com", "/stories.atom"),
    Announcer("breitbart", "rss", "feeds.breitbart.com", "/breitbart", quirk="liar"),
    Announcer("trtworld", "rss", "www.trtworld.com", "/rss.xml"),
    Announcer("input", "json-feed", "www.inputmag.com", "/feed.json"),
    Announcer("techinvestornews", "rss", "www.techinvestornews.com", "/feed"),
)

MOVED = {"http://blog.malwarebytes.com/feed/": "http://www.malwarebytes.com/blog/feed/index.xml"}

LOOKS = {
    "sina": Look("portal"),
    "netease": Look("table", "gbk"),
    "ifeng": Look("portal"),
    "kr36": Look("portal"),
    "eastmoney": Look("flash"),
    "cnbeta": Look("portal"),
    "chinanews": Look("table"),
    "mydrivers": Look("portal", "gb2312"),
    "nbd": Look("flash"),
    "kyodo": Look("flash"),
    "etnet": Look("flash"),
    "hexun": Look("table", "gb2312"),
    "stockstar": Look("table", "gb2312"),
    "yesky": Look("table", "gb2312"),
    "jxnews": Look("table", "gbk"),
    "dayoo": Look("plain"),
    "bjd": Look("plain"),
    "gizmodo": Look("newsroom"),
    "npr": Look("newsroom"),
    "theregister": Look("newsroom"),
    "techradar": Look("newsroom"),
    "thequint": Look("newsroom"),
    "trtworld": Look("newsroom"),
    "input": Look("newsroom"),
    "wbur": Look("newsroom"),
    "techinvestornews": Look("plain"),
}


def look_of(article: Article) -> Look:
    """Return how the page of an article looks; unknown channels look like their language."""
    usual = Look("portal") if article.language.startswith("zh") else Look("wordpress")
    return LOOKS.get(article.channel, usual)


def announcers(articles: Iterable[Article]) -> list[Announcer]:
    """Return the lists of all known channels, and a plain RSS feed for each channel that is not known."""
    known = {announcer.channel for announcer in ANNOUNCERS}
    hosts = {article.channel: article.host for article in articles if article.channel not in known}
    return [*ANNOUNCERS, *(Announcer(channel, "rss", host, "/rss.xml") for channel, host in hosts.items())]
