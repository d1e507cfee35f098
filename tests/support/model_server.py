"""A little model server on loopback: real HTTP, scripted answers. The model is faked only here, at the protocol."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pgswarm.actions.models import ModelClient

Connect = Callable[..., ModelClient]
Script = Callable[["ModelServer", dict[str, Any]], Any]


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away: some tests make them."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class ModelServer:
    """Answers POSTs by `script`; keeps the requests and their headers. `released` lets go of held requests."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.models: list[str] = ["only"]
        self.script: Script = lambda _server, _body: self.says({"city": "Bern", "people": 134_506})
        self.released = threading.Event()
        self.http = _Http(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/v1"

    def says(self, content: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        """A chat completion; `content` that is no text is sent as JSON."""
        text = content if isinstance(content, str) or content is None else json.dumps(content)
        message = {"role": "assistant", "content": text, **more.pop("message", {})}
        choice = {"index": 0, "finish_reason": more.pop("finish_reason", "stop"), "message": message}
        usage = {"prompt_tokens": 1000, "completion_tokens": 100}
        return 200, {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage, **more}

    def streams(
        self, *pieces: str, held: bool = False, usage: bool = True
    ) -> tuple[int, Iterator[bytes], dict[str, str]]:
        """The same, piece by piece; `held`: the last piece waits for `released`."""

        def events() -> Iterator[bytes]:
            for index, piece in enumerate(pieces):
                if held and index == len(pieces) - 1:
                    self.released.wait(30)
                yield chunk({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
            yield chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            if usage:
                yield chunk({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}})
            yield b"data: [DONE]\n\n"

        def chunk(value: dict[str, Any]) -> bytes:
            return f"data: {json.dumps({'object': 'chat.completion.chunk', 'model': 'm', **value})}\n\n".encode()

        return 200, events(), {"content-type": "text/event-stream"}

    def vectors(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """A vector for each text of a request: its length, and 1; not in their order."""
        rows = [{"index": i, "embedding": [float(len(text)), 1.0]} for i, text in enumerate(body["input"])]
        return 200, {"object": "list", "model": "e", "data": rows[::-1], "usage": {"prompt_tokens": 10 * len(rows)}}

    def calls_tool(self, arguments: Any) -> tuple[int, dict[str, Any]]:
        function = {"name": "answer", "arguments": json.dumps(arguments)}
        return self.says(None, message={"tool_calls": [{"id": "t", "type": "function", "function": function}]})

    def fails(self, status: int, message: str, **more: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        headers = more.pop("headers", {})
        return status, {"error": {"message": message, "type": "x", "param": None, "code": None, **more}}, headers

    def close(self) -> None:
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    owner: ModelServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        rows = [{"id": name, "object": "model"} for name in self.owner.models]
        self.answer(200, json.dumps({"object": "list", "data": rows}).encode(), {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.owner.requests.append(body)
        self.owner.headers.append({key.lower(): value for key, value in self.headers.items()})
        answer = self.owner.script(self.owner, body)
        if answer is None:  # cut the connection in the middle of an answer
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
            self.close_connection = True
            return
        status, payload, headers = (*answer, {}) if len(answer) == 2 else answer
        if isinstance(payload, Iterator):
            self.stream(payload, headers)
        else:
            self.answer(status, payload if isinstance(payload, bytes) else json.dumps(payload).encode(), headers)

    def stream(self, parts: Iterator[bytes], headers: dict[str, str]) -> None:
        """Send without saying how long it will be, until the client has had enough."""
        self.send_response(200)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for part in parts:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True

    def answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            for key, value in {"content-type": "application/json", **headers}.items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:  # the client went away, as some tests want
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass
