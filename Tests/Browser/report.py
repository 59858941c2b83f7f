"""The report in a real browser: clicks, keys, sizes, hostile names, accessibility. `make browser` runs it.

Needs Chromium and its driver; prints what it measured and exits with 1 where anything is not as it must be.
"""

import argparse
import importlib.util
import json
import pathlib
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from stores import HOSTILE, Stores

failures = []


def check(condition, text):
    print(f"{'ok  ' if condition else 'FAIL'} {text}", flush=True)
    if not condition:
        failures.append(text)


class Browser:
    """Chromium with one page open."""

    def __init__(self, chromium, driver, pictures):
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.pictures = pictures

    def open(self, page, width=1440, height=1000, theme="light", motion=None):
        features = [{"name": "prefers-color-scheme", "value": theme}]
        if motion:
            features.append({"name": "prefers-reduced-motion", "value": motion})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.driver.get_log("browser"), self.driver.get_log("performance")
        start = time.monotonic()
        self.driver.get(page.resolve().as_uri())
        self.wait("document.documentElement.dataset.ready === 'true'")
        return time.monotonic() - start

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not self.js(f"return {condition}"):
            if time.monotonic() > end:
                raise SystemExit(f"never: {condition}; {self.driver.get_log('browser')}")
            time.sleep(0.02)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def keys(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.driver).send_keys(key).perform()

    def picture(self, name, whole=False):
        if whole:
            height = self.js("return document.documentElement.scrollHeight")
            width = self.js("return innerWidth")
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": min(height, 4000), "deviceScaleFactor": 1, "mobile": width < 500})
            time.sleep(0.2)
        self.driver.save_screenshot(str(self.pictures / f"{name}.png"))

    def busy_seconds(self):
        """What the page's thread has worked so far, whatever else the machine does."""
        metrics = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def check_quiet(self, what):
        """No message on the console, no request but for the page itself."""
        console = self.driver.get_log("browser")
        check(console == [], f"{what}: nothing on the console {[entry['message'] for entry in console][:3]}")
        requests = [entry["message"] for entry in self.driver.get_log("performance")
                    if '"Network.requestWillBeSent"' in entry["message"]]
        foreign = [request for request in requests if '"url":"http' in request]
        check(foreign == [], f"{what}: no request to any network")

    def names(self):
        return self.js("return [...document.querySelectorAll('#body .open')].map((open) => open.title)")

    def axe(self, source, what):
        """The rules of WCAG 2.1 A and AA, as axe-core checks them."""
        self.js(source)
        result = self.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}).then(done);""")
        found = [f"{violation['id']} ({len(violation['nodes'])}): {violation['nodes'][0]['html'][:120]}"
                 for violation in result["violations"]]
        check(found == [], f"{what}: axe-core finds nothing in {len(result['passes'])} rules {found}")


def test_use(browser, page):
    browser.open(page)
    browser.picture("desktop", whole=True)
    browser.open(page)
    check(browser.find("h1").text == "gpt2.db", "the heading names the store")
    check("148" in browser.find("#totals").text and "474.7 MiB" in browser.find("#totals").text, "totals")
    check(browser.find("#found").text == "149 variables", "all variables are counted")

    header = browser.find('th[data-key="bytes"]')
    check(header.get_attribute("aria-sort") == "none", "a column that is not sorted says so")
    header.find_element(By.TAG_NAME, "button").click()
    check(header.get_attribute("aria-sort") == "descending", "a click sorts numbers from the largest")
    check(browser.names()[0] == "transformer.wte.weight", "the largest variable comes first")
    header.find_element(By.TAG_NAME, "button").click()
    check(header.get_attribute("aria-sort") == "ascending", "another click turns the order")
    browser.find('th[data-key="name"] button').click()
    names = browser.names()
    check(names == sorted(names), "names are sorted")

    browser.find("#filter").send_keys("mlp weight")
    check(browser.find("#found").text == "24 of 149 variables", f"two words filter: {browser.find('#found').text}")
    check(all("mlp" in name and "weight" in name for name in browser.names()), "every row has both words")
    browser.find("#filter").send_keys(" nothing-like-it")
    check("Clear the filter" in browser.find("#body").text, "an empty table says what to do")
    browser.find("#filter").clear()
    browser.find("#filter").send_keys(Keys.SPACE, Keys.BACKSPACE)
    Select(browser.find("#status")).select_by_visible_text("Aliases")
    check(browser.names() == ["lm_head.weight"], f"the aliases alone: {browser.names()}")
    Select(browser.find("#status")).select_by_visible_text("All")

    browser.find("#filter").send_keys("h.3.attn.c_attn.weight")
    browser.find("#body .open").click()
    detail = browser.find("#detail")
    check("transformer.h.3.attn.c_attn.weight" in detail.text, "a click opens a variable")
    check("768 × 2,304" in detail.text and "RandomNormal" in detail.text, "with its spec")
    check(len(detail.find_elements(By.CSS_SELECTOR, ".chart .line")) == 1, "with the promised density")
    check(len(detail.find_elements(By.CSS_SELECTOR, "canvas.heat")) == 1, "with a heat map")
    check("within the limit" in detail.text, "with the goodness of fit")
    box = browser.find("#treemap g[role=button]")
    label = box.get_attribute("aria-label")
    box.click()
    check(browser.find("#treemap svg").get_attribute("aria-label").startswith("Bytes by module in "), f"the treemap opens {label}")
    browser.find("#treemap-path button").click()
    browser.check_quiet("use")


def test_themes(browser, page):
    browser.open(page)
    light = browser.js("return getComputedStyle(document.body).backgroundColor")
    browser.find("#theme").click()
    dark = browser.js("return getComputedStyle(document.body).backgroundColor")
    check(light != dark, f"the button turns {light} to {dark}")
    check(browser.find("#theme").get_attribute("aria-pressed") == "true", "and says that it is on")
    browser.open(page, theme="dark")
    check(browser.js("return getComputedStyle(document.body).backgroundColor") == dark, "a dark system gives a dark page")
    browser.picture("dark", whole=True)
    browser.find("#theme").click()
    check(browser.js("return getComputedStyle(document.body).backgroundColor") == light, "and the button turns it light")
    browser.open(page, motion="reduce")
    check(browser.js("return getComputedStyle(document.querySelector('#theme')).transitionDuration") in ["0s", ""], "no motion where none is wanted")
    browser.check_quiet("themes")


def test_phone(browser, page, name):
    browser.open(page, width=360, height=780)
    wide = browser.js("return document.documentElement.scrollWidth")
    check(wide == 360, f"{name}: nothing is wider than a phone of 360 pixels ({wide})")
    small = browser.js("""return [...document.querySelectorAll('button, input, select, summary')]
        .filter((item) => item.offsetParent && item.getBoundingClientRect().height < 24).map((item) => item.outerHTML.slice(0, 80))""")
    check(small == [], f"{name}: what is touched is 24 pixels high at least {small[:3]}")
    browser.picture(f"phone-{name}", whole=True)
    browser.open(page, width=360, height=780)
    browser.find("#body .open").click()
    top = browser.js("return document.querySelector('#detail').getBoundingClientRect().top")
    check(0 <= top < 100, f"{name}: an opened variable comes into sight ({top:.0f})")
    browser.picture(f"phone-{name}-detail")
    Select(browser.find("#order")).select_by_value("bytes down")
    check(browser.find('th[data-key="bytes"]').get_attribute("aria-sort") == "descending", f"{name}: the list sorts where there are no headings")
    browser.check_quiet(f"phone {name}")


def test_keyboard(browser, page):
    browser.open(page)
    browser.keys(Keys.TAB)
    check(browser.js("return document.activeElement.className") == "skip", "the first stop skips to the variables")
    browser.keys(Keys.ENTER, Keys.TAB)
    check(browser.js("return document.activeElement.id") == "filter", "from where the filter is next")
    browser.keys(Keys.TAB)
    check(browser.js("return document.activeElement.id") == "status", "then the choice of states")
    browser.keys(Keys.TAB)
    check(browser.js("return document.activeElement.closest('th')?.dataset.key") == "name", "then the headings")
    browser.keys(Keys.ENTER)
    check(browser.find('th[data-key="name"]').get_attribute("aria-sort") == "ascending", "which Enter sorts by")
    outline = browser.js("return getComputedStyle(document.activeElement).outlineStyle")
    check(outline == "solid", "the focus is seen")
    for _ in range(6):
        browser.keys(Keys.TAB)
    check(browser.js("return document.activeElement.className") == "open", "then one row")
    browser.keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    name = browser.js("return document.activeElement.title")
    check(name == browser.names()[2], "arrows move from row to row")
    browser.keys(Keys.END)
    last = browser.js("return document.activeElement.closest('tr').getAttribute('aria-rowindex')")
    count = browser.find("#table").get_attribute("aria-rowcount")
    check(last == count == "150", f"End goes to the last of all rows ({last} of {count})")
    browser.keys(Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    check(name in browser.find("#detail").text, "Enter opens the row")
    check(browser.js("return document.activeElement.id") == "detail", "and goes there")
    browser.js("document.querySelector('#treemap g[role=button]').focus()")
    browser.keys(Keys.ENTER)
    check(browser.js("return document.activeElement.closest('#treemap-path') !== null"), "Enter opens a module of the treemap")


def test_many(browser, page):
    seconds = browser.open(page)
    size = page.stat().st_size
    print(f"many: 20,000 variables, a page of {size / 1e6:.1f} MB, opened in {seconds:.2f} s")
    check(size < 12_000_000, "the page of 20,000 variables stays below 12 MB")
    check(seconds < 5, "and opens in less than 5 s")
    rows = len(browser.all("#body tr.item"))
    check(rows < 80, f"only rows in sight are drawn ({rows})")
    browser.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    before = browser.busy_seconds()
    took = browser.driver.execute_async_script("""
        const done = arguments[0], scroller = document.querySelector("#scroller"), start = performance.now();
        let frames = 0;
        const step = () => {
          frames++;
          scroller.scrollTop += 12000;
          if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) done([performance.now() - start, frames]);
          else requestAnimationFrame(step);
        };
        step();""")
    busy = (browser.busy_seconds() - before) * 1000 / took[1]
    print(f"many: scrolled through all in {took[1]} frames of {took[0] / took[1]:.1f} ms, {busy:.1f} ms of work each")
    check(busy < 50, "a frame in which every row is another takes less than 50 ms of work")
    time.sleep(0.2)
    last = browser.js("return [...document.querySelectorAll('#body tr.item')].at(-1).getAttribute('aria-rowindex')")
    check(last == "20001", f"the last row is there ({last})")
    start = time.monotonic()
    browser.find("#filter").send_keys("stage7 kernel")
    filtered = time.monotonic() - start
    print(f"many: {browser.find('#found').text} after 13 keys in {filtered:.2f} s")
    check(browser.find("#found").text == "1,500 of 20,000 variables", "the filter finds them")
    browser.find('th[data-key="deviation"] button').click()
    browser.picture("many")
    browser.check_quiet("many")


def test_damage(browser, page):
    browser.open(page)
    browser.picture("damaged", whole=True)
    browser.open(page)
    check(browser.find("#damage").is_displayed(), "damage is the first thing that is said")
    check("2 variables" in browser.find("#damage").text, "with the number of variables")
    check("do not have its content digest" in browser.find("#damage").text, "and what is wrong with the rows")
    colour = browser.js("return getComputedStyle(document.querySelector('#damage h2')).color")
    check(colour == "rgb(179, 35, 27)", f"in red ({colour})")
    browser.find("#damage-list button").click()
    check("Chunk 0 has digest" in browser.find("#detail").text, "the detail says where")
    Select(browser.find("#status")).select_by_visible_text("Damaged")
    check(browser.names() == ["block3/kernel", "block7/kernel"], "the table shows them alone")
    Select(browser.find("#status")).select_by_visible_text("Without stored bytes")
    check(browser.names() == ["block5/kernel"], "and what has no value")
    browser.check_quiet("damage")


def test_graph(browser, page):
    browser.open(page)
    check(len(browser.all(".graph g")) == 14, f"a node for each variable and alias ({len(browser.all('.graph g'))})")
    check(len(browser.all(".graph path")) == 13, f"an edge for each dependency ({len(browser.all('.graph path'))})")
    browser.find("#graph summary").click()
    check("fused reads layer0/transposed" in browser.find("#graph ul").text, "the list says the same")
    browser.js("document.querySelector('#graph').scrollIntoView()")
    browser.picture("graph")
    browser.check_quiet("graph")


def test_hostile(browser, page):
    browser.open(page)
    check(browser.driver.title == "hostile.db · initial", f"no name runs as a script ({browser.driver.title})")
    check(browser.find("#found").text == f"{len(HOSTILE)} variables", "all are there")
    check(browser.all("main img, main b, main script") == [], "no name is markup")
    for row in range(len(HOSTILE)):
        browser.all("#body .open")[row].click()
    shown = " ".join(browser.names())
    check("\\u202e" in shown and "\u202e" not in shown, "characters that turn the direction are shown as codes")
    browser.picture("hostile")
    browser.check_quiet("hostile")


def test_mermaid(browser, stores, script):
    """The text of `nascent graph --format mermaid`, drawn by Mermaid with its own limits."""
    page = stores.folder / "mermaid.html"
    page.write_text(f"""<!DOCTYPE html><html data-ready="true"><meta charset="utf-8"><body></body>
        <script src="{script.as_uri()}"></script></html>""")
    odd = ["a/\"quoted\" & 'quoted' <b>bold</b>", "a/end", "end/subgraph", "b/<img src=x onerror=1>", "c/%%{init: {}}%%",
           "c/#quot;", "c/`code`", "変数/重み 😀", "d/x --> y", "d/[x](y)"]
    stores.materialize("odd", {"variables": [{"name": name, "shape": [2], "initializer": "zeros"} for name in odd]})
    manifests = {"gpt2": stores.gpt2_manifest, "expressions": stores.folder / "expressions.json", "odd": stores.folder / "odd.json"}
    for name, manifest in manifests.items():
        text = stores.run("graph", "show", manifest, "--format", "mermaid")
        browser.open(page)
        error = browser.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            mermaid.initialize({startOnLoad: false, securityLevel: "strict"});
            mermaid.render("drawn", arguments[0]).then(
                ({svg}) => { document.body.innerHTML = svg; done(null); }, (error) => done(String(error)));""", text)
        check(error is None, f"Mermaid draws {name} {error or ''}")
        declared = json.loads(manifest.read_text())
        expected = len(declared["variables"]) + len(declared.get("tied", []))
        nodes = browser.js("return [...document.querySelectorAll('.node .nodeLabel')].map((node) => node.innerText)")
        check(len(nodes) == expected, f"with a node for each variable and alias ({len(nodes)} of {expected})")
        browser.picture(f"mermaid-{name}")
        if name == "odd":
            shown = {node.split("\n")[0] for node in nodes}
            wanted = {each.split("/")[-1] for each in odd}
            check(shown == wanted, f"every odd name is text {sorted(shown ^ wanted)}")
            check(browser.js("return document.querySelectorAll('img, b').length") == 0, "and no markup")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nascent", required=True)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--driver", default="/usr/bin/chromedriver")
    parser.add_argument("--pictures", help="a folder that keeps the screenshots")
    parser.add_argument("--only", help="run the tests whose names have this in them")
    arguments = parser.parse_args()
    # Packages that carry a script and are not run.
    axe, mermaid = (
        pathlib.Path(importlib.util.find_spec(package).origin).parent / script
        for package, script in [("axe_playwright_python", "axe.min.js"), ("md_viewer", "static/vendor/mermaid.min.js")])
    with tempfile.TemporaryDirectory() as folder:
        pictures = pathlib.Path(arguments.pictures or folder)
        pictures.mkdir(parents=True, exist_ok=True)
        stores = Stores(str(pathlib.Path(arguments.nascent).resolve()), folder)
        browser = Browser(arguments.chromium, arguments.driver, pictures)
        wanted = lambda name: not arguments.only or arguments.only in name
        gpt2 = stores.report(stores.gpt2())
        expressions = stores.report(stores.expressions())
        damaged = stores.report(stores.damaged())
        hostile = stores.report(stores.hostile())
        many = stores.report(stores.many()) if wanted("many") or wanted("phone") else None
        tests = [
            ("use", lambda: test_use(browser, gpt2)), ("themes", lambda: test_themes(browser, gpt2)),
            ("phone", lambda: [test_phone(browser, page, page.stem) for page in [gpt2, damaged, hostile, expressions, many]]),
            ("keyboard", lambda: test_keyboard(browser, gpt2)), ("many", lambda: test_many(browser, many)),
            ("damage", lambda: test_damage(browser, damaged)), ("graph", lambda: test_graph(browser, expressions)),
            ("hostile", lambda: test_hostile(browser, hostile)),
            ("mermaid", lambda: test_mermaid(browser, stores, mermaid)),
        ]
        for name, test in tests:
            if wanted(name):
                test()
        source = axe.read_text()
        if wanted("axe"):
            for page in [gpt2, damaged, expressions, hostile]:
                for theme in ["light", "dark"]:
                    browser.open(page, theme=theme)
                    browser.axe(source, f"{page.stem}, {theme}")
            browser.open(gpt2, width=360, height=780)
            browser.axe(source, "gpt2, phone")
        browser.driver.quit()
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
