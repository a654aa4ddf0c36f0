"""yaml-language-server, the one that editors run for YAML: installed where it is not there yet, driven over stdio."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

VERSION = "1.19.2"  # runs on Node.js 18 and later
FOLDER = Path(__file__).parents[2] / ".venv" / f"yaml-language-server-{VERSION}"
PROGRAM = FOLDER / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
TIMEOUT = 60.0

Error = tuple[int, str]  # its line, counted from 1, and what is said


class Unavailable(Exception):
    """The server cannot be had on this machine; the message says why."""


def installed() -> list[str]:
    """The command of the server. Raises Unavailable where it can neither be found nor installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or (npm is None and not PROGRAM.is_file()):
        raise Unavailable("node and npm are needed to run yaml-language-server")
    if not PROGRAM.is_file():
        command = [str(npm), "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", f"yaml-language-server@{VERSION}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise Unavailable("npm took too long to install yaml-language-server") from None
        if done.returncode != 0 or not PROGRAM.is_file():
            raise Unavailable(f"npm cannot install yaml-language-server: {done.stderr.strip()[-300:]}")
    return [node, str(PROGRAM), "--stdio"]


class LanguageServer:
    """A running server, told of one schema for all documents.

    Args:
        schema: the file of a JSON Schema.
    """

    def __init__(self, schema: Path) -> None:
        self._process = subprocess.Popen(installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._schema = schema.resolve().as_uri()
        self._count = 0
        self._answers: dict[int, queue.Queue[Any]] = {}
        self._diagnostics: queue.Queue[Mapping[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> LanguageServer:
        completing = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}}
        capabilities = {"textDocument": {"completion": completing, "publishDiagnostics": {}}, "workspace": {"configuration": True}}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._say("initialized", {})
        self.errors("specc: 1\n")  # it asks for its settings when it is told of a document
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    # What a test does

    def errors(self, text: str) -> list[Error]:
        """Opens a document: its errors."""
        return self.errors_of([text])[0]

    def errors_of(self, texts: Sequence[str]) -> list[list[Error]]:
        """The same for several at once, since the server waits a while before it looks at a document."""
        uris = [self._open(text) for text in texts]
        found: dict[str, list[Error]] = {}
        while not found.keys() >= set(uris):
            published = self._diagnostics.get(timeout=TIMEOUT)
            found[published["uri"]] = [(each["range"]["start"]["line"] + 1, each["message"]) for each in published["diagnostics"]]
        return [found[uri] for uri in uris]

    def completions(self, text: str) -> dict[str, str]:
        """What is proposed where `|` stands in a text: labels with their documentation."""
        answer = self.ask("textDocument/completion", self._at_mark(text))
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"]: _markup(item.get("documentation", "")) for item in items}

    def insertions(self, text: str) -> dict[str, str]:
        """What would be inserted: labels with their snippets."""
        answer = self.ask("textDocument/completion", self._at_mark(text))
        return {item["label"]: item["insertText"] for item in answer["items"]}

    def hover(self, text: str) -> str:
        """What is shown where `|` stands in a text; empty where nothing is."""
        answer = self.ask("textDocument/hover", self._at_mark(text))
        return _markup(answer["contents"]) if answer else ""

    # The protocol

    def _at_mark(self, text: str) -> dict[str, Any]:
        before, _, after = text.partition("|")
        uri = self._open(before + after)
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return {"textDocument": {"uri": uri}, "position": position}

    def _open(self, text: str) -> str:
        self._count += 1
        uri = f"file:///spec{self._count}.yaml"
        self._say("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
        return uri

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """The result of a request."""
        self._count += 1
        number, answers = self._count, queue.Queue[Any]()
        self._answers[number] = answers
        self._send({"id": number, "method": method, "params": params})
        answer = answers.get(timeout=TIMEOUT)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _say(self, method: str, params: Mapping[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
                header = stream.readline()
            self._received(json.loads(stream.read(length)))

    def _received(self, message: Mapping[str, Any]) -> None:
        match message.get("method"):
            case None:
                self._answers[message["id"]].put(message)
            case "textDocument/publishDiagnostics":
                self._diagnostics.put(message["params"])
            case "workspace/configuration":
                settings = {
                    "schemas": {self._schema: "*"},
                    "validate": True,
                    "completion": True,
                    "hover": True,
                    "schemaStore": {"enable": False},
                }
                known = {"yaml": settings}
                self._send({"id": message["id"], "result": [known.get(item.get("section")) for item in message["params"]["items"]]})
            case _ if "id" in message:
                self._send({"id": message["id"], "result": None})


def _markup(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(map(_markup, content))
    return str(content.get("value", ""))
