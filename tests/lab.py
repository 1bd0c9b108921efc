"""A real JupyterLab on loopback and a page of headless Chromium that drives it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = os.environ.get("GI_CHROMIUM") or shutil.which("chromium") or ""
FLAGS = (
    "--no-sandbox --disable-dev-shm-usage --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-default-apps --disable-extensions --mute-audio --lang=zh-CN"
).split()
WIDTH, HEIGHT = 1280, 800
expect.set_options(timeout=20_000)  # a machine with other work is no failure
# Pop-ups would cover the notebook; cells off the screen must stay in the page.
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
IDLE = """() => {
  const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
  const session = panel && panel.sessionContext && panel.sessionContext.session;
  return !!(session && session.kernel && session.kernel.status === 'idle');
}"""
DONE = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = Array.from(panel.content.model.cells).filter(c => c.type === 'code');
  return cells.length > 0 && cells.every(c => c.executionCount)
    && panel.sessionContext.session.kernel.status === 'idle';
}"""
ERRORS = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr'], "
ERRORS += ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']"


class Lab:
    """JupyterLab with folders of its own, so that a run leaves nothing behind."""

    def __init__(self, root: Path, browser) -> None:
        self.root, self.browser = root, browser
        self.token = secrets.token_hex(16)
        self.home = Path(tempfile.mkdtemp(prefix="gi-lab-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        for name, values in SETTINGS.items():
            path = self.home / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        env = os.environ | {key: str(self.home / to) for key, to in folders.items()}
        env["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        self.log = (self.home / "lab.log").open("wb")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ip=127.0.0.1", f"--port={self.port}"),
                *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
                *(f"--IdentityProvider.token={self.token}", "--LabApp.news_url=None"),
                "--LabApp.expose_app_in_browser=True",
            ],
            env=env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError((self.home / "lab.log").read_text()[-2000:])
            try:
                address = f"{self.url}/api/status?token={self.token}"
                with urllib.request.urlopen(address, timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("JupyterLab did not answer within a minute")

    def stop(self) -> None:
        """End the server and its kernels, and remove its folders."""
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)

    @contextmanager
    def open(self, notebook: str) -> Iterator[Page]:
        """Open a notebook, run all its cells and give the page; errors fail."""
        page = self.browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN"
        )
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        address = f"{self.url}/lab/tree/{notebook}?token={self.token}&reset"
        page.goto(address, wait_until="domcontentloaded")
        shown = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell"
        page.wait_for_selector(shown, timeout=60_000)
        page.wait_for_function(IDLE, timeout=60_000)
        run = "window.jupyterapp.commands.execute('{}')".format
        # The file browser would take a quarter of a small screen.
        page.evaluate(f"() => {{ {run('application:toggle-left-area')}; }}")
        page.evaluate(f"() => {{ {run('notebook:run-all-cells')}; }}")
        page.wait_for_function(DONE, timeout=180_000)
        failed = page.locator(ERRORS).all_inner_texts()
        assert not failed, failed[0][-800:]
        yield page
        assert not broken, broken
        page.close()


@contextmanager
def start_lab(root: Path) -> Iterator[Lab]:
    """Start a browser and a JupyterLab on a folder; end both."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        lab = Lab(root, browser)
        try:
            yield lab
        finally:
            lab.stop()
            browser.close()
