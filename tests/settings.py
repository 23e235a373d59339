"""Settings of the tests: those of the program, with a data folder that is thrown away and nothing slow."""

import atexit
import os
import shutil
import tempfile

for _name in [name for name in os.environ if name.startswith("OPENPSM_")]:
    if _name not in ("OPENPSM_DATABASE_URL", "OPENPSM_CHROMIUM", "OPENPSM_RACE_ROUNDS", "OPENPSM_FUZZ_CALLS"):
        del os.environ[_name]
_folder = tempfile.mkdtemp(prefix="openpsm-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ |= {
    "OPENPSM_DATA_DIR": _folder,
    "OPENPSM_SECRET_KEY": "only-for-tests",
    "OPENPSM_BASE_URL": "http://127.0.0.1:8000",
    "OPENPSM_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "OPENPSM_LANGUAGE": "en",
    "OPENPSM_TIME_ZONE": "Asia/Shanghai",
    "OPENPSM_CURRENCY": "CNY",
    "OPENPSM_LOG_LEVEL": "WARNING",
}

from openpsm.settings import *  # noqa: E402, F403 - the settings read the environment

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FAIL_INVALID_TEMPLATE_VARS = True
OPENPSM_JOBS_BELL = False  # no queue beside the test database; jobs run by `jobs.worker.run_due()`
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405 - comes with the settings; nothing is collected, WhiteNoise only looks
