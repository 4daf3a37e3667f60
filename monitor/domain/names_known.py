"""Names that sound alike in no two languages: companies, platforms, people and places with their other spellings.

The first form of a row is the name that all forms stand for. Forms in Latin, Cyrillic and Arabic script that sound
like the first one are left out: they are brought together by their sound.
"""

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
africa 非洲 アフリカ
argentina 阿根廷 アルゼンチン
australia 澳大利亚 澳洲 オーストラリア australie australien
austria 奥地利 オーストリア osterreich autriche австрия النمسا
bangladesh 孟加拉国
belgium 比利时 ベルギー belgien belgique belgica бельгия
brazil 巴西 ブラジル brasil brasilien bresil
britain 英国 イギリス 英國 grossbritannien royaume-uni britannique великобритания بريطانيا
california 加利福尼亚 加州 カリフォルニア
cambodia 柬埔寨 カンボジア kambodscha
canada 加拿大 カナダ kanada
chile 智利 チリ
china 中国 chine chinese chinesische китай китая китайский китае الصين
colombia 哥伦比亚
egypt 埃及 エジプト agypten egypte египет مصر
europe 欧盟 欧洲 欧州 ヨーロッパ european union-europeenne евросоюз европа الاوروبي اوروبا eu ue
finland 芬兰 フィンランド
florida 佛罗里达 フロリダ
france 法国 フランス frankreich francia франция فرنسا
germany 德国 ドイツ deutschland allemagne alemania германия alemanha المانيا nemcija
greece 希腊 ギリシャ
hong-kong 香港 hongkong гонконг
india 印度 インド inde indien индия الهند
indonesia 印度尼西亚 印尼 インドネシア
iran 伊朗 イラン иран ايران
ireland 爱尔兰 アイルランド irland irlande irlanda
israel 以色列 イスラエル израиль اسرائيل
italy 意大利 イタリア italien italie italia италия ايطاليا
japan 日本 japon japonia япония японии اليابان japao japonska
kenya 肯尼亚 ケニア
korea 韩国 韓国 南韩 大韩民国 coree corea южная-корея كوريا
malaysia 马来西亚 マレーシア
mexico 墨西哥 メキシコ mexique mexiko мексика
netherlands 荷兰 オランダ niederlande pays-bas holanda нидерланды هولندا
new-york 纽约 ニューヨーク нью-йорк نيويورك
new-zealand 新西兰 纽西兰 ニュージーランド
nigeria 尼日利亚 ナイジェリア
north-korea 朝鲜 北韩 北朝鮮
norway 挪威 ノルウェー norwegen norvege
pakistan 巴基斯坦 パキスタン
philippines 菲律宾 フィリピン philippinen filipinas
poland 波兰 ポーランド polen pologne polonia польша
portugal 葡萄牙 ポルトガル
romania 罗马尼亚 ルーマニア rumanien roumanie rumania румыния
russia 俄罗斯 ロシア russland russie rusia россия россии روسيا
saudi 沙特 サウジ السعوديه
serbia 塞尔维亚 セルビア
singapore 新加坡 シンガポール singapur
slovenia 斯洛文尼亚 slovenija
south-africa 南非 南アフリカ sudafrika
spain 西班牙 スペイン spanien espagne espana испания اسبانيا
sweden 瑞典 スウェーデン schweden suede suecia швеция
switzerland 瑞士 スイス schweiz suisse suiza швейцария سويسرا
sydney 悉尼 雪梨市 シドニー
taiwan 台湾
thailand 泰国 タイ王国
turkey 土耳其 トルコ turkei turquie turquia турция تركيا turkiye
ukraine 乌克兰 ウクライナ украина اوكرانيا
usa 美国 アメリカ 米国 states etats-unis estados сша الولايات
vietnam 越南 ベトナム
beijing 北京 pekin peking пекин بكين
berlin 柏林 ベルリン
boston 波士顿 ボストン
brussels 布鲁塞尔 ブリュッセル brussel bruxelles bruselas брюссель
chicago 芝加哥 シカゴ
guangzhou 广州
hangzhou 杭州
london 伦敦 ロンドン londres лондон لندن
los-angeles 洛杉矶 ロサンゼルス
madrid 马德里 マドリード
moscow 莫斯科 モスクワ moskau moscou moscu москва москве موسكو
paris 巴黎 パリ市
rome 罗马 ローマ市
san-francisco 旧金山 サンフランシスコ
seoul 首尔 ソウル
shanghai 上海
shenzhen 深圳
tokyo 东京 東京 tokio токио طوكيو toquio
washington 华盛顿 ワシントン
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


KNOWN = _rows()
