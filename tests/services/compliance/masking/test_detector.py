import pytest

from services.compliance.masking import Kind, find
from tests.services.compliance.masking.labelled import ORDINARY, Label, document
from tests.services.compliance.masking.scoring import PLAIN, plain_labels, score

FOUND = [
    (Kind.IDENTITY_NUMBER, "身份证", "110101199003077512", "。"),
    (Kind.IDENTITY_NUMBER, "身份证", "11010519491231002X", "办理"),
    (Kind.IDENTITY_NUMBER, "身份证", "11010519491231002x", ""),
    (Kind.IDENTITY_NUMBER, "身份证", "１１０１０５１９４９１２３１００２Ｘ", ""),
    (Kind.IDENTITY_NUMBER, "", "110101 19900307 7512", ""),
    (Kind.IDENTITY_NUMBER, "", "110101-19900307-7512", " 已登记"),
    (Kind.IDENTITY_NUMBER, "", "1 1 0 1 0 1 1 9 9 0 0 3 0 7 7 5 1 2", ""),
    (Kind.IDENTITY_NUMBER, "老证", "110105491231002", "。"),
    (Kind.PHONE, "手机", "13812345678", "，"),
    (Kind.PHONE, "+86 ", "13812345678", ""),
    (Kind.PHONE, "+86-", "138-1234-5678", ""),
    (Kind.PHONE, "86", "13812345678", ""),
    (Kind.PHONE, "0086", "13812345678", ""),
    (Kind.PHONE, "tel", "13812345678", ""),
    (Kind.PHONE, "**", "13812345678", "**"),
    (Kind.PHONE, "手机", "１３８１２３４５６７８", ""),
    (Kind.PHONE, "", "138.1234.5678", ""),
    (Kind.PHONE, "座机", "0571-88881234", "。"),
    (Kind.PHONE, "电话", "01062345678", "。"),
    (Kind.CARD, "卡号", "6222021234567890128", "。"),
    (Kind.CARD, "卡号", "6222 0212 3456 7890 128", ""),
    (Kind.CARD, "visa ", "4111-1111-1111-1111", ""),
    (Kind.EMAIL, "邮箱", "wang.wei+bank@mail.example.com.cn", "，谢谢"),
    (Kind.EMAIL, "", "13812345678@139.com", ""),
    (Kind.PLATE, "车牌", "京A12345", "停"),
    (Kind.PLATE, "车牌", "沪AD12345", "停"),
    (Kind.PLATE, "车牌", "粤B·AB123", "停"),
    (Kind.PLATE, "车牌", "苏E 8K234", "停"),
    (Kind.ADDRESS, "家住", "浙江省杭州市西湖区文三路90号3幢2单元501室", "，"),
    (Kind.ADDRESS, "请寄到", "北京市朝阳区建国路 88 号", ""),
    (Kind.ADDRESS, "地址：", "文三路９０号", "。"),
    (Kind.NAME, "姓名：", "王小明", "电话"),
    (Kind.NAME, "户名:", "欧阳建国", "，"),
    (Kind.PASSPORT, "护照号", "E12345678", ""),
    (Kind.PASSPORT, "持护照 ", "EA1234567", ""),
    (Kind.HK_MACAU_PERMIT, "回乡证", "H1234567801", ""),
    (Kind.TAIWAN_PERMIT, "台胞证号", "12345678", ""),
]


@pytest.mark.parametrize(("kind", "before", "value", "after"), FOUND)
def test_every_spelling_is_found_at_its_place(kind, before, value, after):
    (found,) = find(before + value + after)
    assert (found.kind, found.start, found.end) == (kind, len(before), len(before) + len(value))
    assert 5_000 <= found.confidence_bp <= 10_000


NOT_FOUND = [
    *ORDINARY,
    "身份证110101199003077513",  # the check digit is wrong
    "身份证110101199002307512",  # no such day
    "身份证990101199003077515",  # no such region
    "卡号6222021234567890127",  # fails Luhn
    "订单号20240305123456789已付款",
    "流水2024030512345678901234567890",
    "2024-03-05 14:33:08 转出1,234,567.50元",
    "市值13812345678.25元，余额13812345678元，占13812345678%",
    "10.13812345678",
    "序列a13812345678b，摘要9f13812345678ab",
    "热线95588，客服400-820-8820",
    "坐地铁3号线，去5号窗口，3楼大厅，5号下午",
    "产品代码R3A1234，合同HT-2024-123456",
    "编号E12345678和12345678",  # documents need their word
    "台胞证的办理需要30天",
    "版本 2.10.13，尺寸 1920x1080",
    "@小王 看一下，a@b",
    "姓名不符，请核对",
    "姓名：未知",
    "京A级景区12345人",
    "1381234567，138123456789",
    "护照\nE12345678",  # another line
]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_nobodys_stays_untouched(text):
    assert find(text) == []


def test_neighbours_are_told_apart():
    text = "4111111111111111 138 1234 5678 110101199003077512,13812345678/13912345678"
    assert [text[one.start : one.end] for one in find(text)] == [
        "4111111111111111",
        "138 1234 5678",
        "110101199003077512",
        "13812345678",
        "13912345678",
    ]


def test_numbers_of_one_digit_a_group_follow_each_other():
    text = "1 1 0 1 0 1 1 9 9 0 0 3 0 7 7 5 1 2 1 3 8 1 2 3 4 5 6 7 8"
    assert [one.kind for one in find(text)] == [Kind.IDENTITY_NUMBER, Kind.PHONE]


def test_a_mail_address_takes_all_of_a_number_that_it_cuts():
    (found,) = find("110101 19900307 7512@example.com")
    assert (found.kind, found.start) == (Kind.EMAIL, 0)


def test_a_very_long_row_of_digits_is_nobodys_number_and_takes_no_longer():
    assert find("1" * 300_000) == []
    assert find("1 " * 100_000 + "@" * 50_000 + "路1" * 50_000) == []


@pytest.mark.parametrize("seed", range(3))
def test_precision_and_recall_are_no_worse_than_those_of_plain_expressions(seed):
    text, labels = document(seed, 4_000)
    found = [Label(one.kind, one.start, one.end) for one in find(text)]
    ours, plain = score(found, labels, PLAIN), score(plain_labels(text), labels, PLAIN)
    assert ours.precision >= max(plain.precision, 0.98)
    assert ours.recall >= max(plain.recall, 0.99)
    everything = score(found, labels, set(Kind))
    assert everything.precision >= 0.98
    assert everything.recall >= 0.99
