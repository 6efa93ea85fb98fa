"""What tools started ends with them."""

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


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class AChild(unittest.TestCase):
    def test_ends_with_its_parent_however_often_it_is_interrupted(self):
        parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
        child = int(parent.stdout.readline())
        try:
            while parent.poll() is None:
                parent.send_signal(signal.SIGINT)
                time.sleep(0.5)
            self.assertEqual(parent.returncode, 128 + signal.SIGINT)
            self.assertFalse(lives(child))
        finally:
            parent.kill()
            parent.stdout.close()
            if lives(child):
                os.kill(child, signal.SIGKILL)
