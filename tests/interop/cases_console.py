"""The console in a real Chromium, against the real server: what is clicked there is heard on the phones."""

import time

from server import Server
from world import JOIN_S

# A browser on the same CPUs makes callers late, whose tones then have seams: what counts is which are there.
PURITY_DB = 10.0
HOSTILE = '<img src=x onerror=document.title="owned">'


def _open(world, route=""):
    from browser import Browser  # CMake lists the cases where selenium need not be
    browser = Browser()
    browser.open(world.server.http_port, route)
    return browser


def _row(number):
    """The selector of the row of the nth to come."""
    return f"#people-body .person:nth-child({number})"


def _sees(world, browser, condition, text, seconds=60.0):
    if not world.expect(browser.until(condition, seconds), text):
        print(f"the page says: {browser.run('return document.body.innerText')[:2000]}")
        browser.driver.save_screenshot(str(world.out / "wrong.png"))


def _clean(world, browser):
    # A room that has just ended is asked for once more.
    complaints = [m for m in browser.complaints() if not ("/rooms/" in m and "status of 404" in m)]
    world.expect(not complaints, f"the browser complained: {complaints}")
    port = world.server.http_port
    strangers = [u for u in browser.requested() if not u.startswith((f"http://127.0.0.1:{port}/", "data:", "chrome:", "about:"))]
    world.expect(not strangers, f"the page asked elsewhere: {strangers}")


def _join(world, browser, room, tones):
    calls = []
    for number, hz in enumerate(tones, 1):
        calls.append(world.join(room, hz))
        _sees(world, browser, lambda n=number: len(browser.all("#people-body .person")) == n, f"caller {number} did not appear")
    return calls


def mute_by_click(world):
    """Three callers appear; one is muted by a click and the others no longer hear it, unmuted and they do again."""
    with _open(world, "#/rooms/talk") as browser:
        calls = _join(world, browser, "talk", (400, 523, 660))
        muted, *others = calls
        _sees(world, browser, lambda: len(browser.all('.person[data-talking="true"]')) == 3, "three talk, and are not marked")
        _sees(world, browser, lambda: browser.run(
            "return document.querySelector('.person .meter').ariaValueNow") not in (None, "-127"), "its meter shows nothing")
        before = time.monotonic()
        time.sleep(JOIN_S + 2.2)

        browser.click(_row(1) + " .actions button:first-child")
        _sees(world, browser, lambda: browser.text(_row(1) + " .actions button:first-child") == "Unmute", "it is not shown muted")
        during = time.monotonic() + 0.3
        time.sleep(0.3 + 2.2)
        browser.click(_row(1) + " .actions button:first-child")
        _sees(world, browser, lambda: browser.text(_row(1) + " .actions button:first-child") == "Mute", "it is still shown muted")
        after = time.monotonic() + 0.5
        time.sleep(0.5 + 2.2)
        end = time.monotonic()
        for call in calls:
            world.leave(call)
        _sees(world, browser, lambda: not browser.shown("#people"), "all left, and somebody is shown")
        _clean(world, browser)
    for call in others:
        rest = [c for c in others if c is not call]
        world.judge_mix(call, [*rest, muted], before + JOIN_S, before + JOIN_S + 2.2, purity_db=PURITY_DB)
        world.judge_mix(call, rest, during, during + 2.2, absent=[muted], purity_db=PURITY_DB)
        world.judge_mix(call, [*rest, muted], after, end, purity_db=PURITY_DB)
    world.judge_mix(muted, others, during, during + 2.2, purity_db=PURITY_DB)  # it hears on


