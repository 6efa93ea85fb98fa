"""A real Chromium, headless, that reaches 127.0.0.1 and nothing else; for the console's cases."""

import atexit
import json
import os
import shutil
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

FLAGS = ["--headless=new", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
         "--force-color-profile=srgb", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


class _NiceService(Service):
    """The browser, which inherits it, yields to the server and to callers who must send on time."""

    def start(self):
        super().start()
        os.setpriority(os.PRIO_PROCESS, self.process.pid, min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10))


class Browser:
    def __init__(self, width=1280, height=900):
        self.profile = tempfile.mkdtemp(prefix="tutti-chromium-")
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--window-size={width},{height}", f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # root has none
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=_NiceService("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(60)
        self.messages = []
        atexit.register(self.close)

    def close(self):
        if self.driver is None:
            return
        driver, self.driver = self.driver, None
        try:
            driver.quit()
        except (WebDriverException, OSError):
            pass
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def open(self, port, route=""):
        self.driver.get(f"http://127.0.0.1:{port}/{route}")

    def go(self, route):
        """Another view of the page that is open."""
        self.run("location.hash = arguments[0]", route)
        self.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def screen(self, width, height=800, mobile=True):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def media(self, **features):
        """prefers_color_scheme="dark" and the like."""
        self.cdp("Emulation.setEmulatedMedia",
                 features=[{"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css):
        """As it is in the page, shown or not; None where there is none."""
        return self.run("return document.querySelector(arguments[0])?.textContent ?? null", css)

    def texts(self, css):
        return self.run("return [...document.querySelectorAll(arguments[0])].map(node => node.textContent)", css)

    def shown(self, css):
        return bool(self.run("return document.querySelector(arguments[0])?.checkVisibility() ?? false", css))

    def click(self, css, seconds=60.0):
        """A real click, where a mouse would: what is covered or moves on is not clicked."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                element = self.driver.find_element(By.CSS_SELECTOR, css)
                place = element.rect
                time.sleep(0.1)
                if element.rect != place:  # the page is still making room for what has come
                    raise WebDriverException(f"{css} does not keep still")
                return element.click()
            except WebDriverException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def keys(self, *keys):
        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()

    def until(self, condition, seconds=60.0):
        """What `condition()` gives once that is true; else its last, after so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = condition()
            except StaleElementReferenceException:
                found = None
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    def focused(self):
        """What has the focus: tag, name, and how it is outlined."""
        return self.run("""
            const node = document.activeElement, style = getComputedStyle(node);
            return {tag: node.tagName, id: node.id, label: node.getAttribute("aria-label") ?? node.textContent.trim(),
                    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
                    person: node.closest(".person")?.dataset.id ?? null}""")

    def complaints(self):
        """What the page's console has of errors: scripts that broke, what the policy refused."""
        self.messages += self.driver.get_log("browser")
        return [m["message"] for m in self.messages if m["level"] == "SEVERE"]

    def requested(self):
        """Every URL that was asked for, by whatever."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls

    def nameless(self):
        """The controls that the accessibility tree has no name for."""
        roles = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "spinbutton", "meter", "image", "dialog",
                 "table", "list", "region", "heading", "option", "MenuListPopup", "columnheader"}
        nodes = self.cdp("Accessibility.getFullAXTree")["nodes"]
        named = [n for n in nodes if not n.get("ignored") and n["role"]["value"] in roles]
        bad = [n["role"]["value"] for n in named if not n.get("name", {}).get("value", "").strip()
               and n["role"]["value"] not in ("MenuListPopup", "list")]
        return bad, len(named)


# Every text that is shown, against what is behind it: [ratio, colour, background, text], the worst first.
CONTRASTS = """
    const parse = (text) => { const c = text.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c.slice(0, 3), 1] : c; };
    const over = (top, under) => top.slice(0, 3).map((c, n) => c * top[3] + under[n] * (1 - top[3]));
    const light = (rgb) => { const [r, g, b] = rgb.map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                             return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = (node) => { const layers = [];
      for (let at = node; at; at = at.parentElement) { const c = parse(getComputedStyle(at).backgroundColor); layers.push(c);
        if (c[3] === 1 || at.matches("dialog")) break; }
      return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]); };
    const found = [];
    const judge = (node, style, text) => { const under = behind(node), c = over(parse(style.color), under);
      const [a, b] = [light(c), light(under)].sort((x, y) => y - x);
      found.push([(a + 0.05) / (b + 0.05), style.color, under.map(Math.round).join(), text.trim().slice(0, 40)]); };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) { const node = walk.currentNode.parentElement;
      if (walk.currentNode.textContent.trim() && node.checkVisibility() && !node.closest(".hidden, script, noscript"))
        judge(node, getComputedStyle(node), walk.currentNode.textContent); }
    for (const input of document.querySelectorAll("input[placeholder]"))
      if (input.checkVisibility()) judge(input, getComputedStyle(input, "::placeholder"), input.placeholder);
    return found.sort((a, b) => a[0] - b[0]);
"""
