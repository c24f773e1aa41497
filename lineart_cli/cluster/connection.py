"""The way to a Dask cluster: an address, a scheduler file, or workers of our own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from lineart_cli.errors import ArgumentError
from lineart_cli.machine import hardware
from lineart_cli.options import InkOptions

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

LOCAL = "local:"
_LOGGERS = ("distributed", "distributed.client", "tornado.application")  # that Dask gives levels of their own
_CONNECTS = 30  # seconds that a scheduler has to answer
_STARTS = 3
"""How often workers of our own are started before that is given up."""
_SELDOM = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "500ms",
}
"""How often Dask looks at itself, on our own workers: with its defaults, that takes 4 % of each core."""


def check(options: InkOptions) -> None:
    """Raises ArgumentError where Dask is not installed, or a file that is named is none."""
    try:
        import distributed  # noqa: F401
        from dask import config
    except ImportError as error:
        advice = "needs Dask distributed; pip install 'lineart[cluster]'"
        raise ArgumentError("--cluster", options.cluster, advice) from error
    if not is_local(options) and "://" not in str(options.cluster) and not os.path.isfile(str(options.cluster)):
        advice = "no such scheduler file; write an address such as tcp://HOST:8786, or local:4"
        raise ArgumentError("--cluster", options.cluster, advice)
    config.set(_SELDOM if is_local(options) else {})
    _configure(options.cluster_config)


def is_local(options: InkOptions) -> bool:
    """Whether the workers are to be our own: with them the cluster comes and goes."""
    return str(options.cluster).startswith(LOCAL)


@contextmanager
def connected(options: InkOptions) -> Iterator[Client]:
    """A client of the cluster.

    Raises:
        ArgumentError: there is none at the address.
    """
    from distributed import Client

    from lineart_cli.cluster import station

    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told by us, in a line
    with _scheduler(options) as scheduler:
        try:
            client = Client(**scheduler, timeout=_CONNECTS, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            reason = f"cannot be reached ({error or type(error).__name__}); check the address, and --cluster-config"
            raise ArgumentError("--cluster", options.cluster, reason) from error
        try:
            if is_local(options):
                client.register_plugin(station.Uninterrupted())
            yield client
        finally:
            with suppress(Exception):  # of a scheduler that is gone already
                client.close(timeout=5)


@contextmanager
def _scheduler(options: InkOptions) -> Iterator[dict[str, Any]]:
    """How a client is told of the scheduler."""
    place = str(options.cluster)
    if not is_local(options):
        yield {"address": place} if "://" in place else {"scheduler_file": place}
        return
    with _local_cluster(place) as cluster:
        yield {"address": cluster}


def _local_cluster(place: str) -> LocalCluster:
    """Workers of our own; tried again where one of them ends before it is there, which Dask does not forgive."""
    from distributed import LocalCluster

    count = int(place.removeprefix(LOCAL))
    fault: Exception | None = None
    for _ in range(_STARTS):
        try:
            return LocalCluster(
                n_workers=count,
                threads_per_worker=max(1, int(hardware.detect().share / count)),
                processes=True,
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},  # only the port is used, which would be one that others may have
                silence_logs=logging.CRITICAL,
            )
        except RuntimeError as error:
            fault = error
    reason = f"its workers end before they have started ({fault}); give fewer of them, or leave --cluster out"
    raise ArgumentError("--cluster", place, reason)


def _configure(file: str | None) -> None:
    if file is None:
        return
    from dask import config

    try:
        with open(file, "rb"):  # which Dask would pass over in silence
            found = list(config.collect_yaml([file]))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ArgumentError(
            "--cluster-config", file, f"cannot be read ({reason}); give a YAML file of Dask's"
        ) from error
    for each in found:
        config.update(config.config, each)
