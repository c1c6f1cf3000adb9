"""HTTP/1.1 as it is written: the request line is sent byte for byte, which no client library does."""

import asyncio
import ssl

NO_CHECK = ssl.create_default_context()
NO_CHECK.check_hostname = False
NO_CHECK.verify_mode = ssl.CERT_NONE


class Closed(Exception):
    """The connection was closed without an answer."""


class Client:
    """A connection to one port, kept alive, under one server name."""

    def __init__(self, port, sni):
        self.port, self.sni, self.reader, self.writer = port, sni, None, None

    async def ask(self, method, target, headers):
        """The status and the headers of the answer."""
        lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        fresh = self.writer is None
        try:
            return await asyncio.wait_for(self.exchange(method, head), 20)
        except (OSError, EOFError, ssl.SSLError):
            self.close()
            if fresh:
                raise Closed from None
        # The other side may have closed an idle connection.
        try:
            return await asyncio.wait_for(self.exchange(method, head), 20)
        except (OSError, EOFError, ssl.SSLError):
            self.close()
            raise Closed from None

    async def exchange(self, method, head):
        if self.writer is None:
            tls = {"ssl": NO_CHECK, "server_hostname": self.sni} if self.sni is not None else {}
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, **tls)
        self.writer.write(head)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(answer[0].split(" ")[1])
        headers = {}
        for line in answer[1:]:
            if ":" in line:
                name, value = line.split(":", 1)
                headers.setdefault(name.lower(), value.strip())
        if method != "HEAD" and status not in (204, 304):
            if headers.get("transfer-encoding") == "chunked":
                while (size := int((await self.reader.readline()).split(b";")[0], 16)):
                    await self.reader.readexactly(size + 2)
                await self.reader.readline()
            else:
                await self.reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            self.close()
        return status, headers

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None
