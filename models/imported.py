"""Networks of any architecture, out of ONNX files: a format of layers and numbers, without code.

A `torch.export` program would be nearer to PyTorch, but reading one unpickles what lies in it, and
a pickle may run anything.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from models.errors import PretrainedError
from models.networks import SIDE

if TYPE_CHECKING:
    import onnx

OPSET = 17  # the version of ONNX's operations that onnx2torch reads all of
# Operations that ONNX's converter cannot lead back to that version, though newer versions only
# allow more of them: by the inputs that there were then.
_ALLOW_MORE = {"ConstantOfShape": 1, "Pad": 3, "Split": 2}
_ASIDE = "nudge.aside"  # a domain that the converter leaves alone
_HINT = (
    "Export it for an older version: torch.onnx.export(network, pictures, file, dynamo=False, "
    f'opset_version={OPSET}, input_names=["x"], dynamic_axes={{"x": {{0: "n"}}}})'
)


def plain_onnx(file: Path) -> bytes:
    """An ONNX file as `from_onnx` takes it: all weights inside, and operations of one version.

    Raises PretrainedError where the file is none, or needs operations of a later version.
    """
    import onnx  # long to load, and few need it
    from onnx import version_converter

    try:
        model = onnx.load(file)  # with the weights that stand in a file beside it
        onnx.checker.check_model(model)
    except Exception as error:  # ONNX's own classes, protobuf's, and RuntimeError
        raise _unreadable(file, "an ONNX file", error) from error
    _name_domain(model)
    newer = _version(model) > OPSET
    try:
        if newer:
            model = _written_out(model)
            _set_aside(model)
        model = version_converter.convert_version(model, OPSET)
    except Exception as error:
        expected = f"operations that ONNX's version {OPSET} has"
        raise _unreadable(file, expected, error, _HINT if newer else None) from error
    for node in model.graph.node:
        if node.domain == _ASIDE:
            node.domain = ""
    known = [domain for domain in model.opset_import if domain.domain != _ASIDE]
    del model.opset_import[:]
    model.opset_import.extend(known)
    _check_inputs(model, file)
    constants = {
        tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer
    }
    for node in model.graph.node:
        # PyTorch's exporter allows a size of zero everywhere, which onnx2torch does not know. Where
        # no size is zero, it says nothing.
        if node.op_type == "Reshape" and np.all(constants.get(node.input[1], 0)):
            kept = [attribute for attribute in node.attribute if attribute.name != "allowzero"]
            del node.attribute[:]
            node.attribute.extend(kept)
    content: bytes = model.SerializeToString()
    return content


def _check_inputs(model: "onnx.ModelProto", file: Path) -> None:
    """Raises PretrainedError where the file declares other inputs than pictures in float32."""
    import onnx

    weights = {tensor.name for tensor in model.graph.initializer}  # old files list them as inputs
    inputs = [v for v in model.graph.input if v.name not in weights]
    sizes = [[d.dim_value or d.dim_param or "?" for d in _shape(v)] for v in inputs]
    fits = len(inputs) == 1 and inputs[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    # What is not told, 0, may be anything.
    right = (0, 1, SIDE, SIDE)
    if fits and sizes[0]:
        told = [d.dim_value for d in _shape(inputs[0])]
        fits = len(told) == 4 and all(a in (0, b) for a, b in zip(told[1:], right[1:], strict=True))
    if not fits:
        kinds = [onnx.TensorProto.DataType.Name(v.type.tensor_type.elem_type) for v in inputs]
        found = [
            f"{v.name}: {kind.lower()} ({', '.join(map(str, size))})"
            for v, kind, size in zip(inputs, kinds, sizes, strict=True)
        ]
        raise PretrainedError(
            f"The network {file.stem} takes no pictures as they are here",
            where=file,
            expected=f"one input, float32 (N, 1, {SIDE}, {SIDE})",
            found="; ".join(found) or "none",
            hint="Put what changes their shape or kind, such as a reshape, a transposition or a "
            "cast, into the network",
        )


def _shape(value: "onnx.ValueInfoProto") -> list["onnx.TensorShapeProto.Dimension"]:
    return list(value.type.tensor_type.shape.dim)


def _name_domain(model: "onnx.ModelProto") -> None:
    """ONNX's own domain has two names, of which onnx2torch knows the empty one."""
    for named in (*model.opset_import, *model.graph.node):
        if named.domain == "ai.onnx":
            named.domain = ""


