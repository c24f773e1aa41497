from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lineart_cli.machine import hardware
from lineart_cli.machine.hardware import Hardware, cgroup_cpus, cgroup_memory

GB = 10**9
MACHINE = Hardware("Some CPU", ("avx2",), 2, 2, 8 * GB, 4 * GB)


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_this_machine_is_sound() -> None:
    found = hardware.detect()
    assert found.cpu
    assert 1 <= found.share <= found.cores or 0 < found.share < 1
    assert 0 < found.memory_free <= found.memory_total
    assert set(found.runtimes) <= set(hardware.RUNTIMES)
    assert found.devices == ()
    assert found.identity == hardware.detect().identity


def test_looking_loads_no_runtime() -> None:
    program = (
        "import sys; from lineart_cli.machine import hardware; hardware.detect()\n"
        "sys.exit(str({'openvino', 'onnxruntime', 'numpy'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_devices_come_when_asked_for() -> None:
    found = hardware.with_devices(hardware.detect())
    assert {"CPU"} <= {each.name for each in found.devices if each.runtime == "openvino"}
    assert {"CPU"} <= {each.name for each in found.devices if each.runtime == "onnxruntime"}
    assert any("FP32" in each.capabilities for each in found.devices)


@pytest.mark.parametrize(
    ("files", "limit", "used"),
    [
        ({}, None, 0),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, None, 0),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
                "sys/fs/cgroup/a/memory.max": "1000\n",
                "sys/fs/cgroup/a/memory.current": "700\n",
                "sys/fs/cgroup/a/memory.stat": "anon 500\ninactive_file 200\n",
            },
            1000,
            500,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/a\n2:cpu,cpuacct:/\n0::/\n",
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "2000\n",
                "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "300\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            2000,
            300,
        ),
        (  # in a container, the path of the process is one that only the host knows
            {
                "proc/self/cgroup": "0::/system/docker-1\n",
                "sys/fs/cgroup/memory.max": "1000\n",
                "sys/fs/cgroup/memory.current": "10\n",
            },
            1000,
            10,
        ),
    ],
)
def test_memory_of_a_cgroup(tmp_path: Path, files: dict[str, str], limit: int | None, used: int) -> None:
    found = cgroup_memory(tree(tmp_path, files))
    assert found == (limit, used) if limit else found[0] > 10**15


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({}, float("inf")),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, float("inf")),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n"}, 1.5),
        (
            {
                "proc/self/cgroup": "2:cpu,cpuacct:/a\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
    ],
)
def test_cores_of_a_cgroup(tmp_path: Path, files: dict[str, str], cpus: float) -> None:
    assert cgroup_cpus(tree(tmp_path, files)) == cpus


def test_a_machine_in_a_cgroup_has_no_more_than_that(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "1000000\n",
            "sys/fs/cgroup/memory.current": "400000\n",
            "sys/fs/cgroup/cpu.max": "50000 100000\n",
        },
    )
    found = hardware.detect(root)
    assert (found.memory_total, found.memory_free, found.share) == (1_000_000, 600_000, 0.5)


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="reads Linux's own files")
@pytest.mark.parametrize(
    ("cpuinfo", "cpu", "instructions"),
    [
        (
            "processor : 0\nmodel name\t: Xeon\nflags\t\t: fpu avx2 avx512f avx512_vnni amx_tile amx_bf16\n",
            "Xeon",
            ("amx", "avx2", "avx512", "bf16", "vnni"),
        ),
        ("model name : Old\nflags : sse4_2 avx2\n\nmodel name : Other\n", "Old", ("avx2",)),
        ("processor : 0\nFeatures : fp asimd bf16\nModel : Pi\n", "Pi", ("bf16", "neon")),
    ],
)
def test_the_processor_by_its_flags(tmp_path: Path, cpuinfo: str, cpu: str, instructions: tuple[str, ...]) -> None:
    found = hardware.detect(tree(tmp_path, {"proc/cpuinfo": cpuinfo}))
    assert (found.cpu, found.instructions) == (cpu, instructions)
    assert found.has_bf16 == ("bf16" in instructions)


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="reads Linux's own files")
def test_unknown_instructions_are_told_as_unknown(tmp_path: Path) -> None:
    found = hardware.detect(tmp_path)
    assert found.instructions is None
    assert found.has_bf16 is None
    assert "unknown" in found.identity


def test_the_identity_changes_with_the_machine() -> None:
    from dataclasses import replace

    assert replace(MACHINE, memory_free=1).identity == MACHINE.identity
    for change in ({"cpu": "x"}, {"instructions": ()}, {"cores": 3}, {"share": 1.5}, {"memory_total": 1}):
        assert replace(MACHINE, **change).identity != MACHINE.identity  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="sets a limit that only Linux keeps to")
def test_ulimit_is_told_less_what_is_never_touched() -> None:
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (7 << 28, resource.RLIM_INFINITY))\n"
        "from lineart_cli.machine import hardware; found = hardware.detect()\n"
        "print(found.ulimit.option, found.cores, found.ulimit.memory)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *option, cores, memory = done.stdout.split()
    more = max(int(cores) - 2, 0) * hardware.UNTOUCHED_BY_CORE
    assert (option, int(memory)) == (["ulimit", "-v"], max((7 << 28) - hardware.UNTOUCHED_ADDRESSES - more, 0))


def test_a_limit_below_what_is_taken_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1000, 1000))
    found = hardware.detect().ulimit
    assert found is not None
    assert found.memory == 0
