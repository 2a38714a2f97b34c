"""Places: region codes of identity numbers, and the cities in which the bank has branches.

A region code is the first six digits of an identity number. Each one here has the year from which it was in use,
and, where it was given up, the year. The published codes begin in 1981: people born before carry one of that year.
"""

from dataclasses import dataclass

FIRST_CODES = 1981
"""The year with which the published codes begin."""


@dataclass(frozen=True, slots=True)
class Region:
    """A county-level division: in use from `since` until before `until`."""

    code: str
    name: str
    since: int
    until: int = 9999

    def fits(self, birth_year: int) -> bool:
        """Whether somebody born in `birth_year` can have a number that begins with this code."""
        return self.since <= max(birth_year, FIRST_CODES) < self.until


REGIONS = (
    Region("110101", "北京东城", 1981),
    Region("110102", "北京西城", 1981),
    Region("110103", "北京崇文", 1981, 2010),
    Region("110104", "北京宣武", 1981, 2010),
    Region("110105", "北京朝阳", 1981),
    Region("110106", "北京丰台", 1981),
    Region("110107", "北京石景山", 1981),
    Region("110108", "北京海淀", 1981),
    Region("110224", "北京大兴", 1982, 2001),
    Region("120101", "天津和平", 1981),
    Region("120102", "天津河东", 1981),
    Region("120103", "天津河西", 1981),
    Region("120104", "天津南开", 1981),
    Region("120105", "天津河北", 1981),
    Region("120106", "天津红桥", 1981),
    Region("130102", "石家庄长安", 1983),
    Region("140105", "太原小店", 1998),
    Region("210102", "沈阳和平", 1983),
    Region("210202", "大连中山", 1983),
    Region("220102", "长春南关", 1983),
    Region("222401", "延吉", 1981),
    Region("230102", "哈尔滨道里", 1983),
    Region("230103", "哈尔滨南岗", 1983),
    Region("310101", "上海黄浦", 1981),
    Region("310103", "上海卢湾", 1981, 2011),
    Region("310104", "上海徐汇", 1981),
    Region("310105", "上海长宁", 1981),
    Region("310106", "上海静安", 1981),
    Region("310107", "上海普陀", 1981),
    Region("310108", "上海闸北", 1981, 2015),
    Region("310109", "上海虹口", 1981),
    Region("310110", "上海杨浦", 1981),
    Region("310115", "上海浦东", 1992),
    Region("310226", "上海奉贤", 1982, 2001),
    Region("320102", "南京玄武", 1983),
    Region("320106", "南京鼓楼", 1983),
    Region("330102", "杭州上城", 1983),
    Region("330106", "杭州西湖", 1983),
    Region("330203", "宁波海曙", 1983),
    Region("340102", "合肥东市", 1983, 2002),
    Region("350102", "福州鼓楼", 1983),
    Region("360102", "南昌东湖", 1983),
    Region("370102", "济南历下", 1983),
    Region("370202", "青岛市南", 1983),
    Region("410102", "郑州中原", 1983),
    Region("410105", "郑州金水", 1983),
    Region("420102", "武汉江岸", 1983),
    Region("420106", "武汉武昌", 1983),
    Region("430102", "长沙芙蓉", 1996),
    Region("433122", "湘西泸溪", 1981),
    Region("440103", "广州荔湾", 1983),
    Region("440104", "广州越秀", 1983),
    Region("440106", "广州天河", 1985),
    Region("440303", "深圳罗湖", 1990),
    Region("440304", "深圳福田", 1990),
    Region("440305", "深圳南山", 1990),
    Region("450102", "南宁兴宁", 1983),
    Region("452123", "南宁宾阳", 1981, 2002),
    Region("500103", "重庆渝中", 1997),
    Region("510104", "成都锦江", 1990),
    Region("510105", "成都青羊", 1990),
    Region("513401", "凉山西昌", 1981),
    Region("513425", "凉山会理", 1981, 2021),
    Region("520102", "贵阳南明", 1983),
    Region("522121", "遵义县", 1981, 1997),
    Region("522701", "黔南都匀", 1981),
    Region("530102", "昆明五华", 1983),
    Region("532501", "红河个旧", 1981),
    Region("610102", "西安新城", 1983),
    Region("610103", "西安碑林", 1983),
    Region("620102", "兰州城关", 1983),
    Region("650102", "乌鲁木齐天山", 1983),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of the sample bank, with the streets around it."""

    code: str
    city: str
    district: str
    streets: tuple[str, ...]


BRANCHES = (
    Branch("BJ01", "北京市", "朝阳区", ("建国路", "朝阳北路", "望京街", "广渠路")),
    Branch("BJ02", "北京市", "海淀区", ("中关村大街", "学院路", "万泉河路", "苏州街")),
    Branch("SH01", "上海市", "浦东新区", ("世纪大道", "张杨路", "锦绣路", "花木路")),
    Branch("SH02", "上海市", "徐汇区", ("漕溪北路", "衡山路", "龙华西路", "宜山路")),
    Branch("GZ01", "广州市", "天河区", ("天河路", "体育西路", "龙口东路", "黄埔大道")),
    Branch("SZ01", "深圳市", "福田区", ("深南大道", "福华路", "红荔路", "彩田路")),
    Branch("SZ02", "深圳市", "南山区", ("南海大道", "后海大道", "学府路", "科苑路")),
    Branch("HZ01", "杭州市", "西湖区", ("文三路", "天目山路", "古墩路", "教工路")),
    Branch("CD01", "成都市", "锦江区", ("春熙路", "东大街", "静居寺路", "海椒市街")),
    Branch("WH01", "武汉市", "武昌区", ("中南路", "中北路", "和平大道", "友谊大道")),
    Branch("XA01", "西安市", "碑林区", ("南关正街", "友谊东路", "雁塔路", "长乐坊")),
    Branch("NJ01", "南京市", "鼓楼区", ("中山北路", "湖南路", "汉中路", "草场门大街")),
)
