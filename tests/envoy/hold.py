"""Holds worlds against a real Envoy: the program prints the route configuration and says where each request goes; an Envoy
loaded with the former must do the latter."""

import asyncio
import json
import random
import re
import subprocess
import tempfile
from pathlib import Path

import asking
import proxy
from client import Client, Closed
from echo import Echo

BROKEN = {"missing", "port-missing", "not-permitted", "invalid-kind", "port-not-allowed"}
# How many connections are busy at a time.
WIDTH = 16


class Difference:
    """What a world or a request of it came to, and what was said of it."""

    def __init__(self, world, gateway, kind, said, seen, request=None):
        self.world, self.gateway, self.kind = world, gateway, kind
        self.said, self.seen, self.request = said, seen, request

    def __str__(self):
        asked = f"\n  asked {json.dumps(self.request)}" if self.request else ""
        return f"world {self.world.seed}, Gateway {self.gateway}: {self.kind}{asked}\n  said  {self.said}\n  seen  {self.seen}"


class Program:
    """The routescope under test."""

    def __init__(self, binary):
        self.binary = binary

    def run(self, arguments, world, stdin=""):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(world.text())
            file.flush()
            command = [self.binary, *arguments, "-f", file.name, "--complete", *world.settings]
            done = subprocess.run(command, input=stdin, capture_output=True, text=True)
        if done.returncode > 1 and "-o" in arguments and arguments[arguments.index("-o") + 1] == "envoy":
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout, done.stderr

    def configurations(self, world, gateway):
        """The route configurations of a Gateway, and which of them Envoy is said to refuse, and why."""
        out, err = self.run(["routes", "-o", "envoy", "--gateway", gateway], world)
        refused = re.findall(r"^warning: Envoy refuses (\S+), and[^:]*: (.*)", err, re.M)
        decoder, at, all = json.JSONDecoder(), 0, []
        while at < len(out.rstrip()):
            one, at = decoder.raw_decode(out, at)
            all.append(one)
            at = len(out) - len(out[at:].lstrip())
        return all, refused

    def answers(self, world, requests):
        """What is said of each request; None for one that is no request."""
        lines = "".join(json.dumps(one) + "\n" for one in requests)
        out, err = self.run(["where", "--requests", "-", "-o", "jsonl"], world, lines)
        bad = {int(line) - 1 for line in re.findall(r"^error: -:(\d+):", err, re.M)}
        answers = iter([json.loads(line)["answers"] for line in out.splitlines()])
        return [None if at in bad else next(answers) for at in range(len(requests))]


class Served:
    """One Gateway of a world: what its Envoy loads, and where."""

    def __init__(self, world, gateway, configurations, refused):
        spec = gateway["spec"]
        meta = gateway["metadata"]
        self.world, self.name = world, f"{meta['namespace']}/{meta['name']}"
        self.configurations, self.refused = configurations, refused
        self.places = {}
        for listener in spec["listeners"]:
            tls = listener["protocol"] == "HTTPS"
            name = listener["name"] if tls else f"listener~{listener['port']}"
            self.places[name] = (listener["port"], listener.get("hostname") if tls else None, tls)

    def listeners(self, key, pems):
        return proxy.listeners(key, self.configurations, self.places, pems)


def gateways(world):
    return [one for one in world.documents if one["kind"] == "Gateway"]


class Holder:
    def __init__(self, program, envoy, pems):
        self.program, self.envoy, self.pems = program, envoy, pems
        self.asked = self.refusals = self.closed = self.skipped = 0
        self.outcomes = {}

    async def hold(self, worlds, count, rng=None, requests=None, times=1):
        """The differences of some worlds, each asked `count` requests a Gateway (or the one given, several times)."""
        differences, served = [], []
        for world in worlds:
            for gateway in gateways(world):
                name = f"{gateway['metadata']['namespace']}/{gateway['metadata']['name']}"
                one = Served(world, gateway, *self.program.configurations(world, name))
                if not one.configurations:
                    continue
                if not one.refused:
                    served.append(one)
                    continue
                self.refusals += 1
                # A row with two rewrites is refused; what is printed of it has one.
                if not any("both stay" in why for _, why in one.refused) and self.refusal(one) is None:
                    differences.append(Difference(world, one.name, "refusal", f"Envoy refuses {one.refused}", "it does not"))
        if not served:
            return differences
        echo = Echo()
        try:
            differences += await self.serve(echo, served, count, rng, requests, times)
        finally:
            echo.close()
        return differences

    def refusal(self, one):
        names = proxy.clusters_of(one.configurations)
        return proxy.refusal(self.envoy, proxy.bootstrap(one.listeners("x", self.pems), dict.fromkeys(names, 1), None))

    async def serve(self, echo, served, count, rng, requests, times):
        listeners, clusters = [], {}
        for at, one in enumerate(served):
            listeners += one.listeners(str(at), self.pems)
            for name in proxy.clusters_of(one.configurations):
                clusters[name] = await echo.serve(name)
        envoy = proxy.Envoy(self.envoy, proxy.bootstrap(listeners, clusters, None))
        try:
            await envoy.ready(len(listeners))
        except proxy.Refused as said:
            envoy.stop()
            return await self.without_the_refused(served, str(said), count, rng, requests, times)
        try:
            return await self.ask_all(envoy, echo, served, count, rng, requests, times)
        finally:
            envoy.stop()

    async def without_the_refused(self, served, said, count, rng, requests, times):
        """Envoy does not come up with some of these: they differ, and the others are held alone."""
        differences, good = [], []
        for one in served:
            why = self.refusal(one)
            if why is None:
                good.append(one)
            else:
                differences.append(Difference(one.world, one.name, "refusal", "Envoy takes it", why))
        if not differences:
            raise RuntimeError(f"Envoy refuses what it takes one by one: {said}")
        if good:
            echo = Echo()
            try:
                differences += await self.serve(echo, good, count, rng, requests, times)
            finally:
                echo.close()
        return differences

    async def ask_all(self, envoy, echo, served, count, rng, requests, times):
        jobs, cases = {}, []
        for at, one in enumerate(served):
            places = {name: (port, tls) for name, (port, _, tls) in one.places.items()}
            asked = requests or asking.requests(rng or random.Random(0), one.configurations, places, count)
            asked = [{**request, "gateway": one.name} for request in asked] * times
            for request, answers in zip(asked, self.program.answers(one.world, asked)):
                if answers is None:
                    self.skipped += 1
                    continue
                case = Case(len(cases), one, request, answers)
                cases.append(case)
                jobs.setdefault((envoy.ports.get(f"{at}:{case.port}"), case.sni), []).append(case)
        queue = asyncio.Queue()
        for job in jobs.items():
            queue.put_nowait(job)
        await asyncio.gather(*[worker(queue) for _ in range(WIDTH)])
        # Copies come after their originals.
        await asyncio.sleep(0.3)
        differences = []
        for case in cases:
            self.asked += 1
            self.outcomes[case.seen[0]] = self.outcomes.get(case.seen[0], 0) + 1
            found = case.difference(echo)
            if found:
                differences.append(found)
        return differences


