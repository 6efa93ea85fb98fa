"""A server of the console's own that answers as docs/openapi.json says, from memory: thousands of participants,
names that no decent caller has, failures when they are asked for. fake_tuttid.py PORT runs one to look at."""

import http.server
import json
import math
import pathlib
import sys
import threading
import time
import urllib.parse

CONSOLE = pathlib.Path(__file__).resolve().parents[2] / "signaling" / "api" / "console"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
PAGE = 100  # of a long list
# As signaling/api/console_routes.cpp sends it; the real one is judged by console.page.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
          "require-trusted-types-for 'script'; trusted-types 'none'")
BORN = "2026-11-25T20:00:00.000Z"


def participant(number, room, name="", **other):
    return {"id": number, "room": room, "uri": f"sip:caller{number}@192.0.2.{number % 250}", "display_name": name,
            "role": "speaker", "status": "Active", "dialled_out": False, "entering_pin": False, "waiting": False,
            "muted": False, "deaf": False, "held": False, "gain_in_db": 0, "gain_out_db": 0, "muted_by_itself": False,
            "coachee": None, "codec": "PCMU", "local_rtp": "127.0.0.1:20000", "remote_rtp": None, "joined_at": BORN,
            "stay_ms": 61_000, "talking": False, "level_dbov": -127, "silence": "BelowGate", "packets_received": 3000,
            "packets_sent": 3000, "packets_lost": 3, "packets_dropped": 0, "loss_percent": 0.1, "jitter_ms": 1.5,
            "round_trip_ms": None, "delay_ms": 71.5, "mos": 4.3, **other}


