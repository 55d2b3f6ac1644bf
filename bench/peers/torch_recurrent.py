"""PyTorch on the recurrent workloads of workloads.json: one JSON line a figure.

usage: python torch_recurrent.py [--only lstm,gru,rnn,charlstm,lengths] [--seconds 1] [--threads 2]
needs: pip install torch
"""
import argparse
import json
import pathlib
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

parser = argparse.ArgumentParser()
parser.add_argument("--only", default="lstm,gru,rnn,charlstm,lengths")
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
configs = json.loads((pathlib.Path(__file__).parent.parent / "workloads.json").read_text())
cells = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


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


class LastOutput(nn.Module):
    def __init__(self, cell, config):
        super().__init__()
        self.recurrent = cell(config["input"][1], config["units"], batch_first=True)
        self.dense = nn.Linear(config["units"], config["classes"])

    def forward(self, x):
        return self.dense(self.recurrent(x)[0][:, -1])


class OfLengths(LastOutput):
    """The state at the end of each sequence; sorting by length happens once, outside."""

    def forward(self, x, lengths):
        return self.dense(self.recurrent(pack_padded_sequence(x, lengths, batch_first=True))[1][0][0])


class Characters(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embedding = nn.Embedding(config["tokens"], config["embedding"])
        self.recurrent = nn.LSTM(config["embedding"], config["units"], config["depth"], batch_first=True)
        self.dense = nn.Linear(config["units"], config["tokens"])

    def forward(self, x):
        return self.dense(self.recurrent(self.embedding(x))[0]).flatten(0, 1)


def train_step(model, inputs, y):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    loss_of = nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(model(*inputs), y).backward()
        optimizer.step()

    return step


def network(name, config):
    for batch in config["batches"]["train"]:
        x, y = torch.randn(batch, *config["input"]), torch.randint(0, config["classes"], (batch,))
        report(name, "train", batch, median_ms(train_step(LastOutput(cells[name], config), (x,), y)))
    with torch.inference_mode():
        for batch in config["batches"]["infer"]:
            model, x = LastOutput(cells[name], config).eval(), torch.randn(batch, *config["input"])
            report(name, "infer", batch, median_ms(lambda: model(x)))


def charlstm(config):
    for batch in config["batches"]["train"]:
        x, y = (torch.randint(0, config["tokens"], (batch, config["steps"])) for _ in range(2))
        report("charlstm", "train", batch, median_ms(train_step(Characters(config), (x,), y.flatten())))


def lengths(config):
    steps = config["input"][0]
    for batch in config["batches"]["train"]:
        x, y = torch.randn(batch, *config["input"]), torch.randint(0, config["classes"], (batch,))
        uniform = torch.tensor(sorted((1 + i * steps // batch for i in range(batch)), reverse=True))
        report("lengths", "uniform", batch, median_ms(train_step(OfLengths(nn.LSTM, config), (x, uniform), y)))
        report("lengths", "all", batch, median_ms(train_step(LastOutput(nn.LSTM, config), (x,), y)))


for workload in args.only.split(","):
    config = configs[workload]
    if workload in cells:
        network(workload, config)
    else:
        {"charlstm": charlstm, "lengths": lengths}[workload](config)
