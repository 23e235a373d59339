"""Made-up names of companies, people and projects, in the forms they have in China."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from stdnum.cn import uscc


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CITIES = _words(
    "北京 上海 广州 深圳 杭州 南京 苏州 成都 重庆 武汉 西安 天津 青岛 济南 郑州 长沙 合肥 福州 厦门 南昌 沈阳 大连 "
    "哈尔滨 长春 石家庄 太原 昆明 贵阳 南宁 海口 宁波 无锡 佛山 东莞 珠海 温州 绍兴 嘉兴 常州 徐州 烟台 潍坊 洛阳 "
    "襄阳 宜昌 株洲 兰州 乌鲁木齐 银川 呼和浩特"
)
_FIRST = "华中金天恒瑞鼎博新海东南宏泰盛远信诚德正安康嘉伟隆利通达创智云星龙凯"
_SECOND = "创源润科联达讯泽丰茂昌兴腾飞翔宇航图域芯维能动力成业威捷诺邦佳特朗森"
_TRADES = _words(
    "钢铁 水泥 轴承 齿轮 重型机械 矿山机械 工程机械 风电设备 轨道交通 造纸 化工 石油化工 纺织 橡胶 电力 机电设备 "
    "环保科技 自动化 新能源 水务 汽车零部件 船舶重工 铝业 玻璃 食品机械"
)
_FORMS = ("有限公司", "股份有限公司", "集团有限公司", "有限责任公司", "设计研究院")
_WORKS = _words(
    "轧机润滑系统 集中润滑改造 风电齿轮箱换油 液压站大修 高炉鼓风机润滑 回转窑大齿轮喷射润滑 数据中心冷却 空压机换油 "
    "盾构机主轴承油脂 立磨减速机 港机钢丝绳防护 变压器油更换 造纸机循环油 热处理油 切削液集中供液 油品监测平台"
)
_PHASES = _words("一期 二期 三期 扩建 改造 新建 年度框架 采购")
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
_GIVEN = _words("伟 芳 娜 敏 静 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 桂英 建国 志强 晓东 海燕 文博 思远 雨桐 子涵")
_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def companies(rng: Random, part: int = 0, of: int = 1) -> Iterator[str]:
    """Yield company names without end, no name twice; when the plain ones run short they get a number."""
    cities, seen = CITIES[part::of], set[str]()
    while True:
        stem = rng.choice(cities) + rng.choice(_FIRST) + rng.choice(_SECOND) + rng.choice(_TRADES)
        form = rng.choices(_FORMS, (60, 15, 10, 10, 5))[0]
        name = stem + form if stem + form not in seen else f"{stem}第{len(seen)}{form}"
        seen.add(name)
        yield name


def person(rng: Random) -> str:
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def project(rng: Random) -> str:
    return f"{rng.choice(CITIES)}{rng.choice(_WORKS)}{rng.choice(_PHASES)}项目"


def credit_code(rng: Random, division: str) -> str:
    """Return a unified social credit code with a right check sign."""
    number = f"91{division}" + "".join(rng.choices(_CODE_SIGNS, k=9))
    return number + str(uscc.calc_check_digit(number))


def mobile(rng: Random) -> str:
    return f"13{rng.randrange(10**9):09d}"
