"""A tuttid of one's own on free ports of the loopback: started, asked for its ledger, stopped, its end checked."""

import json
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import own_network
import process

# Where servers and callers are, of this process and those that it starts; who enters a network of its own may set another.
HOST = "127.0.0.1"
# Where servers have SIP, if not there, and the file of the network namespace that they run in, if not this process's.
SIP_HOST, NAMESPACE = None, None

RANGES_FROM, RANGES_TO = 12_000, 32_000  # where servers have their media; from 1,024 where that is too little
RANGES_TRIED = 100

LEDGER = ("dialogs", "participants", "ports", "streams", "rooms")


class ServerError(Exception):
    """The server did not do what every run of it must do."""


def free_port(kinds=(socket.SOCK_DGRAM, socket.SOCK_STREAM), count=1):
    """A loopback port that is free for all these kinds of socket, as are those that follow it, `count` in all."""
    while True:
        held = []
        try:
            first = 0
            for offset in range(count):
                for kind in kinds:
                    held.append(socket.socket(socket.AF_INET, kind))
                    held[-1].bind((HOST, first + offset if first else 0))
                    first = first or held[-1].getsockname()[1]
            return first
        except (OSError, OverflowError):  # taken, or no port has that number
            continue
        finally:
            for one in held:
                one.close()


def _is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.bind((HOST, port))
        except OSError:
            return False
    return True


def free_udp_range(count):
    """The first of `count` free UDP ports in a row, even, below the kernel's ephemeral range. One is looked at after the other:
    a process may have fewer descriptors than a server needs ports."""
    least = RANGES_FROM if RANGES_FROM + count < RANGES_TO else 1_024
    if least + count > RANGES_TO:
        raise ServerError(f"{count} UDP ports in a row: there are {RANGES_TO - least} below the kernel's own")
    for _ in range(RANGES_TRIED):
        first = random.randrange(least, RANGES_TO - count + 1, 2)
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise ServerError(f"{count} free UDP ports in a row were not found on {HOST}")


def _port_of(address):
    """None of "off"."""
    return int(address.rpartition(":")[2]) if ":" in address else None


class Server:
    """Runs from its making until stop(); `sip` is its ADDR:PORT for UDP and TCP. `prefix` is what starts it: taskset."""

    def __init__(self, program, log, flags=(), rtp_ports=400, ready_s=60.0, prefix=(), http_port=None):
        self.log = pathlib.Path(log)
        self.token = ""  # of http.token, for get()
        self.rtp_first = free_udp_range(rtp_ports)
        if NAMESPACE:
            prefix = ["nsenter", f"--net={NAMESPACE}", *prefix]
        # What the kernel gives it stays its own: a port that is chosen here may be another's by then.
        command = [*prefix, str(program), "--sip", f"{SIP_HOST or HOST}:0", "--media", HOST,
                   "--rtp-ports", f"{self.rtp_first}-{self.rtp_first + rtp_ports - 1}",
                   "--http", f"127.0.0.1:{http_port or 0}", *flags]
        with self.log.open("w") as sink:
            try:
                self.child = process.start(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
            except OSError as error:
                raise ServerError(f"cannot start {program}: {error.strerror}") from error
        self.ready_line = self._wait_for_ready(ready_s)
        told = dict(word.split("=") for word in self.ready_line.split() if "=" in word)
        self.sip = told["sip"]
        self.sip_port, self.http_port = (_port_of(told[name]) for name in ("sip", "http"))

    def _wait_for_ready(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.log.read_text(errors="replace").splitlines():
                if line.startswith("tuttid ready") and " pid=" in line:
                    return line
            if self.child.poll() is not None:
                process.forget(self.child)
                raise ServerError(f"tuttid ended with {self.child.returncode} before it was ready:\n{self.said()}")
            time.sleep(0.05)
        process.end(self.child)
        raise ServerError(f"tuttid was not ready after {seconds:.0f} s:\n{self.said()}")

    def said(self, lines=20):
        """The end of what it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def get(self, path):
        """(status, body) of an HTTP GET."""
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}")
            if self.token:
                request.add_header("Authorization", f"Bearer {self.token}")

            def ask():
                return urllib.request.urlopen(request, timeout=30)

            with own_network.ask_within(NAMESPACE, ask) if NAMESPACE else ask() as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            raise ServerError(f"GET {path}: {error}\n{self.said()}") from error

    def ledger(self):
        status, body = self.get("/ledger")
        if status == 401:
            raise ServerError("GET /ledger was answered 401: TUTTI_TOKEN is to hold the token that its configuration asks for")
        if status != 200:
            raise ServerError(f"GET /ledger was answered {status}: {body.decode(errors='replace')}")
        return json.loads(body)

    def wait_for_empty_ledger(self, seconds=60.0):
        """{} once everything is given back, else what is still held."""
        deadline = time.monotonic() + seconds
        while True:
            ledger = self.ledger()
            left = {name: ledger[name] for name in LEDGER if ledger[name] != 0}
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.1)

    def running(self):
        return self.child.poll() is None

    def stop(self, seconds=60.0):
        """SIGTERM, and exit 0 within the time."""
        if not self.running():
            process.forget(self.child)
            raise ServerError(f"tuttid ended by itself with {self.child.returncode}:\n{self.said(60)}")
        self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            process.end(self.child)
            raise ServerError(f"tuttid still ran {seconds:.0f} s after SIGTERM:\n{self.said()}") from None
        process.forget(self.child)
        if status != 0:
            raise ServerError(f"tuttid ended with {status} after SIGTERM:\n{self.said(60)}")