async def worker(queue):
    while not queue.empty():
        (port, sni), cases = queue.get_nowait()
        client = Client(port, sni)
        for case in cases:
            await case.ask(client)
        client.close()


URL = re.compile(r"^(https?)://([^/?]*?)(?::(\d+))?(/[^?]*)?(\?.*)?$", re.S)


class Case:
    """One request to one Gateway."""

    def __init__(self, number, served, request, answers):
        self.number, self.served, self.request, self.answers = number, served, request, answers
        scheme, host, port, path, query = URL.match(request["url"]).groups()
        default = 443 if scheme == "https" else 80
        self.port = int(port or default)
        self.sni = host.removesuffix(".") if scheme == "https" else None
        self.target = (path or "/") + (query or "")
        self.authority = host if self.port == default else f"{host}:{self.port}"
        self.seen = None

    async def ask(self, client):
        if client.port is None:
            self.seen = ("closed",)
            return
        headers = [(one["name"], one["value"]) for one in self.request["headers"]]
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", self.authority))
        headers.append(("x-case", str(self.number)))
        try:
            status, answer = await client.ask(self.request["method"], self.target, headers)
        except Closed:
            self.seen = ("closed",)
            return
        if "x-echo-cluster" in answer:
            self.seen = ("forward", answer["x-echo-cluster"], answer["x-echo-host"], answer["x-echo-path"])
            if answer["x-echo-method"] != self.request["method"]:
                self.seen += (answer["x-echo-method"],)
        elif "location" in answer:
            self.seen = ("redirect", status, answer["location"])
        else:
            self.seen = ("respond", status)

    def said(self):
        """Every outcome that the answer allows: more than one where weights decide."""
        if not self.answers:
            return [("closed",)]
        answer = self.answers[0]
        if answer["outcome"] == "redirect":
            return [("redirect", answer["status"], answer["location"])]
        if answer["outcome"] != "forward":
            return [("respond", answer["status"])]
        upstream, all = answer["upstream"], []
        for one in answer["destinations"]:
            if one["share"] > 0:
                broken = one["state"] in BROKEN
                all.append(("respond", 500) if broken else ("forward", cluster(one), upstream["host"], upstream["path"]))
        return all

    def difference(self, echo):
        said = self.said()
        world, name = self.served.world, self.served.name
        if self.seen not in said:
            return Difference(world, name, "answer", said, self.seen, self.request)
        if self.seen[0] != "forward":
            return None
        arrived = sorted(one for one, _ in echo.arrivals.get(str(self.number).encode(), []))
        must, may = [self.seen[1]], [self.seen[1]]
        for mirror in self.answers[0]["mirrors"]:
            fraction = mirror["fraction"]
            numerator, denominator = (fraction["numerator"], fraction["denominator"]) if fraction else (1, 1)
            must += [cluster(mirror)] if numerator >= denominator else []
            may += [cluster(mirror)] if numerator > 0 else []
        if not is_within(must, arrived) or not is_within(arrived, may):
            return Difference(world, name, "copies", f"from {sorted(must)} to {sorted(may)}", arrived, self.request)
        return None


def is_within(some, all):
    left = list(all)
    for one in some:
        if one not in left:
            return False
        left.remove(one)
    return True


def cluster(destination):
    namespace, name = destination["namespace"], destination["name"]
    if destination["kind"] == "Backend":
        return f"backend_{namespace}_{name}_0"
    return f"kube_{namespace}_{name}_{destination['port']}"
