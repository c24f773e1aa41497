from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from lineart_cli.errors import EngineError
from lineart_cli.inference import engines
from lineart_cli.inference.engines import CompiledNetworks, Engine, EngineChoice, MissingRuntimeError, open_engine
from lineart_cli.inference.engines.base import OutOfMemoryError, UnusableError, _is_finite, failure
from lineart_cli.inference.engines.openvino import OpenVinoEngine
from lineart_cli.model.card import ModelCard

RUNTIMES = ["openvino", "onnxruntime"]
SHAPE = (96, 128)
tells_cores = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux tells the cores of threads")


def sketch(seed: int = 0, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 2, *shape), np.float32).astype(np.float16)


@pytest.fixture(params=RUNTIMES)
def engine(request: pytest.FixtureRequest, network: Path) -> Engine:
    return open_engine(network, EngineChoice(request.param), SHAPE)


def test_thickness_reaches_the_network(engine: Engine) -> None:
    thin, thick = engine.run(sketch(), 2).copy(), engine.run(sketch(), 8)
    assert thin.shape == (1, 1, *SHAPE)
    assert thin.std() > 0.01
    np.testing.assert_allclose(thick - thin, 3, atol=5e-3)


def test_each_run_looks_at_its_own_sketch(engine: Engine) -> None:
    given = sketch(0)
    first = engine.run(given, 2).copy()
    assert (engine.run(sketch(1), 2) != first).any()
    np.testing.assert_array_equal(engine.run(given, 2), first)


def test_a_network_that_has_rested_runs_as_before(engine: Engine) -> None:
    first = engine.run(sketch(), 2).copy()
    assert engine.rest() == isinstance(engine, OpenVinoEngine)
    np.testing.assert_array_equal(engine.run(sketch(), 2), first)


def test_the_runtimes_agree(network: Path) -> None:
    one, two = (open_engine(network, EngineChoice(name), SHAPE).run(sketch(), 3) for name in RUNTIMES)
    np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


def test_auto_is_openvino_in_f32(network: Path) -> None:
    automatic = open_engine(network, EngineChoice(), SHAPE).run(sketch(), 3)
    explicit = open_engine(network, EngineChoice("openvino", "cpu", "f32", 1), SHAPE).run(sketch(), 3)
    np.testing.assert_array_equal(automatic, explicit)


@tells_cores
@pytest.mark.parametrize("threads", [1, 2, None])
def test_no_thread_is_bound_to_a_core(network: Path, threads: int | None) -> None:
    use = f"""
        from lineart_cli.inference.engines import EngineChoice, open_engine
        engine = open_engine(Path({str(network)!r}), EngineChoice("openvino", "cpu", "f32", {threads}), {SHAPE})
        engine.run(np.ones((1, 2, *{SHAPE}), np.float16), 3)
    """
    assert bound_threads(use) == "0"


@tells_cores
def test_no_thread_that_reads_scales_is_bound_to_a_core() -> None:
    network = Path(__file__).parents[2] / "models/standard/scale.onnx"
    use = f"""
        from lineart_cli.scale import reader
        reader.opened(Path({str(network)!r}))(np.ones((1, 1, 256, 256), np.float32))
    """
    assert bound_threads(use) == "0"


def bound_threads(use: str) -> str:
    """How many threads are bound to fewer cores than their process, once a network has been used in one of its own."""
    told = """
        cores = [os.sched_getaffinity(int(thread)) for thread in os.listdir("/proc/self/task")]
        print(sum(each != os.sched_getaffinity(0) for each in cores))
    """
    script = "import os; import numpy as np; from pathlib import Path\n" + dedent(use) + dedent(told)
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.strip()


