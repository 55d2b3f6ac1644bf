"""PyTorch on the convolutions of workloads/conv.json, the better of its two memory formats: one JSON line a figure.

usage: python torch_conv.py [--only conv] [--seconds 1] [--threads 2]
needs: pip install torch
"""
import argparse
import json
import pathlib
import time

import torch
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--only", default="conv")
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
CONFIG = json.loads((pathlib.Path(__file__).parent.parent / "workloads" / "conv.json").read_text())


def median_ms(call):
    for _ in range(5):
        call()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < args.seconds / 10 or len(times) < 7:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return sorted(times)[len(times) // 2] * 1e3


def report(mode, batch, ms):
    line = {"peer": f"torch {torch.__version__}", "workload": "conv", "mode": mode, "batch": batch, "ms": round(ms, 5)}
    print(json.dumps(line), flush=True)


@torch.no_grad()
def convolution(network, size, channels, out, kernel, stride, groups):
    batch, pad = CONFIG["batch"], kernel // 2
    forward, gradients = [], []
    for layout in (torch.contiguous_format, torch.channels_last):
        x = torch.randn(batch, channels, size, size).contiguous(memory_format=layout)
        w = torch.randn(out, channels // groups, kernel, kernel).contiguous(memory_format=layout)
        dy = torch.randn_like(F.conv2d(x, w, None, stride, pad, 1, groups)).contiguous(memory_format=layout)
        forward.append(median_ms(lambda: F.conv2d(x, w, None, stride, pad, 1, groups)))
        gradients.append(median_ms(lambda: torch.ops.aten.convolution_backward(
            dy, x, w, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], groups, [True, True, False])))
    name = f"{network}-{size}x{size}x{channels}-{kernel}x{kernel}x{out}-s{stride}-g{groups}"
    report(f"{name}-forward", batch, min(forward))
    report(f"{name}-gradients", batch, min(gradients))


for shape in CONFIG["shapes"]:
    convolution(*shape)