def three_sipp_callers(world):
    """Three SIPp callers appear; a click on one of them, and a listener hears the two others."""
    tones = (400, 523, 660)
    with _open(world, "#/rooms/sipp") as browser:
        listener = world.join("sipp", None)
        children = []
        for number, hz in enumerate(tones):
            folder = world.out / f"caller{number}"
            folder.mkdir(exist_ok=True)
            world.tone_file(hz, folder=folder)
            children.append(world.sipp("call", "-s", "sipp", "-m", "1", "-d", "14000", cwd=folder, wait=False, name=f"call{number}"))
            _sees(world, browser, lambda n=number: len(browser.all("#people-body .person")) == n + 2, f"SIPp caller {number} did not appear")
        names = browser.texts("#people-body .name")
        world.expect(names[1:] == ["sipp"] * 3, f"SIPp's callers are called {names}")
        time.sleep(JOIN_S)
        before = time.monotonic()
        time.sleep(2.2)
        browser.click(_row(3) + " .actions button:first-child")
        _sees(world, browser, lambda: browser.text(_row(3) + " .statuses").startswith("Muted"), "it is not shown muted")
        during = time.monotonic() + 0.3
        time.sleep(0.3 + 2.2)
        for child in children:
            world.sipp_end(child)
        world.leave(listener)
        _clean(world, browser)
    heard = [world.heard_only(hz) for hz in tones]
    world.judge_mix(listener, heard, before, before + 2.2, purity_db=PURITY_DB)
    world.judge_mix(listener, [heard[0], heard[2]], during, during + 2.2, absent=[heard[1]], purity_db=PURITY_DB)


def kick_by_keyboard(world):
    """A participant is kicked with a reason, and nothing but the keyboard; the focus stays near where it was."""
    from selenium.webdriver.common.keys import Keys
    with _open(world, "#/rooms/keys") as browser:
        gone, stays = _join(world, browser, "keys", (400, 500))
        for _ in range(60):
            browser.keys(Keys.TAB)
            focus = browser.focused()
            if focus["label"].startswith("Kick"):
                break
        world.expect(focus["label"].startswith("Kick"), f"Tab never came to a Kick button, but to {focus}")
        world.expect(focus["outline"] >= 2, f"the focus is not seen: {focus}")
        browser.keys(Keys.ENTER)
        world.expect(browser.focused()["id"] == "reason", f"the dialog has the focus at {browser.focused()}")
        browser.keys("too loud", Keys.ENTER)
        gone.idle(30.0)
        world.expect(gone.ended_by_server, "no BYE came")
        world.expect(not stays.ended_by_server, "the other one was kicked as well")
        _sees(world, browser, lambda: len(browser.all("#people-body .person")) == 1, "it is still shown")
        _sees(world, browser, lambda: browser.focused()["tag"] != "BODY", "the focus is lost")
        _sees(world, browser, lambda: "kicked" in (browser.text("#said") or ""), "nothing says that it is done")
        if gone.ended_by_server:
            world.pump.remove(gone.voice)
        world.leave(stays)
        _clean(world, browser)


def hostile_names(world):
    """A caller whose name is markup is shown by that name, and nothing else happens."""
    with _open(world, "#/rooms/names") as browser:
        call = world.caller("names", 400)
        call.display_name = HOSTILE
        world.expect(call.dial().status == 200, "it could not dial")
        call.voice.remote = call.remote_rtp()
        world.pump.add(call.voice)
        _sees(world, browser, lambda: browser.text(_row(1) + " .name") == HOSTILE, "its name is not shown as it is")
        browser.click(_row(1) + " .actions button:last-child")
        _sees(world, browser, lambda: browser.text("#person-title") == HOSTILE, "nor in the dialog")
        _sees(world, browser, lambda: len(browser.all("#why-stages li")) > 0, "no stages of why it is silent")
        browser.go("#/events")
        browser.run("document.querySelectorAll('dialog[open]').forEach(dialog => dialog.close())")
        _sees(world, browser, lambda: any(HOSTILE in text for text in browser.texts("#log li")), "nor in the events")
        world.expect(browser.run("return document.images.length") == 0, "a picture came of it")
        world.expect("owned" not in browser.driver.title, "its script ran")
        world.leave(call)
        _clean(world, browser)


