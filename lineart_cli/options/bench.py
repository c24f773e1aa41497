"""What `lineart bench` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import MAX_MEMORY, Options, option


@dataclass(frozen=True)
class BenchOptions(Options):
    """What `lineart bench` can be told."""

    quick: bool = option(False, "--quick", "Measure only a quarter of a page, in under 15 seconds.", "Measuring")
    max_memory: int | None = MAX_MEMORY
    save: bool = option(
        False,
        "--save",
        "Let ink use what was fastest, until machine or versions change; its first choice stays unless another is "
        "clearly faster.",
        "Result",
    )
    json: bool = option(False, "--json", "Print everything as one JSON object on stdout.", "Result")
