"""Somebody who works while an import runs: opens pages, registers a customer, and notes how long each took."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

PAGES = ("/today", "/accounts", "/accounts?q=机械", "/projects")
PAUSE = 0.2


def main(stop: Path) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
    os.environ |= {"OPENPSM_ALLOWED_HOSTS": "testserver", "OPENPSM_DEBUG": "1"}  # no collected style sheets here
    import django

    django.setup()
    from django.test import Client
    from django.utils import timezone

    from openpsm.org.models import User
    from openpsm.org.operations import open_task

    user = User.objects.get(username="admin")
    client, spent = Client(), {"read": [0.0], "write": [0.0]}
    client.force_login(user)
    number = 0
    while not stop.exists():
        number += 1
        began = time.monotonic()
        if number % 3:
            assert client.get(PAGES[number % len(PAGES)], secure=True).status_code in (200, 301)
            spent["read"].append(time.monotonic() - began)
        else:
            open_task(owner_id=user.pk, title=f"Call {number}", by=user, at=timezone.now())
            spent["write"].append(time.monotonic() - began)
        time.sleep(PAUSE)
    for kind, seconds in spent.items():
        seconds.sort()
        late, middle = sum(one > 2 for one in seconds), seconds[len(seconds) // 2]
        print(
            f"  colleague: {len(seconds)} {kind}s, median {middle:.2f} s, worst {seconds[-1]:.2f} s, over 2 s: {late}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
