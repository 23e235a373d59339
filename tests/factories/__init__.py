"""The smallest valid objects, made by plain functions; one module per package."""

from datetime import datetime
from zoneinfo import ZoneInfo

#: The instant at which tests happen unless they say otherwise: a Wednesday afternoon in the installation's zone.
AT = datetime(2026, 9, 16, 14, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
