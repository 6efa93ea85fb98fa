"""The two skins of the operations, asked alike: an operationId of docs/openapi.json and its arguments by name."""

import json
import pathlib
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import process

OPENAPI = json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_text())
# operationId -> (method, path, what it says of it)
OPERATIONS = {said["operationId"]: (method.upper(), path, said)
              for path, methods in OPENAPI["paths"].items() for method, said in methods.items() if "operationId" in said}

# What is written for each; [..] is left out where its argument is not given. Settings follow as KEY=VALUE.
COMMANDS = {
    "getHealth": "health", "getMetrics": "metrics", "getLedger": "ledger", "getCores": "cores",
    "getWebhooks": "webhooks", "reload": "reload",
    "listRooms": "rooms", "createRoom": "create [{name}]", "getRoom": "room {room}", "getSettings": "settings {room}",
    "updateSettings": "settings {room}", "getStatistics": "stats {room}", "lockRoom": "lock {room}",
    "unlockRoom": "unlock {room}", "terminateRoom": "terminate {room} [--reason {reason}]",
    "listParticipants": "participants {room}",
    "invite": "invite {room} {uri} [--name {display_name}] [--role {role}] [--ring-time {ring_time_s}]",
    "kickAll": "kick-all {room} [--reason {reason}]", "muteAll": "mute-all {room} [--but-moderators{but_moderators}]",
    "unmuteAll": "unmute-all {room} [--but-moderators{but_moderators}]",
    "playToneToRoom": "play-tone-all {room} [--hz {frequency_hz}] [--dbov {level_dbov}] [--ms {duration_ms}]",
    "playFileToRoom": "play-file-all {room} {file}", "stopPlayToRoom": "stop-play-all {room}",
    "startRecording": "start-recording {room} {file}", "pauseRecording": "pause-recording {room}",
    "stopRecording": "stop-recording {room}", "whoHearsWhom": "matrix {room}",
    "getRoomEvents": "events {room} [--after {after}]", "getEvents": "events [--after {after}]",
    "getParticipant": "participant {participant}", "getSessionDescription": "sdp {participant}",
    "whySilent": "why-silent {participant}", "kick": "kick {participant} [--reason {reason}]",
    "mute": "mute {participant}", "unmute": "unmute {participant}", "deafen": "deaf {participant}",
    "undeafen": "undeaf {participant}", "hold": "hold {participant}", "unhold": "unhold {participant}",
    "stopCoaching": "stop-coaching {participant}", "stopPlay": "stop-play {participant}",
    "setGain": "gain {participant} [--in {in_db}] [--out {out_db}]", "setRole": "role {participant} {role}",
    "setStatus": "status {participant} {status}", "move": "move {participant} {room}",
    "coach": "coach {participant} {coachee}",
    "playTone": "play-tone {participant} [--hz {frequency_hz}] [--dbov {level_dbov}] [--ms {duration_ms}]",
    "playFile": "play-file {participant} {file}",
}
# In a browser, not on a line.
PAGES = {"getConsole", "getConsoleFile"}
# More than one request, or none: asked by hand.
OTHER_COMMANDS = {"exists", "watch", "completion", "man"}


class Answer:
    """Done, with what was told; or refused, with the HTTP status, the error's name if it has one, and a sentence."""

    def __init__(self, ok, body="", status=0, error=None, detail=""):
        self.ok, self.body, self.status, self.error, self.detail = ok, body, status, error, detail

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return "done" if self.ok else f"{self.error} ({self.status}): {self.detail}"


def _refusal(status, body):
    said = json.loads(body)
    return Answer(False, body, status, said.get("error"), said.get("detail", ""))


