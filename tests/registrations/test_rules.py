import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.registrations.rules import HitClass, compare_companies, compare_projects, shown_score

SAME, POSSIBLE, RELATED = HitClass.SAME, HitClass.POSSIBLE, HitClass.RELATED


@pytest.mark.parametrize(
    ("one", "other", "cls"),
    [
        ("上海三枪（集团）有限公司", "上海三枪集团有限公司", SAME),
        ("ＡＢＣ　有限公司", "abc有限公司", SAME),
        ("青島嘉里物流有限公司", "青岛嘉里物流有限公司", SAME),
        ("远景证券", "远景证券股份有限公司", SAME),
        ("深圳赛格集团有限公司", "深圳市赛格集团有限公司", SAME),
        ("重庆得润汽车部件有限公司", "得润汽车部件（重庆）有限公司", SAME),
        ("纳博精密机器(中国)有限公司", "纳博（中国）精密机器有限公司", SAME),
        ("宁波远景风电有限公司", "远景风电有限公司", POSSIBLE),
        ("宁波远景泰风电有限公司", "远景泰风电有限公司", SAME),
        ("浙江宁波远景风电有限公司", "宁波远景风电有限公司", SAME),
        ("浙江宁波远景风电有限公司", "浙江远景风电有限公司", None),
        ("宁波远景风电有限公司", "宁波远晶风电有限公司", POSSIBLE),
        ("宁波远景泰风电有限公司", "宁波远晶泰风电有限公司", SAME),
        ("宁波远景仪表有限公司", "宁波远景仪标有限公司", POSSIBLE),
        ("宁波远景担保投资有限公司", "宁波远景投资担保有限公司", SAME),
        ("宁波远景世纪发展有限公司", "宁波远景世纪投资发展有限公司", SAME),
        ("宁波远景发展有限公司", "宁波远景投资发展有限公司", None),
        ("宁波远景投资合伙企业", "宁波远景投资合伙企业（有限合伙）", SAME),
        ("宁波远景传媒传媒置业有限公司", "宁波远景传媒置业有限公司", SAME),
        ("宁播远景泰风电有限公司", "宁波远景泰风电有限公司", SAME),
        ("宁波远景机械设备制造有限公司", "宁波远景机械制设备造有限公司", None),
        ("宁波远景机械设备制造有限公司", "宁波远景机械设备制造造有限公司", POSSIBLE),
        ("宁波远景机械电子设备制造有限公司", "宁波远景机械电子子设备制造有限公司", SAME),
        ("Envision Energy Co., Ltd.", "ENVISION ENERGY", SAME),
        ("Envision Energy Ltd", "Envison Energy Ltd", SAME),
        ("天津远景风电有限公司", "天津远景风电有限公司织里分公司", RELATED),
        ("天津远景证券有限公司", "天津远景证券有限公司宁波中山路证券营业部", RELATED),
        ("天津远景风电有限公司第一分公司", "天津远景风电有限公司第二分公司", None),
        ("远景银行宁波支行", "远景银行股份有限公司宁波市支行", SAME),
        ("建行宁波江东支行", "中国建设银行股份有限公司宁波市江东支行", SAME),
        ("远景银行江东支行", "远景银行股份有限公司宁波江东支行", SAME),
        ("远景银行宁波支行", "远景银行大连支行", None),
        ("远景银行宁波支行", "远景银行宁波鄞州支行", SAME),
        ("远景银行宁波柳汀街支行", "远景银行宁波海曙柳汀街支行", SAME),
        ("宁波远景风电有限公司", "大连远景风电有限公司", None),
        ("宁波远景风电有限公司", "宁波远望风电有限公司", None),
        ("宁波远景风电有限公司", "宁波远景漆业有限公司", None),
    ],
)
def test_company_names_are_compared_by_what_they_mean(one, other, cls):
    found, back = compare_companies(one, other), compare_companies(other, one)
    assert (found and found.cls) == cls
    assert (back and back.cls) == cls


@pytest.mark.parametrize(
    ("one", "other", "options", "cls"),
    [
        ("二期 循环水泵", "二期循环水泵", {}, SAME),
        ("二期循环水泵采购项目", "二期循环水泵", {}, POSSIBLE),
        ("二期循环水泵", "一期循环水泵", {}, None),
        ("2026年润滑油采购", "2025年润滑油采购", {}, None),
        ("二期循环水泵", "二期循环水泵", {"is_other_line": True}, POSSIBLE),
        ("二期循环水泵采购", "二期循环水泵", {"is_other_site": True}, None),
        ("热电厂二期循环水泵", "热电厂二期循环水泵", {"is_same_account": False}, POSSIBLE),
        ("循环水泵", "循环水泵", {"is_same_account": False}, None),
    ],
)
def test_project_names_are_compared_within_their_customer(one, other, options, cls):
    found = compare_projects(one, other, **{"is_same_account": True, **options})
    assert (found and found.cls) == cls


def test_scores_of_others_records_come_in_steps_of_ten():
    assert [shown_score(score) for score in (0, 9, 80, 95, 100)] == [0, 0, 80, 90, 100]


@given(st.text(alphabet="上海宁波远景风电有限公司集团分（）() aB1", max_size=16), st.text(max_size=16))
def test_comparing_is_symmetric_and_never_fails(one, other):
    assert compare_companies(one, other) == compare_companies(other, one)
    assert (compare_companies(one, one) or pytest.fail("a name is like itself")).cls == SAME
