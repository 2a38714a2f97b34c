"""Writes a value in the form that the policy gives it. Pure; hides more rather than less where a value has another form."""

import re
from collections.abc import Callable
from functools import partial

from contracts.disclosure.fields import HIDDEN, MASKED, SHORTEST, WORDS, DataField
from contracts.disclosure.policy import Form

WIDTH = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: " ", 0x00A0: " "}
"""Full-width forms to ASCII, one character for one, so that offsets stay."""

COMPOUND = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶"
    "太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良"
    "漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌微生梁丘左丘东门西门"
)
COMPOUND_SURNAMES = frozenset(COMPOUND[place : place + 2] for place in range(0, len(COMPOUND), 2))
"""Family names of two characters."""

DISTRICT = re.compile(r".*(?:(?<![小社园校厂库景])区|[县旗]|市(?!场))", re.DOTALL)
"""Up to the end of the last district, county or city that a text names."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_BEFORE_A_ROAD = re.compile(r"[^0-9０-９路街道巷弄村号]*")
_HOME = "+86"
_FIXED_ADDRESS = 6
_NO_SEPARATORS = str.maketrans("", "", " .·•-‐‑–—")


def writer(field: DataField, form: Form) -> Callable[[str], str]:
    """What writes a value of this field with all hidden that `form` does not keep.

    Numbers lose their separators and become ASCII, and their hidden characters are counted (138****5678); those of a name
    after the family name are counted too. An address's and a mail address's length is not told.
    """
    if form.show:
        return str
    if form.keep == "mail_domain":
        return partial(_mail, first=form.first)
    if form.keep == "district":
        return _address
    if form.keep == "family_name":
        return _name
    if not (form.first or form.last or form.hide_last):
        return _nothing
    if field in WORDS:
        return lambda value: _ends(value, form.first, form.last)
    return partial(_number, field=field, form=form)


def plain(number: str) -> str:
    """A number without separators, in ASCII."""
    return number if number.isalnum() and number.isascii() else number.translate(WIDTH).translate(_NO_SEPARATORS)


def district_end(address: str) -> int:
    """How many characters of an address name its place, down to the district or county and before any road; 0 for none."""
    head = _BEFORE_A_ROAD.match(address)
    found = DISTRICT.match(address, 0, head.end() if head else 0)
    return found.end() if found else 0


def _nothing(value: str) -> str:
    return MASKED if value else value


def _number(value: str, field: DataField, form: Form) -> str:
    number = plain(value)
    if field is DataField.PHONE and number.startswith("+"):
        abroad = not number.startswith(_HOME)
        number = number if abroad else number.removeprefix(_HOME)
        form = Form(last=form.last) if abroad else form
    if len(number) < SHORTEST.get(field, 0):
        return HIDDEN * max(len(number), len(MASKED))
    if form.hide_last is not None:
        return number[: -form.hide_last] + HIDDEN * form.hide_last
    return _ends(number, form.first, form.last)


def _mail(value: str, first: int) -> str:
    local, at, domain = value.rpartition("@" if "@" in value else "＠")
    return local[:first] + MASKED + at + domain if local else MASKED


def _address(value: str) -> str:
    return value[: district_end(value)] + HIDDEN * _FIXED_ADDRESS


def _name(value: str) -> str:
    value = value.strip()
    if not _HAN.search(value):
        return " ".join(word[:1] + MASKED for word in value.split())
    family = 2 if value[:2] in COMPOUND_SURNAMES and len(value) > 2 else 1
    return value[:family] + HIDDEN * max(len(value) - family, 1)


def _ends(value: str, first: int, last: int) -> str:
    length = len(value)
    if first + last + len(MASKED) > length:
        return HIDDEN * length
    return value[:first] + HIDDEN * (length - first - last) + value[length - last :]
