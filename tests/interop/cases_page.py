"""The console in a real Chromium, against a server of memory: what only thousands, or liars, bring about."""

import time

from fake_tuttid import FakeTuttid, participant

OVERRIDE = "\u202egnp.evil\u202c \u2066deep\u2069"
NAMES = ["<img src=x onerror=document.title='owned'>", OVERRIDE, "x" * 10_000, "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 abc",
         "<script>document.title='owned'</script>", "e" + "\u0301" * 3000, "a\nb\tc\u0000d", "&lt;b&gt;", "\U0001f469\u200d\U0001f680"]
VIEWS = ["#/rooms", "#/rooms/talk", "#/cores", "#/events"]
DIALOGS = ["token-dialog", "reason-dialog", "invite-dialog", "matrix-dialog", "person-dialog"]


class _Page:
    """A fake server and a browser that shows its room `talk`."""

    def __init__(self, world, people=None, route="#/rooms/talk", **options):
        from browser import Browser  # CMake lists the cases where selenium need not be
        self.world = world
        self.fake = FakeTuttid({"talk": people if people is not None else _people(), "quiet": []}, **options)
        self.browser = Browser()
        self.browser.open(self.fake.port, route)

    def __enter__(self):
        return self.world, self.browser, self.fake

    def __exit__(self, *_):
        self.world.expect(not self.browser.complaints(), f"the browser complained: {self.browser.messages}")
        self.browser.close()
        self.fake.stop()


def _people():
    """One of each kind that looks different."""
    return [participant(1, "talk", "Ada Lovelace", talking=True, level_dbov=-18, role="moderator"),
            participant(2, "talk", "Charles", muted=True, loss_percent=2.5, jitter_ms=40, mos=3.3),
            participant(3, "talk", "", status="OnHold", held=True, loss_percent=9.0, jitter_ms=120, mos=2.1),
            participant(4, "talk", "Grace", deaf=True, gain_in_db=6, dialled_out=True, waiting=True),
            participant(5, "talk", "Joan", status="Leaving", entering_pin=True),
            participant(6, "talk", "Klára", silence="NoPackets", muted_by_itself=True)]


def _rows(browser):
    return len(browser.all("#people-body .person"))


def _open_everything(browser, do):
    """Calls do(place) in each view and in each dialog, which is filled as it would be."""
    for view in VIEWS:
        browser.go(view)
        time.sleep(0.4)
        do(view)
    browser.go("#/rooms/talk")
    browser.click("#room-matrix")
    browser.until(lambda: browser.shown("#matrix-dialog"))
    do("matrix-dialog")
    browser.run("document.querySelector('#matrix-dialog').close()")
    browser.click("#people-body .person:nth-child(2) .actions button:last-child")
    browser.until(lambda: browser.all("#why-stages li"))
    do("person-dialog")
    browser.click("#person-kick")
    do("reason-dialog")
    browser.run("document.querySelector('#reason-dialog').close()")
    browser.click("#room-invite")
    do("invite-dialog")
    browser.run("document.querySelector('#invite-dialog').close(); document.querySelector('#token-dialog').showModal()")
    do("token-dialog")
    browser.run("document.querySelector('#token-dialog').close()")


