"""Sending: rows a second with nothing in the way, and the share of a limit that is kept up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

from benchmarks.context import Context
from benchmarks.engines import SCHEMA
from benchmarks.project import ACTIVATION
from benchmarks.scene import Scene
from benchmarks.serving import serving

PAGE = 75
LATENCY = 0.150
# The first asks for few rows a second, so that the pace alone decides.
LIMITS = (100, 300, 1000)
SECONDS = 8
# What lifts the limits of Braze itself, so that nothing but the program is measured.
UNBOUND = {"rate_limit": {"requests": 1_000_000, "seconds": 1}}
DELTA = f"{SCHEMA}.{ACTIVATION}"
ROWS_A_SECOND = 60_000
SHARE = 97.0


def measure(context: Context) -> None:
    """Measure pushes without a limit, then with each."""
    scene = context.duckdb(context.rows)
    _unbound(scene, context)
    for limit in LIMITS:
        _bound(scene, context, limit)


def _unbound(scene: Scene, context: Context) -> None:
    results, group = context.results, f"Push of {scene.rows:,} inserts, nothing in the way"
    results.console.print(group, style="bold")
    pushed, walls, processors, served, bare = [], [], [], [], []
    for _ in range(max(1, context.repeat // 2)):
        scene.warehouse.restore("planned")
        with serving() as server:
            scene.project.destination(server.url, UNBOUND)
            process, _ = scene.project.push()
            served.append(server.counts().cpu)
        walls.append(process.wall)
        context.peaks[scene.rows] = process.peak_mib
        processors.append(process.cpu)
        pushed.append(scene.rows / _seconds(scene))
        with serving() as server:
            bare.append(scene.rows / _bare(scene, server.port))
    results.add(
        group,
        "rows a second, begin of the run to its end",
        "rows/s",
        pushed,
        at_least=ROWS_A_SECOND,
    )
    results.add(
        group,
        "rows a second, with the start of the program",
        "rows/s",
        [scene.rows / wall for wall in walls],
    )
    results.add(group, "processor time of the runner", "s", processors)
    results.add(group, "processor time of the server", "s", served)
    results.add(group, "bare loop: ready-made bodies, one connection", "rows/s", bare)


def _seconds(scene: Scene) -> float:
    """Seconds from the run's begin to the last watermark, by the warehouse's clock."""
    ((seconds,),) = scene.warehouse.rows(
        "select extract(epoch from max(mark.updated_at) - max(run.started_at)) "
        f"from {SCHEMA}.tailrace_runs as run, {SCHEMA}.tailrace_watermarks as mark "
        "where mark.acknowledged = mark.sending"
    )
    return float(seconds)


def _bodies(scene: Scene) -> Iterator[bytes]:
    found = scene.warehouse.rows(
        "select substring(_identifiers, 1, length(_identifiers) - 1) || ',' "
        f"|| substring(replace(_payload, chr(10), ''), 2) from {DELTA} order by _ordinal"
    )
    rows = [row.encode() for (row,) in found]
    for start in range(0, len(rows), PAGE):
        yield b'{"attributes":[' + b",".join(rows[start : start + PAGE]) + b"]}"


def _bare(scene: Scene, port: int) -> float:
    """Seconds to post bodies that are ready, one after the other over one connection."""
    head = b"POST /users/track HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
    requests = [head % len(body) + body for body in _bodies(scene)]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        for request in requests:
            connection.sendall(request)
            answer = connection.recv(65536)
            while not answer.endswith(b"}"):
                answer += connection.recv(65536)
        return time.perf_counter() - began


def _bound(scene: Scene, context: Context, limit: int) -> None:
    results = context.results
    group = f"Push at {LATENCY * 1000:.0f} ms and at most {limit:,} requests a second"
    results.console.print(group, style="bold")
    rows = min(scene.rows, limit * PAGE * SECONDS)
    shares, refused = [], []
    for _ in range(max(1, context.repeat // 2)):
        scene.warehouse.restore("planned")
        with serving(latency=LATENCY, limit=limit) as server:
            rate = {"requests": limit, "seconds": 1}
            concurrency = int(limit * LATENCY * 1.5)
            options = {"rate_limit": rate, "concurrency": concurrency}
            scene.project.destination(server.url, options)
            scene.project.push(f"--limit={rows}")
            counts = server.counts()
        shares.append((counts.requests - 1) / (counts.last - counts.first) / limit * 100)
        refused.append(counts.refused)
    results.add(group, "share of the limit", "%", shares, at_least=SHARE)
    results.add(group, "answers 429", "", refused)
