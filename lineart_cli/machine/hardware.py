"""What the machine has: processor, memory, runtimes. Looking is cheap; only `with_devices` loads a runtime."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from lineart_cli.model.card import RUNTIMES
from lineart_cli.runtimes import load

_FLAGS = {  # what Linux calls it, on x86-64 and on ARM: our name
    "avx2": "avx2",
    "avx512f": "avx512",
    "avx_vnni": "vnni",
    "avx512_vnni": "vnni",
    "amx_tile": "amx",
    "avx512_bf16": "bf16",
    "amx_bf16": "bf16",
    "bf16": "bf16",
    "asimd": "neon",
}
_WINDOWS_FEATURES = {40: "avx2", 41: "avx512"}  # IsProcessorFeaturePresent; it knows of none of the others
_REMOTE = "AzureExecutionProvider"  # no device of this machine
UNTOUCHED_ADDRESSES, UNTOUCHED_DATA = 560_000_000, 230_000_000
"""Bytes that lineart asks for on two cores and does not touch, as `ulimit -v` and `ulimit -d` count them."""
UNTOUCHED_BY_CORE = 16 << 20
"""And for each core more: the stacks of two threads, of OpenVINO and of OpenCV."""

_NO_LIMIT = 1 << 60  # cgroup v1 writes a number near 2**63 where there is no limit


@dataclass(frozen=True)
class Device:
    """A device of a runtime, such as OpenVINO's `GPU.0`; capabilities and memory (bytes) as far as it tells them."""

    runtime: str
    name: str
    full_name: str
    capabilities: tuple[str, ...] = ()
    memory: int | None = None


@dataclass(frozen=True)
class Ulimit:
    """A limit on what a process may ask for, much of which it never touches: libraries, and the stacks of threads.

    Attributes:
        option: of `ulimit`.
        limit: bytes.
        untouched: bytes of it that are no memory.
    """

    option: str
    limit: int
    untouched: int

    @property
    def memory(self) -> int:
        """Bytes that this process may have as memory."""
        return max(self.limit - self.untouched, 0)


@dataclass(frozen=True)
class Hardware:
    """A machine, or the part of it that we may use.

    Attributes:
        cpu: what the maker calls it.
        instructions: of `avx2`, `avx512`, `vnni`, `amx`, `bf16`, `neon`, sorted; None where they cannot be found out.
        cores: physical ones.
        share: how many of them the cgroup and the affinity grant.
        memory_total: bytes, of the machine or of the cgroup, the less.
        memory_free: the same.
        ulimit: what limits this process itself; None where nothing does.
        runtimes: those of `RUNTIMES` that are installed.
        devices: of the runtimes; empty unless they were asked for.
    """

    cpu: str
    instructions: tuple[str, ...] | None
    cores: int
    share: float
    memory_total: int
    memory_free: int
    runtimes: tuple[str, ...] = RUNTIMES
    devices: tuple[Device, ...] = ()
    ulimit: Ulimit | None = None

    @property
    def has_bf16(self) -> bool | None:
        """Whether the CPU computes bf16 natively; None where that is unknown."""
        return None if self.instructions is None else "bf16" in self.instructions

    @property
    def identity(self) -> str:
        """Everything that a measured choice depends on, in one line."""
        known = "unknown" if self.instructions is None else " ".join(self.instructions)
        return f"{self.cpu}; {known}; {self.cores} cores, {self.share:g} of them ours; {self.memory_total} bytes"


def detect(root: Path = Path("/")) -> Hardware:
    """Look at this machine, without loading a runtime.

    Args:
        root: where `proc` and `sys` are; another one for tests.
    """
    import psutil

    memory = psutil.virtual_memory()
    limit, used = cgroup_memory(root)
    logical = _usable_cpus()
    cores = psutil.cpu_count(logical=False) or logical
    cpu, instructions = _processor(root)
    return Hardware(
        cpu=cpu,
        instructions=instructions,
        cores=cores,
        share=min(float(cores), float(logical), cgroup_cpus(root)),
        memory_total=min(memory.total, limit),
        memory_free=max(0, min(memory.available, limit - used)),
        runtimes=tuple(name for name in RUNTIMES if find_spec(name)),
        ulimit=_ulimit(cores),
    )


def with_devices(hardware: Hardware) -> Hardware:
    """The same machine with the devices that its runtimes list. A listed device may still fail to start."""
    return replace(hardware, devices=(*_openvino_devices(), *_onnxruntime_devices()))


def _openvino_devices() -> Iterator[Device]:
    try:
        openvino = load("openvino")
    except ImportError:
        return
    core = openvino.Core()
    for name in core.available_devices:
        known = core.get_property(name, "SUPPORTED_PROPERTIES")
        memory = core.get_property(name, "GPU_DEVICE_TOTAL_MEM_SIZE") if "GPU_DEVICE_TOTAL_MEM_SIZE" in known else None
        capabilities = tuple(core.get_property(name, "OPTIMIZATION_CAPABILITIES"))
        yield Device("openvino", name, str(core.get_property(name, "FULL_DEVICE_NAME")), capabilities, memory)


