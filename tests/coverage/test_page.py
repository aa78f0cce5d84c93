"""The coverage page, as a browser shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.coverage.measure import CoveredBranch, CoveredFunction, FileCoverage, ProjectCoverage, Way
from harness.coverage.page import page
from tests.support.browser import CHROMIUM, NO_BROWSER, open_page

SHORT = FileCoverage(
    "src/Short.sol",
    "contract Short {\n    function f() external {\n        if (a < b && c > d) g();\n    }\n}\n",
    {3: True},
    (CoveredBranch(3, "if", (Way("true", True), Way("false", False))),),
    (CoveredFunction("Short.f", 2, True), CoveredFunction("Short.<img src=x onerror=alert(1)>", 2, False)),
)
LONG = replace(SHORT, unit="src/" + "deep/" * 30 + "Long.sol", text="// " + "wide " * 200 + "\n" + SHORT.text)
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}


@pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_a_complaint_and_within_the_screen(scheme: str, tmp_path: Path) -> None:
    file = tmp_path / "cov-sol.html"
    file.write_text(page([ProjectCoverage(tmp_path, (SHORT, LONG), ())], ["measured: <script>alert(1)</script>"]))
    with open_page(tmp_path / "profile") as browser:
        for width in (360, 1_280):
            browser.open(file.as_uri(), width, 900, scheme)
            browser.value("document.querySelectorAll('details').forEach(each => { each.open = true })")
            assert browser.value("document.documentElement.scrollWidth") <= width
            assert browser.value("document.querySelectorAll('details').length") == 2
            assert browser.value("document.querySelectorAll('script, img').length") == 0
        assert browser.value("document.querySelector('tr.part i').textContent.includes('never false')")
        paper = browser.value("getComputedStyle(document.body).backgroundColor")
        assert browser.problems == []
    assert paper == PAPER[scheme]
