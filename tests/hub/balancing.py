"""The way from people to replicas: a real proxy, and behind it what a cluster's Service is, by connections."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from hub.supervisor.node import find_node, find_proxy
from hub.supervisor.ports import free_ports

_LOOK_SECONDS = 0.2


class Balancer:
    """Hands each new connection to the next replica that was ready at the last look.

    Parameters
    ----------
    port : int
        To listen on.
    replicas : tuple of int
        Ports of the replicas.
    probe : str
        Path that says whether one is ready.
    """

    def __init__(self, port: int, replicas: tuple[int, ...], probe: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.ready: set[int] = set()
        self._port, self._replicas, self._probe = port, replicas, probe
        self._turns = itertools.count()

    async def serve(self) -> None:
        """Until cancelled."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        async with server, httpx.AsyncClient(timeout=5) as client, asyncio.TaskGroup() as looks:
            for replica in self._replicas:
                looks.create_task(self._look(client, replica))

    async def _look(self, client: httpx.AsyncClient, replica: int) -> None:
        while True:
            status = 0
            with contextlib.suppress(httpx.HTTPError):
                status = (await client.get(f"http://127.0.0.1:{replica}{self._probe}")).status_code
            (self.ready.add if status == 200 else self.ready.discard)(replica)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = sorted(self.ready)
        if not there:
            writer.close()
            return
        replica = there[next(self._turns) % len(there)]
        try:
            other = await asyncio.open_connection("127.0.0.1", replica)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, other[1]), _pass_on(other[0], writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


@contextmanager
def balanced(replicas: tuple[int, ...], probe: str) -> Iterator[tuple[str, Balancer]]:
    """The address of a proxy before a balancer before replicas; and the balancer."""
    balancer_port, proxy_port, api_port = free_ports(3)
    balancer = Balancer(balancer_port, replicas, probe)
    loop = asyncio.new_event_loop()
    task = loop.create_task(balancer.serve())

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    command = [str(find_node()), str(find_proxy()), "--ip", "127.0.0.1", "--port", str(proxy_port)]
    command += ["--api-ip", "127.0.0.1", "--api-port", str(api_port), "--default-target", balancer.url]
    proxy = subprocess.Popen([*command, "--log-level", "error"])
    try:
        yield f"http://127.0.0.1:{proxy_port}", balancer
    finally:
        proxy.kill()
        proxy.wait()
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
