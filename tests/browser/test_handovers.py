"""A receiver with a phone: what can be tapped in a row is not covered by the row's link."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from openpsm.org.models import HandoverItem
from openpsm.org.operations import hand_over
from tests.browser.looks import PALE, SMALL
from tests.browser.pages import PASSWORD, WIDTHS, sign_in
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_receiver_ticks_one_thing_and_contests_another(page: Page, live_server, width):
    sales = make_department("华北销售部")
    giver = make_user("giver", name="高彦超", department=sales)
    receiver = make_user("receiver", name="吴佳宁", department=sales, password=PASSWORD)
    boss = make_user("boss", roles=("sales-manager",), manages=sales)
    for name in ("辽宁辰泰砺锻造有限公司", "山东年沣屿造船有限公司"):
        make_account(name, owner=giver)
    made = hand_over(giver_id=giver.pk, receiver_id=receiver.pk, reason="leaving", by=boss, at=timezone.now())
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "receiver")
    page.goto(f"{live_server.url}/handovers/{made.pk}")
    watch.check()
    assert page.evaluate(PALE) == []
    assert width > 360 or page.evaluate(SMALL) == []
    page.locator("input[name=item]").first.check()
    page.click("button[form=confirm]:not([name])")
    expect(page.locator("input[name=item]")).to_have_count(1)
    page.locator("details summary").first.click()
    page.fill("textarea[name=remark]", "没有交接合同")
    page.locator("details[open] button").click()
    expect(page.locator("main")).to_contain_text("没有交接合同")
    found = [(bool(one.confirmed_at), bool(one.contested_at)) for one in HandoverItem.objects.order_by("pk")]
    assert found == [(True, False), (False, True)]
    watch.check()