def _onnxruntime_devices() -> Iterator[Device]:
    try:
        onnxruntime = load("onnxruntime")
    except ImportError:
        return
    for provider in onnxruntime.get_available_providers():
        if provider == _REMOTE:
            continue
        yield Device("onnxruntime", provider.removesuffix("ExecutionProvider"), provider)


def _ulimit(cores: int) -> Ulimit | None:
    """The limit that leaves least memory to this process."""
    try:
        import resource
    except ImportError:  # Windows knows no such limits
        return None
    stacks = max(cores - 2, 0) * UNTOUCHED_BY_CORE
    limits = (
        Ulimit("ulimit -v", resource.getrlimit(resource.RLIMIT_AS)[0], UNTOUCHED_ADDRESSES + stacks),
        Ulimit("ulimit -d", resource.getrlimit(resource.RLIMIT_DATA)[0], UNTOUCHED_DATA + stacks),
    )
    limited = [each for each in limits if each.limit != resource.RLIM_INFINITY]
    return min(limited, key=lambda each: each.memory, default=None)


def cgroup_memory(root: Path = Path("/")) -> tuple[int, int]:
    """The tightest memory limit above this process, and what is used of it, in bytes; cgroup v1 or v2.

    Without a limit, the limit is above anything a machine has.
    """
    tightest = (_NO_LIMIT, 0)
    for folder in _cgroup_folders(root, "memory"):
        for limit_file, usage_file in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit, used = _number(folder / limit_file), _number(folder / usage_file)
            if limit is not None and limit < _NO_LIMIT:
                used = (used or 0) - _page_cache(folder)
                tightest = min(tightest, (limit, max(used, 0)), key=lambda each: each[0] - each[1])
    return tightest


def _page_cache(folder: Path) -> int:
    """Bytes of a cgroup that the system gives back when they are needed."""
    counts = dict(line.split() for line in _lines(folder / "memory.stat") if len(line.split()) == 2)
    return int(counts.get("total_inactive_file", counts.get("inactive_file", 0)))


def cgroup_cpus(root: Path = Path("/")) -> float:
    """How many cores the tightest quota above this process is worth; infinite without one."""
    least = float("inf")
    for folder in _cgroup_folders(root, "cpu"):
        quota, _, period = "".join(_lines(folder / "cpu.max")[:1]).partition(" ")
        if not quota:
            quota, period = (str(_number(folder / name) or "") for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us"))
        if quota.isdecimal() and period.isdecimal() and int(quota) and int(period):
            least = min(least, int(quota) / int(period))
    return least


def _cgroup_folders(root: Path, controller: str) -> Iterator[Path]:
    """This process's folder for a controller and all folders above it, for v2 and for v1."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        homes = [
            root / "sys/fs/cgroup" / each for each in ([controllers, controller] if controllers else ["", "unified"])
        ]
        for home in dict.fromkeys(homes):
            folder = home / path.lstrip("/")
            yield from (each for each in (folder, *folder.parents) if each == home or home in each.parents)


def _processor(root: Path) -> tuple[str, tuple[str, ...] | None]:
    """The CPU's name, and its instruction sets."""
    if sys.platform == "darwin":
        return _macos_processor()
    if sys.platform == "win32":
        return _windows_processor()
    return _linux_processor(_lines(root / "proc/cpuinfo"))


def _linux_processor(cpuinfo: Iterable[str]) -> tuple[str, tuple[str, ...] | None]:
    fields = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in cpuinfo)]
    entries = dict(reversed(fields))  # the first of each
    name = entries.get("model name") or entries.get("Model") or platform.machine()
    flags = entries.get("flags") or entries.get("Features")
    return name, _sorted(_FLAGS[flag] for flag in flags.split() if flag in _FLAGS) if flags else None


def _macos_processor() -> tuple[str, tuple[str, ...] | None]:
    keys = {"hw.optional.avx2_0": "avx2", "hw.optional.avx512f": "avx512", "hw.optional.arm.FEAT_BF16": "bf16"}
    name = _sysctl("machdep.cpu.brand_string") or platform.machine()
    return name, _sorted(ours for key, ours in keys.items() if _sysctl(key) == "1")


def _sysctl(key: str) -> str:
    done = subprocess.run(["/usr/sbin/sysctl", "-n", key], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip()


def _windows_processor() -> tuple[str, tuple[str, ...] | None]:
    import ctypes

    present = getattr(ctypes, "windll").kernel32.IsProcessorFeaturePresent  # noqa: B009
    if any(present(number) for number in _WINDOWS_FEATURES) and not present(41):
        return platform.processor(), _sorted(ours for number, ours in _WINDOWS_FEATURES.items() if present(number))
    return platform.processor(), None  # with AVX-512 there may be bf16, which Windows does not tell


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _number(path: Path) -> int | None:
    """The whole number in a file; None where there is none, such as `max`."""
    text = "".join(_lines(path)).strip()
    return int(text) if text.isdecimal() else None
