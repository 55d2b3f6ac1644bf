"""ONNX Runtime on the inference workloads of workloads.json: one JSON line a figure.

usage: python onnxruntime_peer.py [--only mlp,cnn,lstm,gru,rnn] [--seconds 1] [--threads 2]
needs: pip install torch onnx onnxruntime
"""
import argparse
import json
import os
import tempfile
import time
import warnings

import onnxruntime as ort
import torch
from torch import nn

warnings.filterwarnings("ignore")
parser = argparse.ArgumentParser()
parser.add_argument("--only", default="mlp,cnn,lstm,gru,rnn")
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()


class LastOutput(nn.Module):
    """A recurrent layer, and a dense one upon its last output."""

    def __init__(self, cell):
        super().__init__()
        self.recurrent, self.dense = cell(64, 256, batch_first=True), nn.Linear(256, 10)

    def forward(self, x):
        return self.dense(self.recurrent(x)[0][:, -1])


models = {
    "mlp": (nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)), (784,)),
    "cnn": (nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)), (1, 28, 28)),
    "lstm": (LastOutput(nn.LSTM), (50, 64)),
    "gru": (LastOutput(nn.GRU), (50, 64)),
    "rnn": (LastOutput(nn.RNN), (50, 64)),
}


def median_ms(call):
    for _ in range(5):
        call()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < args.seconds or len(times) < 7:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return sorted(times)[len(times) // 2] * 1e3


with tempfile.TemporaryDirectory() as folder:
    for name in args.only.split(","):
        model, shape = models[name]
        for batch in (1, 128):
            x = torch.randn(batch, *shape)
            path = os.path.join(folder, f"{name}{batch}.onnx")
            torch.onnx.export(model.eval(), (x,), path, dynamo=False)
            options = ort.SessionOptions()
            options.intra_op_num_threads = args.threads
            session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            feed = {session.get_inputs()[0].name: x.numpy()}
            ms = median_ms(lambda: session.run(None, feed))
            line = {"peer": f"onnxruntime {ort.__version__}", "workload": name, "mode": "infer", "batch": batch, "ms": round(ms, 5)}
            print(json.dumps(line), flush=True)
