"""What every operation refuses alike: what is not there, what is wrong, who may not ask, what comes too often or late."""

import concurrent.futures
import time

from skins import OPERATIONS, CommandLine, Http
from standstill import Refused, standing_still
from trial import BAD, CONFIG, GOOD, TOKEN, TOO_LONG, place_of


def what_is_not_there(t):
    for operation in t.asked:
        if "{" in OPERATIONS[operation][1]:
            arguments = {**GOOD.get(operation, {}), **place_of(operation)}
            page = operation == "getConsoleFile"
            t.refuses(operation, 404, None if page or operation == "getRoomEvents" else "NotFound",
                      **{**arguments, **({"file": "nothing.js"} if page else {})})


def what_is_wrong(t):
    """Bodies, queries and ids that cannot be."""
    for operation in t.asked:
        _, path, said = OPERATIONS[operation]
        good = {**GOOD.get(operation, {}), **place_of(operation, "board")}
        events = operation.endswith("Events")
        if events:
            room = {"room": "board"} if operation == "getRoomEvents" else {}
            t.refuses(operation, 400, None, **room, **BAD[operation])
        elif operation in BAD:
            t.refuses(operation, 400, "InvalidArgument", **{**place_of(operation, "board"), **BAD[operation]})
        elif "{participant}" in path:
            t.refuses(operation, 400, "InvalidArgument", **{**good, "participant": 0})
        elif t.skin is CommandLine and "400" in said["responses"] and operation != "reload":
            t.unprovoked[operation, 400] = "its line has nothing that could be wrong"
        if t.skin is Http and "requestBody" in said:
            t.refuses(operation, 400, "InvalidArgument", raw=b'{"bogus":1}', **good)
            t.refuses(operation, 413, None, raw=TOO_LONG["kick"]["reason"].encode(), **good)
            t.refuses(operation, 415, None, extra={"Content-Type": "text/plain"}, raw=b"x", **good)
        elif operation in TOO_LONG:
            t.refuses(operation, 413, None, **{**good, **TOO_LONG[operation]})
        else:
            t.unprovoked[operation, 413] = "tuttictl's body for it is short"
        if t.skin is CommandLine:
            t.unprovoked[operation, 415] = "tuttictl says application/json"
    if t.skin is Http:
        t.refuses("listParticipants", 400, "InvalidArgument", room="board", ids="x")
        t.refuses("listRooms", 400, "InvalidArgument", limit=0)


def who_may_not_ask(t):
    """Without the token; from a page of somebody else."""
    stranger = t.skin(t.world)
    for operation in t.asked:
        arguments = {**GOOD.get(operation, {}), **place_of(operation)}
        said = OPERATIONS[operation][2]["responses"]
        if "401" in said and operation != "getMetrics":
            t.refuses(operation, 401, None, skin=stranger, **arguments)
        t.unprovoked["getMetrics", 401] = "on loopback it needs no token"
        if "403" in said and t.skin is Http:
            t.refuses(operation, 403, None, extra={"Origin": "http://evil.example"}, **arguments)
        elif t.skin is CommandLine:
            t.unprovoked[operation, 403] = "tuttictl sends no Origin"


def too_often(t):
    """More requests than the configuration takes, of every kind."""
    file = t.world.out / "tuttid.toml"
    file.write_text(CONFIG % 1)
    t.ask("reload")
    others = Http(t.world, token=TOKEN)
    for operation in t.asked:
        for _ in range(100):  # a second may pass in between, and a slow machine has nearly that for each line
            while others.ask("getHealth").ok:
                pass
            answer = t.ask(operation, **{**GOOD.get(operation, {}), **place_of(operation)}) \
                if not operation.endswith("Events") else t.ask(operation, **place_of(operation), after="x")
            if answer.status == 429:
                break
        t.expect(answer.status == 429, f"{operation} too often is {answer}")
    file.write_text(CONFIG % 0)
    deadline = time.monotonic() + 60
    while not t.ask("reload").ok and time.monotonic() < deadline:
        time.sleep(0.3)


def no_answer_in_time(t):
    """The control thread stands still: all is refused after two seconds, and nothing is broken by it."""
    def ask(operation):
        harmless = {"createRoom": {"name": ".x"}}.get(operation, GOOD.get(operation, {}))
        return operation, t.of_all.ask(operation, **{**harmless, **place_of(operation)})
    try:
        with standing_still(t.world.server.child.pid), concurrent.futures.ThreadPoolExecutor(len(t.asked)) as many:
            answers = list(many.map(ask, t.asked))
    except Refused as refused:
        print(f"not shown: {refused}")
        t.unprovoked.update({(o, 503): str(refused) for o in t.asked})
        return
    for operation, answer in answers:
        t.refused.add((operation, answer.status))
        t.expect(answer.status == 503 and "in time" in answer.detail, f"{operation} while nobody answers: {answer}")
