"""Reads what begins before its first digit, or has none: documents, plates, addresses, mail addresses, names. Pure."""

import re
from string import ascii_letters, digits

from contracts.disclosure.forms import COMPOUND_SURNAMES, DISTRICT, WIDTH
from services.compliance.masking.policy import shipped_hints
from services.compliance.masking.runs import D, own_part
from services.compliance.masking.values import Finding, Kind

HAN = r"\u3400-\u9fff"
ROAD = "路街道巷弄村园苑区坊镇乡庄寨屯湾同"
"""How the name of a place ends that has numbered houses."""

_NUMBER = rf"[{D}]{{1,5}}+(?:[-－][{D}]{{1,4}}+){{0,3}}"
_UNIT = "(?:号楼|号院|单元|[号弄室幢栋座楼层组])"
HOUSE = rf"[{D}]{{0,4}}+(?:[-－][{D}]{{1,4}}+){{0,3}} ?{_UNIT}"
"""What follows the first digit of a house number."""

_ESTATE = rf"[{HAN}]{{2,10}}?(?:大厦|小区|花园|公寓|苑|广场|中心|家园|新村)"
_DOOR = re.compile(
    rf"{_NUMBER} ?{_UNIT}(?![线柜窗机文令])(?: ?(?:{_ESTATE})? ?(?:{_NUMBER}|[A-Za-z甲乙丙丁东西南北]) ?{_UNIT}){{0,6}}"
    rf"(?:(?<=[元幢栋座楼层]) ?[{D}]{{3,4}}+(?! ?[{D}]))?"
)
_LEAD = re.compile(r".*(?:[在住址是寄到:：]|寄往|送往|发往|寄至|送至|搬至|位于|居于|住址为|地址为|我家)", re.DOTALL)
_PROVINCE = re.compile(
    "(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海"
    "|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)(?![东西南北中]?(?:路|街|大道|道))"
)
_NOT_HAN = re.compile(rf".*[^{HAN}]", re.DOTALL)
_REACH_BACK = 40
_ROAD_NAME = 6

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""With which a plate begins."""

_PLATE = re.compile(
    rf"[{PROVINCES}][A-HJ-Y][ ·•.-]?"
    "(?:[DF][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[DF]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳])(?![A-Za-z0-9])"
)
_LETTERS_OF_A_PLATE = 2
_BEFORE_A_DIGIT = 6
_PLATE_LENGTH = 9

_DOCUMENT = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]{1,2}[0-9]{7,10}|[0-9]{8})(?![A-Za-z0-9]|\*{3})")
_CONTEXT = 16
_SURE = shipped_hints().confidence_bp
_CONTEXT_WORDS = tuple((word, kind) for kind, words in shipped_hints().documents.items() for word in words)
_FORMS = {
    Kind.PASSPORT: re.compile(r"[A-Z]{1,2}[0-9]{7,8}"),
    Kind.HK_MACAU_PERMIT: re.compile(r"[CHMW][A-Z]?[0-9]{7,10}"),
    Kind.TAIWAN_PERMIT: re.compile(r"[LT]?[0-9]{8}"),
}

_LOCAL = ascii_letters + digits + "._%+-"
_LONGEST_LOCAL = 64
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])")

NAME_LABELS = shipped_hints().name_labels
"""What a name is found after, with a colon."""

NAME_LABELS_END = "".join({label[-1] for label in NAME_LABELS})
_COMPOUND = "|".join(sorted(COMPOUND_SURNAMES))
_SURNAME = (
    "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚"
    "谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦"
    "向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强"
    "柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇]"
)
_NOT_A_NAME = "电话|手机|身份|证件|性别|年龄|住址|地址|账号|卡号|先生|女士|不符|有误"
_GIVEN = rf"(?:(?!{_NOT_A_NAME})[{HAN}]){{1,2}}+"
PERSON = re.compile(rf"(?:(?:{_COMPOUND}){_GIVEN}|(?!(?:{_COMPOUND})\*){_SURNAME}{_GIVEN})")


def read_plate(text: str, digit: int, floor: int) -> Finding | None:
    """The plate (GA 36, new-energy ones too) whose first digit, or one of the first, stands at `digit`."""
    before = text[digit - 1 : digit]
    if not before or not (before.isalpha() or before in " ·•"):
        return None
    begin = max(digit - _BEFORE_A_DIGIT, floor)
    found = _PLATE.search(text[begin : digit + _PLATE_LENGTH].translate(WIDTH))
    if found is None or begin + found.start() > digit:
        return None
    if sum(char.isascii() and char.isalpha() for char in found[0][2:]) > _LETTERS_OF_A_PLATE:
        return None
    return Finding(Kind.PLATE, begin + found.start(), begin + found.end(), _SURE.plate)


def read_document(text: str, digit: int, floor: int) -> Finding | None:
    """A passport, or a permit of Hong Kong, Macau or Taiwan, shortly after the word for it."""
    context = own_part(text[max(floor, digit - _CONTEXT) : digit])
    near = [(context.rfind(word), kind) for word, kind in _CONTEXT_WORDS if word in context]
    if not near:
        return None
    kind = max(near)[1]
    begin = max(digit - 3, floor)
    area = text[begin : digit + 12].translate(WIDTH)
    found = _DOCUMENT.search(area)
    if found is None or not found.start() <= digit - begin < found.end() or not _FORMS[kind].fullmatch(found[0]):
        return None
    return Finding(kind, begin + found.start(), begin + found.end(), _SURE.document)


def is_document(value: str, kind: Kind) -> bool:
    """Whether the whole value has the form of this kind of document; what it is was said elsewhere."""
    form = _FORMS.get(kind)
    return form is not None and form.fullmatch(value) is not None


def read_address(text: str, digit: int, floor: int) -> Finding | None:
    """An address with a house number: from its province, city or road to its last door."""
    door = _DOOR.match(text, digit)
    if door is None:
        return None
    road = digit - (text[digit - 1] == " ")
    head = text[max(floor, road - _REACH_BACK) : road]
    broken = _NOT_HAN.match(head)
    head = head[broken.end() :] if broken else head
    lead = _LEAD.match(head)
    head = head[lead.end() :] if lead else head
    district = DISTRICT.match(head, 0, max(len(head) - 1, 0))
    if district is None:
        head = head[-_ROAD_NAME:]
    else:
        province = _PROVINCE.search(head, 0, district.end())
        head = head[province.start() :] if province else head
    if len(head) < 2:  # a road alone has no name
        return None
    return Finding(Kind.ADDRESS, road - len(head), door.end(), _SURE.address if district else _SURE.road)


def read_email(text: str, at: int, floor: int) -> Finding | None:
    """The mail address around the @ at `at`."""
    before = text[max(at - _LONGEST_LOCAL, floor) : at]
    local = before[len(before.rstrip(_LOCAL)) :].lstrip(".-")
    domain = _DOMAIN.match(text, at + 1)
    if not local or domain is None:
        return None
    return Finding(Kind.EMAIL, at - len(local), domain.end(), _SURE.email)


def read_name(text: str, colon: int) -> Finding | None:
    """The name after a label such as 户名, whose colon stands at `colon`."""
    if not text.endswith(NAME_LABELS, 0, colon):
        return None
    found = PERSON.match(text, colon + 1 + text.startswith(" ", colon + 1))
    return Finding(Kind.NAME, found.start(), found.end(), _SURE.name) if found else None
