"""JupyterLab itself, in a browser with the network cut except for this machine: the walkthrough draws its charts, exploring answers a click."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_browser import BROWSERS, QUIET

from conftest import ROOT

pytestmark = pytest.mark.xdist_group("lab")
PATIENCE = 60_000  # milliseconds: two kernels that start, load the sample and measure it
LAST = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab of our own, on a port of its own, with its own settings, which ends with the tests."""
    home = tmp_path_factory.mktemp("lab")
    work, settings = home / "work", home / "settings" / "@jupyterlab" / "notebook-extension"
    shutil.copytree(ROOT / "notebooks", work / "notebooks")
    (work / "data").mkdir()
    (work / "data" / "sample").symlink_to(ROOT / "data" / "sample")
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))  # cells out of sight are drawn as well
    cells = ["import fundanalytics as fa\nds = fa.load_sample()\nfa.explore(ds)", "fa.browse(ds.projects)"]
    small = new_notebook(cells=[new_code_cell(c) for c in cells], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(small, work / "looking.ipynb")
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "run", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython",
               "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}  # fmt: skip
    token = secrets.token_hex(16)
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--IdentityProvider.token={token}",
               f"--ServerApp.root_dir={work}", "--expose-app-in-browser", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
               "--LabApp.news_url="]  # fmt: skip
    env = os.environ | {name: str(home / folder) for name, folder in folders.items()}
    with (home / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], env=env, cwd=work, stdout=log, stderr=log, start_new_session=True)
    try:
        yield f"{_address(home, server)}|{token}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _address(home: Path, server: subprocess.Popen[bytes]) -> str:
    """Where the server answers, as soon as it says so in its own folder."""
    for _ in range(300):
        for file in (home / "run").glob("jpserver-*.json"):
            known = json.loads(file.read_text() or "{}")
            if known.get("port"):
                return f"http://127.0.0.1:{known['port']}"
        assert server.poll() is None, (home / "log").read_text()[-2000:]
        time.sleep(0.1)
    raise AssertionError((home / "log").read_text()[-2000:])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


class Notebook:
    """A notebook opened in the lab and run; what it asked from elsewhere was refused and is remembered."""

    def __init__(self, browser: Any, lab: str, name: str) -> None:
        address, token = lab.split("|")
        self.elsewhere: list[str] = []
        context = browser.new_context(viewport={"width": 1300, "height": 900})
        context.route("**/*", lambda route: self._route(route, address))
        self.page = context.new_page()
        self.close = context.close
        self.page.set_default_timeout(PATIENCE)
        self.page.goto(f"{address}/lab/workspaces/{Path(name).stem}/tree/{name}?token={token}")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        self.page.wait_for_function("window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(f"{LAST}.length > 0 && {LAST}.every(p => /\\[\\d+\\]/.test(p.innerText))")

    def _route(self, route: Any, address: str) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
            return
        self.elsewhere.append(route.request.url)
        route.abort()


def test_the_walkthrough_draws_every_chart_in_the_lab_and_asks_no_other_host(browser: Any, lab: str) -> None:
    notebook = Notebook(browser, lab, "notebooks/walkthrough.ipynb")
    expected = (ROOT / "notebooks" / "walkthrough.ipynb").read_text(encoding="utf-8").count("fa.plot_")
    drawn = (
        "[...document.querySelectorAll('.js-plotly-plot')].filter(p => p.querySelector('.main-svg .trace') && p.getBoundingClientRect().height > 150).length"
    )
    notebook.page.wait_for_function(f"{drawn} >= {expected}")
    assert notebook.page.locator("[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert notebook.elsewhere == []
    notebook.close()


def test_exploring_answers_a_click_with_another_chart_and_its_code(browser: Any, lab: str) -> None:
    notebook = Notebook(browser, lab, "looking.ipynb")
    page, title = notebook.page, ".js-plotly-plot .gtitle"
    page.wait_for_selector(title)
    before = page.locator(title).first.text_content(), page.locator(".fa-code").inner_text()
    assert "资金使用率" in before[0] and "usage_rate" in before[1]
    page.locator(".widget-dropdown select").first.select_option(label="群众满意率")
    page.wait_for_function("document.querySelector('.js-plotly-plot .gtitle')?.textContent.includes('群众满意率')")
    assert "satisfaction_rate" in page.locator(".fa-code").inner_text() and "usage_rate" not in page.locator(".fa-code").inner_text()
    page.wait_for_selector(".dt-container table tbody tr")
    assert re.search(r"共\s*[\d,]+\s*行", page.locator(".dt-info").inner_text())
    assert notebook.elsewhere == []
    notebook.close()
