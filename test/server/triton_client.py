"""Asks a server for two pictures by tritonclient, once with tensors as bytes and once in JSON, and prints their pixels.

python -m venv <folder> && <folder>/bin/pip install 'tritonclient[http]'; FEWSTEP_TRITON_PYTHON names its python.
"""

import json
import sys

import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("drifting-fashion")
assert client.get_model_metadata("drifting-fashion")["outputs"][0]["name"] == "images"


def pixels(binary):
    inputs = []
    for name, datatype, values in [
        ("seed", "INT64", np.array([4, 9], np.int64)),
        ("label", "INT32", np.array([3, 8], np.int32)),
        ("guidance", "FP32", np.array([1, 2], np.float32)),
    ]:
        one = triton.InferInput(name, list(values.shape), datatype)
        one.set_data_from_numpy(values, binary_data=binary)
        inputs.append(one)
    outputs = [triton.InferRequestedOutput("images", binary_data=binary)]
    return client.infer("drifting-fashion", inputs, outputs=outputs).as_numpy("images").ravel().astype(float).tolist()


print(json.dumps({"binary": pixels(True), "plain": pixels(False)}))
