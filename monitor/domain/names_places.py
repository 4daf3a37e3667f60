"""Places, how they are called in other languages, and the country in which they lie.

A line is a country: its code, then its places between bars, the country itself first; the first form of a place is
the name that all forms stand for. A line that is indented continues the one before. Forms that sound like the first
one are left out: they are brought together by their sound.
"""

_ROWS = """
us | usa 美国 アメリカ 米国 states american americans сша الولايات amerikanische etats-unis estados estadounidense |
    new-york 纽约 ニューヨーク нью-йорк | washington 华盛顿 ワシントン | california 加利福尼亚 加州 カリフォルニア
    californian | texas 得克萨斯 德克萨斯 得州 德州 テキサス | florida 佛罗里达 フロリダ | oregon 俄勒冈 オレゴン |
    ohio 俄亥俄 オハイオ | louisiana 路易斯安那 ルイジアナ | georgia 佐治亚 ジョージア州 | illinois 伊利诺伊 |
    michigan 密歇根 | nevada 内华达 | arizona 亚利桑那 | colorado 科罗拉多 | virginia 弗吉尼亚 维州 | pennsylvania
    宾夕法尼亚 宾州 | tennessee 田纳西 | massachusetts 马萨诸塞 麻州 | minnesota 明尼苏达 | wisconsin 威斯康星 |
    missouri 密苏里 | utah 犹他 | jersey 新泽西 | maryland 马里兰 | carolina 卡罗来纳 | los-angeles 洛杉矶
    ロサンゼルス | san-francisco 旧金山 三藩市 サンフランシスコ | chicago 芝加哥 シカゴ | boston 波士顿 ボストン |
    seattle 西雅图 シアトル | portland 波特兰 ポートランド | houston 休斯敦 休斯顿 | dallas 达拉斯 | austin 奥斯汀 |
    san-antonio 圣安东尼奥 | miami 迈阿密 マイアミ | atlanta 亚特兰大 | denver 丹佛 | phoenix 凤凰城 | detroit 底特律
    | cleveland 克利夫兰 | nashville 纳什维尔 | philadelphia 费城 | las-vegas 拉斯维加斯 | new-orleans 新奥尔良 |
    baton-rouge 巴吞鲁日 | hawaii 夏威夷 ハワイ | alaska 阿拉斯加
cn | china 中国 chine chinese chinesische chinois китай китая китайский китае китайские الصين الصينيه | beijing 北京
    peking pekin пекин بكين | shanghai 上海 шанхай شنغهاي | guangzhou 广州 | shenzhen 深圳 | hangzhou 杭州 | chengdu
    成都 | wuhan 武汉 | chongqing 重庆 | tianjin 天津 | nanjing 南京 | suzhou 苏州 | xian 西安 | changsha 长沙 |
    zhengzhou 郑州 | jinan 济南 | qingdao 青岛 | shenyang 沈阳 | dalian 大连 | harbin 哈尔滨 | kunming 昆明 | xiamen
    厦门 | fuzhou 福州 | hefei 合肥 | nanchang 南昌 | nanning 南宁 | guiyang 贵阳 | lanzhou 兰州 | taiyuan 太原 |
    ningbo 宁波 | wenzhou 温州 | dongguan 东莞 | foshan 佛山 | wuxi 无锡 | guangdong 广东 | zhejiang 浙江 | jiangsu
    江苏 | sichuan 四川 | hubei 湖北 | hunan 湖南 | henan 河南 | hebei 河北 | shandong 山东 | shanxi 山西 | shaanxi
    陕西 | fujian 福建 | jiangxi 江西 | anhui 安徽 | guangxi 广西 | guizhou 贵州 | yunnan 云南 | gansu 甘肃 |
    liaoning 辽宁 | jilin 吉林 | heilongjiang 黑龙江 | hainan 海南 | tibet 西藏 | xinjiang 新疆 | mongolia 内蒙古
hk | hong-kong 香港 hongkong гонконг
tw | taiwan 台湾 тайвань | taipei 台北 タイペイ | kaohsiung 高雄 | taichung 台中 | tainan 台南 | hsinchu 新竹 |
    taoyuan 桃园
mo | macau 澳门 マカオ macao
jp | japan 日本 japon japonia япония японии اليابان japanese japanische japonais japao japonska | tokyo 东京 токио
    طوكيو toquio | osaka 大阪 осака | kyoto 京都 | nagoya 名古屋 | fukuoka 福冈 | sapporo 札幌 | yokohama 横滨 |
    okinawa 冲绳 | hokkaido 北海道
kr | korea 韩国 韓国 南韩 大韩民国 coree corea корея южнокорейский كوريا korean sudkorea koreanische | seoul 首尔
    ソウル сеул | busan 釜山 | daegu 大邱 | incheon 仁川
kp | north-korea 朝鲜 北韩 北朝鮮 кндр | pyongyang 平壤
gb | britain 英国 イギリス royaume-uni britannique britanico britannien grossbritannien великобритания британский
    بريطانيا british uk england 英格兰 | scotland 苏格兰 ecosse schottland | wales 威尔士 | london 伦敦 ロンドン
    londres лондон لندن | manchester 曼彻斯特 | birmingham 伯明翰 | leeds 利兹 | liverpool 利物浦 | bristol 布里斯托
    | edinburgh 爱丁堡 | glasgow 格拉斯哥 | oxford 牛津 | cambridge 剑桥 | yorkshire 约克郡 约克
de | germany 德国 ドイツ deutschland allemagne alemania германия alemanha المانيا nemcija german deutsche allemand
    aleman немецкий | berlin 柏林 ベルリン | munich 慕尼黑 ミュンヘン munchen | hamburg 汉堡 ハンブルク hamburger |
    frankfurt 法兰克福 | cologne 科隆 koln | stuttgart 斯图加特 | dusseldorf 杜塞尔多夫 | leipzig 莱比锡 | dresden
    德累斯顿 | bavaria 巴伐利亚 bayern | heilbronn 海尔布隆 | baden-wurttemberg 巴登
at | austria 奥地利 オーストリア osterreich autriche австрия النمسا osterreichische | vienna 维也纳 ウィーン wien
    vienne | graz 格拉茨 grazer | salzburg 萨尔茨堡 | linz 林茨 | styria 施蒂利亚 steiermark
ch | switzerland 瑞士 スイス schweiz suisse suiza швейцария سويسرا | zurich 苏黎世 チューリッヒ | geneva 日内瓦
    geneve ginebra genf | bern 伯尔尼 | basel 巴塞尔
fr | france 法国 フランス frankreich francia франция فرنسا french francais frances franzosisch французский | paris
    巴黎 パリ париж باريس | marseille 马赛 | lyon 里昂 | toulouse 图卢兹 | nice 尼斯 | bordeaux 波尔多 | lille 里尔 |
    strasbourg 斯特拉斯堡 | limoges 利摩日
es | spain 西班牙 スペイン spanien espagne espana испания اسبانيا spanish espanol espagnol spanische | madrid 马德里
    マドリード | barcelona 巴塞罗那 バルセロナ | valencia 巴伦西亚 瓦伦西亚 バレンシア | seville 塞维利亚 sevilla |
    malaga 马拉加 | bilbao 毕尔巴鄂
pt | portugal 葡萄牙 ポルトガル portugues portuguese | lisbon 里斯本 リスボン lisboa lissabon | porto 波尔图
it | italy 意大利 イタリア italien italie italia италия ايطاليا italian italienische | rome 罗马 ローマ roma rom рим
    | milan 米兰 ミラノ milano mailand | naples 那不勒斯 napoli | turin 都灵 torino | venice 威尼斯 | florence
    佛罗伦萨
nl | netherlands 荷兰 オランダ niederlande pays-bas holanda нидерланды هولندا dutch | amsterdam 阿姆斯特丹
    アムステルダム | rotterdam 鹿特丹 | hague 海牙 ハーグ
be | belgium 比利时 ベルギー belgien belgique belgica бельгия belgian | brussels 布鲁塞尔 ブリュッセル brussel
    bruxelles bruselas брюссель | antwerp 安特卫普
pl | poland 波兰 ポーランド polen pologne polonia польша polish | warsaw 华沙 ワルシャワ warschau varsovie varsovia |
    krakow 克拉科夫
cz | czechia 捷克 チェコ tschechien чехия | prague 布拉格 プラハ prag praga
sk | slovakia 斯洛伐克 スロバキア slowakei | bratislava 布拉迪斯拉发
hu | hungary 匈牙利 ハンガリー ungarn hongrie hungria венгрия | budapest 布达佩斯 ブダペスト
ro | romania 罗马尼亚 ルーマニア rumanien roumanie rumania румыния | bucharest 布加勒斯特 bukarest
md | moldova 摩尔多瓦 モルドバ moldawien moldavie молдова молдавия | chisinau 基希讷乌
rs | serbia 塞尔维亚 セルビア serbien serbie сербия | belgrade 贝尔格莱德 belgrad белград
hr | croatia 克罗地亚 クロアチア kroatien croatie хорватия | zagreb 萨格勒布
si | slovenia 斯洛文尼亚 スロベニア slowenien slovenija slovenie | ljubljana 卢布尔雅那
bg | bulgaria 保加利亚 ブルガリア bulgarien bulgarie болгария | sofia 索非亚
gr | greece 希腊 ギリシャ griechenland grece grecia греция | athens 雅典 アテネ athen athenes
tr | turkey 土耳其 トルコ turkei turquie turquia турция تركيا turkiye turkish | istanbul 伊斯坦布尔 イスタンブール
    стамбул اسطنبول | ankara 安卡拉
se | sweden 瑞典 スウェーデン schweden suede suecia швеция swedish | stockholm 斯德哥尔摩 ストックホルム
no | norway 挪威 ノルウェー norwegen norvege noruega норвегия norwegian | oslo 奥斯陆
dk | denmark 丹麦 デンマーク danemark dinamarca дания danish | copenhagen 哥本哈根 kopenhagen copenhague
fi | finland 芬兰 フィンランド finlande finlandia финляндия finnish | helsinki 赫尔辛基
ie | ireland 爱尔兰 アイルランド irland irlande irlanda ирландия irish | dublin 都柏林 ダブリン
lt | lithuania 立陶宛 リトアニア litauen lituanie lituania литва | vilnius 维尔纽斯 вильнюс
lv | latvia 拉脱维亚 ラトビア lettland lettonie латвия | riga 里加市 рига
ee | estonia 爱沙尼亚 エストニア estland estonie эстония | tallinn 塔林 таллин
ua | ukraine 乌克兰 ウクライナ украина украины اوكرانيا ukrainian ucrania | kyiv 基辅 キーウ киев kiev كييف | odesa
    敖德萨 odessa | kharkiv 哈尔科夫 | lviv 利沃夫
ru | russia 俄罗斯 ロシア russland russie rusia россия россии روسيا russian russische russe ruso российский | moscow
    莫斯科 モスクワ moskau moscou moscu москва москве موسكو | petersburg 圣彼得堡 петербург
by | belarus 白俄罗斯 ベラルーシ | minsk 明斯克
am | armenia 亚美尼亚 アルメニア armenien armenie армения ارمينيا armenian | yerevan 埃里温 ереван يريفان eriwan
az | azerbaijan 阿塞拜疆 アゼルバイジャン | baku 巴库 баку
ge | sakartvelo 格鲁吉亚 грузия georgien | tbilisi 第比利斯 тбилиси
kz | kazakhstan 哈萨克斯坦 カザフスタン казахстан | almaty 阿拉木图 | astana 阿斯塔纳
il | israel 以色列 イスラエル израиль اسرائيل israeli | jerusalem 耶路撒冷 | tel-aviv 特拉维夫 | gaza 加沙 ガザ газа
    غزه
ir | iran 伊朗 イラン иран ايران iranian | tehran 德黑兰 тегеран طهران
iq | iraq 伊拉克 イラク ирак العراق | baghdad 巴格达 багдад بغداد
sy | syria 叙利亚 シリア сирия سوريا | damascus 大马士革 دمشق
lb | lebanon 黎巴嫩 レバノン ливан لبنان | beirut 贝鲁特 بيروت
jo | jordan 约旦 ヨルダン иордания الاردن | amman 安曼 عمان
sa | saudi 沙特 サウジ саудовская السعوديه | riyadh 利雅得 الرياض
ae | emirates 阿联酋 アラブ首長国 оаэ الامارات uae | dubai 迪拜 ドバイ дубай دبي | abu-dhabi 阿布扎比
qa | qatar 卡塔尔 カタール катар قطر | doha 多哈 الدوحه
kw | kuwait 科威特 クウェート الكويت
eg | egypt 埃及 エジプト agypten egypte egipto египет مصر المصريه egyptian | cairo 开罗 カイロ каир القاهره kairo |
    alexandria 亚历山大港 الاسكندريه
ma | morocco 摩洛哥 モロッコ marokko maroc marruecos марокко المغرب | casablanca 卡萨布兰卡 الدار
dz | algeria 阿尔及利亚 algerie argelia алжир الجزائر
tn | tunisia 突尼斯 tunisie tunesien тунис تونس
ng | nigeria 尼日利亚 ナイジェリア нигерия نيجيريا nigerian | lagos 拉各斯 лагос | abuja 阿布贾
ke | kenya 肯尼亚 ケニア кения كينيا kenyan | nairobi 内罗毕 ナイロビ
gh | ghana 加纳 ガーナ гана | accra 阿克拉
et | ethiopia 埃塞俄比亚 エチオピア | addis 亚的斯亚贝巴
za | south-africa 南非 南アフリカ sudafrika sudafrica юар afrikaans | johannesburg 约翰内斯堡 ヨハネスブルク |
    cape-town 开普敦 kapstadt | pretoria 比勒陀利亚 | durban 德班
tz | tanzania 坦桑尼亚 タンザニア
ug | uganda 乌干达 ウガンダ | kampala 坎帕拉
in | india 印度 インド inde indien индия الهند indian | delhi 德里 デリー дели | mumbai 孟买 ムンバイ bombay |
    bengaluru 班加罗尔 bangalore | chennai 金奈 | kolkata 加尔各答 | hyderabad 海得拉巴 | pune 浦那 プネー | kerala
    喀拉拉 | gujarat 古吉拉特 | maharashtra 马哈拉施特拉
pk | pakistan 巴基斯坦 パキスタン пакистан باكستان | karachi 卡拉奇 | lahore 拉合尔 | islamabad 伊斯兰堡
bd | bangladesh 孟加拉国 バングラデシュ | dhaka 达卡
lk | lanka 斯里兰卡 スリランカ | colombo 科伦坡
np | nepal 尼泊尔 ネパール | kathmandu 加德满都
th | thailand 泰国 タイ王国 таиланд تايلاند thai thailande | bangkok 曼谷 バンコク бангкок | chiang-mai 清迈
vn | vietnam 越南 ベトナム вьетнам فيتنام vietnamese | hanoi 河内 ハノイ ханой | saigon 胡志明市 西贡
kh | cambodia 柬埔寨 カンボジア kambodscha cambodge камбоджа | phnom 金边
mm | myanmar 缅甸 ミャンマー мьянма birmanie | yangon 仰光
la | laos 老挝 ラオス
my | malaysia 马来西亚 マレーシア малайзия ماليزيا malaysian | lumpur 吉隆坡 クアラルンプール | johor 柔佛 | penang
    槟城
sg | singapore 新加坡 シンガポール singapur singapour сингапур سنغافوره | jurong 裕廊
id | indonesia 印度尼西亚 印尼 インドネシア индонезия اندونيسيا indonesian | jakarta 雅加达 ジャカルタ | bali 巴厘
    バリ島 | bandung 万隆
ph | philippines 菲律宾 フィリピン philippinen filipinas филиппины الفلبين filipino philippine | manila 马尼拉 マニラ
    | cebu 宿务
au | australia 澳大利亚 澳洲 オーストラリア australie australien австралия استراليا australian | sydney 悉尼 雪梨
    シドニー | melbourne 墨尔本 メルボルン | brisbane 布里斯班 ブリスベン | perth 珀斯 | adelaide 阿德莱德 | canberra
    堪培拉 | queensland 昆士兰 | geelong 吉朗 季隆
nz | zealand 新西兰 纽西兰 ニュージーランド neuseeland | auckland 奥克兰 オークランド | wellington 惠灵顿
ca | canada 加拿大 カナダ kanada канада كندا canadian canadienne | toronto 多伦多 トロント торонто | vancouver 温哥华
    | montreal 蒙特利尔 | ottawa 渥太华 | alberta 阿尔伯塔 | calgary 卡尔加里 | ontario 安大略 | quebec 魁北克 |
    newfoundland 纽芬兰 | labrador 拉布拉多
mx | mexico 墨西哥 メキシコ mexique mexiko мексика المكسيك mexican mexicano | monterrey 蒙特雷 | guadalajara
    瓜达拉哈拉
br | brazil 巴西 ブラジル brasil brasilien bresil бразилия البرازيل brazilian brasileiro | sao-paulo 圣保罗
    サンパウロ | rio 里约 リオデジャネイロ | brasilia 巴西利亚
ar | argentina 阿根廷 アルゼンチン argentinien argentine аргентина الارجنتين argentino | buenos-aires 布宜诺斯艾利斯
cl | chile 智利 チリ чили تشيلي | santiago 圣地亚哥
co | colombia 哥伦比亚 コロンビア kolumbien colombie колумбия كولومبيا colombian colombiana | bogota 波哥大 ボゴタ |
    cali 卡利 | medellin 麦德林 | cartagena 卡塔赫纳
pe | peru 秘鲁 ペルー перу | lima 利马市 リマ
ve | venezuela 委内瑞拉 ベネズエラ | caracas 加拉加斯
ec | ecuador 厄瓜多尔 エクアドル | quito 基多
cu | cuba 古巴 キューバ | havana 哈瓦那
"""


def _rows() -> dict[str, tuple[str, str]]:
    """Return every form with the place that it stands for and the code of its country."""
    found: dict[str, tuple[str, str]] = {}
    for line in _ROWS.replace("\n    ", " ").strip().split("\n"):
        country, *places = (part.split() for part in line.split("|"))
        for forms in places:
            found |= dict.fromkeys(forms, (forms[0], country[0]))
    return found


PLACES = _rows()
CODES = tuple(sorted({country for _, country in PLACES.values()}))
