"""`lineart ink --cluster` with workers as processes of their own, and a fake in place of the network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from folders import content
from lineart_cli.cluster import connection, station
from lineart_cli.options import InkOptions
from waiting import LATE

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

# Worker 0 has another lineart, and so many of the first workers end as they start. A page called fatal ends the process
# of its worker, and one called slow takes its time.
PRELOAD = """
import os, time
import numpy as np
from lineart_cli.batch import page
from lineart_cli.cluster import station

class HalfInker:
    def bands(self, grey, size, plan, tool, faint, tone):
        yield np.where(grey[:] < 128, 255, 0).astype(np.uint8)

def read(work, run):
    if work.job.source.stem == "fatal":
        os._exit(1)
    if work.job.source.stem.startswith("slow"):
        time.sleep({slow})
    page_read(work, run)

if page.read.__module__ == page.__name__:  # Dask loads this twice
    page_read, page.read = page.read, read
station.open_inker = lambda *_: HalfInker()

def dask_setup(worker):
    if str(worker.name) == "{old}":
        station.__version__ = "0.0.1"
    begun = {begun!r}
    if len(os.listdir(begun)) < {ends}:
        os.mkdir(f"{{begun}}/{{os.getpid()}}")
        os._exit(1)
"""
LOCAL = """
from lineart_cli import app
import numpy as np
class HalfInker:
    def bands(self, grey, size, plan, tool, faint, tone):
        yield np.where(grey[:] < 128, 255, 0).astype(np.uint8)
app._open_inker = lambda *_: HalfInker()
app.main()
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with scans/{0..7}.png that are worked on as they are."""
    (tmp_path / "scans/deep").mkdir(parents=True)
    for number in range(8):
        draw(tmp_path / f"scans/{'deep/' * (number % 2)}{number}.png", number)
    return tmp_path


def draw(path: Path, number: int = 0) -> None:
    page = Image.new("L", (40 + number, 30), 255)
    page.paste(0, (5, 5, 20 + number, 12))
    page.save(path, dpi=(300, 300))


def command(shop: Path, *options: str, old: str = "", slow: float = 0, ends: int = 0) -> subprocess.Popen[str]:
    """`lineart ink scans --drawing 7px` with options."""
    (shop / "begun").mkdir(exist_ok=True)
    (shop / "preload.py").write_text(PRELOAD.format(old=old, slow=slow, ends=ends, begun=str(shop / "begun")))
    (shop / "dask.yaml").write_text(json.dumps({"distributed": {"worker": {"preload": [str(shop / "preload.py")]}}}))
    program = ["-m", "lineart_cli"] if "--cluster" in options else ["-c", LOCAL]
    config = ["--cluster-config", "dask.yaml"] if "--cluster" in options else []
    return subprocess.Popen(
        [sys.executable, *program, "ink", "scans", "--drawing", "7px", *config, *options],
        cwd=shop,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def said(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=LATE)
    finally:
        process.kill()
    return process.returncode, out, err


def test_the_folder_is_that_of_one_machine_byte_for_byte_though_a_worker_is_refused(shop: Path) -> None:
    assert said(command(shop, "-o", "one"))[0] == 0
    code, out, err = said(command(shop, "-o", "many", "--cluster", "local:3", "--json", old="0"))
    assert code == 0, err
    assert "worker 0 at tcp://" in err
    assert "has lineart 0.0.1 and not " in err
    assert content(shop / "many") == content(shop / "one")
    rows = [json.loads(line) for line in out.splitlines()]
    assert sorted(row["input"] for row in rows if row["event"] == "page_done") == sorted(
        str(path.relative_to(shop)) for path in (shop / "scans").rglob("*.png")
    )
    code, _, err = said(command(shop, "-o", "many", "--cluster", "local:1"))
    assert (code, err.split(";")[0]) == (0, "0 inked, 8 skipped, 0 failed")


def test_an_archive_is_that_of_one_machine(shop: Path) -> None:
    with ZipFile(shop / "scans/comic.cbz", "w") as archive:
        archive.writestr("notes.txt", "by me")
        for path in (shop / "scans/deep").iterdir():
            archive.write(path, path.name)
    assert said(command(shop, "-o", "one"))[0] == 0
    code, _, err = said(command(shop, "-o", "many", "--cluster", "local:2"))
    assert (code, err.split(";")[0]) == (0, "12 inked, 0 skipped, 0 failed")
    assert content(shop / "many") == content(shop / "one")


def test_a_page_that_ends_its_workers_fails_alone(shop: Path) -> None:
    draw(shop / "scans/fatal.png")
    code, _, err = said(command(shop, "-o", "ink", "--cluster", "local:4"))
    assert code == 1
    assert "scans/fatal.png: was given to 3 workers, and each failed; the last" in err
    assert "8 inked, 0 skipped, 1 failed" in err
    assert len(list((shop / "ink").rglob("*.png"))) == 8
    assert not (shop / "ink/.lineart").exists()


@pytest.fixture
def _heard() -> Iterator[None]:
    """Commands that are started hear Ctrl-C, which what a shell runs in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heard")
