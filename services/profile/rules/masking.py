"""How personal data looks in an answer (H20). Pure; hides more rather than less when a value is not in the usual form.

Inside the bank the last six characters of an identity number are hidden, which is what the handbook asks for; outside, and
for the customer's own app, only the first and the last character are shown (display practice, no standard).
"""

import re

HIDDEN = "*"
HIDDEN_OF_ID = 6
COMPOUND_SURNAMES = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 "
    "宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 "
    "微生 梁丘 左丘 东门 西门".split()
)


def mask_name(name: str) -> str:
    """The family name stays, the given name is hidden: 王小明 → 王**; other scripts keep each word's first letter."""
    name = name.strip()
    if not re.search(r"[\u3400-\u9fff]", name):
        return " ".join(word[:1] + HIDDEN * 3 for word in name.split())
    family = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return name[:family] + HIDDEN * max(len(name) - family, 1)


def mask_id_number(number: str, *, inside: bool) -> str:
    """110101199003077512 → 110101199003****** inside the bank, 1****************2 outside."""
    if inside and len(number) > HIDDEN_OF_ID:
        return number[:-HIDDEN_OF_ID] + HIDDEN * HIDDEN_OF_ID
    if inside or len(number) <= HIDDEN_OF_ID:
        return HIDDEN * len(number)
    return number[0] + HIDDEN * (len(number) - 2) + number[-1]


def mask_phone(phone: str) -> str:
    """138****5678: three and four digits; a number from abroad keeps its last four only."""
    national = phone.removeprefix("+86") if phone.startswith("+86") else phone
    if national != phone or (len(national) == 11 and national.isdigit()):
        return national[:3] + HIDDEN * max(len(national) - 7, 4) + national[-4:] if len(national) > 7 else HIDDEN * 8
    return HIDDEN * 8 + phone[-4:] if len(phone) > 7 else HIDDEN * 8


def mask_card(number: str) -> str:
    """622848******0018: six and four digits."""
    if len(number) < 13:
        return HIDDEN * len(number)
    return number[:6] + HIDDEN * (len(number) - 10) + number[-4:]


def mask_email(email: str) -> str:
    """w***@example.com: the first letter and the domain."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}{HIDDEN * 3}{at}{domain}" if local else HIDDEN * 3


def mask_address(address: str) -> str:
    """The first three characters, which name the province or city."""
    return address[:3] + HIDDEN * 6 if len(address) > 6 else HIDDEN * 6
