"""An Envoy on loopback with the route configurations of many Gateways, each on ports of its own."""

import asyncio
import json
import subprocess
import tempfile
import time
from pathlib import Path

HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
CORS = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"
TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
INSPECTOR = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"


class Refused(Exception):
    """Envoy does not load the configuration."""


def certificate(folder):
    """A self-signed certificate: nobody checks it, but a TLS listener needs one."""
    key, chain = Path(folder) / "key.pem", Path(folder) / "chain.pem"
    if not chain.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                        "2", "-subj", "/CN=test", "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    return key, chain


def listeners(name, configurations, places, pems):
    """One Envoy listener for each port of a Gateway. `places`: by configuration name, (port, server name or None, TLS)."""
    by_port = {}
    for configuration in configurations:
        port, sni, tls = places[configuration["name"]]
        chain = {"name": configuration["name"], "filters": [{"name": "hcm", "typed_config": {
            # As kgateway sets it (pkg/kgateway/translator/irtranslator/fc.go).
            "@type": HCM, "stat_prefix": "http", "codec_type": "AUTO", "normalize_path": True, "merge_slashes": True,
            # Clusters that do not exist are refused in a static configuration only.
            "use_remote_address": True, "route_config": {**configuration, "validate_clusters": False},
            "http_filters": [{"name": "envoy.filters.http.cors", "typed_config": {"@type": CORS}},
                             {"name": "router", "typed_config": {"@type": ROUTER}}]}}]}
        if tls:
            if sni:
                chain["filter_chain_match"] = {"server_names": [sni]}
            key, pem = pems
            files = {"certificate_chain": {"filename": str(pem)}, "private_key": {"filename": str(key)}}
            chain["transport_socket"] = {"name": "tls", "typed_config": {
                "@type": TLS, "common_tls_context": {"tls_certificates": [files], "alpn_protocols": ["http/1.1"]}}}
        listener = by_port.setdefault(port, {"name": f"{name}:{port}", "filter_chains": [], "address": {
            "socket_address": {"address": "127.0.0.1", "port_value": 0}}})
        listener["filter_chains"].append(chain)
        if tls:
            listener["listener_filters"] = [{"name": "tls", "typed_config": {"@type": INSPECTOR}}]
    return list(by_port.values())


def clusters_of(configurations):
    """Every cluster that a route names, black holes left out: those do not exist."""
    names = set()

    def walk(value):
        if isinstance(value, dict):
            for key in ("route", "request_mirror_policies"):
                for action in value[key] if isinstance(value.get(key), list) else [value.get(key) or {}]:
                    if isinstance(action, dict):
                        names.update([action["cluster"]] if "cluster" in action else [])
                        names.update(one["name"] for one in action.get("weighted_clusters", {}).get("clusters", []))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(configurations)
    return sorted(names - {"blackhole-cluster"})


def bootstrap(listeners, clusters, folder):
    """`clusters`: name to port."""
    def cluster(name, port):
        endpoint = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
        limits = {"max_connections": 4096, "max_pending_requests": 8192, "max_requests": 8192, "max_retries": 8192}
        return {"name": name, "type": "STATIC", "connect_timeout": "5s", "circuit_breakers": {"thresholds": [limits]},
                "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}}

    return {"admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "static_resources": {"listeners": listeners, "clusters": [cluster(*one) for one in sorted(clusters.items())]}}


class Envoy:
    """A running Envoy; `ports` says on which port each listener of `bootstrap` is served."""

    def __init__(self, binary, config):
        self.folder = tempfile.TemporaryDirectory(prefix="routescope-envoy-")
        path = Path(self.folder.name)
        (path / "envoy.json").write_text(json.dumps(config))
        self.log = open(path / "log", "wb+")
        self.process = subprocess.Popen(
            [binary, "-c", str(path / "envoy.json"), "--concurrency", "1", "--use-dynamic-base-id", "--disable-hot-restart",
             "--log-level", "error", "--admin-address-path", str(path / "admin")], stdout=self.log, stderr=self.log)
        self.admin, self.ports = path / "admin", {}

    async def ready(self, count):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise Refused(self.log.read().decode(errors="replace")[-1500:])
            if self.admin.exists() and self.admin.read_text().strip():
                try:
                    self.ports = await self.listening()
                except OSError:
                    pass
                if len(self.ports) == count:
                    return
            await asyncio.sleep(0.05)
        raise TimeoutError("Envoy does not come up")

    async def listening(self):
        host, port = self.admin.read_text().strip().rsplit(":", 1)
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /listeners?format=json HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        body = answer.split(b"\r\n\r\n", 1)[1]
        if b"transfer-encoding: chunked" in answer.lower():
            body = b"".join(body.split(b"\r\n")[1::2])
        statuses = json.loads(body or b"{}").get("listener_statuses", [])
        return {one["name"]: one["local_address"]["socket_address"]["port_value"] for one in statuses}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()


def version(binary):
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def refusal(binary, config):
    """What Envoy says against a configuration; None when it takes it."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        run = subprocess.run([binary, "--mode", "validate", "-c", file.name, "--use-dynamic-base-id", "--log-level", "error"],
                             capture_output=True, text=True)
    return None if run.returncode == 0 else (run.stderr + run.stdout).strip()[-600:]
