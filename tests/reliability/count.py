"""What is left after the kills: `python -m tests.reliability.count PREFIX` prints the entries and the log's faults."""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.db import connection  # noqa: E402  # Django is set up above

from openpsm.activities.models import Activity  # noqa: E402
from openpsm.core import events  # noqa: E402
from openpsm.core.models import Event, Job  # noqa: E402

if __name__ == "__main__":
    results = list(Activity.objects.filter(result__startswith=sys.argv[1]).values_list("result", flat=True))
    logged = Event.objects.filter(name="activity.logged").count()
    connection.check_constraints()
    problems = [f"{problem.seq}: {problem.message}" for problem in events.verify()]
    open_jobs = Job.objects.exclude(state__in=("done", "failed")).count()
    print(json.dumps({"results": results, "logged": logged, "problems": problems, "open_jobs": open_jobs}), flush=True)