def names_are_text(world):
    """Markup, turned directions, 10,000 characters: names are shown as text of one line and disturb nothing."""
    people = [participant(n, "talk", name) for n, name in enumerate(NAMES, 1)] + [participant(99, "talk", "Ada")]
    people[0]["uri"] = "sip:\"><svg onload=alert(1)>@x"
    with _Page(world, people) as (_, browser, fake):
        browser.until(lambda: _rows(browser) == len(people))
        names = browser.texts("#people-body .name")
        world.expect(names[0] == NAMES[0] and names[4] == NAMES[4] and names[7] == NAMES[7], f"markup is not shown as text: {names}")
        world.expect(not any(c in "".join(names) for c in "\u202e\u2066\n\0"), "what turns directions or breaks lines is still there")
        world.expect(len(names[2]) < 200, f"a name of 10,000 characters is shown with {len(names[2])}")
        world.expect(names[8] == NAMES[8], "what joins an emoji was taken away")
        for number in (1, 3):
            browser.click(f"#people-body .person:nth-child({number}) .actions button:last-child")
            time.sleep(0.3)
            browser.run("document.querySelector('#person-dialog').close()")
        for person in people:
            fake.emit("ParticipantJoined", "talk", person["id"], participant=person)
        browser.go("#/events")
        browser.until(lambda: len(browser.all("#log li")) == len(people))
        world.expect(len(browser.all("#log li")) == len(people), "not every event is shown")
        heights = browser.run("return [...document.querySelectorAll('#log li')].map(li => li.offsetHeight)")
        world.expect(max(heights) < 120, f"an event is {max(heights)} pixels high")
        browser.go("#/rooms/talk")
        heights = browser.run("return [...document.querySelectorAll('#people-body .person')].map(row => row.offsetHeight)")
        world.expect(len(set(heights)) == 1, f"rows are of different heights: {heights}")
        strange = browser.run("return document.querySelectorAll('img, script:not([src]), iframe, #main svg[onload]').length")
        world.expect(strange == 0, "names became elements")
        world.expect("owned" not in browser.driver.title, "a name's script ran")
        width = browser.run("return document.documentElement.scrollWidth - innerWidth")
        world.expect(width <= 0, f"names make the page {width} pixels too wide")


def narrow(world):
    """320 pixels: every view and dialog without scrolling sideways, every button within the screen."""
    with _Page(world, dial_out=True) as (_, browser, _fake):
        browser.screen(320)

        def judge(place):
            width = browser.run("return document.documentElement.scrollWidth")
            world.expect(width <= 320, f"{place} is {width} pixels wide")
            outside = browser.run("""
                return [...document.querySelectorAll("button, input, select, a")].filter(node => node.checkVisibility() &&
                  !node.matches(".skip")).filter(node => { const r = node.getBoundingClientRect(); return r.right > 320 || r.left < 0; })
                  .map(node => node.id || node.textContent)""")
            world.expect(not outside, f"{place}: beyond the edge are {outside}")
            browser.driver.save_screenshot(str(world.out / f"narrow-{place.strip('#/').replace('/', '-')}.png"))

        _open_everything(browser, judge)
        browser.go("#/rooms")
        world.expect(not browser.shown("#room"), "the rooms do not have the screen for themselves")
        browser.click("#rooms-body li:nth-child(2) a")
        world.expect(browser.until(lambda: browser.shown("#people")) and not browser.shown("#rooms"), "a room does not open")
        world.expect(browser.focused()["id"] == "room-title", f"the focus is at {browser.focused()}")


def contrast(world):
    """Every text has a contrast of 4.5 on what is behind it, dark and light."""
    from browser import CONTRASTS
    with _Page(world, dial_out=True) as (_, browser, fake):
        seen = 0
        for scheme in ("light", "dark"):
            browser.media(prefers_color_scheme=scheme)
            grounds = set()

            def judge(place, scheme=scheme, grounds=grounds):
                nonlocal seen
                found = browser.run(CONTRASTS)
                seen += len(found)
                grounds.add(browser.run("return getComputedStyle(document.documentElement).backgroundColor"))
                low = [entry for entry in found if entry[0] < 4.5]
                world.expect(not low, f"{scheme}, {place}: {low[:5]}")

            _open_everything(browser, judge)
            world.expect(len(grounds) == 1, f"{scheme} has grounds {grounds}")
        browser.run("document.querySelector('#away').hidden = false; document.querySelector('#away').textContent = 'away'")
        world.expect(browser.run(CONTRASTS)[0][0] >= 4.5, "that the server is away has too little contrast")
        print(f"{seen} texts judged")


def controls_have_names(world):
    """The accessibility tree names every control, heading, meter and picture, in every view and dialog."""
    with _Page(world, dial_out=True) as (_, browser, _fake):
        total = 0

        def judge(place):
            nonlocal total
            bad, count = browser.nameless()
            total += count
            world.expect(not bad, f"{place}: nameless {bad}")
            same = browser.run("const ids = [...document.querySelectorAll('[id]')].map(n => n.id); return ids.filter((id, n) => ids.indexOf(id) !== n)")
            world.expect(not same, f"{place}: two have the id {same}")

        _open_everything(browser, judge)
        world.expect(total > 150, f"only {total} were found")
        world.expect(browser.run("return document.querySelectorAll('[onclick], div[tabindex=\"0\"]:not([role])').length") == 0, "a div is a control")


