"""Networks of any architecture, out of ONNX files: a format of layers and numbers, without code.

A `torch.export` program would be nearer to PyTorch, but reading one unpickles what lies in it, and
a pickle may run anything.
"""

import io
from pathlib import Path

import numpy as np
from torch import nn

from models.errors import PretrainedError

OPSET = 16  # the version of ONNX's operations that onnx2torch reads all of


def plain_onnx(file: Path) -> bytes:
    """An ONNX file as `from_onnx` takes it: all weights inside, and operations of one version.

    Raises PretrainedError where the file is none, or needs operations of a later version.
    """
    import onnx  # long to load, and few need it
    from onnx import version_converter

    try:
        model = onnx.load(file)  # with the weights that stand in a file beside it
        onnx.checker.check_model(model)
        model = version_converter.convert_version(model, OPSET)
    except Exception as error:  # ONNX's own classes, protobuf's, and RuntimeError
        raise _unreadable(file, "an ONNX file", error) from error
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


def _unreadable(file: Path, expected: str, error: Exception) -> PretrainedError:
    found = " ".join(f"{type(error).__name__}: {error}".split())
    return PretrainedError(
        f"The network {file.stem} cannot be read", where=file, expected=expected, found=found[:300]
    )
