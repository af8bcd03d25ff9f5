"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg

PACKAGES = ("procrastinate", "psycopg", "flask", "gunicorn", "httpx")
FLUSHES = 50


def describe(database_url: str) -> list[str]:
    """Date, processor, memory, disk, load before we begin, and versions."""
    memory = psutil.virtual_memory().total / 1024**3
    with psycopg.connect(database_url) as conn:
        postgres = conn.info.server_version
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"Measured   {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average {os.getloadavg()[0]:.1f} before the start",
        f"Machine    {_processor()}, {cores()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}",
        f"Disk       one flushed write of 8 kB takes {flush_s() * 1000:.2f} ms (median)",
        f"Postgres   {postgres // 10000}.{postgres % 10000}, fsync and synchronous_commit on, same machine",
        f"Python     {platform.python_version()}, {versions}",
    ]


def cores() -> int:
    """Of this machine."""
    return os.cpu_count() or 1


def _processor() -> str:
    """Linux says it in a file; elsewhere the platform's word must do."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def flush_s() -> float:
    """What a commit cannot be faster than, on the disk of the temporary folder."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(FLUSHES):
            file.seek(0)
            file.write(b"x" * 8192)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - started)
    return statistics.median(times)