def keyboard(world):
    """Tab goes through every control in the order of the page, each seen, and out again; Escape closes what opened."""
    from selenium.webdriver.common.keys import Keys
    with _Page(world, dial_out=True) as (_, browser, _fake):
        browser.until(lambda: _rows(browser) == 6)
        controls = browser.run("""
            return [...document.querySelectorAll("a[href], button, input, select")].filter(node => node.checkVisibility())
              .map(node => node.id || node.getAttribute("aria-label") || node.textContent)""")
        reached = []
        for _ in range(len(controls) + 3):
            browser.keys(Keys.TAB)
            focus = browser.focused()
            if focus["tag"] == "BODY":
                break  # out of the page, and no trap
            world.expect(focus["outline"] >= 2, f"the focus is not seen at {focus}")
            reached.append(focus["id"] or focus["label"])
        world.expect(reached == controls, f"Tab went {reached}, and the page has {controls}")
        browser.run("document.querySelector('#people-body .person:nth-child(2) .actions button:last-child').focus()")
        browser.keys(Keys.ENTER)
        browser.until(lambda: browser.shown("#person-dialog"))
        browser.keys(Keys.ESCAPE)
        world.expect(not browser.shown("#person-dialog"), "Escape does not close the dialog")
        world.expect(browser.focused()["person"] == "2", f"the focus did not come back, but is at {browser.focused()}")


def four_thousand(world):
    """4,000 participants: some forty rows in the page, levels asked for those alone, found by name, gone to by End."""
    from selenium.webdriver.common.keys import Keys
    people = [participant(n, "talk", f"Caller {n}", talking=n % 3 == 0, level_dbov=-20 - n % 40) for n in range(1, 4001)]
    with _Page(world, people) as (_, browser, fake):
        browser.until(lambda: _rows(browser) > 5)
        world.expect(_rows(browser) < 60, f"{_rows(browser)} rows are in the page")
        world.expect(browser.run("return document.querySelector('#people').ariaRowCount") == "4001", "the table does not tell its rows")
        pages = {p for p in fake.asked if "limit=" in p and "/participants" in p}
        world.expect(len(pages) == 8, f"they were asked for in these pages: {sorted(pages)}")
        # The largest hole between two frames while it scrolls and events pour in: reported, not judged.
        browser.run("""
            window.holes = []; let last = performance.now();
            (function tick() { const now = performance.now(); holes.push(now - last); last = now; requestAnimationFrame(tick); })()""")
        for person in people[::4]:
            fake.emit("TalkingStarted", "talk", person["id"])
        for _ in range(20):
            browser.run("window.scrollBy(0, 3000)")
            time.sleep(0.05)
        print(f"holes between frames: {sorted(browser.run('return holes'))[-3:]} ms")
        browser.keys(Keys.END)
        world.expect(browser.until(lambda: "Caller 4000" in browser.texts("#people-body .name")), "End does not show the last")
        fake.asked.clear()
        time.sleep(1.5)
        levels = [p for p in fake.asked if "ids=" in p]
        world.expect(levels and all(len(p.split("=")[1].split(",")) <= 64 for p in levels), f"levels were asked so: {fake.asked}")
        world.expect("4000" in levels[-1], "not those on screen are asked for")
        browser.run("const box = document.querySelector('#people-search'); box.value = 'caller 777'; box.dispatchEvent(new Event('input'))")
        world.expect(browser.until(lambda: browser.texts("#people-body .name") == ["Caller 777"]), "the search does not find it")


def between_pages(world):
    """Who comes or goes while a long list is asked for page by page is shown as it is, not as the page before told."""
    people = [participant(n, "talk", f"Caller {n}") for n in range(2, 602)]
    with _Page(world, people) as (_, browser, fake):
        world.expect(browser.until(lambda: browser.text("#people-count") == "600 participants"), "not everyone is shown")
        get, asked = fake.get, []

        def get_late(parts, query):
            answer = get(parts, query)
            if "after=" in query and not asked:
                for gone in (people.pop(0), people.pop(0)):
                    fake.emit("ParticipantLeft", "talk", gone["id"], reason="", participant=gone)
                people.insert(0, participant(1, "talk", "Moved"))
                fake.emit("ParticipantJoined", "talk", 1, participant=people[0])
                time.sleep(1.0)  # they are with the page before this answer is
                asked.append(query)
            return answer

        fake.get = get_late
        browser.click("#room-lock")
        world.expect(browser.until(lambda: asked), "nobody asked for a second page")
        time.sleep(1.0)
        shown = browser.text("#people-count")
        world.expect(shown == "599 participants", f"two left and one came, and there are {shown}")


