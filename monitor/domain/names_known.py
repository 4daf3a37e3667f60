"""Names that sound alike in no two languages: companies, platforms and people with their other spellings.

The first form of a row is the name that all forms stand for. Forms in Latin, Cyrillic and Arabic script that sound
like the first one are left out: they are brought together by their sound.
"""

from monitor.domain.names_places import PLACES

_ROWS = """
alibaba 阿里巴巴 阿里集团 アリババ علي بابا
aliyun 阿里云 alicloud
amazon 亚马逊 アマゾン амазон
anthropic アンソロピック
apple 苹果公司 アップル 蘋果公司
baidu 百度 バイドゥ
bilibili 哔哩哔哩 b站
bytedance 字节跳动 バイトダンス
chatgpt チャットgpt
claude 克劳德
deepseek 深度求索 ディープシーク
deepfake 深度伪造 深伪 换脸 ディープフェイク дипфейк дипфейки التزييف العميق deepfakes hypertrucage hypertrucages ultrafalso
didi 滴滴出行 滴滴
douyin 抖音
ebay 易贝
facebook 脸书 脸谱网 フェイスブック
foxconn 富士康
gemini 双子座模型
google 谷歌 グーグル гугл جوجل غوغل
huawei 华为 ファーウェイ
instagram 照片墙 インスタグラム инстаграм
jd 京东 jingdong
kuaishou 快手 kwai
linkedin 领英 リンクトイン
meituan 美团
messenger 脸书信使
microsoft 微软 マイクロソフト майкрософт مايكروسوفت
midjourney ミッドジャーニー
nvidia 英伟达 辉达 エヌビディア
openai 开放人工智能 オープンai
perplexity パープレキシティ
pinduoduo 拼多多 temu
reddit 红迪
samsung 三星 サムスン самсунг سامسونغ
shein 希音
softbank 软银 ソフトバンク
sora ソラ
spotify 声破天 スポティファイ
taobao 淘宝 タオバオ
tmall 天猫
telegram 电报 テレグラム телеграм телеграмм تيليغرام تلغرام
tencent 腾讯 テンセント
tesla 特斯拉 テスラ тесла تسلا
tiktok ティックトック тикток تيك توك
toyota 丰田 トヨタ
twitter 推特 ツイッター твиттер تويتر
uber 优步 ウーバー
unitree 宇树科技 宇树
volkswagen 大众汽车 フォルクスワーゲン
waymo ウェイモ
wechat 微信 weixin ウィーチャット
weibo 微博
whatsapp ワッツアップ واتساب ватсап
xai エックスai
xiaohongshu 小红书 rednote
xiaomi 小米汽车 小米集团 シャオミ
xpeng 小鹏
youtube 油管 ユーチューブ ютуб يوتيوب
zoom ズーム
altman 奥特曼 阿尔特曼 アルトマン
biden 拜登 バイデン
harris 哈里斯 贺锦丽 ハリス
macron 马克龙 马克宏 マクロン
merz 默茨 メルツ
modi 莫迪 モディ
musk 马斯克 マスク氏
putin 普京 普丁 プーチン путин بوتين
scholz 朔尔茨 ショルツ
starmer 斯塔默 スターマー
swift 斯威夫特 泰勒丝 霉霉 スウィフト
trump 特朗普 川普 トランプ трамп ترامب
xi-jinping 习近平 jinping
zelensky 泽连斯基 泽伦斯基 ゼレンスキー зеленский selenskyj zelenskiy
zuckerberg 扎克伯格 祖克柏 ザッカーバーグ
"""

# Each letter is followed by how it sounds.
_CYRILLIC = "аa бb вv гg дd еe зz иi йi кk лl мm нn оo пp рr сs тt уu фf хh ыi эe іi ґg жj цts чch шsh щsh ъ ь юiu яia їi"
_ARABIC = "اa بb تt ثt جj حh خh دd ذd رr زz سs شsh صs ضd طt ظz عa غg فf قk كk لl مm نn هh وu يi ؤu ئi ء پp چch ژj گg ڤv"
_GREEK = "αa βv γg δd εe ζz ηi θt ιi κk λl μm νn ξx οo πp ρr σs τt υi φf χh ψps ωo ςs"

ROMANISED = str.maketrans({pair[0]: pair[1:] for pair in f"{_CYRILLIC} {_ARABIC} {_GREEK}".split()})


def _rows() -> dict[str, str]:
    """Return every form, with hyphens for the spaces inside it, and the name it stands for."""
    found: dict[str, str] = {}
    for row in _ROWS.split("\n"):
        name, *forms = row.split() or [""]
        found |= {form: name for form in (name, *forms) if form}
    return found


KNOWN = _rows() | {form: place for form, (place, _) in PLACES.items()}
COUNTRIES = dict(PLACES.values())

# Words that are written like names and name nothing: days, months, titles, how sentences begin.
_PLAIN = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
september october november december mr mrs ms dr the a an in on at it its this that these those they he she we you
but and or for from with when while after before as if not no yes what who how why where there here our his her
their one two three new news i ai ki ia ии
montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz mai juni juli oktober dezember
der die das ein eine im am und oder von mit auf nach fur bei wie was wer nicht auch es sie er wir ihr ihre sein
lunes martes miercoles jueves viernes enero febrero marzo abril mayo junio julio agosto septiembre octubre
noviembre diciembre el la los las un una en de del por para con que se su y segun
lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril juin juillet aout septembre octobre
novembre decembre le les des du une dans sur pour avec selon il elle ils et ce cette
segunda terca quarta quinta sexta janeiro fevereiro maio junho julho setembro outubro dezembro o os as um uma no na
понедельник вторник среда четверг пятница суббота воскресенье в на по он она они это как что для при из и не
"""
COMMON_CAPITALS = frozenset(_PLAIN.split())