def test_own_workers_that_end_as_they_start_are_started_again_or_told(shop: Path) -> None:
    code, _, err = said(command(shop, "-o", "ink", "--cluster", "local:1", ends=1))
    assert (code, err.split(";")[0]) == (0, "8 inked, 0 skipped, 0 failed")
    code, _, err = said(command(shop, "-o", "ink", "--cluster", "local:1", ends=99))
    assert (code, len(err.splitlines())) == (2, 1)
    assert err.startswith("lineart: --cluster local:1: its workers end before they have started (")


def test_ctrl_c_ends_it_in_good_order(shop: Path) -> None:
    for number in range(20):
        draw(shop / f"scans/slow{number}.png")
    process = command(shop, "-o", "ink", "--cluster", "local:2", slow=1)
    until = time.monotonic() + LATE
    while not list((shop / "ink").glob("*.png")) and time.monotonic() < until:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does it, to all of them
    code, _, err = said(process)
    assert code == 130
    assert "stopping when the pages that workers have are done" in err
    assert not (shop / "ink/.lineart").exists()
    assert 0 < len(content(shop / "ink")) - 1 < 28


def test_own_workers_seldom_look_at_themselves_unless_a_file_says_otherwise(tmp_path: Path) -> None:
    from dask import config

    (tmp_path / "dask.yaml").write_text("{distributed: {admin: {tick: {interval: 7ms}}}}")
    connection.check(InkOptions(cluster="local:2", cluster_config=str(tmp_path / "dask.yaml")))
    assert config.get("distributed.worker.profile.enabled") is False
    assert config.get("distributed.admin.tick.interval") == "7ms"


@pytest.mark.parametrize("protocol", ["tcp", "tls"])
def test_a_cluster_of_others_is_left_with_nothing_of_ours(shop: Path, protocol: str) -> None:
    from distributed import Client, LocalCluster, Security

    security = Security()
    if protocol == "tls":
        authority, ours = certificate(shop)
        trusted = {"require-encryption": True, "tls": {"ca-file": authority, "client": ours}}
        (shop / "mine.yaml").write_text(json.dumps({"distributed": {"comm": trusted}}))
        keys = {f"tls_{who}_{what}": path for who in ("client", "scheduler", "worker") for what, path in ours.items()}
        security = Security(require_encryption=True, tls_ca_file=authority, **keys)
    with LocalCluster(n_workers=1, dashboard_address=None, protocol=protocol, security=security) as cluster:
        place = ["-o", "ink", "--cluster", cluster.scheduler_address]
        if protocol == "tls":
            code, _, err = said(command(shop, *place))
            assert (code, len(err.splitlines())) == (2, 1)
            assert "cannot be reached" in err
            place += ["--cluster-config", "mine.yaml"]
        code, _, err = said(command(shop, *place))
        assert (code, err.split(";")[0]) == (0, "8 inked, 0 skipped, 0 failed")
        with Client(cluster) as client:
            until = time.monotonic() + LATE
            while not all(client.run(lambda: station._stations._now is None).values()):
                assert time.monotonic() < until
                time.sleep(0.2)


def test_a_cluster_that_adapts_starts_workers_for_what_is_to_be_done(shop: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=None) as cluster:
        cluster.adapt(minimum=0, maximum=1, interval="100ms")
        code, _, err = said(command(shop, "-o", "ink", "--cluster", cluster.scheduler_address))
    assert code == 0
    assert err.startswith("lineart: the cluster has no workers; going on when there are some")
    assert "8 inked, 0 skipped, 0 failed" in err


def certificate(folder: Path) -> tuple[str, dict[str, str]]:
    """A certificate of our own for TLS: whom to trust, and what one shows and keeps oneself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl not installed")
    shown, kept = str(folder / "certificate.pem"), str(folder / "key.pem")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lineart"]
    subprocess.run([*made, "-keyout", kept, "-out", shown], check=True, capture_output=True)
    return shown, {"cert": shown, "key": kept}


def test_what_cannot_be_reached_is_one_line(shop: Path) -> None:
    for place, told in (("nowhere.json", "no such scheduler file"), ("tcp://127.0.0.1:9", "cannot be reached")):
        (shop / "dask.yaml").write_text("{}")
        code, _, err = said(command(shop, "-o", "ink", "--cluster", place))
        assert code == 2
        assert err.startswith(f"lineart: --cluster {place}: ")
        assert told in err
        assert len(err.splitlines()) == 1
