"""The network of a miniature cluster: a bridge, a network namespace per pod and node, Services and names.

The part's own namespace has the bridge, the API server, the addresses of Services and the name server. Services are a proxy
in user space: a TCP connection to a cluster IP goes to one of the ready endpoints. Nothing here enforces NetworkPolicies.
"""

import asyncio
import random
import socket
import struct
import subprocess
import threading

import lib
from cluster import ADDRESS

BRIDGE = "cluster0"
PREFIX4, PREFIX6 = "10.1", "fd00:10:1"
NAMESERVER = "10.0.0.10"
DOMAIN = "cluster.local"


class Namespace:
    """A network namespace with one interface on the bridge, held by a process that sleeps."""

    def __init__(self, number):
        high, low = divmod(number, 250)
        self.ip4 = f"{PREFIX4}.{high}.{low + 2}"
        self.ip6 = f"{PREFIX6}::{number + 2:x}"
        self.device = f"pod{number}"
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.path = f"/proc/{self.holder.pid}/ns/net"
        lib.until(self.is_apart, 10, 0.005)
        lib.run("ip", "link", "add", self.device, "type", "veth", "peer", "name", "eth0", "netns", self.holder.pid)
        lib.run("ip", "link", "set", self.device, "master", BRIDGE, "up")
        commands = (
            f"link set lo up\nlink set eth0 up\naddr add {self.ip4}/16 dev eth0\naddr add {self.ip6}/64 dev eth0 nodad\n"
            f"route add default via {ADDRESS}\n"
        )
        self.enter("sh", "-c", "while read -r line; do ip $line || exit 1; done", stdin=commands)

    def is_apart(self):
        import os

        return os.readlink(self.path) != os.readlink("/proc/self/ns/net")

    def enter(self, *command, **options):
        """Runs a command in the namespace."""
        return lib.run("nsenter", f"--net={self.path}", *command, **options)

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Network:
    """Hands out namespaces, and serves Services and names as `update` tells it."""

    def __init__(self):
        lib.run("ip", "link", "add", BRIDGE, "type", "bridge")
        lib.run("ip", "link", "set", BRIDGE, "up")
        lib.run("ip", "addr", "add", f"{ADDRESS}/16", "dev", BRIDGE)
        lib.run("ip", "addr", "add", f"{PREFIX6}::1/64", "dev", BRIDGE, "nodad")
        lib.run("ip", "addr", "add", f"{NAMESERVER}/32", "dev", "lo")
        self.numbers = iter(range(10, 60000))
        self.lock = threading.Lock()
        self.addresses = {}  # name -> addresses of version 4
        self.records = {}  # name -> (port, name of host) of SRV
        self.backends = {}  # (cluster IP, port) -> [(address, port)]
        self.servers = {}
        self.tasks = set()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.call(self.loop.create_datagram_endpoint(lambda: Names(self), local_addr=(NAMESERVER, 53)))

    def call(self, task):
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(30)

    def namespace(self):
        with self.lock:
            number = next(self.numbers)
        return Namespace(number)

    # -- Services

    def update(self, services, slices, pods):
        """Takes the Services, EndpointSlices and pods as they now are."""
        endpoints = {}
        for each in slices:
            name = each["metadata"].get("labels", {}).get("kubernetes.io/service-name")
            endpoints.setdefault((each["metadata"]["namespace"], name), []).append(each)
        addresses, records, backends = {}, {}, {}
        for service in services:
            meta, spec = service["metadata"], service["spec"]
            own = endpoints.get((meta["namespace"], meta["name"]), [])
            base = f"{meta['name']}.{meta['namespace']}.svc.{DOMAIN}"
            headless = spec.get("clusterIP") == "None"
            every = spec.get("publishNotReadyAddresses", False)
            found = []
            for each in own:
                for endpoint in each.get("endpoints") or []:
                    if every or endpoint.get("conditions", {}).get("ready", True):
                        found.append((each, endpoint))
            if headless:
                addresses[base] = [a for each, endpoint in found if each["addressType"] == "IPv4" for a in endpoint["addresses"]]
                for each, endpoint in found:
                    host = endpoint.get("hostname") or endpoint["addresses"][0].replace(".", "-").replace(":", "-")
                    addresses[f"{host}.{base}"] = endpoint["addresses"]
                    for port in each.get("ports") or []:
                        if port.get("name"):
                            records.setdefault(f"_{port['name']}._tcp.{base}", []).append((port["port"], f"{host}.{base}"))
            elif spec.get("clusterIP"):
                addresses[base] = [spec["clusterIP"]]
                for port in spec.get("ports", []):
                    targets = []
                    for each, endpoint in found:
                        for own_port in each.get("ports") or []:
                            if (own_port.get("name") or "") == (port.get("name") or ""):
                                targets += [(address, own_port["port"]) for address in endpoint["addresses"]]
                    if port.get("protocol", "TCP") == "TCP":
                        backends[spec["clusterIP"], port["port"]] = targets
                    if port.get("name"):
                        records.setdefault(f"_{port['name']}._tcp.{base}", []).append((port["port"], base))
        self.addresses, self.records, self.backends = addresses, records, backends
        if self.servers.keys() != backends.keys():
            self.call(self.listen(backends))

    async def listen(self, backends):
        for address in set(self.servers) - set(backends):
            self.servers.pop(address).close()
        known = {ip for ip, _ in self.servers}
        for ip, port in set(backends) - set(self.servers):
            if ip not in known:
                known.add(ip)
                subprocess.run(["ip", "addr", "add", f"{ip}/32", "dev", "lo"], check=False, capture_output=True)
            self.servers[ip, port] = await asyncio.start_server(lambda r, w, at=(ip, port): self.relay(at, r, w), ip, port)

    async def relay(self, at, reader, writer):
        # The loop keeps weak references only.
        task = asyncio.current_task()
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        try:
            targets = self.backends.get(at)
            if not targets:
                return
            address, port = random.choice(targets)
            try:
                there, back = await asyncio.open_connection(address, port)
            except OSError:
                return

            async def pipe(source, sink):
                try:
                    while data := await source.read(65536):
                        sink.write(data)
                        await sink.drain()
                    sink.write_eof()
                except OSError:
                    pass

            await asyncio.gather(pipe(reader, back), pipe(there, writer))
            back.close()
        finally:
            writer.close()


class Names(asyncio.DatagramProtocol):
    """A name server for A, AAAA and SRV of the Services. Knows no other names."""

    def __init__(self, network):
        self.network = network

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        number, flags = struct.unpack("!HH", data[:4])
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        (kind,) = struct.unpack("!H", data[at + 1 : at + 3])
        question = data[12 : at + 5]
        name = ".".join(labels).lower()
        answers = []
        if kind == 33:
            for port, host in self.network.records.get(name, []):
                answers.append(struct.pack("!HHH", 0, 1, port) + encode(host))
        elif kind in (1, 28):
            family = socket.AF_INET if kind == 1 else socket.AF_INET6
            for address in self.network.addresses.get(name, []):
                if (":" in address) == (kind == 28):
                    answers.append(socket.inet_pton(family, address))
        known = name in self.network.addresses or name in self.network.records
        body = b"".join(struct.pack("!HHHIH", 0xC00C, kind, 1, 5, len(each)) + each for each in answers)
        code = 0x8580 | (0 if known else 3) | (flags & 0x100)
        head = struct.pack("!HHHHHH", number, code, 1, len(answers), 0, 0)
        self.transport.sendto(head + question + body, sender)


def encode(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
