"""The furniture of reprints: headers, tails, leads, other words for the same, and two templates."""

import random

HEADS = {
    "zh-Hans": [
        "新华社{day}日电 ",
        "据{paper}消息，",
        "（本报记者 {name}）",
        "中新网{day}日电 (记者 {name})",
        "{paper}{day}日讯 ",
        "原标题：{title}\n",
    ],
    "en": [
        "LONDON (Wire) - ",
        "By {name}, {paper}\n",
        "({paper}) -- ",
        "Originally published by {paper}.\n",
        "NEW YORK, Jan {day} - ",
    ],
}
TAILS = {
    "zh-Hans": [
        "\n（责任编辑：{name}）",
        "\n来源：{paper}",
        "\n免责声明：本文仅代表作者本人观点，与本网站无关。",
        "\n海量资讯、精准解读，尽在新闻客户端",
        "\n转载请注明出处。",
    ],
    "en": [
        "\nRead more: Five things to know today",
        "\n© 2026 {paper}. All rights reserved.",
        "\nThis story has been published from a wire agency feed without modifications to the text.",
        "\nSign up for our daily newsletter.",
        "\n(Reporting by {name}; editing by the desk)",
    ],
}
LEADS = {
    "zh-Hans": [
        "近日，此事引发网友热议。",
        "记者了解到，相关情况仍在调查之中。",
        "这一消息迅速登上热搜榜。",
        "业内人士对此表示高度关注。",
    ],
    "en": [
        "The case has drawn wide attention online.",
        "Here is what is known so far.",
        "Our newsroom has followed the matter since it became known.",
        "Experts say that more such cases will follow.",
    ],
}
SWAPS = {
    "zh-Hans": [
        ("表示", "称"),
        ("公司", "企业"),
        ("进行", "开展"),
        ("目前", "现阶段"),
        ("已经", "已"),
        ("以及", "和"),
        ("由于", "因"),
        ("此外", "另外"),
        ("发布", "公布"),
        ("认为", "指出"),
        ("一家", "某家"),
        ("其中", "当中"),
    ],
    "en": [
        (" said ", " stated "),
        (" about ", " around "),
        (" company ", " firm "),
        (" also ", " too "),
        (" while ", " whereas "),
        (" told ", " informed "),
        (" because ", " since "),
        (" used ", " employed "),
        (" which ", " that "),
        (" after ", " following "),
        (" had ", " has "),
        (" began ", " started "),
    ],
}
NAMES = {
    "zh-Hans": ["刘敏", "陈浩", "王晓光", "李思", "赵一鸣"],
    "en": ["Ann Weller", "Tom Ostrow", "Mia Kerr", "Joel Banks", "Rita Hume"],
}
PAPERS = {
    "zh-Hans": ["江城晚报", "海都网", "南岭日报", "北望财经", "云门新闻"],
    "en": ["Harbor Post", "The Fieldman", "Metro Ledger", "Civic Times", "Daily Quarry"],
}
FIRMS = {
    "zh-Hans": [
        "远山科技",
        "蓝舟股份",
        "恒岳材料",
        "新稻农业",
        "明湖医药",
        "天梭能源",
        "北斗轴承",
        "金穗食品",
    ],
    "en": ["Norvale", "Oakline", "Brightmoor", "Tessaly", "Quillon", "Harrowgate", "Penmark", "Lunafield"],
}


def ticker(chance: random.Random, language: str) -> tuple[str, str]:
    """Return title and text of a market flash."""
    firm, other = chance.sample(FIRMS[language], 2)
    now, rate, volume = chance.uniform(3, 90), chance.uniform(0.3, 9.9), chance.uniform(0.2, 40)
    code, when = chance.randint(100000, 699999), f"{chance.randint(10, 14)}:{chance.randint(10, 59)}"
    if language == "zh-Hans":
        text = f"{firm}（{code}）今日盘中异动，截至{when}，股价报{now:.2f}元，涨幅{rate:.2f}%，成交额{volume:.2f}亿元，换手率{rate / 3:.2f}%。消息面上，公司所属板块今日整体走强，{other}等个股跟涨。以上内容由公开数据整理，不构成投资建议，投资有风险，入市需谨慎。"
        title = f"{firm}盘中异动，股价涨{rate:.2f}%"
    else:
        text = f"Shares of {firm} rose {rate:.2f}% to ${now:.2f} by {when} on Monday, with {volume:.2f} million shares changing hands. The stock has traded between ${now * 0.6:.2f} and ${now * 1.2:.2f} over the last 52 weeks. {other} and other companies of the sector moved in the same direction. This content is for information only and does not constitute investment advice; past performance is no guide to future results."
        title = f"{firm} shares up {rate:.2f}%: what you need to know"
    return title, text


def form(chance: random.Random, language: str, number: int) -> tuple[str, str]:
    """Return title and text of a notice of quarterly figures."""
    firm, place = chance.choice(FIRMS[language]), chance.randint(1, 90)
    figures = [chance.randint(11, 9999) for _ in range(6)]
    if language == "zh-Hans":
        text = f"{firm}发布第{number + 1}期业绩公告：报告期内实现营业收入{figures[0]}万元，同比增长{place}%；归属于股东的净利润{figures[1]}万元；基本每股收益{figures[2] / 1000:.3f}元；经营活动现金流净额{figures[3]}万元；研发投入{figures[4]}万元。公司表示，将继续围绕主业提升经营质量，董事会拟每10股派发现金红利{figures[5] / 1000:.2f}元（含税）。"
        title = f"{firm}：净利润{figures[1]}万元"
    else:
        text = f"{firm} reported revenue of ${figures[0]} million for the quarter, an increase of {place}% from a year earlier. Net income came to ${figures[1]} million, or ${figures[2] / 1000:.2f} per share. Operating cash flow was ${figures[3]} million, and the company spent ${figures[4]} million on research. Management said that it would keep its focus on the core business and declared a dividend of ${figures[5] / 1000:.2f} per share. A conference call will be held at 5 p.m. Eastern time."
        title = f"{firm} earns ${figures[1]} million in the quarter"
    return title, text
