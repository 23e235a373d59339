"""The figures by stage, and the lists that they link to."""

import pytest

from openpsm.projects import operations
from tests.api.conftest import ApiClient
from tests.factories import AT
from tests.factories.projects import REASON, make_manager, make_owner, make_process, make_project

pytestmark = pytest.mark.django_db


def test_every_figure_of_the_funnel_links_to_what_it_counts():
    owner, process = make_owner(), make_process()
    running, won, lost = (make_project(owner=owner, process_version_id=process.version_id) for _one in range(3))
    manager = make_manager(won)
    operations.win(project_id=won.pk, by=manager, at=AT, override_reason=REASON)
    operations.lose(project_id=lost.pk, reason="price", destination="Rival works", by=owner, at=AT)
    make_project()
    client = ApiClient(owner)
    found = client.call("GET", f"/funnel?process={process.key}").body
    counts = {row["stage"]: row["count"] for row in found["stages"]}
    assert (found["process"], counts) == (process.key, {"first": 1, "second": 0, "third": 0, "fourth": 1})
    assert found["stages"][0]["amounts"] == [{"currency": "CNY", "amount": "1200000.00", "weighted": "480000.00"}]
    for row in found["stages"]:
        listed = client.call("GET", row["link"].removeprefix("/api/v1")).body["items"]
        assert [one["id"] for one in listed] == {"first": [running.pk], "fourth": [won.pk]}.get(row["stage"], [])


def test_unknown_names_are_refused():
    assert ApiClient(make_owner()).call("GET", "/funnel?department=1").status == 400