def token(world):
    """A server that wants a token: a prompt, kept for the tab alone, asked again when it is not taken."""
    from selenium.webdriver.common.keys import Keys
    with _Page(world, token="right-right-right") as (_, browser, fake):
        world.expect(browser.until(lambda: browser.shown("#token-dialog")), "no question for the token")
        browser.keys("wrong-wrong-wrong", Keys.ENTER)
        world.expect(browser.until(lambda: browser.shown("#token-dialog") and "did not take" in browser.text("#token-title")), "a wrong one is not refused")
        browser.keys(Keys.ESCAPE)
        world.expect(browser.until(lambda: browser.shown("#unlock")), "no way back to the question")
        asked = len(fake.asked)
        time.sleep(1.5)
        world.expect(len(fake.asked) - asked <= 2, "it goes on asking without a token")
        browser.click("#unlock")
        browser.keys("right-right-right", Keys.ENTER)
        world.expect(browser.until(lambda: _rows(browser) == 6), "the right one does not help")
        browser.driver.refresh()
        world.expect(browser.until(lambda: _rows(browser) == 6), "it is forgotten by a reload")
        kept = browser.run("return [Object.keys(sessionStorage), localStorage.length, document.cookie]")
        world.expect(kept == [["tutti-token"], 0, ""], f"kept: {kept}")
        browser.messages = []  # the 401s that were asked for
        browser.driver.get_log("browser")


def resume(world):
    """Events go on behind the last one that was read; a gap has everything asked for again, and a room that is made appears."""
    with _Page(world) as (_, browser, fake):
        browser.until(lambda: _rows(browser) == 6 and fake.streams)
        fake.emit("DtmfReceived", "talk", 1, digit="5")
        browser.go("#/events")
        world.expect(browser.until(lambda: len(browser.all("#log li")) == 1), "an event is not shown")
        fake.streams.pop()
        world.expect(browser.until(lambda: fake.streams), "it does not come back")
        world.expect(fake.last_event_id == "talk:1-1", f"it came back behind {fake.last_event_id}")
        asked = len([p for p in fake.asked if p.partition("?")[0].endswith("/participants")])
        fake.emit("gap", "talk", lost=7)
        world.expect(browser.until(lambda: len([p for p in fake.asked if p.partition("?")[0].endswith("/participants")]) > asked), "a gap is not made up for")
        browser.go("#/rooms/late")
        world.expect(browser.until(lambda: "no such room" in browser.text("#room-facts")), "a room that is not there is shown as one")
        asked = len(fake.asked)
        time.sleep(4.0)
        vain = [p for p in fake.asked[asked:] if p.startswith("/rooms/late/")]
        world.expect(not vain, f"what is not there is asked for: {vain}")
        fake.rooms["late"] = [participant(77, "late", "Late")]
        fake.emit("ConferenceCreated", "late", id="conf_late")
        world.expect(browser.until(lambda: browser.texts("#people-body .name") == ["Late"]), "a room that is made is not shown")


def quiet_motion(world):
    """Who wants little motion gets none; dial-out that is off has no Invite button."""
    with _Page(world) as (_, browser, _fake):
        browser.until(lambda: _rows(browser) == 6)
        world.expect(not browser.shown("#room-invite"), "Invite is shown where dial-out is off")
        style = "return getComputedStyle(document.querySelector('.meter b')).transitionDuration"
        world.expect(browser.run(style) != "0s", "meters jump")
        browser.media(prefers_reduced_motion="reduce")
        world.expect(browser.run(style) == "0s", "meters glide where little motion is wanted")


CASES = [names_are_text, keyboard]
LONG = [narrow, contrast, controls_have_names, four_thousand, between_pages, token, resume, quiet_motion]
