"""What clings to a text at its two ends: stamps and bylines above, prompts, notices and credits below."""

import re
from collections.abc import Sequence

HEAD_LINES = 4  # that may be stamps
LONGEST_STAMP = 60  # characters
TAIL_LINES = 14  # looked at from the end
LONGEST_PROMPT = 320  # characters of a line that is a prompt or a notice
FRAME_SHARE = 0.4  # of the text above a heading of other articles, from which on it ends the article
CUT_SHARE = 0.15  # of the text that may follow an opener for it to be cut

_DAY = r"(?:19|20)\d\d\s*(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\s*\d{1,2}\s*月\s*\d{1,2}\s*日)"
_STAMP = re.compile(
    rf"^\W*(?:{_DAY}|\d{{1,2}}[:：]\d\d|来源|來源|作者|记者|記者|编辑|編輯|责编|責編|字号|字號|发布时间|發布時間|发表于|分享到?|打印|评论|阅读|浏览|点击|原标题|"
    r"published|updated|posted|last updated|min read|\d+ min(?:ute)?s? read)",
    re.IGNORECASE,
)
_ORIGINAL_TITLE = re.compile(r"^[(（【]?原标题[:：]")
_RETOLD = re.compile(r"^[(（【]?原标题[:：]\s*(.+?)[)）】]?\s*$")
_PROSE_END = re.compile(r"[。！？!?.;；][\"'”’」』)）]*$")
_CREDIT = re.compile(
    r"^[\s(（【\[*—-]*(?:(?:责任|責任|本文|网络|网站|执行|值班|见习|实习|本期|文字|新媒体)?(?:编辑|編輯|责编|責編|编审|编校|校对|审核|监制|总监制|主编|终审|审签|制作|排版|策划|统筹|美编|图编|运营|编撰|一审|二审|三审|复审|初审)"
    r"|来源|來源|稿源|文章来源|信息来源|资料来源|图片来源|图源|作者|文|图|摄影|供稿|撰稿|执笔人?|原文链接|本文地址|本文链接|关键词|标签|tags?|categories|filed under|topics)\s*[:：/丨|]",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"^\W*(?:read (?:more|next|also|the full)|also read|see also|watch( now| also)?:|listen( now)?:|related(?:\s+\w+)?(?:\s*[:：]|$)|more (?:from|on|stories)|you (?:may|might) also|if you (?:liked|enjoyed)|"
    r"enjoyed this|did you (?:like|enjoy)|share (?:this|on|via|your)|follow (?:us|me|\w+ on)|sign up|subscribe|join (?:our|the|us)|get (?:the best|our|the latest|more|email)|receive (?:the|our)|"
    r"click here|tap here|download (?:the|our)|back to|return to|leave a|comments?(?:\s*\(|$)|\d+ comments?$|submit$|print$|e-?mail$|advertisement$|sponsored$|latest posts by|"
    r"would you like to receive|have (?:a|any) (?:tips?|questions)|got a (?:tip|story)|contact (?:the )?(?:author|reporter|us|the newsroom)|write to |email (?:the|us|your)|"
    r"(?:all rights reserved|copyright|©|\(c\) \d{4})|this (?:story|article|post) (?:was|is|has been|originally|first|may contain|contains)|originally (?:published|appeared|posted)|"
    r"(?:disclosure|disclaimer|editor.s note|correction|about the author|affiliate)\b|this work is licensed|.{0,20}(?:terms of (?:use|service)|privacy policy)|"
    r"点击|點擊|查看更多|阅读更多|更多精彩|更多内容|返回(?:搜狐|首页|列表|网易|顶部|上一页)|扫码|扫一扫|长按|关注(?:我们|微信|公众号|本报)|欢迎关注|下载(?:客户端|.{0,8}app)|打开.{0,10}(?:app|客户端|阅读)|"
    r"海量资讯|举报|反馈|分享(?:到|至|让)|收藏|点赞|打赏|上一篇|下一篇|相关(?:阅读|新闻|报道|链接|文章|推荐)|延伸阅读|推荐阅读|热门|猜你喜欢|网友评论|我要评论|发表评论|"
    r"版权(?:声明|所有|归)|免责(?:声明|申明)|特别(?:声明|提示|提醒)|声明[:：]|郑重声明|反侵权|本文(?:来自|转自|转载|系|为|仅|由|不|首发|版权|内容)|本(?:网|站|报|公司)(?:站)?(?:声明|转载|所有|不承担)|未经.{0,20}(?:授权|许可|同意)|转载(?:请|自|须|或)|"
    r"以上内容|风险提示|投资有风险|市场有风险|本资讯|温馨提示|★|←|特此声明|文章(?:来源|仅代表)|举报电话|联系(?:我们|电话|邮箱)|投稿|爆料|新闻热线|报料|值班电话|\(?完\)?$|（完）$|\[?结束\]?$)",
    re.IGNORECASE,
)
_STUCK = re.compile(
    r"\s*(?:[(（【\[]\s*(?:责任编辑|責任編輯|责编|编辑|編輯|記者|文|图|作者|来源|來源|原标题|完)\s*[:：/]?[^()（）【】\[\]]{0,40}[)）】\]]"
    r"|返回搜狐，?查看更多|海量资讯、精准解读，尽在\S{2,16}|(?:责任编辑|責任編輯)\s*[:：]\s*\S{0,12}|举报/反馈|[→↩])\s*$"
)
_OPENER = re.compile(
    r"^\W*(?:related (?:reads?|articles?|stories|posts?|reading|content)|you (?:may|might) (?:also )?(?:like|enjoy)|if you (?:liked|enjoyed)|read (?:next|more)|more (?:from|stories)|further reading|recommended|"
    r"enjoyed this|latest posts by|about the author|disclaimer|disclosure|sign up|subscribe|newsletter|share your story|comments?$|"
    r"版权声明|免责声明|反侵权公告|特别声明|声明[:：]|相关(?:阅读|新闻|报道|链接|文章)|延伸阅读|推荐阅读|热门(?:推荐|新闻|文章)|网友评论|猜你喜欢)",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"^\W*(?:(?:相关|相關|最新|热门|熱門|热点|更多|推荐|推薦|延伸|精彩|关联|今日|编辑|为您|为你|猜你)(?:阅读|閱讀|新闻|新聞|报道|報道|链接|連結|文章|推荐|推薦|内容|资讯|喜欢|专题|排行|评论)|(?:网友|最新|热门|精彩|全部|发表|用户|跟帖)(?:评论|評論|跟帖|留言|点评)|(?:点击|阅读|新闻|热度|一周|24小时)?排行榜?|猜你喜欢|大家都在看|评论区?|相关"
    r"|(?:related|recommended|more|latest|popular|trending|top|similar|further)\s+(?:articles?|stories|posts?|news|reads?|reading|links?|content|coverage)|you (?:may|might) (?:also )?(?:like|enjoy)|recommended(?: for you)?|what to read next|most (?:read|popular|viewed)|read next|(?:do you )?have (?:any |more )?questions|(?:want to )?republish (?:this|our|an?) .{0,30}(?:article|story)"
    r"|(?:leave a )?(?:comments?|reply|replies)|join the (?:conversation|discussion)|about the authors?)\s*(?:[(（]\d+[)）])?\W*$",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"^(?=.{4,60}$)(?!.*[。！？!?.]$).*(?:(?:下载(?!量|次数)|打开|安装|点击|扫码|扫描|长按|一键|登录|使用).{0,14}(?:客户端|app(?![a-z])|二维码|小程序)|领取.{0,10}(?:红包|礼包|优惠|福利|奖励)|(?:关注|搜索).{0,12}(?:公众号|公眾號|微信号|视频号)|开户.{0,6}(?:即送|有礼|优惠))"
    r"|^\W*(?:advertisement|sponsored(?: content)?|(?:story|article|content) continues (?:below|after)(?: (?:this )?(?:ad|advertisement))?|continue reading below|scroll (?:down )?(?:to|for) (?:continue|more)[^.]{0,30}|广告|廣告)\W*$",
    re.IGNORECASE,
)


