"""Nodes to YAML, so that reading it gives the same nodes."""

from __future__ import annotations

import json
import re
from typing import Any

from specc.language.syntax import ListNode, MapNode, Node, ScalarNode, resolve_scalar

SAFE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ ()-]*\Z")
SAFE_EXPRESSION = re.compile(r"=[A-Za-z0-9_./ ()*+%<>=!-]*\Z")
UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # what YAML takes for a line break, or not at all
WIDTH = 100


def dump(node: Node) -> str:
    """The document as text, in the order of its keys, what is short on one line."""
    return "\n".join(_block(node, 0)) + "\n"


def _block(node: Node, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(node, MapNode) and node.entries:
        lines = []
        for key, entry in node.entries.items():
            lines += _keyed(f"{pad}{_scalar(key)}:", entry.value, indent + 2, top=indent == 0)
        return lines
    if isinstance(node, ListNode) and node.items:
        lines = []
        for item in node.items:
            flow = _flow(item)
            if len(flow) + indent + 2 <= WIDTH and not _is_step_group(item):
                lines.append(f"{pad}- {flow}")
            else:
                inner = _block(item, indent + 2)
                lines += [f"{pad}- {inner[0].lstrip()}", *inner[1:]]
        return lines
    return [pad + _flow(node)]


def _keyed(head: str, value: Node, indent: int, top: bool) -> list[str]:
    flow = _flow(value)
    if isinstance(value, ScalarNode) or (len(head) + len(flow) + 1 <= WIDTH and not top) or flow in ("{}", "[]"):
        return [f"{head} {flow}"]
    return [head, *_block(value, indent)]


def _is_step_group(node: Node) -> bool:
    return isinstance(node, MapNode) and any(key in node for key in ("layers", "parallel", "skip"))


def _flow(node: Node) -> str:
    match node:
        case ScalarNode(value):
            return _scalar(value)
        case ListNode(items):
            return f"[{', '.join(_flow(item) for item in items)}]"
        case MapNode(entries):
            return f"{{{', '.join(f'{_scalar(key)}: {_flow(entry.value)}' for key, entry in entries.items())}}}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        safe = (SAFE.match(value) or SAFE_EXPRESSION.match(value)) and resolve_scalar(value) == value and not value.endswith(" ")
        return value if safe else UNREADABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, float):
        return repr(value).replace("inf", ".inf").replace("nan", ".nan")
    return json.dumps(value)
