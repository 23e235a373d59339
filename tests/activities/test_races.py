"""A phone that sends an entry twice at the same moment, on a database with real concurrency."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from openpsm.activities.models import Activity
from openpsm.org.models import User
from tests.factories.activities import log_activity
from tests.factories.projects import make_project


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_entry_sent_four_times_at_once_is_written_once():
    project = make_project()

    def send(_number: int) -> int:
        try:
            return int(log_activity(project, by=User.objects.get(pk=project.owner_id), client_key="phone-1").pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as phones:
        answers = set(phones.map(send, range(4)))
    assert (len(answers), Activity.objects.count()) == (1, 1)