def without_tails(lines: Sequence[str]) -> list[str]:
    """Return the lines without stamps at the top and prompts, notices and credits at the bottom."""
    retold = {found[1].strip() for line in lines[-TAIL_LINES:] if (found := _RETOLD.match(line))}
    kept = _cut_at_opener(_without_head(_cut_at_frame(without_promotion(lines))))
    for _ in range(TAIL_LINES):
        if len(kept) <= 1 or not (is_tail(kept[-1]) or kept[-1].strip() in retold):
            break
        kept.pop()
    if kept:
        kept[-1] = unstuck(kept[-1]) or kept[-1]
    return kept


def without_promotion(lines: Sequence[str]) -> list[str]:
    """Return the lines without those that sell an app or announce an advertisement, wherever they stand."""
    return [line for line in lines if not _PROMOTION.match(line)]


def is_frame(line: str) -> bool:
    """Tell whether a line is the heading of other articles or of comments, and nothing else."""
    return bool(_FRAME.match(line))


def _cut_at_frame(lines: list[str]) -> list[str]:
    """Cut where other articles or comments begin, if most of the text stands above."""
    size = sum(map(len, lines))
    before = 0
    for number, line in enumerate(lines):
        if is_frame(line) and before >= FRAME_SHARE * size:
            return lines[:number]
        before += len(line)
    return lines


def is_tail(line: str) -> bool:
    """Tell whether a line at the end is no part of the text."""
    if len(line) > LONGEST_PROMPT:
        return False
    return bool(
        _ORIGINAL_TITLE.match(line)
        or _CREDIT.match(line)
        or _PROMPT.match(line)
        or not any(char.isalnum() for char in unstuck(line))
    )


def unstuck(line: str) -> str:
    """Return a line without the credits that stand at its end."""
    while (shorter := _STUCK.sub("", line)) != line:
        line = shorter
    return line


def _without_head(lines: list[str]) -> list[str]:
    head = [line for line in lines[:HEAD_LINES] if not is_stamp(line)]
    rest = lines[HEAD_LINES:]
    return head + rest if head or rest else lines


def is_stamp(line: str) -> bool:
    """Tell whether a line at the top is a date, a source, an author or a counter, and not a sentence."""
    if _ORIGINAL_TITLE.match(line):
        return True
    return len(line) <= LONGEST_STAMP and bool(_STAMP.match(line)) and not _PROSE_END.search(line)


def _cut_at_opener(lines: list[str]) -> list[str]:
    size = sum(map(len, lines))
    after = 0
    cut = len(lines)
    for number in range(len(lines) - 1, 0, -1):
        after += len(lines[number])
        if after > CUT_SHARE * size:
            break
        if _OPENER.match(lines[number]) and len(lines[number]) <= LONGEST_PROMPT:
            cut = number
    return lines[:cut]
