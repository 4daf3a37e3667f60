"""The words and zone names that dates are written with, in the languages that sources use."""

from datetime import timedelta

# One line a month: English, German, French, Spanish, Portuguese, Italian, Dutch, Russian, Polish; accents removed.
_MONTH_LINES = """
january jan januar janner janvier janv enero ene janeiro gennaio gen januari января янв stycznia
february feb februar fevrier fevr febrero fevereiro fev febbraio februari февраля фев февр lutego
march mar marz maerz mars marzo março marco maart mrt марта мар мар marca
april apr avril avr abril abr aprile апреля апр kwietnia
may mai mayo maio maggio mag mei мая май maja
june jun juni juin junio junho giugno giu июня июн czerwca
july jul juli juillet juil julio julho luglio lug июля июл lipca
august aug aout agosto ago augustus августа авг sierpnia
september sep sept septembre septiembre setembro set settembre сентября сен сент wrzesnia
october oct oktober okt octobre octubre outubro out ottobre ott октября окт pazdziernika
november nov novembre noviembre novembro ноября ноя listopada
december dec dezember dez decembre diciembre dic dezembro dicembre декабря дек grudnia
"""
MONTHS = {word: number for number, line in enumerate(_MONTH_LINES.split("\n")) for word in line.split()}

_UNIT_LINES = {
    timedelta(seconds=1): "second sec s 秒 초 sekunde segundo seconde secondo секунда",
    timedelta(minutes=1): "minute min m 分 分钟 分鐘 분 minuto минута минут phut",
    timedelta(
        hours=1
    ): "hour hr h 小时 小時 時間 个小时 個小時 钟头 鐘頭 시간 stunde std hora heure ora ore час часа часов gio",
    timedelta(days=1): "day d 天 日 일 tag dia jour giorno giorni день дня сутки дней ngay",
    timedelta(
        weeks=1
    ): "week wk w 周 週 星期 礼拜 週間 주 woche semana semaine settimana settimane недел tuan",
    timedelta(days=30): "month mo mth 月 个月 個月 ヶ月 か月 カ月 개월 monat mes mois mese mesi месяц thang",
    timedelta(days=365): "year yr y 年 년 jahr ano an anno anni год лет nam",
}
UNITS = {word: length for length, line in _UNIT_LINES.items() for word in line.split()}

COUNTS = dict(zip("一二三四五六七八九十", range(1, 11), strict=True)) | {
    "两": 2, "兩": 2, "半": 0.5, "几": 3, "a": 1, "an": 1, "one": 1, "ein": 1, "einer": 1, "einem": 1, "un": 1, "una": 1,
    "une": 1, "um": 1, "uma": 1,
}  # fmt: skip

JUST_NOW = (
    "刚刚",
    "剛剛",
    "刚才",
    "剛才",
    "たった今",
    "방금",
    "just now",
    "now",
    "gerade eben",
    "a l'instant",
    "ahora",
)
DAYS_BACK = {
    "今天": 0, "今日": 0, "오늘": 0, "today": 0, "heute": 0, "hoy": 0, "aujourd'hui": 0, "hoje": 0, "oggi": 0, "сегодня": 0,
    "昨天": 1, "昨日": 1, "어제": 1, "yesterday": 1, "gestern": 1, "ayer": 1, "hier": 1, "ontem": 1, "ieri": 1, "вчера": 1,
    "前天": 2, "一昨日": 2, "그저께": 2,
}  # fmt: skip

AFTERNOON = ("下午", "晚上", "晚间", "晚間", "傍晚", "午后", "午後", "오후", "pm", "p.m.")
MORNING = ("上午", "早上", "清晨", "凌晨", "早间", "午前", "오전", "am", "a.m.")

# Minutes east of Greenwich. Where a name has several meanings, the usual one of RFC 822 stands first.
ZONE_NAMES: dict[str, tuple[int, ...]] = {
    "Z": (0,), "UT": (0,), "UTC": (0,), "GMT": (0,), "WET": (0,), "WEST": (60,), "CET": (60,), "MEZ": (60,), "CEST": (120,),
    "MESZ": (120,), "EET": (120,), "EEST": (180,), "MSK": (180,), "TRT": (180,), "GST": (240,), "PKT": (300,), "NPT": (345,),
    "ICT": (420,), "WIB": (420,), "HKT": (480,), "SGT": (480,), "MYT": (480,), "PHT": (480,), "AWST": (480,), "JST": (540,),
    "KST": (540,), "AEST": (600,), "AEDT": (660,), "NZST": (720,), "NZDT": (780,), "SAST": (120,), "EAT": (180,), "BRT": (-180,),
    "ART": (-180,), "AST": (-240, 180), "EST": (-300,), "EDT": (-240,), "CDT": (-300,), "MST": (-420,), "MDT": (-360,),
    "PST": (-480, 480), "PDT": (-420,), "AKST": (-540,), "AKDT": (-480,), "HST": (-600,),
    "CST": (-360, 480), "BST": (60, 360), "IST": (330, 60, 120),
}  # fmt: skip
# Names that mean "whatever the clock there shows".
ZONE_PLACES = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
    "BJT": "Asia/Shanghai", "北京时间": "Asia/Shanghai", "北京時間": "Asia/Shanghai",
}  # fmt: skip
