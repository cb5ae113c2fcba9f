"""Parses config.pbtxt files of `fewstep export --triton` by Triton's own descriptors.

pip install tritonclient protobuf, then: python bench/triton/check.py repository/*/config.pbtxt
"""

import importlib.util
import pathlib
import sys

from google.protobuf import text_format

package = importlib.util.find_spec("tritonclient")
file = pathlib.Path(package.origin).parent / "grpc" / "model_config_pb2.py"
spec = importlib.util.spec_from_file_location("model_config_pb2", file)  # Without gRPC, which the package imports
descriptors = importlib.util.module_from_spec(spec)
spec.loader.exec_module(descriptors)


def tensor(one):
    reshaped = f" as {list(one.reshape.shape)}" if one.HasField("reshape") else ""
    return f"{one.name} {descriptors.DataType.Name(one.data_type)} {list(one.dims)}{reshaped}"


for path in sys.argv[1:]:
    config = text_format.Parse(pathlib.Path(path).read_text(), descriptors.ModelConfig())
    print(config.name, config.backend, config.max_batch_size)
    for side, tensors in ("input", config.input), ("output", config.output):
        print(" ", side, "; ".join(map(tensor, tensors)))
