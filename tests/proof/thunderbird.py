"""
Open each message in Thunderbird as a reader does, light and dark, in a profile of its own and
without network. It shows no remote image, as with every unknown sender.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from proof.chromium import SCHEMES
from proof.display import hidden_screen, running
from proof.samples import Sample
from proof.verdict import Cell, Tool, ToolFailed, Verdict

_SCREEN = (820, 2400)
_START_S, _PAINT_S = 90, 1.5
# They show nothing that the other cases do not, and each takes some seconds.
_LEFT_OUT = ("no image", "14 long")
_PREFS = {
    "app.update.enabled": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "datareporting.policy.dataSubmissionPolicyBypassNotification": "true",
    "mail.provider.suppress_dialog_on_startup": "true",
    "mail.rights.version": "1",
    "mail.shell.checkDefaultClient": "false",
    "mail.spotlight.firstRunDone": "true",
    "mailnews.start_page.enabled": "false",
    # Nothing listens there: what it would ask for leaves no trace on the network.
    "network.proxy.type": "1",
    "network.proxy.http": '"127.0.0.1"',
    "network.proxy.http_port": "9",
    "network.proxy.ssl": '"127.0.0.1"',
    "network.proxy.ssl_port": "9",
}
_PROGRAMS = ("thunderbird", "Xvfb", "openbox", "xdotool", "import")


def missing() -> str | None:
    """
    Return how to install the program if it is not there.
    """
    if all(map(shutil.which, _PROGRAMS)):
        return None
    return "apt-get install thunderbird xvfb openbox xdotool imagemagick"


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return whether each of *samples* opens, with pictures; light and dark run at the same time.
    """
    wanted = [sample for sample in samples if sample.case not in _LEFT_OUT]
    with ThreadPoolExecutor(len(SCHEMES)) as pool:
        both = pool.map(lambda scheme: _pictures(wanted, scheme, folder), SCHEMES)
        for sample, *files in zip(wanted, *both, strict=True):
            captions = [f"Thunderbird {scheme}" for scheme in SCHEMES]
            pictures = dict(zip(captions, files, strict=True))
            yield Verdict(sample, {"Thunderbird": Cell("opens")}, pictures)


def _pictures(samples: Sequence[Sample], scheme: str, folder: Path) -> list[Path]:
    """
    Take a picture of each of *samples* in *scheme*, on a screen of its own.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        hidden_screen(*_SCREEN) as display,
    ):
        environment = {**os.environ, "DISPLAY": display, "HOME": home}
        prefs = {**_PREFS, "ui.systemUsesDarkTheme": "1" if scheme == "dark" else "0"}
        lines = [f'user_pref("{name}", {value});' for name, value in prefs.items()]
        (Path(home) / "user.js").write_text("\n".join(lines))
        with running(["openbox"], environment=environment):
            return [_picture(sample, scheme, folder, environment) for sample in samples]


def _picture(sample: Sample, scheme: str, folder: Path, environment: dict[str, str]) -> Path:
    """
    Take a picture of the window of *sample*.

    Raises:
        ToolFailed: no window with its subject appeared.
    """
    home = environment["HOME"]
    mail = Path(home) / f"{sample.name}.eml"
    mail.write_bytes(sample.eml)
    picture = folder / f"{sample.name}-thunderbird-{scheme}.png"
    command = ["thunderbird", "-profile", home, "-new-instance", str(mail)]
    with running(command, environment=environment):
        window = _window_named(f"{sample.subject} - Mozilla Thunderbird", environment)
        width, height = map(str, _SCREEN)
        move = ["windowmove", window, "0", "0", "windowsize", window, width, height]
        _done(["xdotool", *move], environment)
        time.sleep(_PAINT_S)
        _done(["import", "-window", window, str(picture)], environment)
    if not picture.is_file():
        raise ToolFailed(f"no picture of {sample.name} in {scheme}")
    return picture


def _window_named(title: str, environment: dict[str, str]) -> str:
    """
    Return the id of the visible window with *title*.
    """
    until = time.monotonic() + _START_S
    search = ["xdotool", "search", "--onlyvisible", "--name", f"^{re.escape(title)}$"]
    while time.monotonic() < until:
        if found := _done(search, environment).split():
            return found[-1]
        time.sleep(0.2)
    raise ToolFailed(f"no window {title!r} within {_START_S} s")


def _done(command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


TOOL = Tool("Thunderbird", ("Thunderbird",), missing, look)
