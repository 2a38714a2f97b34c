"""Chinese names by sex and generation, and the letters of a surname for an email address."""

from random import Random

SURNAMES = (
    ("王", "wang", 72), ("李", "li", 74), ("张", "zhang", 68), ("刘", "liu", 54), ("陈", "chen", 47), ("杨", "yang", 31),
    ("赵", "zhao", 23), ("黄", "huang", 23), ("周", "zhou", 21), ("吴", "wu", 20), ("徐", "xu", 17), ("孙", "sun", 16),
    ("胡", "hu", 13), ("朱", "zhu", 13), ("高", "gao", 12), ("林", "lin", 12), ("何", "he", 11), ("郭", "guo", 11),
    ("马", "ma", 11), ("罗", "luo", 9), ("梁", "liang", 9), ("宋", "song", 8), ("郑", "zheng", 8), ("谢", "xie", 7),
    ("韩", "han", 7), ("唐", "tang", 7), ("冯", "feng", 7), ("于", "yu", 6), ("董", "dong", 6), ("萧", "xiao", 6),
    ("程", "cheng", 6), ("曹", "cao", 6), ("袁", "yuan", 5), ("邓", "deng", 5), ("许", "xu", 5), ("傅", "fu", 5),
    ("沈", "shen", 5), ("曾", "zeng", 5), ("彭", "peng", 5), ("吕", "lv", 5), ("苏", "su", 5), ("卢", "lu", 5),
    ("蒋", "jiang", 5), ("蔡", "cai", 5), ("贾", "jia", 4), ("丁", "ding", 4), ("魏", "wei", 4), ("薛", "xue", 4),
    ("叶", "ye", 4), ("阎", "yan", 4), ("余", "yu", 4), ("潘", "pan", 4), ("杜", "du", 4), ("戴", "dai", 3),
    ("夏", "xia", 3), ("钟", "zhong", 3), ("汪", "wang", 3), ("田", "tian", 3), ("任", "ren", 3), ("姜", "jiang", 3),
    ("欧阳", "ouyang", 1), ("司马", "sima", 1), ("诸葛", "zhuge", 1), ("上官", "shangguan", 1),
)  # fmt: skip

_PINYIN = {surname: letters for surname, letters, _ in SURNAMES}
_SURNAMES = tuple(surname for surname, _, _ in SURNAMES)
_WEIGHTS = tuple(weight for _, _, weight in SURNAMES)

_GIVEN_WORDS = {
    ("m", 1960): "建国 建军 国强 志明 德胜 振华 福生 永福 桂林 文彬 卫东 国华 玉林 保国 学文 长江 金山 正义 光明 家福",
    ("f", 1960): "秀英 桂英 玉兰 淑珍 凤英 秀兰 玉珍 桂兰 淑华 桂芳 素珍 翠兰 玉梅 春兰 惠珍 淑琴 月英 金凤 美玉 秋菊",
    ("m", 1980): "伟 强 军 勇 杰 涛 明 超 刚 辉 斌 志刚 建平 海涛 晓东 立新 永强 少华 文涛 国栋 志强 建华 学军 宏伟",
    ("f", 1980): "芳 敏 静 丽 艳 娟 霞 燕 红 玲 丽华 晓燕 春梅 海燕 雪梅 丽娟 秀丽 志红 小红 红梅 慧敏 建英 文静 玉洁",
    ("m", 2000): "鹏 磊 浩 宇 俊杰 志豪 文博 子豪 宇航 天宇 嘉伟 思远 家豪 晨曦 明哲 一鸣 博文 泽宇 俊辉 浩然 振宇 晓峰",
    ("f", 2000): "婷 雪 倩 颖 佳 欣怡 雨婷 梦瑶 思琪 佳怡 诗涵 婉婷 晓雯 梦洁 雅婷 嘉欣 慧 丹丹 莹莹 媛 晓彤 佳慧 若兰",
    ("m", 9999): "梓轩 浩宇 宇轩 子涵 皓轩 沐宸 奕辰 宇泽 铭轩 俊熙 睿泽 承宇 一诺 景行 知远 云帆 书恒 亦航 嘉树 乐天",
    ("f", 9999): "梓涵 一诺 欣妍 雨桐 可馨 梓萱 语桐 诗琪 若汐 沐瑶 艺涵 芷若 佳琪 安琪 思涵 语嫣 清越 知夏 念慈 书瑶",
}  # fmt: skip

GIVEN = {key: tuple(words.split()) for key, words in _GIVEN_WORDS.items()}
"""Given names by sex and by the year before which they were given."""

_MIDDLE = "文明晓志国建海永家思子春玉俊雨佳小天嘉德"


def surname(rng: Random) -> str:
    """A surname, as frequent as in the census."""
    return rng.choices(_SURNAMES, _WEIGHTS)[0]


def given(rng: Random, *, sex: str, birth_year: int) -> str:
    """One or two characters that fit sex and generation."""
    generation = next(until for until in (1960, 1980, 2000, 9999) if birth_year < until)
    name = rng.choice(GIVEN[sex, generation])
    if len(name) == 1 and rng.random() < 0.45:
        return rng.choice(_MIDDLE) + name
    return name


def pinyin(family_name: str) -> str:
    """The surname in letters."""
    return _PINYIN[family_name]
