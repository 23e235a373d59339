"""The command as a program of its own, with its own data folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.slow


def environment(folder):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENPSM_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {**kept, "OPENPSM_DATA_DIR": str(folder), "OPENPSM_LANGUAGE": "en", "PYTHONUNBUFFERED": "1"}


def openpsm(folder, *arguments):
    command = [sys.executable, "-m", "openpsm.cli", *arguments]
    return subprocess.run(command, env=environment(folder), capture_output=True, text=True, timeout=120, check=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_help_and_a_bad_setting(tmp_path):
    assert "demo" in openpsm(tmp_path, "--help").stdout
    env = {**environment(tmp_path), "OPENPSM_LANGUAGE": "tlh"}
    command = [sys.executable, "-m", "openpsm.cli", "check"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "OPENPSM_LANGUAGE" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_without_tables_worker_and_serve_say_what_to_do(tmp_path):
    for command in ("worker", "serve"):
        done = openpsm(tmp_path, command)
        assert (done.returncode, "openpsm init" in done.stderr) == (1, True)
    done = openpsm(tmp_path, "token", "li")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def wait_for(process, text):
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"it ended without {text!r}: {process.stderr.read()}")


def status_of(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_demo_serves_refuses_a_second_one_and_stops_cleanly(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "openpsm.cli", "demo", "--port", str(port)]
    first = subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for(first, "Ctrl-C stops it.")
        assert status_of(port, "/static/nothing.css") in (200, 302, 404)
        second = openpsm(tmp_path, "demo", "--port", str(port))
        assert (second.returncode, str(port) in second.stderr) == (1, True)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
    finally:
        first.kill()
    assert first.returncode == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    checked = openpsm(tmp_path, "check", "--audit")
    assert (checked.returncode, "unbroken" in checked.stdout) == (0, True), checked.stdout + checked.stderr


def test_demo_stops_when_one_of_its_processes_dies(tmp_path):
    port = free_port()
    code = (
        "import sys\nfrom openpsm.cli import processes\n"
        "sleeper = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "with processes.together([sleeper, [sys.executable, '-c', '']]) as running:\n"
        "    processes.wait_for_end(running)\n"
        "print([process.returncode for process in running])"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), time.monotonic() - started < 30, port > 0) == ("[-15, 0]", True, True)
