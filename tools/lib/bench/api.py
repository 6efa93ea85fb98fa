"""The API beside media: how many ticks come late while 1,000 requests a second, or 1,000 reloads, are answered."""

import collections
import http.client
import itertools
import json
import threading
import time

from bench.trial import ROOMS_OF_8, Plan, TrialError

REQUESTS_PER_S, CONNECTIONS = 1000, 4
RELOADS = 1000
SECS = 20


class Client(threading.Thread):
    """One connection that is kept: a request each 1/rate s by an absolute clock, from `requests`, until stopped."""

    def __init__(self, address, requests, rate):
        super().__init__(daemon=True)
        self.address, self.requests, self.rate = address, requests, rate
        self.statuses = collections.Counter()
        self.done = []  # when each was answered
        self.stopping = threading.Event()

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        due = time.monotonic()
        for method, path, body in self.requests:
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                break
            try:
                connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
                answer = connection.getresponse()
                answer.read()
                self.statuses[answer.status] += 1
            except (OSError, http.client.HTTPException):
                self.statuses["broken"] += 1
                connection.close()
            self.done.append(time.monotonic())
            due += 1 / self.rate
        connection.close()

    def stop(self):
        self.stopping.set()
        self.join()


def mix_of(rooms):
    """What a console and a few scripts ask for: questions about rooms, and one participant muted again and again."""
    for room in itertools.cycle(rooms):
        yield "GET", f"/rooms/{room}", None
        yield "POST", "/participants/1/mute", None
        yield "GET", f"/rooms/{room}/statistics", None
        yield "POST", "/participants/1/unmute", None
        yield "GET", f"/rooms/{room}/participants", None
        yield "GET", "/participants/1", None


def reloads(config, count):
    """The file with other values each time, of all that can change live, and the request that has it read: rooms, the
    journal's bounds, the file of call records, a webhook (whose receiver is not there)."""
    text = config.read_text()
    for number in range(count):
        config.write_text(f"{text}[rooms]\nmax_rooms = {100_000 + number % 2}\n"
                          f"[[room]]\nname = \"reload{number % 3}\"\nlocked = {json.dumps(number % 2 == 0)}\n"
                          f"[events]\njournal = {1_000 + number % 2}\n"
                          f"[records]\nfile = \"{config.resolve().parent}/calls{number % 2}.jsonl\"\n"
                          f"[[webhook]]\nurl = \"http://127.0.0.1:9/{number % 2}\"\n")
        yield "POST", "/reload", None


def rate_between(clients, begin_s, end_s):
    """Answers a second in this time."""
    done = sum(begin_s <= at <= end_s for client in clients for at in client.done)
    return done / (end_s - begin_s)


def refused(statuses):
    """Answers that say no, and questions that had none; what went well without a body is 204."""
    return sum(count for status, count in statuses.items() if status not in (200, 204))


def measure(bed, plan, name, make_clients, beat):
    """The trial, the clients' answers a second while it was measured, and their statuses."""
    server = bed.server(plan, name)
    clients = make_clients(server)
    try:
        for client in clients:
            client.start()
        trial = bed.run_against(server, plan, name, beat)
    finally:
        for client in clients:
            client.stop()
        bed.stop(server)
    if trial.load is None or trial.span is None:
        raise TrialError(f"{name} was not measured: see {name}.load.log")
    begin = trial.load["measured_from_s"]
    statuses = sum((client.statuses for client in clients), collections.Counter())
    return trial, rate_between(clients, begin, begin + trial.load["measured_secs"]), statuses


def api(bed, rows, show, beat, participants, secs=SECS):
    rooms = [f"load{number}" for number in range(8)]  # tutti-load counts them from 0
    plan = Plan(ROOMS_OF_8, participants, secs)
    quiet, _, _ = measure(bed, plan, "api-quiet", lambda server: [], beat)
    busy, rate, statuses = measure(bed, plan, "api-requests", lambda server: [
        Client(f"127.0.0.1:{server.http_port}", mix_of(rooms), REQUESTS_PER_S / CONNECTIONS) for _ in range(CONNECTIONS)], beat)
    show(f"{rate:.0f} requests/s, answered {dict(statuses)}")
    per_s = RELOADS / secs
    reloading, reload_rate, reload_statuses = measure(bed, plan, "api-reloads", lambda server: [
        Client(f"127.0.0.1:{server.http_port}", reloads(bed.out / "api-reloads.toml", RELOADS * 4), per_s)], beat)
    show(f"{reload_rate:.0f} reloads/s, answered {dict(reload_statuses)}")
    rows.add("api.participants", participants, "participants")
    rows.add("api.requests_per_s", rate, "requests/s")
    rows.add("api.quiet_late_permille", 1000 * quiet.span.late_share(), "ticks")
    rows.add("api.requests_per_s_late_permille", 1000 * busy.span.late_share(), "ticks")
    rows.add("api.reloads", reload_rate * reloading.load["measured_secs"], "reloads")
    rows.add("api.reloads_late_permille", 1000 * reloading.span.late_share(), "ticks")
    rows.add("api.refused", refused(statuses) + refused(reload_statuses), "answers")