def _version(model: "onnx.ModelProto") -> int:
    """Of its operations; 0 where it has none of ONNX's own."""
    return max((o.version for o in model.opset_import if not o.domain), default=0)


def _written_out(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """Operations newer than OPSET that ONNX itself defines by older ones, by these."""
    import onnx
    from onnx import inliner

    newer = {
        ("", node.op_type)
        for node in model.graph.node
        if not node.domain and not onnx.defs.has(node.op_type, OPSET)
    }
    if not newer:
        return model
    # A definition casts its constants to what it is given, for which OPSET has another operation.
    return inliner.inline_selected_functions(
        model, [*newer, ("", "CastLike")], exclude=False, inline_schema_functions=True
    )


def _set_aside(model: "onnx.ModelProto") -> None:
    """Put what is of OPSET already, but for its version, where the converter leaves it alone."""
    import onnx

    sizes = {v.name: _shape(v) for v in _values(model)}
    for node in model.graph.node:
        most = _ALLOW_MORE.get(node.op_type)
        if node.domain or most is None or len(node.input) > most:
            continue
        by_name = {attribute.name: attribute for attribute in node.attribute}
        if by_name.get("mode", onnx.AttributeProto(s=b"")).s == b"wrap":
            continue
        if parts := by_name.pop("num_outputs", None):  # of equal size, but for the last one
            axis = by_name["axis"].i if "axis" in by_name else 0
            whole = sizes[node.input[0]][axis].dim_value if node.input[0] in sizes else 0
            if not whole:  # nobody can tell; the converter refuses it
                continue
            each = -(-whole // parts.i)
            split = [min(each, whole - start) for start in range(0, whole, each)]
            name = f"{node.output[0]}_sizes"
            model.graph.initializer.append(
                onnx.numpy_helper.from_array(np.array(split, dtype=np.int64), name)
            )
            node.input.append(name)
            del node.attribute[:]
            node.attribute.extend(by_name.values())
        node.domain = _ASIDE
    model.opset_import.append(onnx.helper.make_opsetid(_ASIDE, 1))


def _values(model: "onnx.ModelProto") -> Iterator["onnx.ValueInfoProto"]:
    """Its inputs and what its operations give, as far as their shapes can be told."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(model).graph
    yield from graph.input
    yield from graph.value_info


def from_onnx(content: bytes, file: Path) -> nn.Sequential:
    """The network in what `plain_onnx` gave, frozen and in eval mode; `file` is named in errors.

    Raises PretrainedError where it cannot be read, or has an operation that is not known.
    """
    import onnx
    from onnx2torch import convert  # type: ignore[import-untyped]

    try:
        network = convert(onnx.load(io.BytesIO(content)))
    except NotImplementedError as error:
        raise _unreadable(file, "operations that onnx2torch knows", error) from error
    except Exception as error:  # whatever ONNX, protobuf or a converter raises
        raise _unreadable(file, "an ONNX file", error) from error
    model = nn.Sequential()
    model.add_module("network", network)
    return model.requires_grad_(False).eval()


def parameter_count(model: nn.Module) -> int:
    """Of a network that `from_onnx` made, whose sums and products keep theirs as buffers."""
    kept = (b for name, b in model.named_buffers() if ".initializers." in f".{name}")
    return sum(v.numel() for v in (*model.parameters(), *kept) if v.is_floating_point())


def _unreadable(
    file: Path, expected: str, error: Exception, hint: str | None = None
) -> PretrainedError:
    found = " ".join(f"{type(error).__name__}: {error}".split())
    return PretrainedError(
        f"The network {file.stem} cannot be read",
        where=file,
        expected=expected,
        found=found[:300],
        hint=hint,
    )