class FakeTuttid:
    """`rooms`: name -> list of participants. What was posted is in `posted`, as (path, body)."""

    def __init__(self, rooms, port=0, token="", dial_out=False):
        self.rooms, self.token, self.dial_out = rooms, token, dial_out
        self.locked, self.posted, self.streams, self.asked = set(), [], [], []
        self.numbers = {}
        self.lock = threading.Lock()
        self.started = time.monotonic()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                fake.answer(self, None)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fake.answer(self, json.loads(body or b"{}"))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        for stream in self.streams:
            stream.close_connection = True

    # What it tells

    def room(self, name):
        inside = self.rooms[name]
        return {"id": f"conf_{name}", "name": name, "display_name": "", "state": "Locked" if name in self.locked else "Active",
                "permanent": False, "waiting": False, "participants": len(inside), "moderators": 0, "max_participants": 0,
                "talkers": sum(p["talking"] for p in inside), "created_at": BORN}

    def find(self, number):
        return next((p for inside in self.rooms.values() for p in inside if p["id"] == number), None)

    def emit(self, name, room, number=None, **detail):
        with self.lock:
            self.numbers[room] = self.numbers.get(room, 0) + 1
            event = {"number": self.numbers[room], "at": BORN, "event": name, "room": room, "participant": number, "detail": detail}
            text = f"id: {room}:{event['number']}-1\nevent: {name}\ndata: {json.dumps(event)}\n\n"
            for stream in list(self.streams):
                try:
                    stream.wfile.write(text.encode())
                except OSError:
                    self.streams.remove(stream)

    def cores(self):
        phase = time.monotonic() - self.started
        return [{"cpu": cpu, "packets_received": 1_000_000, "packets_sent": 990_000, "drops": 12, "ticks": 50_000,
                 "late_ticks": 3, "load_permille": round(400 + 100 * math.sin(phase / 5 + cpu)), "used_p99_permille": 610,
                 "tick_time_us_p99": 8200, "lateness_us_p99": 310, "participants": 2000, "conferences": 40,
                 "peer_ticks_mixed": 0, "peer_ticks_missed": 0} for cpu in (1, 2)]

    def metrics(self):
        lines, total = [], 0
        for power in range(4, 16):
            total += {8: 30_000, 9: 15_000, 10: 4_990, 15: 2}.get(power, 1)
            lines.append(f'tutti_tick_time_seconds_bucket{{cpu="1",le="{2 ** power / 1e6}"}} {total}')
        lines.append(f'tutti_tick_time_seconds_bucket{{cpu="1",le="+Inf"}} {total}')
        lines.append('tutti_packets_dropped_total{cpu="1",reason="late"} 12')
        return "\n".join(lines) + "\n"

    # How it answers

    def answer(self, request, body):
        path, _, query = request.path.partition("?")
        self.asked.append(request.path)
        file = CONSOLE / ("index.html" if path == "/" else path.removeprefix("/console/"))
        if body is None and (path == "/" or path.startswith("/console/")) and file.is_file():
            return self.send(request, 200, file.read_bytes(), TYPES[file.suffix], {"Content-Security-Policy": POLICY})
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return self.problem(request, 401, "This needs a token.")
        parts = [urllib.parse.unquote(part) for part in path.split("/")[1:]]
        if body is None and path == "/events":
            return self.stream(request)
        if body is None and path == "/metrics":
            return self.send(request, 200, self.metrics().encode(), "text/plain")
        status, told = self.get(parts, query) if body is None else self.post(parts, body)
        if status >= 400:
            return self.problem(request, status, told)
        return self.send(request, status, b"" if told is None else json.dumps(told).encode())

    def get(self, parts, query):
        match parts:
            case ["health"]:
                return 200, {"status": "ok", "uptime_s": int(time.monotonic() - self.started), "dial_out": self.dial_out}
            case ["ledger"]:
                held = sum(len(inside) for inside in self.rooms.values())
                return 200, {"dialogs": held, "participants": held, "ports": held, "streams": held, "rooms": len(self.rooms)}
            case ["cores"]:
                return 200, {"cores": self.cores()}
            case ["rooms"]:
                return 200, {"rooms": [self.room(name) for name in sorted(self.rooms)]}
            case ["rooms", name, "participants"] if name in self.rooms:
                ids = urllib.parse.parse_qs(query).get("ids", [""])[0]
                wanted = {int(one) for one in ids.split(",") if one}
                if ids:
                    return 200, {"participants": [p for p in self.rooms[name] if p["id"] in wanted]}
                after = int(urllib.parse.parse_qs(query).get("after", ["0"])[0])
                behind = sorted((p for p in self.rooms[name] if p["id"] > after), key=lambda p: p["id"])
                limit = int(urllib.parse.parse_qs(query).get("limit", [PAGE])[0])
                page = {"participants": behind[:limit]}
                if len(behind) > limit:
                    page["next"] = f"/rooms/{urllib.parse.quote(name)}/participants?limit={limit}&after={behind[limit - 1]['id']}"
                return 200, page
            case ["rooms", name, "matrix"] if name in self.rooms:
                inside = self.rooms[name][:64]
                return 200, {"participants": [p["id"] for p in inside], "left_out": len(self.rooms[name]) - len(inside),
                             "hears": [[q is not p and not q["muted"] and not p["deaf"] for q in inside] for p in inside],
                             "measured": False}
            case ["participants", number] if (found := self.find(int(number))):
                return 200, found
            case ["participants", number, "why-silent"] if (found := self.find(int(number))):
                return 200, {"participant": found["id"], "cause": "Muted" if found["muted"] else "BelowGate",
                             "advice": "A moderator muted it.", "stages": [
                                 {"name": "packets", "passed": True, "detail": "3000 packets received"},
                                 {"name": "mute", "passed": not found["muted"], "detail": "by a moderator"}]}
        return 404, "There is no such thing."

    def post(self, parts, body):
        self.posted.append(("/" + "/".join(parts), body))
        match parts:
            case ["rooms", name, ("lock" | "unlock") as what] if name in self.rooms:
                (self.locked.add if what == "lock" else self.locked.discard)(name)
                return 204, None
            case ["rooms", name, ("mute" | "unmute") as what] if name in self.rooms:
                for one in self.rooms[name]:
                    one["muted"] = what == "mute"
                return 200, {"changed": len(self.rooms[name])}
            case ["participants", number, what] if (found := self.find(int(number))):
                if what == "kick":
                    self.rooms[found["room"]].remove(found)
                    self.emit("ParticipantLeft", found["room"], found["id"], reason=body.get("reason", ""), participant=found)
                elif what in ("mute", "unmute", "deaf", "undeaf"):
                    found[what.removeprefix("un").replace("mute", "muted")] = not what.startswith("un")
                return 204, None
        return 404, "There is no such thing."

    def stream(self, request):
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        self.last_event_id = request.headers.get("Last-Event-ID")
        self.streams.append(request)
        request.close_connection = False
        while request in self.streams and not request.close_connection:
            time.sleep(0.05)
        request.close_connection = True

    def problem(self, request, status, detail):
        body = {"type": "about:blank", "title": "Error", "status": status, "detail": detail}
        return self.send(request, status, json.dumps(body).encode(), "application/problem+json")

    def send(self, request, status, body, kind="application/json", headers=()):
        request.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **dict(headers)}.items():
            request.send_header(name, value)
        request.end_headers()
        try:
            request.wfile.write(body)
        except OSError:
            pass  # it asked no more


if __name__ == "__main__":
    people = [participant(n, "big", f"Caller {n}", talking=n % 7 == 0, level_dbov=-20 - n % 40) for n in range(1, 4001)]
    FakeTuttid({"big": people, "standup": [participant(9001, "standup", "Ada", talking=True, level_dbov=-18)]},
               int(sys.argv[1]), dial_out=True)
    threading.Event().wait()
