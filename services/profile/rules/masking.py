"""How personal data looks in an answer (H20). Pure; hides more rather than less when a value is not in the usual form.

Inside the bank the last six characters of an identity number are hidden, which is what the handbook asks for; outside, and
for the customer's own app, only the first and the last character are shown (display practice, no standard).
"""

import re

HIDDEN = "*"
HIDDEN_OF_ID = 6
_COMPOUND = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶"
    "太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良"
    "漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌微生梁丘左丘东门西门"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND[place : place + 2] for place in range(0, len(_COMPOUND), 2))
"""Family names of two characters."""


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