def room_controls(world):
    """Lock, mute all, who hears whom and terminate; cores and their ticks are drawn."""
    with _open(world, "#/rooms/ctl") as browser:
        calls = _join(world, browser, "ctl", (400, 500))
        browser.click("#room-lock")
        _sees(world, browser, lambda: browser.text("#room-state") == "Locked", "it is not shown locked")
        late = world.caller("ctl")
        world.expect(late.dial().status == 403, "a locked room took a caller")
        browser.click("#room-lock")
        _sees(world, browser, lambda: browser.text("#room-state") == "Active", "it is not shown unlocked")
        browser.click("#room-mute")
        _sees(world, browser, lambda: all(t.startswith("Muted") for t in browser.texts("#people-body .statuses")), "not all are muted")
        browser.click("#room-matrix")
        _sees(world, browser, lambda: len(browser.all("#matrix tbody tr")) == 2, "the table has no two rows")
        world.expect(not browser.all("#matrix td.yes"), "all are muted, and the routing says that somebody is heard")
        world.expect("routing" in browser.text("#matrix-title"), "the table does not say that it is routing")
        browser.run("document.querySelector('#matrix-dialog').close()")
        browser.go("#/cores")
        _sees(world, browser, lambda: len(browser.all(".core .curve")) >= 2, "no curve of a core")
        _sees(world, browser, lambda: len(browser.all(".core .bars rect")) >= 1, "no bars of its ticks")
        browser.go("#/rooms/ctl")
        browser.click("#room-terminate")
        browser.click("#reason-go")
        for call in calls:
            call.idle(30.0)
            world.expect(call.ended_by_server, f"{call.name} got no BYE")
            world.pump.remove(call.voice)
        _sees(world, browser, lambda: "no such room" in browser.text("#room-facts"), "it is not said that the room ended")
        _clean(world, browser)


def restart(world):
    """The server ends, which the page says, and comes back, which it sees by itself."""
    with _open(world, "#/rooms/again") as browser:
        _sees(world, browser, lambda: browser.run("return document.querySelector('#link').dataset.state") == "here", "it never began")
        port = world.server.http_port
        world.server.stop()
        _sees(world, browser, lambda: browser.shown("#away"), "nothing says that the server is away")
        world.server = Server(world.program, world.out / "tuttid-again.log", http_port=port)
        _sees(world, browser, lambda: not browser.shown("#away"), "it does not see that the server is back")
        call = world.join("again", 400)
        _sees(world, browser, lambda: len(browser.all("#people-body .person")) == 1, "it does not show who came then")
        _sees(world, browser, lambda: browser.run("location.hash = '#/events'") or any(
            "Joined" in text for text in browser.texts("#log li")), "no event of after the restart")
        world.leave(call)


TOKEN = "a-token-of-twenty-one"


def token(world):
    """With a token configured the page comes, asks for it, refuses a wrong one and works with the right one."""
    world.server.token = TOKEN
    with _open(world) as browser:
        _sees(world, browser, lambda: browser.shown("#token-dialog"), "no question for the token")
        for given, right in (("wrong-wrong-wrong-wrong", False), (TOKEN, True)):
            browser.until(lambda: browser.shown("#token"))
            browser.keys(given, "\ue007")
            _sees(world, browser, lambda r=right: browser.shown("#token-dialog") != r and (
                r or "did not take" in browser.text("#token-title")), f"after {given}")
        _sees(world, browser, lambda: browser.run("return document.querySelector('#link').dataset.state") == "here", "the token does not help")
        kept = browser.run("return [sessionStorage.length, localStorage.length, document.cookie, location.href]")
        world.expect(kept[:3] == [1, 0, ""] and TOKEN not in kept[3], f"the token is kept where it should not: {kept}")


token.config = f'[http]\ntoken = "{TOKEN}"\n'

CASES = [mute_by_click, three_sipp_callers]
LONG = [kick_by_keyboard, hostile_names, room_controls, restart, token]
