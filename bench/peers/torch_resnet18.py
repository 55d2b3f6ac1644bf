"""PyTorch on the workload resnet18 of workloads.json: one JSON line, the better of the two memory formats in time and in memory.

usage: python torch_resnet18.py [--only resnet18] [--seconds 1] [--threads 2]
needs: pip install torch
"""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import time

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--only", default="resnet18")
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--layout", choices=["contiguous_format", "channels_last"])
args = parser.parse_args()
config = json.loads((pathlib.Path(__file__).parent.parent / "workloads.json").read_text())["resnet18"]


class BasicBlock(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or i != o:
            self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


def res_net18():
    blocks, channels = [], 64
    for i in range(4):
        out = 64 << i
        blocks += [BasicBlock(channels, out, 2 if i else 1), BasicBlock(out, out, 1)]
        channels = out
    return nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
                         nn.MaxPool2d(3, 2, 1), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, config["classes"]))


def measure(layout):
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    (batch,), (height, width, channels) = config["batches"]["train"], config["input"]
    model = res_net18().to(memory_format=layout)
    x = torch.randn(batch, channels, height, width).contiguous(memory_format=layout)
    y = torch.arange(batch) % config["classes"]
    optimizer, loss_of, times = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True), nn.CrossEntropyLoss(), []
    warm, start = 5, None
    while start is None or time.perf_counter() - start < args.seconds or len(times) < 7:
        before = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss_of(model(x), y).backward()
        optimizer.step()
        if warm > 0:
            warm -= 1
        else:
            start = start or before
            times.append(time.perf_counter() - before)
    ms = sorted(times)[len(times) // 2] * 1e3
    return {"ms": ms, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if args.layout:
    print(json.dumps(measure(getattr(torch, args.layout))))
else:
    # Each format in a process of its own: memory that one has taken would count for the other.
    own = [sys.executable, __file__, "--seconds", str(args.seconds), "--threads", str(args.threads)]
    runs = [json.loads(subprocess.run([*own, "--layout", layout], check=True, capture_output=True, text=True).stdout)
            for layout in ("contiguous_format", "channels_last")]
    best = {key: round(min(run[key] for run in runs), 5) for key in ("ms", "megabytes")}
    figure = {"peer": f"torch {torch.__version__}", "workload": "resnet18", "mode": "train", "batch": config["batches"]["train"][0]}
    print(json.dumps({**figure, **best}))