def test_auto_falls_back_to_onnx_runtime(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = open_engine(network, EngineChoice("onnxruntime"), SHAPE).run(sketch(), 3)
    monkeypatch.setitem(sys.modules, "openvino", None)
    np.testing.assert_array_equal(open_engine(network, EngineChoice(), SHAPE).run(sketch(), 3), wanted)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_missing_runtime_says_how_to_install_it(network: Path, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(EngineError, match=f"--backend {backend}: cannot be loaded .*; run pip install {backend}"):
        open_engine(network, EngineChoice(backend), SHAPE)


def test_without_any_runtime_auto_asks_for_the_first(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for backend in RUNTIMES:
        monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(EngineError, match="pip install openvino"):
        open_engine(network, EngineChoice(), SHAPE)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_an_unknown_device_gets_the_list(network: Path, backend: str) -> None:
    with pytest.raises(EngineError, match=r"--device TPU7: .* finds no such device; there is .*CPU"):
        open_engine(network, EngineChoice(backend, device="TPU7"), SHAPE)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_the_cpu_is_found_in_any_case(network: Path, backend: str) -> None:
    assert open_engine(network, EngineChoice(backend, device="Cpu"), SHAPE).run(sketch(), 3).shape == (1, 1, *SHAPE)


def test_an_unknown_backend_gets_the_list(network: Path) -> None:
    with pytest.raises(EngineError, match="--backend tensorrt: unknown; choose from auto, openvino, onnxruntime"):
        open_engine(network, EngineChoice("tensorrt"), SHAPE)


def test_onnx_runtime_refuses_bf16(network: Path) -> None:
    with pytest.raises(EngineError, match="--precision bf16: ONNX Runtime computes f32 only"):
        open_engine(network, EngineChoice("onnxruntime", precision="bf16"), SHAPE)


def test_bf16_works_or_is_refused_by_what_the_cpu_can(network: Path) -> None:
    import openvino

    choice = EngineChoice("openvino", precision="bf16")
    if "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        exact = open_engine(network, EngineChoice("openvino", precision="f32"), SHAPE).run(sketch(), 3)
        rough = open_engine(network, choice, SHAPE).run(sketch(), 3)
        assert 1e-4 < np.abs(rough - exact).max() < 0.3
    else:
        with pytest.raises(EngineError, match="--precision bf16: CPU computes FP32"):
            open_engine(network, choice, SHAPE)


@pytest.mark.parametrize(
    "said",
    [
        RuntimeError("Exception from x.cpp:1:\nFailed to allocate 36303024 bytes of memory\n"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 9"),
        RuntimeError("CUDA failure 2: out of memory"),
        MemoryError(),
    ],
)
def test_want_of_memory_is_told_from_other_failures(said: Exception) -> None:
    assert isinstance(failure(said, "x"), OutOfMemoryError)
    assert not isinstance(failure(RuntimeError("Unsupported node"), "x"), OutOfMemoryError)


def test_bf16_is_refused_where_the_device_lacks_it() -> None:
    from lineart_cli.inference.engines.openvino import _require_bf16

    _require_bf16("CPU", ["FP32", "BF16"])
    with pytest.raises(EngineError, match="--precision bf16: CPU computes FP32, INT8 only; use --precision f32"):
        _require_bf16("CPU", ["FP32", "INT8", "EXPORT_IMPORT"])


@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_result_of_another_shape_is_refused(make_network: Callable[..., None], tmp_path: Path, backend: str) -> None:
    make_network(tmp_path / "short.onnx", output_size="cropped")
    with pytest.raises(EngineError, match=rf"{backend}: the network gave \(1, 1, 95, 128\) for \(1, 1, 96, 128\)"):
        open_engine(tmp_path / "short.onnx", EngineChoice(backend), SHAPE).run(sketch(), 3)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_result_that_is_not_finite_is_refused(
    make_network: Callable[..., None], tmp_path: Path, backend: str
) -> None:
    make_network(tmp_path / "nan.onnx", offset=float("nan"))
    with pytest.raises(EngineError, match=f"{backend}: the network's result is not finite"):
        open_engine(tmp_path / "nan.onnx", EngineChoice(backend), SHAPE).run(sketch(), 3)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_file_that_is_no_network_is_named(tmp_path: Path, backend: str) -> None:
    (tmp_path / "not.onnx").write_bytes(b"no network")
    with pytest.raises(EngineError, match=r"cannot prepare .*not\.onnx"):
        open_engine(tmp_path / "not.onnx", EngineChoice(backend), SHAPE)


def test_the_halo_of_the_tests_network_is_true(card: ModelCard) -> None:
    side = 4 * card.halo_px
    engine = open_engine(card.network, EngineChoice("onnxruntime"), (side, side))
    blank = np.zeros((1, 2, side, side), np.float16)
    plain = engine.run(blank, 3).copy()
    reach = 0
    for offset in range(0, 16, 5):
        dotted = blank.copy()
        dotted[0, :, side // 2 + offset, side // 2 + offset] = 50
        changed = np.argwhere((engine.run(dotted, 3) != plain)[0, 0])
        reach = max(reach, int(np.abs(changed - side // 2 - offset).max()))
    assert card.halo_px / 2 < reach <= card.halo_px


def test_a_shape_that_comes_again_is_not_compiled_again(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    shapes, compiled = [SHAPE, SHAPE[::-1]], CompiledNetworks()
    choice = EngineChoice("openvino", "CPU", "f32", 1)
    inks = [open_engine(network, choice, shape, compiled).run(sketch(0, shape), 3).copy() for shape in shapes]
    monkeypatch.setattr(openvino.Core, "read_model", None)  # without it there is nothing to compile
    for shape, ink in zip(shapes, inks, strict=True):
        np.testing.assert_array_equal(open_engine(network, choice, shape, compiled).run(sketch(0, shape), 3), ink)


def test_a_runtime_is_imported_ahead_once(monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[str] = []
    monkeypatch.setattr(engines, "load", imported.append)
    monkeypatch.setattr(engines, "Thread", Now)
    monkeypatch.delitem(sys.modules, "openvino", raising=False)
    engines.load_ahead(EngineChoice("openvino"))
    monkeypatch.setitem(sys.modules, "openvino", None)
    engines.load_ahead(EngineChoice("openvino"))
    assert imported == ["openvino"]


def test_a_runtime_that_is_not_there_is_told_when_it_is_asked_for(
    network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "Thread", Now)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    choice = EngineChoice("onnxruntime")
    engines.load_ahead(choice)
    with pytest.raises(MissingRuntimeError):
        open_engine(network, choice, SHAPE)


class Now:
    """A thread that runs at once."""

    def __init__(self, target: Callable[..., None], args: tuple[str, ...]) -> None:
        self.start = lambda: target(*args)


def test_another_process_finds_what_was_compiled(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openvino

    choice = EngineChoice("openvino", "CPU", "f32", 1)
    ink = open_engine(network, choice, SHAPE, CompiledNetworks(tmp_path)).run(sketch(), 3).copy()
    monkeypatch.setattr(openvino.Core, "read_model", None)
    again = open_engine(network, choice, SHAPE, CompiledNetworks(tmp_path)).run(sketch(), 3)
    np.testing.assert_array_equal(again, ink)


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: b"\0" + data[1:], lambda data: b""])
def test_a_damaged_file_is_made_again(network: Path, tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    choice = EngineChoice("openvino", "CPU", "f32", 1)
    ink = open_engine(network, choice, SHAPE, CompiledNetworks(tmp_path)).run(sketch(), 3).copy()
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(change(whole))
    again = open_engine(network, choice, SHAPE, CompiledNetworks(tmp_path)).run(sketch(), 3)
    np.testing.assert_array_equal(again, ink)
    assert file.read_bytes() != change(whole)


def test_what_the_runtime_no_longer_takes_is_compiled_anew(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openvino

    def refuse(*_: object) -> None:
        raise RuntimeError("another version")

    choice = EngineChoice("openvino", "CPU", "f32", 1)
    ink = open_engine(network, choice, SHAPE, CompiledNetworks(tmp_path)).run(sketch(), 3).copy()
    monkeypatch.setattr(openvino.Core, "import_model", refuse)
    again = open_engine(network, choice, SHAPE, CompiledNetworks(tmp_path)).run(sketch(), 3)
    np.testing.assert_array_equal(again, ink)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_the_draft_reaches_the_network(network: Path, backend: str) -> None:
    drafted = sketch()
    drafted[:, 1] = 0
    engine = open_engine(network, EngineChoice(backend), SHAPE)
    empty = engine.run(drafted, 3).copy()
    assert np.abs(engine.run(sketch(), 3) - empty).max() > 0.01


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("value", [0, -0.0, 65504, -65504, 6e-8, -6e-8])
def test_every_number_is_finite_but_those_that_are_not(kind: type, value: float) -> None:
    level = np.array([0.5, value, -0.5], kind)
    assert _is_finite(level)
    for wrong in (np.inf, -np.inf, np.nan, -np.nan):
        level[0] = wrong
        assert not _is_finite(level)


class FakeRuntime:
    """An ONNX Runtime with a GPU of which it knows, and which starts or does not."""

    def __init__(self, starts: bool) -> None:
        self.starts = starts
        self.asked: list[tuple[str, dict[str, str]]] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import onnxruntime

        monkeypatch.setattr(
            onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
        )
        monkeypatch.setattr(onnxruntime, "InferenceSession", self.session)

    def session(self, path: str, options: object, providers: list[tuple[str, dict[str, str]]]) -> FakeRuntime:
        self.asked = providers
        return self

    def get_providers(self) -> list[str]:
        return [self.asked[0][0] if self.starts else "CPUExecutionProvider", "CPUExecutionProvider"]

    def run(self, _: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [inputs["sketch"][:, :1] + inputs["thickness"]]


def test_a_gpu_that_starts_is_used(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = FakeRuntime(starts=True)
    runtime.install(monkeypatch)
    level = open_engine(network, EngineChoice("onnxruntime", "cuda"), SHAPE).run(sketch(), 3)
    np.testing.assert_allclose(level, sketch()[:, :1].astype(np.float32) + 3)
    ((provider, settings),) = runtime.asked
    assert provider == "CUDAExecutionProvider"
    assert settings["use_tf32"] == "0"


def test_a_gpu_that_is_listed_but_falls_back_is_told(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeRuntime(starts=False).install(monkeypatch)
    with pytest.raises(UnusableError, match="--device CUDA: ONNX Runtime cannot load it; install its libraries or use"):
        open_engine(network, EngineChoice("onnxruntime", "CUDA"), SHAPE)
