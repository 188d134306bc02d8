"""A JupyterLab of its own: a folder, a server that knows no other, and notebooks opened in it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen
from playwright.sync_api import Browser, Page, Request, Response, WebSocket

# No news and no updates.
OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.port=0",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false"},
}
SECONDS = 60


@frozen
class Lab:
    """A running JupyterLab; its notebooks are in `folder`."""

    url: str
    token: str = field(repr=False)
    folder: Path
    env: Mapping[str, str] = field(repr=False)

    def trust(self, *names: str) -> None:
        """Sign the content of files, as `jupyter trust` does."""
        sign = [sys.executable, "-m", "jupyter", "trust", *names]
        subprocess.run(sign, cwd=self.folder, env=self.env, check=True, capture_output=True)

    @contextmanager
    def opened(self, browser: Browser, path: str) -> Iterator[Page]:
        """Open a file as a notebook; what fails, and what asks for another host, fails the test."""
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(1000 * SECONDS)
        outside: list[str] = []
        failed: list[str] = []

        def asked(it: Request | WebSocket) -> None:
            if not it.url.startswith(ours):
                outside.append(it.url)

        def answered(response: Response) -> None:
            if response.status >= 400:
                failed.append(f"{response.status} {response.url}")

        ours = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", asked)
        page.on("websocket", asked)
        page.on("requestfailed", lambda r: failed.append(f"{r.failure} {r.url}"))
        page.on("response", answered)
        page.on("pageerror", lambda error: failed.append(str(error)))
        alone = f"{self.url}lab/workspaces/{path.replace('.', '-')}/tree/{path}"
        page.goto(f"{alone}?token={self.token}")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        yield page
        assert (outside, failed) == ([], [])
        context.close()


@contextmanager
def running(folder: Path) -> Iterator[Lab]:
    """Start a JupyterLab whose files are all in a folder, and end it."""
    (folder / "notebooks").mkdir()
    for name, values in SETTINGS.items():
        settings = folder / f"settings/@jupyterlab/{name}.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps(values), "utf-8")
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")},
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        **{f"JUPYTER_{each}_DIR": str(folder / each) for each in ("CONFIG", "DATA", "RUNTIME")},
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
    }
    started = [sys.executable, "-m", "jupyterlab", *OPTIONS]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            started, cwd=folder / "notebooks", env=env, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            said = _serving(server, folder)
            yield Lab(said["url"], said["token"], folder / "notebooks", env)
        finally:
            server.terminate()
            try:
                server.wait(SECONDS)
            except subprocess.TimeoutExpired:  # kernels end when their server is gone
                server.kill()
                server.wait(SECONDS)


def _serving(server: "subprocess.Popen[bytes]", folder: Path) -> Any:
    """Return what the server writes of itself, once it serves."""
    written = folder / "RUNTIME" / f"jpserver-{server.pid}.json"
    until = time.monotonic() + SECONDS
    while not written.exists():
        log = (folder / "log").read_text("utf-8")
        assert server.poll() is None, log
        assert time.monotonic() < until, log
        time.sleep(0.1)
    return json.loads(written.read_text("utf-8"))
