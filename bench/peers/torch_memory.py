"""PyTorch on the work of workloads/memory.mjs, arrays of 16 MB: one JSON line a figure.

usage: python torch_memory.py [--only memory] [--seconds 1] [--threads 2]
needs: pip install torch
"""
import argparse
import json
import time

import torch
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--only", default="memory")
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
ELEMENTS = 4 * 2**20


def median_ms(call):
    for _ in range(5):
        call()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < args.seconds / 2 or len(times) < 7:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return sorted(times)[len(times) // 2] * 1e3


def report(mode, passes, ms):
    print(json.dumps({"peer": f"torch {torch.__version__}", "workload": "memory", "mode": mode, "batch": passes, "ms": round(ms, 5)}), flush=True)


def norm(name, passes, arrays, channels, function):
    """The fastest of several layouts counts."""
    forward, backward = [], []
    for x in arrays:
        scale, shift = (torch.randn(channels, requires_grad=True) for _ in range(2))
        with torch.no_grad():
            forward.append(median_ms(lambda: function(x, scale, shift)))
        leaf = x.detach().requires_grad_()
        y = function(leaf, scale, shift)
        dy = torch.randn_like(y)
        backward.append(median_ms(lambda: torch.autograd.grad(y, (leaf, scale, shift), dy, retain_graph=True)))
    report(f"{name}-forward", passes[0], min(forward))
    report(f"{name}-backward", passes[1], min(backward))


def images():
    x = torch.randn(64, 64, 32, 32)
    return x, x.contiguous(memory_format=torch.channels_last)


norm("layerNorm", (2, 3), [torch.randn(4096, 1024)], 1024, lambda x, a, b: F.layer_norm(x, (1024,), a, b))
norm("batchNorm", (4, 5), images(), 64, lambda x, a, b: F.batch_norm(x, None, None, a, b, training=True))
norm("groupNorm", (4, 5), images(), 64, lambda x, a, b: F.group_norm(x, 8, a, b))

x = torch.randn(4096, 1024)
with torch.no_grad():
    report("dropout", 2, median_ms(lambda: F.dropout(x, 0.5, training=True)))
    report("softmax-forward", 2, median_ms(lambda: F.softmax(x, -1)))
leaf = x.clone().requires_grad_()
y = F.softmax(leaf, -1)
report("softmax-backward", 3, median_ms(lambda: torch.autograd.grad(y, leaf, x, retain_graph=True)))

o = torch.optim
optimizers = {
    "sgd": (3, lambda p: o.SGD(p, lr=1e-3, fused=True)),
    "momentum": (5, lambda p: o.SGD(p, lr=1e-3, momentum=0.9, fused=True)),
    "adagrad": (5, lambda p: o.Adagrad(p, fused=True)),
    "adadelta": (7, lambda p: o.Adadelta(p, foreach=True)),
    "rprop": (7, lambda p: o.Rprop(p, foreach=True)),
    "rmsprop": (5, lambda p: o.RMSprop(p, foreach=True)),
    "adam": (7, lambda p: o.Adam(p, fused=True)),
    "adamw": (7, lambda p: o.AdamW(p, fused=True)),
    "amsgrad": (9, lambda p: o.Adam(p, amsgrad=True, fused=True)),
    "adamax": (7, lambda p: o.Adamax(p, foreach=True)),
    "nadam": (7, lambda p: o.NAdam(p, foreach=True)),
    "radam": (7, lambda p: o.RAdam(p, foreach=True)),
}
for name, (passes, make) in optimizers.items():
    w = torch.randn(ELEMENTS, requires_grad=True)
    w.grad = torch.randn(ELEMENTS)
    optimizer = make([w])
    report(name, passes, median_ms(optimizer.step))
