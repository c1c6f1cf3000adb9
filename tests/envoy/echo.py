"""A server that says what it received, in the headers of its answer. Each cluster has a port of its own, so that where a
request arrived says which destination it was sent to; copies (mirrors) arrive with the same `x-case` as their original."""

import asyncio


class Echo:
    """`arrivals[case]` is a list of (cluster, host) of every request that arrived with that number."""

    def __init__(self):
        self.ports, self.servers, self.arrivals = {}, [], {}

    async def serve(self, cluster):
        """Opens a port for a cluster, once."""
        if cluster not in self.ports:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: Connection(self, cluster), "127.0.0.1", 0, backlog=1024)
            self.servers.append(server)
            self.ports[cluster] = server.sockets[0].getsockname()[1]
        return self.ports[cluster]

    def close(self):
        for server in self.servers:
            server.close()


class Connection(asyncio.Protocol):
    def __init__(self, echo, cluster):
        self.echo, self.cluster, self.buffer = echo, cluster, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            self.answer(head)

    def answer(self, head):
        # No request of the suite has a body.
        line, *fields = head.split(b"\r\n")
        method, target, _ = line.split(b" ", 2)
        headers = [field.split(b":", 1) for field in fields]
        value = lambda name: next((text.strip() for key, text in headers if key.lower() == name), b"")
        case = value(b"x-case")
        self.echo.arrivals.setdefault(case, []).append((self.cluster, value(b"host")))
        body = b"" if method == b"HEAD" else b"echo"
        self.transport.write(b"HTTP/1.1 200 OK\r\nx-echo-cluster: " + self.cluster.encode() + b"\r\nx-echo-method: " + method
                             + b"\r\nx-echo-path: " + target + b"\r\nx-echo-host: " + value(b"host")
                             + b"\r\ncontent-length: " + str(4).encode() + b"\r\n\r\n" + body)
