"""A labelled set: Chinese customer-care text with known personal data in many spellings, and traps. Seeded."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from services.compliance.masking import Kind
from steward.sample.identity import luhn, resident_number
from steward.sample.names import given, surname
from steward.sample.regions import REGIONS

_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_MOBILE = ("134", "139", "150", "158", "166", "173", "177", "182", "188", "191", "198", "147")
_PLACES = ("浙江省杭州市西湖区", "北京市朝阳区", "江苏省苏州市昆山市", "广东省深圳市南山区", "四川省成都市武侯区", "湖南省长沙县")
_ROADS = ("文三路", "建国路", "人民南路", "中山大道", "解放街", "和平巷", "科技园", "幸福村")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE_CHARS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

ORDINARY = (
    "您好，我想咨询一下三个月定期存款的利率，和去年相比有没有变化？",
    "感谢您的耐心等待，您的问题已经转给相关部门处理，我们会尽快答复。",
    "本产品不保证本金和收益，过往业绩不代表未来表现，投资须谨慎。",
    "请问周末网点几点开门？我想去办理信用卡激活业务，需要带什么材料？",
    "客户表示对理财经理的服务很满意，希望以后能收到更多投资讲座的邀请。",
    "手机银行登录以后一直提示网络异常，换了一部手机也不行，麻烦帮忙看一下。",
    "这边帮您核实一下，请稍等。系统显示该业务已经受理，目前正在审核当中。",
    "子女教育金计划可以按月定投，金额和期限都可以调整，提前赎回可能产生费用。",
)


@dataclass(frozen=True)
class Label:
    kind: Kind
    start: int
    end: int


class Writer:
    """Sentences of one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"labelled:{seed}")

    def digits(self, count: int) -> str:
        return "".join(self.rng.choice("0123456789") for _ in range(count))

    def spelled(self, number: str, *groups: int, separators: str = " -") -> str:
        """As it is, in groups, or full-width."""
        way = self.rng.random()
        if way < 0.5:
            return number
        if way < 0.6:
            return number.translate(_FULL)
        separator, parts, place = self.rng.choice(separators), [], 0
        for size in groups:
            parts.append(number[place : place + size])
            place += size
        return separator.join([*parts, number[place:]] if place < len(number) else parts)

    def identity(self) -> str:
        birth = date(1950, 1, 1) + timedelta(days=self.rng.randrange(20_000))
        region = self.rng.choice([region for region in REGIONS if region.fits(birth.year)])
        number = resident_number(region, birth, self.rng.randrange(500), self.rng.choice("mf"))
        if self.rng.random() < 0.1:
            return number[:6] + number[8:17]
        return self.spelled(number, 6, 8, 4)

    def phone(self) -> str:
        if self.rng.random() < 0.15:
            area = self.rng.choice(("010", "021", "0571", "0755"))
            return f"{area}-{self.rng.choice('2345678')}{self.digits(7)}"
        return self.spelled(self.rng.choice(_MOBILE) + self.digits(8), 3, 4, 4)

    def card(self) -> str:
        body = self.rng.choice((f"6222{self.digits(14)}", f"4{self.digits(14)}", f"5{self.rng.choice('12345')}{self.digits(13)}"))
        number = body + luhn(body)
        return self.spelled(number, 4, 4, 4, 4)

    def email(self) -> str:
        local = self.rng.choice(("wang.wei", "li_na88", "z", self.rng.choice(_MOBILE) + self.digits(8), "chen-jie+bank"))
        return f"{local}@{self.rng.choice(('qq.com', '139.com', 'example.com.cn', 'mail.bank-test.cn'))}"

    def plate(self) -> str:
        head = self.rng.choice(_PROVINCES) + self.rng.choice("ABCDEFG")
        tail = self.rng.choice((self.digits(5), self.rng.choice(_PLATE_CHARS) + self.digits(4), "D" + self.digits(5)))
        return head + self.rng.choice(("", "", "·")) + tail

    def address(self) -> str:
        doors = ("", f"{self.rng.randrange(1, 30)}幢", f"{self.rng.randrange(1, 9)}单元{self.rng.randrange(101, 2500)}室")
        gap = self.rng.choice(("", "", " "))
        return f"{self.rng.choice(_PLACES)}{self.rng.choice(_ROADS)}{gap}{self.rng.randrange(1, 2000)}号{self.rng.choice(doors)}"

    def name(self) -> str:
        return surname(self.rng) + given(self.rng, sex=self.rng.choice("mf"), birth_year=1985)

    def fact(self) -> tuple[Kind, str, str, str]:
        """A kind, what stands before, the value, what stands after."""
        choices = (
            (Kind.IDENTITY_NUMBER, ("我的身份证号是", "证件号码：", "身份证"), self.identity(), ("，请核对。", "。", "麻烦登记")),
            (Kind.PHONE, ("我的手机号", "请联系", "电话：", "+86 "), self.phone(), ("，谢谢", "。", "王女士")),
            (Kind.CARD, ("卡号", "银行卡：", "转到"), self.card(), ("，已到账", "。", "这张卡")),
            (Kind.EMAIL, ("邮箱", "发到 ", "email:"), self.email(), ("，谢谢", "。", " 即可")),
            (Kind.PLATE, ("车牌", "我的车", "车辆"), self.plate(), ("停在网点门口", "，需要挪车", "。")),
            (Kind.ADDRESS, ("家住", "地址：", "请寄到"), self.address(), ("，请上门。", "。", "，收件人本人")),
            (Kind.NAME, ("姓名：", "户名", "联系人："), self.name(), ("，", "。", "；")),
            (Kind.PASSPORT, ("护照号", "持护照"), self.rng.choice("EGD") + self.digits(8), ("办理", "。")),
            (Kind.HK_MACAU_PERMIT, ("回乡证号", "港澳通行证"), self.rng.choice("HM") + self.digits(8), ("办理", "。")),
            (Kind.TAIWAN_PERMIT, ("台胞证", "台湾居民来往大陆通行证"), self.digits(8), ("办理", "。")),
        )
        kind, before, value, after = self.rng.choices(choices, (6, 6, 5, 3, 2, 3, 2, 1, 1, 1))[0]
        before_it = self.rng.choice(before)
        if kind is Kind.PHONE and value.startswith("0") and before_it == "+86 ":
            before_it = "座机"
        if kind is Kind.NAME and before_it == "户名":
            before_it = "户名："
        return kind, before_it, value, self.rng.choice(after)

    def trap(self) -> str:
        """A sentence with numbers that are nobody's."""
        day = date(2026, 1, 1) + timedelta(days=self.rng.randrange(365))
        few, amount = self.rng.randrange(2, 9), self.rng.randrange(100, 99_999)
        return self.rng.choice(
            (
                f"订单号{day:%Y%m%d}{self.digits(self.rng.randrange(6, 12))}还没有到账。",
                f"交易流水{self.rng.choice('1236789')}{self.digits(self.rng.randrange(13, 19))}，金额{amount}.00元。",
                f"{day:%Y-%m-%d} 14:{self.rng.randrange(10, 60)}:08 转出1,{self.digits(3)},{self.digits(3)}.50元。",
                f"{day.year}年{day.month}月{day.day}号来过{few}号窗口，前面有{self.rng.randrange(2, 40)}人。",
                f"坐地铁{self.rng.randrange(1, 19)}号线，{few}楼大厅，热线95588或400-820-{self.digits(4)}。",
                f"产品代码R{few}A{self.digits(4)}，期限{self.rng.randrange(30, 400)}天，基准3.{self.digits(2)}%。",
                f"合同编号HT-{day:%Y}-{self.digits(6)}，版本 2.{self.digits(1)}.{self.digits(2)}，共{few}页。",
                f"市值{self.digits(2)}8{self.digits(8)}.25元，份额{self.rng.randrange(10**6, 10**7)}份，净值1.{self.digits(4)}。",
            )
        )


def document(seed: int, sentences: int, *, facts: float = 0.15, traps: float = 0.25) -> tuple[str, list[Label]]:
    """A text of so many sentences and what is in it; the shares of sentences with personal data, and with traps."""
    writer = Writer(seed)
    parts: list[str] = []
    labels: list[Label] = []
    place = 0
    for _ in range(sentences):
        way = writer.rng.random()
        if way < facts:
            kind, before, value, after = writer.fact()
            labels.append(Label(kind, place + len(before), place + len(before) + len(value)))
            sentence = before + value + after
        elif way < facts + traps:
            sentence = writer.trap()
        else:
            sentence = writer.rng.choice(ORDINARY)
        sentence += writer.rng.choice(("", "", "\n"))
        parts.append(sentence)
        place += len(sentence)
    return "".join(parts), labels