class Http:
    """Asks as programs do."""

    name = "HTTP"

    def __init__(self, world, port=None, token=""):
        self.base, self.token = f"http://127.0.0.1:{port or world.server.http_port}", token
        self.expect = world.expect

    def request(self, operation, arguments, extra=None, raw=None):
        """`extra`: headers beside the usual ones; `raw`: the body as it is."""
        method, path, said = OPERATIONS[operation]
        body = dict(arguments)
        for name in re.findall(r"{(\w+)}", path):
            path = path.replace("{%s}" % name, urllib.parse.quote(str(body.pop(name)), safe=""))
        if "requestBody" in said:
            data = json.dumps(body["settings"] if operation == "updateSettings" else body).encode() if body else b""
            data = raw if raw is not None else data
        else:
            path += f"?{urllib.parse.urlencode(body)}" if body else ""
            data = None
        headers = {"Content-Type": "application/json"} if data else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return urllib.request.Request(self.base + path, data, {**headers, **(extra or {})}, method=method)

    def ask(self, operation, /, *, extra=None, raw=None, **arguments):
        try:
            with urllib.request.urlopen(self.request(operation, arguments, extra, raw), timeout=30) as answer:
                if answer.headers.get_content_type() == "text/event-stream":
                    return Answer(True)
                return Answer(True, answer.read().decode())
        except urllib.error.HTTPError as refused:
            body = refused.read().decode()
            kind = refused.headers.get_content_type()
            self.expect(kind == "application/problem+json", f"{operation} was refused as {kind}")
            answer = _refusal(refused.code, body)
            said = json.loads(body)
            self.expect(said["status"] == refused.code and said["title"] and answer.detail, f"{operation}: {body}")
            return answer

    def follow(self, world, room="", after="0"):
        """A child that prints the stream of events."""
        path = f"/rooms/{room}/events" if room else "/events"
        return process.start(["curl", "-sN", "-H", f"Authorization: Bearer {self.token}",
                              f"{self.base}{path}?after={after}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    @staticmethod
    def event_of(line):
        return json.loads(line[5:]) if line.startswith("data:") else None


class CommandLine:
    """Asks as people do: every answer twice, as JSON and as it is shown."""

    name = "the command line"

    def __init__(self, world, port=None, token=""):
        self.tool = str(world.program.parent / "tuttictl")
        self.where = ["--server", f"127.0.0.1:{port or world.server.http_port}"]
        self.environment = {"TUTTI_TOKEN": token} if token else {}
        self.expect = world.expect

    def start(self, *words):
        return process.start([self.tool, *self.where, *words], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words):
        """(exit code, what it printed, what it complained of)"""
        child = self.start(*words)
        try:
            out, complaint = child.communicate(timeout=60)
        finally:
            process.end(child)
        return child.returncode, out, complaint

    @staticmethod
    def words_of(operation, arguments):
        words = []
        given = {**arguments, **({"but_moderators": ""} if arguments.get("but_moderators") else {})}
        for part in re.findall(r"\[[^\]]*\]|\S+", COMMANDS[operation]):
            names = re.findall(r"{(\w+)}", part)
            if part.startswith("[") and not all(name in given for name in names):
                continue
            words += [word.format(**given) for word in part.strip("[]").split()]
        for key, value in arguments.get("settings", {}).items():
            words.append(f"{key}={value if isinstance(value, str) else json.dumps(value)}")
        return words

    def ask(self, operation, /, **arguments):
        code, out, complaint = self.run("--json", *self.words_of(operation, arguments))
        if code == 0:
            self.expect(not complaint, f"{operation} was done, and it complains: {complaint}")
            return Answer(True, out)
        found = re.fullmatch(r"tuttictl: (.*) \((?:(\w+), )?(\d{3})\)\n(?:  .*\n)*", complaint)
        if not self.expect(code == 1 and found, f"{operation} ended with {code} and says: {complaint}"):
            return Answer(False, detail=complaint)
        answer = Answer(False, out, int(found[3]), found[2], found[1])
        if out:  # the problem, as it came
            said = json.loads(out)
            self.expect((said.get("error"), said["status"], said["detail"]) == (answer.error, answer.status, answer.detail),
                        f"{operation} says {complaint} of {out}")
        return answer

    def follow(self, world, room="", after="0"):
        return process.start([self.tool, *self.where, "--json", "events", *([room] if room else []), "--after", after],
                             env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)

    @staticmethod
    def event_of(line):
        return json.loads(line)
