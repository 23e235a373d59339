"""The steps of an import: what is checked, what is kept apart, what is taken over as whose, and taken back."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from openpsm.accounts.models import Account, AccountName, AccountVolume, Contact
from openpsm.accounts.operations import update_account
from openpsm.activities.models import Activity
from openpsm.catalog.models import Product
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.exchange import exports
from openpsm.exchange.imports import operations, publishing, reports
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.models import ImportRow
from openpsm.org.models import Department, User
from openpsm.projects.models import GateReview, Project, ProjectTotal
from openpsm.projects.queries import totals
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_user("boss", roles=["executive", "administrator"], department=make_department("总部"))


def table(*rows):
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode("gb18030")


def checked(kind, content, by, *, update_by="", is_partial=False, name="file.csv", mapping=None):
    batch = operations.upload(kind=kind, file_name=name, chunks=[content], by=by, at=AT)
    operations.settle(
        batch_id=batch.pk, chosen=mapping or batch.mapping, update_by=update_by, is_partial=is_partial, by=by, at=AT
    )
    return operations.check(batch_id=batch.pk, by=by, at=AT)


def taken(kind, content, by, **more):
    batch = checked(kind, content, by, **more)
    assert batch.bad == 0 or more.get("is_partial"), faults(batch)
    operations.begin_publish(batch_id=batch.pk, by=by)
    return operations.publish(batch_id=batch.pk, by=by, at=AT)


def undone(batch, by):
    operations.begin_undo(batch_id=batch.pk, by=by)
    return operations.undo(batch_id=batch.pk, by=by, at=AT)


def faults(batch):
    return {row.number: row.errors for row in reports.faulty(batch)}


def test_import_needs_its_right_and_those_of_the_kind(boss):
    with pytest.raises(NotAllowed):
        checked("accounts", table(["客户名称"], ["甲乙丙公司"]), make_user(roles=["sales-manager"]))
    with pytest.raises(NotAllowed):
        checked("accounts", table(["客户名称"], ["甲乙丙公司"]), make_user(roles=["administrator"]))
    with pytest.raises(InvalidInput):
        checked("nothing", b"a", boss)


def test_same_file_twice_makes_no_duplicates(boss):
    content = table(
        ["客户名称", "统一社会信用代码"], ["杭州远大机械有限公司", "91330000123456789X"], ["苏州恒力泵业有限公司", ""]
    )
    taken("accounts", content, boss)
    assert faults(checked("accounts", content, boss)) == {
        2: {"uscc": "This customer exists already."},
        3: {"name": "This customer exists already."},
    }
    again = taken("accounts", content, boss, update_by="name")
    assert (again.created, again.updated, again.unchanged, Account.objects.count()) == (0, 0, 2, 2)


def test_alike_companies_are_kept_apart_and_named(boss):
    make_account("杭州远大机械有限公司", owner=boss)
    rows = [["杭州远大机械有限责任公司"], ["苏州恒力泵业有限公司"], ["苏州恒力泵业股份有限公司"]]
    batch = taken("accounts", table(["客户名称"], *rows), boss)
    said = {row.number: row.warnings.get("name", "")[:12] for row in batch.rows.all()}
    assert (Account.objects.count(), said) == (4, {2: "Possibly the", 3: "", 4: "Possibly the"})


def test_irregular_codes_are_said_and_never_block(boss):
    rows = [["老企业一厂", "330100000012345"], ["老企业二厂", "9133010X"], ["老企业三厂", ""]]
    batch = taken("accounts", table(["客户名称", "信用代码"], *rows), boss)
    assert [bool(row.warnings) for row in batch.rows.order_by("number")] == [True, True, False]


def test_invisible_customer_is_neither_overwritten_nor_revealed(boss):
    hidden = make_account("杭州远大机械有限公司", address="原地址")
    importer = make_user(roles=["sales-manager"], department=make_department())
    from tests.factories.org import grant_role, make_role

    make_role("taker", ["data.import", "project.take_over", "account.create"])
    grant_role(importer, "taker")
    content = table(["客户名称", "地址"], ["杭州远大机械有限公司", "新地址"])
    batch = checked("accounts", content, importer, update_by="name")
    assert (batch.bad, batch.warned, batch.updated, batch.created) == (0, 0, 0, 1)
    operations.begin_publish(batch_id=batch.pk, by=importer)
    operations.publish(batch_id=batch.pk, by=importer, at=AT)
    hidden.refresh_from_db()
    assert (hidden.address, hidden.version) == ("原地址", 1)


def test_authors_and_days_are_those_of_the_table(boss):
    seller = make_user("lina", name="李娜", department=make_department())
    rows = [["杭州远大机械有限公司", "李娜", "lina", "2021年3月4日"], ["苏州恒力泵业有限公司", "", "", ""]]
    taken("accounts", table(["客户名称", "负责人", "创建人", "创建日期"], *rows), boss)
    first, second = Account.objects.order_by("pk")
    assert (first.owner, first.created_by, timezone.localdate(first.created_at)) == (seller, seller, date(2021, 3, 4))
    assert (second.owner, second.created_by, second.is_unassigned) == (None, None, True)
    assert [(event.name, event.by) for event in events.history(first)] == [("account.created", boss)]


def test_all_rows_are_checked_before_any_is_written(boss):
    rows = [["名", "谁也不是", "2024-02-30"], ["杭州远大机械有限公司", "boss", "2024-02-01"], ["", "boss", ""]]
    batch = checked("accounts", table(["客户名称", "负责人", "创建日期"], *rows), boss)
    assert faults(batch)[2].keys() == {"owner", "created_on"}
    assert faults(batch)[4] == {"name": "This field is required."}
    with pytest.raises(DomainError) as caught:
        operations.begin_publish(batch_id=batch.pk, by=boss)
    assert (caught.value.code, Account.objects.count()) == ("bad-rows", 0)


def test_shifted_rows_and_repeated_headings_are_reported_by_row(boss):
    content = "客户名称,地址\n甲乙丙公司,路1\n丁戊己公司,路2,多余\n客户名称,地址\n".encode()
    batch = checked("accounts", content, boss)
    assert [list(errors) for errors in faults(batch).values()] == [[""], [""]]
    assert list(faults(batch)) == [3, 4]


def test_parent_may_stand_in_the_same_file(boss):
    rows = [["远大集团总公司", ""], ["远大机械有限公司", "远大集团总公司"], ["远大泵业有限公司", "远大机械有限公司"]]
    taken("accounts", table(["客户名称", "上级单位"], *rows), boss)
    assert list(Account.objects.order_by("pk").values_list("parent__name", flat=True)) == [None, rows[0][0], rows[1][0]]


def test_update_changes_what_the_table_says_and_undo_puts_it_back(boss):
    account = make_account("杭州远大机械有限公司", owner=boss, address="旧", phone="0571-1")
    batch = taken("accounts", table(["客户名称", "地址", "电话"], [account.name, "新", ""]), boss, update_by="name")
    account.refresh_from_db()
    assert (batch.updated, account.address, account.phone) == (1, "新", "0571-1")
    undone(batch, boss)
    account.refresh_from_db()
    assert account.address == "旧"


def test_update_by_code_teaches_the_names_and_undo_forgets_them(boss):
    account = make_account("杭州远大机械有限公司", owner=boss, uscc="91330100MA27W0XF4K", short_name="远大")
    heads = ["客户名称", "统一社会信用代码", "简称", "曾用名", "英文名称"]
    row = ["杭州恒通重工有限公司", account.uscc, "恒通重工", "杭州第二机械厂", "Hengtong Heavy Industries"]
    batch = taken("accounts", table(heads, row), boss, update_by="uscc")
    account.refresh_from_db()
    assert (batch.updated, account.name) == (1, row[0])
    assert set(account.names.values_list("name", "kind", "source")) == {
        ("杭州第二机械厂", "former", "import"),
        ("杭州远大机械有限公司", "former", "import"),
        ("Hengtong Heavy Industries", "english", "import"),
        ("远大", "short", "import"),
    }
    assert undone(batch, boss).undone == 1
    account.refresh_from_db()
    assert (account.name, account.short_name, account.names.count()) == ("杭州远大机械有限公司", "远大", 0)


def test_undo_keeps_and_names_what_was_changed_since(boss):
    batch = taken("accounts", table(["客户名称"], ["杭州远大机械有限公司"], ["苏州恒力泵业有限公司"]), boss)
    changed = Account.objects.get(name="苏州恒力泵业有限公司")
    update_account(account_id=changed.pk, changes={"note": "x"}, by=boss, at=AT)
    batch = undone(batch, boss)
    kept = batch.rows.filter(state=ImportRow.State.KEPT)
    assert (batch.undone, list(kept.values_list("record_id", flat=True))) == (1, [changed.pk])
    assert list(Account.objects.live()) == [changed]


def test_worker_that_dies_between_batches_is_followed_by_one_that_finishes(boss, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST", 3)
    monkeypatch.setattr(publishing, "SMALLEST", 3)
    rows = [[f"{sign * 3}机械有限公司"] for sign in "甲乙丙丁戊己庚辛"]
    batch = checked("accounts", table(["客户名称"], *rows), boss)
    operations.begin_publish(batch_id=batch.pk, by=boss)
    done = []

    def die(count, _total):
        done.append(count)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        operations.publish(batch_id=batch.pk, by=boss, at=AT, tell=die)
    part = Account.objects.count()
    batch = operations.publish(batch_id=batch.pk, by=boss, at=AT)
    names = Account.objects.values_list("name", flat=True)
    assert (0 < part <= 8, batch.state, len(names), len(set(names))) == (True, "published", 8, 8)
    assert operations.publish(batch_id=batch.pk, by=boss, at=AT).created == 8


def test_registered_meanwhile_stops_the_batch_and_takes_it_back(boss, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST", 1)
    monkeypatch.setattr(publishing, "SMALLEST", 1)
    content = table(["客户名称"], ["杭州远大机械有限公司"], ["苏州恒力泵业有限公司"])
    batch = checked("accounts", content, boss)
    mine = make_account("苏州恒力泵业有限公司", owner=boss)
    operations.begin_publish(batch_id=batch.pk, by=boss)
    batch = operations.publish(batch_id=batch.pk, by=boss, at=AT)
    assert (batch.state, list(Account.objects.live())) == ("stopped", [mine])
    assert batch.message == "“file.csv”, row 3: This customer has been registered meanwhile."


def test_partial_import_marks_what_was_refused_while_publishing(boss):
    content = table(["客户名称"], ["杭州远大机械有限公司"], ["苏州恒力泵业有限公司"])
    batch = checked("accounts", content, boss, is_partial=True)
    make_account("苏州恒力泵业有限公司", owner=boss)
    operations.begin_publish(batch_id=batch.pk, by=boss)
    batch = operations.publish(batch_id=batch.pk, by=boss, at=AT)
    assert (batch.state, batch.created, list(faults(batch))) == ("published", 1, [3])


def test_an_odd_code_stands_for_nobody_alone(boss, monkeypatch):
    monkeypatch.setitem(KINDS, "accounts", replace(KINDS["accounts"], chunk=1))
    code = "企合苏镇分字第0010"
    make_account("镇江远大机械有限公司", owner=boss, uscc=code)
    rows = [["镇江恒力泵业有限公司", code], ["镇江华创轴承有限公司", code]]
    batch = taken("accounts", table(["客户名称", "统一社会信用代码"], *rows), boss)
    assert (batch.created, Account.objects.filter(uscc=code).count()) == (2, 3)


PROJECTS = ["项目名称", "客户名称", "负责人", "阶段", "进入阶段日期", "结果", "结束日期", "结束原因", "金额(万元)"]


def test_running_and_closed_projects_enter_with_their_days(boss):
    seller = make_user("lina", name="李娜", department=make_department())
    make_account("杭州远大机械有限公司", owner=boss)
    stage = "bid"
    rows = [
        ["一号线改造", "杭州远大机械有限公司", "李娜", "", "2025/3/4", "", "", "", "120"],
        ["二号线改造", "杭州远大机械有限公司", "李娜", "", "2025/3/4", "丢标", "2025/6/1", "价格", "80"],
        ["三号线改造", "杭州远大机械有限公司", "李娜", "", "2025/3/4", "中标", "", "", "60"],
    ]
    batch = taken("projects", table(PROJECTS, *rows), boss)
    found = {p.name[:2]: p for p in Project.objects.all()}
    assert [found[key].outcome for key in ("一号", "二号", "三号")] == ["open", "lost", "won"]
    assert (str(found["一号"].amount), found["一号"].owner) == ("1200000.00", seller)
    assert found["一号"].created_by is None
    assert timezone.localdate(found["二号"].outcome_at) == date(2025, 6, 1)
    report = found["二号"].closing_reports.get()
    assert (report.reason, report.by) == ("price", seller)
    assert set(GateReview.objects.values_list("outcome", "by")) == {("taken_over", boss.pk)}
    assert sorted(GateReview.objects.values_list("source", flat=True)) == ["file.csv:2", "file.csv:3", "file.csv:4"]
    assert undone(batch, boss).undone == 3
    assert (Project.objects.live().count(), stage) == (0, "bid")


def test_kept_totals_follow_an_import_and_its_undo(boss):
    taken("accounts", table(["客户名称"], ["杭州远大机械有限公司"]), boss)
    rows = [["液压站润滑", "杭州远大机械有限公司", "240", ""], ["轧机润滑", "杭州远大机械有限公司", "9.5", "lost"]]
    batch = taken("projects", table(["项目名称", "客户名称", "金额(万元)", "结果"], *rows), boss)
    assert totals.drift() == {}
    counted = ProjectTotal.objects.order_by("state").values_list("state", "count", "amount")
    assert list(counted) == [("lost", 1, Decimal(95000)), ("open", 1, Decimal(2400000))]
    undone(batch, boss)
    assert (totals.drift(), Project.objects.live().count()) == ({}, 0)


def test_project_faults_are_named_by_column(boss):
    make_account("杭州远大机械有限公司", owner=boss)
    rows = [
        ["一号线改造", "谁也不是公司", "boss", "没有的阶段", "2025/3/4", "", "", "", "x"],
        ["二号线改造", "杭州远大机械有限公司", "boss", "", "2035/3/4", "关闭", "", "", "1"],
    ]
    batch = checked("projects", table(PROJECTS, *rows), boss)
    assert [set(errors) for errors in faults(batch).values()] == [
        {"account", "stage", "amount"},
        {"entered_on", "reason"},
    ]


def test_near_miss_of_a_product_is_named_not_taken(boss):
    taken("products", table(["编码", "产品名称", "单位"], ["G1", "GTX Pro", "台"]), boss)
    make_account("杭州远大机械有限公司", owner=boss)
    batch = checked(
        "projects", table(["项目名称", "客户名称", "产品"], ["一号线", "杭州远大机械有限公司", "GTXPro"]), boss
    )
    assert faults(batch) == {2: {"product": "There is no product “GTXPro”. Is “GTX Pro” meant?"}}


def test_people_departments_names_contacts_and_visits_come_in_order(boss):
    taken("departments", table(["部门", "上级部门"], ["销售中心", ""], ["华东部", "销售中心"]), boss)
    taken("users", table(["姓名", "部门", "角色"], ["李娜", "销售中心/华东部", "销售"]), boss)
    taken("accounts", table(["客户名称", "负责人"], ["杭州远大机械有限公司", "李娜"]), boss)
    taken("aliases", table(["客户名称", "别名", "别名类型"], ["杭州远大机械有限公司", "杭远大", "short"]), boss)
    taken("contacts", table(["客户名称", "姓名", "手机"], ["杭远大", "王军", "13800138000"]), boss)
    visits = table(["客户", "拜访人", "日期", "跟进内容"], ["杭远大", "李娜", "2026/5/12", "看了现场，谈了试用"])
    batch = taken("activities", visits, boss)
    user = User.objects.get(name="李娜")
    assert (user.username, user.department.path.count("/"), user.has_usable_password()) == ("lina", 3, False)
    assert AccountName.objects.get().name == "杭远大"
    assert Contact.objects.get().mobile == "13800138000"
    done = Activity.objects.get()
    assert (done.owner, done.created_by, done.state, done.done_on) == (user, None, "done", date(2026, 5, 12))
    assert faults(checked("activities", visits, boss)) == {2: {"": "This entry was imported already."}}
    assert undone(batch, boss).undone == 1
    assert taken("activities", visits, boss).created == 1


def exported(kind, by, form="csv"):
    file = io.BytesIO()
    exports.export(kind=KINDS[kind], form=form, file=file, by=by, at=AT)
    return file.getvalue()


def test_export_comes_back_the_same_in_an_empty_installation(boss):
    taken("departments", table(["部门", "上级部门"], ["销售中心", "总部"]), boss)
    taken("users", table(["姓名", "部门", "角色"], ["李娜", "销售中心", "销售"]), boss)
    taken("products", table(["编码", "产品名称", "单位"], ["=1+1", "-10号油", "桶"]), boss)
    accounts = table(
        ["客户名称", "负责人", "地址", "上级单位"],
        ["远大集团总公司", "李娜", "+西湖区", ""],
        ["远大机械有限公司", "", "", "远大集团总公司"],
    )
    taken("accounts", accounts, boss)
    taken("contacts", table(["客户名称", "姓名", "手机"], ["远大集团总公司", "王军", "+8613800138000"]), boss)
    taken(
        "projects",
        table(["项目名称", "客户名称", "负责人", "金额"], ["一号线改造", "远大集团总公司", "李娜", "120万"]),
        boss,
    )
    kinds = ("products", "accounts", "contacts", "projects")
    before = {kind: exported(kind, boss) for kind in kinds}
    for model in (Project, Contact, Account):
        model.objects.filter().update(deleted_at=AT)
    Product.objects.all().delete()
    for kind in kinds:
        taken(kind, before[kind], boss)
    assert {kind: exported(kind, boss) for kind in kinds} == before
    assert Department.objects.count() == 2


def test_export_leaves_out_what_the_person_may_not_read(boss):
    account = make_account("杭州远大机械有限公司", owner=boss)
    from tests.factories.accounts import make_contact

    make_contact("王军", account=account, mobile="13911112222")
    other = make_user(roles=["executive"], department=make_department())
    assert (b"13911112222" in exported("contacts", boss), b"13911112222" in exported("contacts", other)) == (
        True,
        False,
    )


def test_export_needs_its_right(boss):
    with pytest.raises(NotAllowed):
        exported("accounts", make_user())


@pytest.mark.parametrize("kind", KINDS)
def test_own_headings_and_template_are_understood(kind, boss):
    from openpsm.exchange.imports import mapping
    from openpsm.exchange.imports.kinds.custom import columns

    keys = [column.key for column in columns(KINDS[kind])]
    for name in ("zh", "en", "key"):
        headings = [getattr(column, name) for column in columns(KINDS[kind])]
        assert list(mapping.guess(KINDS[kind], headings).values()) == keys


def test_codes_written_in_another_way_are_said(boss):
    rows = [["甲乙丙机械公司", "91330000ma27xf6q3n"], ["丁戊己泵业公司", "91440101X18407888T"]]
    batch = checked("accounts", table(["客户名称", "信用代码"], *rows), boss)
    said = {row.number: row.warnings for row in batch.rows.all()}
    assert (batch.bad, said) == (0, {2: {"uscc": "Written in another way; taken as 91330000MA27XF6Q3N."}, 3: {}})


def test_user_name_and_whole_path_count_before_names_alone(boss):
    make_user("lina", name="Somebody")
    make_user("other", name="lina")
    above = make_department("华东")
    make_department("华东", parent=make_department("北方"))
    rows = [["张三", "zhang", "华东"]]
    taken("users", table(["姓名", "用户名", "部门"], *rows), boss)
    assert User.objects.get(username="zhang").department == above
    taken("accounts", table(["客户名称", "负责人"], ["杭州远大机械有限公司", "lina"]), boss)
    assert Account.objects.filter(owner__name="Somebody").count() == 1


def test_who_has_left_is_known_and_does_not_sign_in(boss):
    rows = [["张三", "zhang", "2024-05-06"], ["李四", "li", ""]]
    taken("users", table(["姓名", "用户名", "离职日期"], *rows), boss)
    assert list(User.objects.filter(username__in=["zhang", "li"]).order_by("pk").values_list("is_active")) == [
        (False,),
        (True,),
    ]
    batch = checked(
        "users", table(["姓名", "用户名", "离职日期"], ["李四", "li", "2024-05-06"]), boss, update_by="username"
    )
    assert [list(row.warnings) for row in batch.rows.all()] == [["left_on"]]


def test_volumes_come_in_are_corrected_and_taken_back(boss):
    account = make_account("天华混凝土有限公司", owner=boss)
    heads = ["客户", "月份", "方量", "单位", "金额（万元）"]
    first = taken("volumes", table(heads, ["天华混凝土有限公司", "2026年9月", "3,000", "方", "90"]), boss)
    kept = AccountVolume.objects.get()
    assert (kept.account_id, kept.month, kept.quantity, kept.amount) == (
        account.pk,
        date(2026, 9, 1),
        Decimal(3000),
        Decimal(900000),
    )
    again = checked("volumes", table(heads, ["天华混凝土有限公司", "2026-09-30", "2900", "方", "90"]), boss)
    assert faults(again) == {2: {"month": "There is a figure for this customer and month already."}}
    second = taken(
        "volumes", table(heads, ["天华混凝土有限公司", "202609", "2900", "方", "90"]), boss, update_by="month"
    )
    assert AccountVolume.objects.get().quantity == Decimal(2900)
    undone(second, boss)
    assert AccountVolume.objects.get().quantity == Decimal(3000)
    undone(first, boss)
    assert [row.state for row in first.rows.all()] == [ImportRow.State.KEPT]  # its version is another by now


def test_a_month_ahead_and_a_month_twice_are_no_figures(boss):
    make_account("天华混凝土有限公司", owner=boss)
    heads = ["客户", "月份", "数量", "单位"]
    rows = [["天华混凝土有限公司", month, "1", "方"] for month in ("2027-01", "2026-08", "2026-08")]
    batch = checked("volumes", table(heads, *rows), boss)
    assert faults(batch) == {
        2: {"month": "This day has not come yet."},
        4: {"month": "Row 3 says the same."},
    }
