"""What tools started ends with them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import unittest

CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
PARENT = f"""
import subprocess, sys, time
import process
process.install_traps()
child = process.start([sys.executable, "-c", {CHILD!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""

# A signal that comes as soon as the child runs, before anybody knows of it.
STARTING = """
import os, signal, subprocess, sys
import process
process.install_traps()
class Interrupted(subprocess.Popen):
    def __init__(self, *command, **options):
        super().__init__(*command, **options)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))
subprocess.Popen = Interrupted
process.start([sys.executable, "-c", "import time; time.sleep(600)"])
"""
ENDING = PARENT.replace("time.sleep(600)\n", "process.end(child, grace_s=600)\n")


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def running(script):
    """A parent that runs it, and its child's number; neither is left behind."""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    try:
        yield parent, child
    finally:
        parent.kill()
        parent.stdout.close()
        if lives(child):
            os.kill(child, signal.SIGKILL)


class AChild(unittest.TestCase):
    def test_ends_with_its_parent_however_often_it_is_interrupted(self):
        with running(PARENT) as (parent, child):
            while parent.poll() is None:
                parent.send_signal(signal.SIGINT)
                time.sleep(0.5)
            self.assertEqual(parent.returncode, 128 + signal.SIGINT)
            self.assertFalse(lives(child))

    def test_that_is_being_started_ends_with_its_parent(self):
        with running(STARTING) as (parent, child):
            self.assert_ends(parent, child)

    def test_that_is_being_ended_ends_with_its_parent(self):
        with running(ENDING) as (parent, child):
            time.sleep(0.5)
            parent.send_signal(signal.SIGTERM)
            self.assert_ends(parent, child)

    def assert_ends(self, parent, child):
        self.assertEqual(parent.wait(30), 128 + signal.SIGTERM)
        self.assertFalse(lives(child))
