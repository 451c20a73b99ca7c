"""An ONNX file looked through without running it: what it asks for, and what of that is refused.

ONNX is protocol buffers (https://onnx.ai/onnx/repo-docs/IR.html, onnx.proto); only the few fields that decide are read here, from
the bytes as they lie in the file. Weights that lie elsewhere, operators of no standard, functions of its own and control flow are
refused: the first could name any file of the machine, the last may never end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemaview.methods.own.errors import OwnModelError
from hemaview.words import gettext

STANDARD = ("", "ai.onnx")
"""The domains of the standard's own operators."""
CONTROL_FLOW = ("Loop", "If", "Scan", "SequenceMap", "Optional")
MOST_NODES = 20_000
MOST_TENSORS = 20_000
FLOAT, HALF = 1, 10
"""Types of elements in onnx.proto."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXTERNAL = 1


@dataclass(frozen=True)
class Value:
    """An input or output: its name, the type of its elements, its dimensions (None where any)."""

    name: str
    element: int
    dims: tuple[int | None, ...]


@dataclass(frozen=True)
class OnnxFacts:
    """What a net of an ONNX file says of itself."""

    opset: int
    operators: int
    parameters: int
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]


def look(path: Path) -> OnnxFacts:
    """The facts of an ONNX file; raises OwnModelError where it is none, is cut, or asks for what is refused."""
    view = memoryview(path.read_bytes())
    return _Look(len(view)).model(view)


class _Look:
    def __init__(self, size: int) -> None:
        self.size, self.nodes, self.tensors, self.parameters = size, 0, 0, 0

    def model(self, view: memoryview) -> OnnxFacts:
        graph: memoryview | None = None
        opset = 0
        for number, value in _fields(view):
            if number == 7:
                graph = _bytes(value)
            elif number == 8:
                domain, version = self._opset(_bytes(value))
                opset = version if domain in STANDARD else opset
            elif number == 20:
                raise OwnModelError(
                    "training-graph", gettext("The file holds a training graph; export the net for inference alone.")
                )
            elif number == 25:
                raise OwnModelError(
                    "custom-operator",
                    gettext("The file defines functions of its own; export the net with its functions inlined."),
                )
        if graph is None or not opset:
            raise _no_onnx()
        inputs, outputs, initial = self._graph(graph)
        return OnnxFacts(
            opset, self.nodes, self.parameters, tuple(v for v in inputs if v.name not in initial), tuple(outputs)
        )

    def _opset(self, view: memoryview) -> tuple[str, int]:
        domain, version = "", 0
        for number, value in _fields(view):
            if number == 1:
                domain = _text(value)
            elif number == 2:
                version = _number(value)
        return domain, version

    def _graph(self, view: memoryview) -> tuple[list[Value], list[Value], set[str]]:
        inputs: list[Value] = []
        outputs: list[Value] = []
        initial: set[str] = set()
        for number, value in _fields(view):
            if number == 1:
                self._node(_bytes(value))
            elif number == 5:
                initial.add(self._tensor(_bytes(value)))
            elif number == 11:
                inputs.append(self._value(_bytes(value)))
            elif number == 12:
                outputs.append(self._value(_bytes(value)))
            elif number == 15:
                for part, inner in _fields(_bytes(value)):
                    if part in (1, 2):
                        self._tensor(_bytes(inner))
        if not self.nodes:
            raise _no_onnx()
        return inputs, outputs, initial

    def _node(self, view: memoryview) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise OwnModelError(
                "too-many-operators",
                gettext("The net has more than {most_nodes:,} operators, which no cell classifier needs.").format(
                    most_nodes=MOST_NODES
                ),
            )
        operator, domain = "", ""
        attributes: list[memoryview] = []
        for number, value in _fields(view):
            if number == 4:
                operator = _text(value)
            elif number == 7:
                domain = _text(value)
            elif number == 5:
                attributes.append(_bytes(value))
        if domain not in STANDARD:
            raise OwnModelError(
                "custom-operator",
                gettext(
                    "The net uses the operator {operator} of {domain}, which is not one of ONNX's own; "
                    "export it without."
                ).format(operator=operator[:40], domain=domain[:40]),
            )
        if operator in CONTROL_FLOW:
            raise OwnModelError(
                "control-flow",
                gettext(
                    "The net uses {operator}, which may never end; export it by tracing, without control flow."
                ).format(operator=operator),
            )
        for attribute in attributes:
            self._attribute(attribute, operator)

    def _attribute(self, view: memoryview, operator: str) -> None:
        for number, value in _fields(view):
            if number in (5, 10):
                self._tensor(_bytes(value))
            elif number in (6, 11):
                raise OwnModelError(
                    "control-flow",
                    gettext("The operator {operator} holds a graph of its own; export the net by tracing.").format(
                        operator=operator[:40]
                    ),
                )
            elif number in (22, 23):
                raise OwnModelError(
                    "custom-operator",
                    gettext("The operator {operator} holds sparse tensors; export the net without.").format(
                        operator=operator[:40]
                    ),
                )

    def _tensor(self, view: memoryview) -> str:
        self.tensors += 1
        if self.tensors > MOST_TENSORS:
            raise OwnModelError(
                "too-many-operators",
                gettext("The net has more than {most_tensors:,} tensors, which no cell classifier needs.").format(
                    most_tensors=MOST_TENSORS
                ),
            )
        dims: list[int] = []
        name = ""
        for number, value in _fields(view):
            if number == 1:
                dims += [value] if isinstance(value, int) else list(_packed(value))
            elif number == 8:
                name = _text(value)
            elif number == 13 or (number == 14 and value == _EXTERNAL):
                raise OwnModelError(
                    "external-data",
                    gettext(
                        "The file keeps its weights in another file, but only one file can be uploaded; save it with the "
                        "weights inside."
                    ),
                )
        values = math.prod(dims)
        if any(d >= 2**63 for d in dims) or values > 2 * len(view) + 1:
            raise OwnModelError(
                "damaged",
                gettext("The tensor {name} claims more values than it has; export the net again.").format(
                    name=name[:40] or "without a name"
                ),
            )
        self.parameters += values
        return name

    def _value(self, view: memoryview) -> Value:
        name, element = "", 0
        dims: tuple[int | None, ...] = ()
        for number, value in _fields(view):
            if number == 1:
                name = _text(value)
            elif number == 2:
                for kind, inner in _fields(_bytes(value)):
                    if kind != 1:
                        continue
                    for part, content in _fields(_bytes(inner)):
                        if part == 1:
                            element = _number(content)
                        elif part == 2:
                            dims = tuple(self._dim(_bytes(d)) for n, d in _fields(_bytes(content)) if n == 1)
        return Value(name, element, dims)

    def _dim(self, view: memoryview) -> int | None:
        return next((_number(value) for number, value in _fields(view) if number == 1), None)


def _no_onnx() -> OwnModelError:
    return OwnModelError(
        "not-a-model", gettext("This is not an ONNX file, whatever its name says; export the net again.")
    )


def _fields(view: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Each field of a message: its number, and its value as a number or as its bytes."""
    at = 0
    while at < len(view):
        tag, at = _varint(view, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise _no_onnx()
        if kind == _VARINT:
            value, at = _varint(view, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(view, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise _no_onnx()
        if at + length > len(view):
            raise _no_onnx()
        yield number, view[at : at + length]
        at += length


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        if at >= len(view) or shift > 63:
            raise _no_onnx()
        byte = view[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _packed(view: memoryview) -> Iterator[int]:
    at = 0
    while at < len(view):
        value, at = _varint(view, at)
        yield value


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _no_onnx()
    return value


def _number(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise _no_onnx()
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_bytes(value)[:256]).decode("utf-8", errors="replace")
