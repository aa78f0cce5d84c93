"""The website, as a browser shows it: built without a warning, every link followed, looked at in light and dark.

No part of the default run, since it needs what `scripts/docs` installs: `.ci/run` names this file. What needs a browser
is skipped where there is none.
"""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from harness import guides
from tests.support.browser import CHROMIUM, NO_BROWSER, QUIET

ROOT = Path(__file__).resolve().parents[2]
SCHEMES = {"light": 1, "dark": 0}
"""Chromium's numbers of the colour schemes that a user may prefer."""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The website, built as `scripts/docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


class Anchors(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.names.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Anchors]:
    return {path: Anchors(path.read_text(encoding="utf-8")) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_guide_and_every_public_name_has_its_place(site: Path, pages: dict[Path, Anchors]) -> None:
    assert [name for name in guides.ORDER if site / f"{name}.html" not in pages] == []
    for page, module in (("harness", "harness"), ("agents", "harness.agents"), ("faults", "harness.agents.faults"),
                         ("testing", "harness.testing"), ("errors", "harness.errors")):  # fmt: skip
        text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
        headings = " ".join(re.sub(r"<[^>]+>", " ", heading) for heading in re.findall(r"<h2.*?</h2>", text, re.DOTALL))
        missing = set(import_module(module).__all__) - set(headings.split())
        assert not missing, f"{page}.html lacks {missing}"


def test_every_link_leads_somewhere_within_the_site(site: Path, pages: dict[Path, Anchors]) -> None:
    broken = []
    for path, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if re.match(r"\w+:", target):
                continue
            file = (path.parent / unquote(target)).resolve() if target else path
            is_there = file.is_file() and (not anchor or file not in pages or unquote(anchor) in pages[file].names)
            if not is_there:
                broken.append(f"{path.relative_to(site)} -> {link}")
    assert len(pages) > 15
    assert broken == []


def test_no_page_asks_another_host_for_anything(pages: dict[Path, Anchors]) -> None:
    foreign = {link for page in pages.values() for link in page.links if re.match(r"(https?:)?//", link)}
    assert {link for link in foreign if re.search(r"\.(js|css|woff2?|png|svg|json)$", link)} == set()


def test_no_fence_is_shown_as_text(pages: dict[Path, Anchors]) -> None:
    assert [path.name for path in pages if "```" in path.read_text(encoding="utf-8")] == []


# -- in a browser


PROBE = """<!doctype html><title>probe</title><pre id="found"></pre><script>
const pages = PAGES, found = [];
async function look(page, width) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  document.body.append(frame);
  await new Promise(done => { frame.onload = done; frame.src = page; });
  await new Promise(done => setTimeout(done, 200));
  const shown = frame.contentDocument, body = frame.contentWindow.getComputedStyle(shown.body);
  const text = frame.contentWindow.getComputedStyle(shown.querySelector(".md-typeset p"));
  found.push([page, width, shown.documentElement.scrollWidth, body.backgroundColor, text.color].join(" | "));
  frame.remove();
}
(async () => {
  for (const page of pages) for (const width of [1400, 400]) await look(page, width);
  document.getElementById("found").textContent = found.join("\\n");
})();
</script>"""


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def browse(folder: Path, scheme: str, address: str, *arguments: str) -> str:
    """What Chromium prints; it runs to the end of a page's scripts, in a profile of its own."""
    assert CHROMIUM is not None
    preferred = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"
    options = (f"--user-data-dir={folder}", preferred, "--virtual-time-budget=60000", *arguments)
    command = [CHROMIUM, *QUIET, *options, address]
    return subprocess.run(command, text=True, capture_output=True, timeout=180, check=True).stdout


def brightness(colour: str) -> float:
    """Brightness of a colour as the browser tells it, on black where it is half transparent, from 0 to 1."""
    red, green, blue, *alpha = (float(part) for part in re.findall(r"[\d.]+", colour))
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255 * (alpha[0] if alpha else 1)


@needs_chromium
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_page_fits_a_screen_and_a_phone_and_follows_the_colour_scheme(
    scheme: str, site: Path, pages: dict[Path, Anchors], served: str, tmp_path: Path
) -> None:
    names = sorted(path.relative_to(site).as_posix() for path in pages)
    (site / "probe.html").write_text(PROBE.replace("PAGES", repr(names)), encoding="utf-8")
    printed = browse(tmp_path, scheme, f"{served}/probe.html", "--dump-dom")
    found = re.search(r'<pre id="found">(.*?)</pre>', printed, re.DOTALL)
    assert found is not None
    rows = [row.split(" | ") for row in found[1].splitlines()]
    assert [row[0] for row in rows] == [name for name in names for _ in range(2)]
    assert [row[:3] for row in rows if int(row[2]) > int(row[1])] == []
    for page, _, _, behind, text in rows:
        dark = brightness(behind) < 0.3
        assert dark == (scheme == "dark"), f"{page} is shown on {behind} in {scheme}"
        # On white, text of 87 % black counts as black; on a dark ground the text must be bright.
        assert brightness(text) > 0.5 if dark else brightness(text) < 0.3, f"{page} has {text} on {behind}"
