"""Golden cases of recurrent layers and embeddings that the tests hold, in recurrent/, in the form that `npm run golden` reads.

    python generate_recurrent.py

What PyTorch computes in float64 from float32 data, rounded to float32, with the distance of its own float32 run. Cells that PyTorch
lacks are written out in elementary operations.
"""
import json
import pathlib
import zlib

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent / "recurrent"
cases, files = [], {}


def draw(name):
    """Normal numbers that depend on the name alone, and that float32 holds exactly."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return lambda *shape: np.asarray(0.6 * rng.standard_normal(shape), np.float32)


def put(group, name, array):
    array = np.asarray(array, np.int64 if array.dtype.kind == "i" else np.float32)
    files.setdefault(group, {})[name] = np.ascontiguousarray(array).reshape(array.shape)
    return {"tensor": name, "dtype": str(array.dtype), "shape": list(array.shape)}


def run(compute, inputs, params, cotangents, dtype):
    cast = lambda a: torch.tensor(a, dtype=dtype if a.dtype.kind == "f" else None)
    x, p = {n: cast(a) for n, a in inputs.items()}, {n: cast(a).requires_grad_() for n, a in params.items()}
    leaves = {f"input/{n}": t.requires_grad_() for n, t in x.items() if t.is_floating_point()}
    leaves.update({f"param/{n}": t for n, t in p.items()})
    outputs = compute(x, p)
    if cotangents is None:
        return {n: y.shape for n, y in outputs.items()}
    loss = sum((y * cast(cotangents[n])).sum() for n, y in outputs.items())
    grads = torch.autograd.grad(loss, list(leaves.values()))
    values = {**{f"output/{n}": y for n, y in outputs.items()}, **{f"gradient/{n}": g for n, g in zip(leaves, grads)}}
    return {n: t.detach().numpy() for n, t in values.items()}, loss.item()


def add(case_id, group, layer, config, mode, inputs, params, compute, source="torch.nn"):
    shapes = run(compute, inputs, params, None, torch.float64)
    d = draw(case_id + "/cotangent")
    cotangents = {n: d(*s) for n, s in shapes.items()}
    exact, loss = run(compute, inputs, params, cotangents, torch.float64)
    single, single_loss = run(compute, inputs, params, cotangents, torch.float32)
    store = lambda role, n, a: put(group, f"{case_id}/{role}/{n}", np.asarray(a))
    section = lambda role: {n[len(role) + 1:]: store(role, n[len(role) + 1:], a) for n, a in exact.items() if n.startswith(role + "/")}
    error = lambda got, want: {"max_abs_error": float(np.abs(got - want).max(initial=0)), "max_abs_value": float(np.abs(want).max(initial=0))}
    scale = sum(float(np.abs(exact[f"output/{n}"] * c).sum()) for n, c in cotangents.items())
    cases.append({
        "id": case_id, "group": group, "file": f"{group}.safetensors", "layer": layer, "source": source, "config": config, "mode": mode,
        "inputs": {n: store("input", n, a) for n, a in inputs.items()},
        "params": {n: store("param", n, a) for n, a in params.items()},
        "buffers": {}, "cotangents": {n: store("cotangent", n, a) for n, a in cotangents.items()},
        "outputs": section("output"), "gradients": section("gradient"), "buffers_after": {},
        "float32_error": {**{n: error(single[n], a) for n, a in exact.items()},
                          "loss": {"max_abs_error": abs(single_loss - loss), "max_abs_value": abs(loss)}},
        "loss": {**store("loss", "value", np.float32(loss)), "value": loss, "scale": scale},
    })


def recurrent(case_id, layer, steps, batch, mode="train", initial=False, lengths=None, **config):
    """batch None is one sequence without a batch."""
    d = draw(case_id)
    module = getattr(torch.nn, layer)(**config)
    params = {n: d(*p.shape) for n, p in module.named_parameters()}
    batch_first = config.get("batch_first", False)
    rows = [] if batch is None else [batch]
    inputs = {"x": d(*([*rows, steps] if batch_first else [steps, *rows]), config["input_size"])}
    count = config.get("num_layers", 1) * (2 if config.get("bidirectional") else 1)
    if initial:
        inputs["h0"] = d(count, *rows, config.get("proj_size") or config["hidden_size"])
        if layer == "LSTM":
            inputs["c0"] = d(count, *rows, config["hidden_size"])
    if lengths is not None:
        inputs["lengths"] = np.int64(lengths)

    def compute(x, p):
        module = getattr(torch.nn, layer)(**config).to(x["x"].dtype).train(mode != "eval")
        state = (x["h0"], x["c0"]) if "c0" in x else x.get("h0")
        sequence = x["x"]
        if "lengths" in x:
            sequence = pack_padded_sequence(sequence, x["lengths"], batch_first, enforce_sorted=False)
        y, last = torch.func.functional_call(module, p, (sequence, state))
        if "lengths" in x:
            y, _ = pad_packed_sequence(y, batch_first, total_length=steps)
        return {"y": y, **({"h_n": last[0], "c_n": last[1]} if layer == "LSTM" else {"h_n": last})}
    add(case_id, "recurrent", layer, config, mode, inputs, params, compute)


def written_out(case_id, layer, step, params, steps, batch, size, hidden, lengths=None):
    """A cell that PyTorch lacks: step(x, p, h, c) gives h and c."""
    d = draw(case_id)
    inputs = {"x": d(steps, batch, size), "h0": d(batch, hidden)}
    if layer == "PeepholeLSTM":
        inputs["c0"] = d(batch, hidden)
    if lengths is not None:
        inputs["lengths"] = np.int64(lengths)

    def compute(x, p):
        h, c = x["h0"], x.get("c0")
        ys = []
        for t, xt in enumerate(x["x"]):
            h_new, c_new = step(xt, p, h, c)
            counts = (t < x["lengths"])[:, None] if "lengths" in x else torch.ones(batch, 1, dtype=torch.bool)
            ys.append(torch.where(counts, h_new, 0))
            h = torch.where(counts, h_new, h)
            c = None if c is None else torch.where(counts, c_new, c)
        return {"y": torch.stack(ys), "h_n": h, **({} if c is None else {"c_n": c})}
    add(case_id, "recurrent", layer, {"input_size": size, "hidden_size": hidden}, "train", inputs,
        {n: d(*s) for n, s in params(size, hidden).items()}, compute, "hand-written")


def peephole_lstm(x, p, h, c):
    i, f, g, o = (x @ p["weight_ih"].T + h @ p["weight_hh"].T + p["bias"]).chunk(4, 1)
    c_new = torch.sigmoid(f + p["peephole_f"] * c) * c + torch.sigmoid(i + p["peephole_i"] * c) * torch.tanh(g)
    return torch.sigmoid(o + p["peephole_o"] * c_new) * torch.tanh(c_new), c_new


def reset_before_gru(x, p, h, _):
    wr, wz, wn = (x @ p["weight_ih"].T + p["bias_ih"]).chunk(3, 1)
    rr, rz, rn = p["weight_hh"].chunk(3)
    cr, cz, cn = p["bias_hh"].chunk(3)
    r, z = torch.sigmoid(wr + h @ rr.T + cr), torch.sigmoid(wz + h @ rz.T + cz)
    return (1 - z) * torch.tanh(wn + (r * h) @ rn.T + cn) + z * h, None


def embedding(case_id, shape, **config):
    d = draw(case_id)
    rng = np.random.default_rng(zlib.crc32(case_id.encode()))
    inputs = {"index": rng.integers(0, config["num_embeddings"], shape)}
    if config.get("padding_idx") is not None:
        inputs["index"].reshape(-1)[::3] = config["padding_idx"] % config["num_embeddings"]
    params = {"weight": d(config["num_embeddings"], config["embedding_dim"])}

    def compute(x, p):
        return {"y": torch.func.functional_call(torch.nn.Embedding(**config), p, (x["index"],))}
    add(case_id, "embedding", "Embedding", config, "train", inputs, params, compute)


for name, layer, extra in (("rnn", "RNN", {}), ("relu", "RNN", {"nonlinearity": "relu"}), ("lstm", "LSTM", {}), ("gru", "GRU", {})):
    recurrent(f"{name}_one", layer, 1, 1, input_size=1, hidden_size=1, **extra)
    recurrent(f"{name}_sequence", layer, 5, None, initial=True, input_size=3, hidden_size=4, num_layers=2, **extra)
    recurrent(f"{name}_wide", layer, 4, 3, input_size=17, hidden_size=19, **extra)
    recurrent(f"{name}_lengths", layer, 7, 5, initial=True, lengths=[1, 7, 3, 1, 6], input_size=2, hidden_size=3, num_layers=2,
              bidirectional=True, bias=False, **extra)
    recurrent(f"{name}_use", layer, 3, 2, "eval", batch_first=True, dropout=0.5, input_size=3, hidden_size=2, num_layers=2, **extra)
recurrent("lstm_projection", "LSTM", 4, 3, initial=True, lengths=[2, 4, 1], input_size=3, hidden_size=5, proj_size=2, num_layers=2,
          bidirectional=True)
recurrent("lstm_projection_sequence", "LSTM", 4, None, batch_first=True, input_size=3, hidden_size=5, proj_size=1)
peephole = lambda size, hidden: {"weight_ih": (4 * hidden, size), "weight_hh": (4 * hidden, hidden), "bias": (4 * hidden,),
                                 "peephole_i": (hidden,), "peephole_f": (hidden,), "peephole_o": (hidden,)}
before = lambda size, hidden: {"weight_ih": (3 * hidden, size), "weight_hh": (3 * hidden, hidden), "bias_ih": (3 * hidden,),
                               "bias_hh": (3 * hidden,)}
for lengths in (None, [3, 1, 5, 5]):
    name = "whole" if lengths is None else "lengths"
    written_out(f"peepholes_{name}", "PeepholeLSTM", peephole_lstm, peephole, 5, 4, 3, 7, lengths)
    written_out(f"reset_before_{name}", "ResetBeforeGRU", reset_before_gru, before, 5, 4, 3, 7, lengths)
embedding("embedding_one", [4], num_embeddings=1, embedding_dim=3)
embedding("embedding_padding", [3, 4, 2], num_embeddings=5, embedding_dim=1, padding_idx=-2)
embedding("embedding_frequency", [17], num_embeddings=4, embedding_dim=3, padding_idx=1, scale_grad_by_freq=True)
HERE.mkdir(exist_ok=True)
for group, tensors in files.items():
    save_file(tensors, HERE / f"{group}.safetensors", metadata={"golden": group})
(HERE / "manifest.json").write_text(json.dumps({"format": "golden/1", "torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases")
