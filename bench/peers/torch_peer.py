"""PyTorch on the workloads of workloads.json: one JSON line a figure.

usage: python torch_peer.py [--only gemm,mlp,cnn] [--seconds 1] [--threads 2]
needs: pip install torch
"""
import argparse
import json
import time

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--only", default="gemm,mlp,cnn")
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)


def median_ms(call):
    for _ in range(5):
        call()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < args.seconds or len(times) < 7:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return sorted(times)[len(times) // 2] * 1e3


def report(workload, mode, batch, ms):
    line = {"peer": f"torch {torch.__version__}", "workload": workload, "mode": mode, "batch": batch, "ms": round(ms, 5)}
    print(json.dumps(line), flush=True)


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))


def train_step(model, x, y):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    loss_of = nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(model(x), y).backward()
        optimizer.step()

    return step


def network(name, build, shape):
    # Convolutions are timed in both memory formats; the faster one counts.
    formats = (torch.contiguous_format, torch.channels_last) if name == "cnn" else (torch.contiguous_format,)

    def best(batch, make):
        times = []
        for layout in formats:
            model, x = build(), torch.randn(batch, *shape)
            if name == "cnn":
                model, x = model.to(memory_format=layout), x.contiguous(memory_format=layout)
            times.append(median_ms(make(model, x)))
        return min(times)

    for batch in (32, 128):
        y = torch.randint(0, 10, (batch,))
        report(name, "train", batch, best(batch, lambda model, x: train_step(model, x, y)))
    with torch.inference_mode():
        for batch in (1, 128):
            report(name, "infer", batch, best(batch, lambda model, x: lambda m=model.eval(): m(x)))


only = args.only.split(",")
if "gemm" in only:
    for n in (64, 256, 512, 1024, 2048):
        a, b, c = (torch.randn(n, n) for _ in range(3))
        report("gemm", "square", n, median_ms(lambda: torch.mm(a, b, out=c)))
if "mlp" in only:
    network("mlp", mlp, (784,))
if "cnn" in only:
    network("cnn", cnn, (1, 28, 28))
