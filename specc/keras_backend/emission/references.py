"""References: what `from`, `each` and `outputs` name, as Python expressions."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from specc.diagnostics import SpecError
from specc.keras_backend.emission.context import Context
from specc.keras_backend.emission.expressions import Translator
from specc.keras_backend.emission.values import Local, Packing, Sequence, Value, starred
from specc.language.document import Step
from specc.language.expressions import parse
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode

Pieces = list[Value]
Source = Value | Pieces | Mapping[str, Value]


class References:
    def __init__(self, translator: Translator, packing: Packing) -> None:
        self.translator = translator
        self.packing = packing

    def source(self, node: Node, context: Context, step: Step) -> Source:
        """One result, several in a list, or results by call argument."""
        if isinstance(node, MapNode):
            return {key: regrouped(self._plain(entry.value, context, step)) for key, entry in node.entries.items()}
        return self._plain(node, context, step)

    def _plain(self, node: Node, context: Context, step: Step) -> Value | Pieces:
        if isinstance(node, ListNode):
            pieces: Pieces = []
            for item in node.items:
                found = self._plain(item, context, step)
                pieces += found if isinstance(found, list) else [found]
            return pieces
        assert isinstance(node, ScalarNode)
        if not node.is_expression:
            return self.reference(str(node.value), context, node)
        return self.of_expression(parse(node.value).tree, context, step, node)

    def of_expression(self, tree: ast.expr, context: Context, step: Step, node: Node) -> Value | Pieces:
        if isinstance(tree, ast.IfExp):
            body, orelse = (regrouped(self.of_expression(each, context, step, node)) for each in (tree.body, tree.orelse))
            return Local(ast.IfExp(self.translator.data(tree.test, context, step, node), body.tensor(), orelse.tensor()), body.listed)
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return self.reference(tree.value, context, node)
        if isinstance(tree, ast.List):
            pieces: Pieces = []
            for element in tree.elts:
                one = self.of_expression(element, context, step, node)
                pieces += one if isinstance(one, list) else [one]
            return pieces
        found = self.translator.found(tree, context, step, node)
        if isinstance(found, Sequence):
            return [Local(self.packing.tensors(found), True)]
        if isinstance(found, ast.expr):
            return self._by_name(found, tree, context, step, node)
        return found

    def _by_name(self, written: ast.expr, tree: ast.expr, context: Context, step: Step, node: Node) -> Value:
        """A step that data names: a table of the steps that it was seen to name."""
        seen = list(dict.fromkeys(value for value in self.translator.profile.values(step, tree) if isinstance(value, str)))
        if not seen:
            raise self.translator.refused(f"which step `{ast.unparse(tree)}` names is not known", node)
        results = [regrouped(self.reference(text, context, node)) for text in seen]
        keys: list[ast.expr | None] = [ast.Constant(text) for text in seen]
        return Local(ast.Subscript(ast.Dict(keys, [result.tensor() for result in results]), written), results[0].listed)

    def reference(self, text: str, context: Context, node: Node) -> Value | Pieces:
        first, *rest = text.split("/")
        start = self.translator.lookup(first, context)
        if not isinstance(start, Value):
            raise self.missing(text, node)
        value: Value = start
        for position, part in enumerate(rest):
            if part == "*":
                return [self._all(value, rest[position + 1 :], text, node)]
            value = self._into(value, part, text, node)
        return value

    def missing(self, text: str, node: Node) -> SpecError:
        return self.translator.refused(f"`{text}` is not there on every way through the spec", node)

    def _into(self, value: Value, part: str, text: str, node: Node) -> Value:
        if not part.lstrip("-").isdigit():
            found = value.member(part)
        else:
            items = value.items()
            if isinstance(items, Sequence):
                found = items.at(ast.Constant(int(part)), self.packing)
            else:
                found = items[int(part)] if items and -len(items) <= int(part) < len(items) else None
        if found is None:
            raise self.missing(text, node)
        return found

    def _all(self, value: Value, rest: list[str], text: str, node: Node) -> Value:
        """All items of a result, or what lies at the same place in each of them."""
        items = value.items()
        if items is None or "*" in rest:
            raise self.missing(text, node) if items is None else self.translator.refused(f"`{text}` has two `*`", node)
        if isinstance(items, list):
            chosen = []
            for item in items:
                for part in rest:
                    item = self._into(item, part, text, node)
                chosen.append(item)
            return Local(ast.List([starred(each) for each in chosen]), True, parts=chosen)
        each = ast.Name("each")
        one = self.packing.unpacked(items, each)
        for part in rest:
            one = self._into(one, part, text, node)
        written = one.tensor()
        if one.listed:
            flat = [ast.comprehension(each, items.where(), [], 0), ast.comprehension(ast.Name("tensor"), written, [], 0)]
            return Local(ast.ListComp(ast.Name("tensor"), flat), True)
        if isinstance(written, ast.Name):
            return Local(items.where(), True)
        return Local(ast.ListComp(written, [ast.comprehension(each, items.where(), [], 0)]), True)


def regrouped(source: Source) -> Value:
    """Several results as one."""
    if isinstance(source, Value):
        return source
    results = source if isinstance(source, list) else list(source.values())
    if len(results) == 1 and results[0].listed:
        return results[0]
    return Local(ast.List([starred(each) for each in results]), True, parts=None if any(each.listed for each in results) else results)
