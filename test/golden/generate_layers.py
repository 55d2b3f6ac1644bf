"""Golden cases of the layers and losses that the tests hold, in layers/, in the form that `npm run golden` reads.

    python generate_layers.py

What PyTorch computes in float64 from float32 data, rounded to float32, with the distance of its own float32 run.
"""
import json
import pathlib
import zlib

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent / "layers"
cases, files = [], {}


def draw(name):
    """Normal numbers that depend on the name alone, and that float32 holds exactly."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return lambda *shape: np.asarray(rng.standard_normal(shape), np.float32)


def put(group, name, array):
    array = np.asarray(array, np.int64 if array.dtype.kind == "i" else np.float32)
    files.setdefault(group, {})[name] = np.ascontiguousarray(array).reshape(array.shape)
    return {"tensor": name, "dtype": str(array.dtype), "shape": list(array.shape)}


def run(compute, inputs, params, constants, cotangent, dtype):
    cast = lambda a: torch.tensor(a, dtype=dtype if a.dtype.kind == "f" else None)
    x, p = {n: cast(a) for n, a in inputs.items()}, {n: cast(a).requires_grad_() for n, a in params.items()}
    leaves = {f"param/{n}": t for n, t in p.items()}
    leaves.update({f"input/{n}": t.requires_grad_() for n, t in x.items() if t.is_floating_point() and n not in constants})
    y = compute(x, p)
    if cotangent is None:
        return y.shape
    loss = (y * cast(cotangent)).sum()
    grads = torch.autograd.grad(loss, list(leaves.values()))
    values = {"output/y": y, **{f"gradient/{n}": g for n, g in zip(leaves, grads)}}
    return {n: t.detach().double().numpy() for n, t in values.items()}, loss.item()


def add(case_id, group, layer, config, inputs, compute, params={}, constants=(), source="torch.nn"):
    shape = run(compute, inputs, params, constants, None, torch.float64)
    cotangent = draw(case_id + "/cotangent")(*shape)
    exact, loss = run(compute, inputs, params, constants, cotangent, torch.float64)
    single, single_loss = run(compute, inputs, params, constants, cotangent, torch.float32)
    store = lambda role, n, a: put(group, f"{case_id}/{role}/{n}", np.asarray(a))
    section = lambda role: {n.split("/", 1)[1]: store(role, n.split("/", 1)[1], a) for n, a in exact.items() if n.startswith(role)}
    error = lambda got, want: {"max_abs_error": float(np.abs(got - want).max(initial=0)), "max_abs_value": float(np.abs(want).max(initial=0))}
    cases.append({
        "id": case_id, "group": group, "file": group + ".safetensors", "layer": layer, "source": source, "config": config, "mode": "train",
        "inputs": {n: store("input", n, a) for n, a in inputs.items()},
        "params": {n: store("param", n, a) for n, a in params.items()},
        "buffers": {}, "cotangents": {"y": store("cotangent", "y", cotangent)},
        "outputs": section("output"), "gradients": section("gradient"), "buffers_after": {},
        "float32_error": {**{n: error(single[n], a) for n, a in exact.items()},
                          "loss": {"max_abs_error": abs(single_loss - loss), "max_abs_value": abs(loss)}},
        "loss": {**store("loss", "value", np.float32(loss)), "value": loss, "scale": float(np.abs(exact["output/y"] * cotangent).sum())},
    })


def module(case_id, group, layer, config, x, params={}):
    def compute(inputs, p):
        return torch.func.functional_call(getattr(torch.nn, layer)(**config).to(inputs["x"].dtype), p, (inputs["x"],))
    add(case_id, group, layer, config, {"x": x}, compute, params)


def linear():
    for i, (x, n, bias) in enumerate((([3, 5], 4, True), ([2, 3, 7], 1, False), ([6], 3, True))):
        d = draw(f"linear{i}")
        params = {"weight": d(n, x[-1]), **({"bias": d(n)} if bias else {})}
        module(f"linear_{i}", "linear", "Linear", {"in_features": x[-1], "out_features": n, "bias": bias}, d(*x), params)


EXTREMES = np.float32([[-1000, -90, -20, -6, -3, -1, -1e-6, 0, 1e-6, 1, 3, 6, 19.5, 20.5, 90, 1000]])


def activations():
    plain = [("ReLU", {}), ("ReLU6", {}), ("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": 0.3}), ("Sigmoid", {}), ("LogSigmoid", {}), ("Tanh", {}),
             ("GELU", {}), ("GELU", {"approximate": "tanh"}), ("ELU", {}), ("ELU", {"alpha": 0.7}), ("SELU", {}), ("SiLU", {}), ("Mish", {}),
             ("Softplus", {}), ("Softplus", {"beta": 2.5, "threshold": 7.0}), ("Softsign", {}), ("Hardsigmoid", {}), ("Hardswish", {}),
             ("Hardtanh", {}), ("Hardtanh", {"min_val": -0.5, "max_val": 2.0})]
    for i, (layer, config) in enumerate(plain):
        name = f"{layer.lower()}_{i}"
        module(name, "activations", layer, config, 2 * draw(name)(3, 7))
        module(name + "_extreme", "activations", layer, config, EXTREMES)
    for i, (layer, axis, shape) in enumerate((("Softmax", 1, [3, 5]), ("Softmax", 0, [4, 3]), ("Softmax", 1, [2, 3, 2, 2]), ("LogSoftmax", -1, [3, 5]), ("LogSoftmax", 1, [2, 4, 3]))):
        name = f"{layer.lower()}_{i}"
        module(name, "activations", layer, {"dim": axis}, 3 * draw(name)(*shape))
        module(name + "_large", "activations", layer, {"dim": axis}, 1000 * draw(name)(*shape))
    for i, (count, shape) in enumerate(((1, [3, 4]), (4, [3, 4]), (3, [2, 3, 2, 2]))):
        d = draw(f"prelu{i}")
        module(f"prelu_{i}", "activations", "PReLU", {"num_parameters": count}, d(*shape), {"weight": d(count)})


def losses():
    def softmax(a):
        e = np.exp(a.astype(np.float64))
        return (e / e.sum(1, keepdims=True)).astype(np.float32)

    def loss(name, layer, config, inputs, reductions=("mean", "sum", "none"), own=None):
        for reduction in reductions:
            full = {**config, "reduction": reduction}

            def compute(x, _, full=full):
                if own:
                    return own(full, x)
                tensors = {n: x[n] for n in ("weight", "pos_weight") if n in x}
                return getattr(torch.nn, layer)(**full, **tensors)(x["input"], x["target"])
            constants = [n for n in inputs if n != "input"]
            add(f"{name}_{reduction}", "losses", layer, full, inputs, compute, {}, constants, "hand-written" if own else "torch.nn")

    d = draw("losses")
    pair = lambda *shape: {"input": d(*shape), "target": d(*shape)}
    labels = lambda count, classes: np.abs((d(count) * 100).astype(np.int64)) % classes
    share = lambda *shape: (np.abs(d(*shape)) % 1).astype(np.float32)
    for layer, config in (("MSELoss", {}), ("L1Loss", {}), ("SmoothL1Loss", {}), ("SmoothL1Loss", {"beta": 0.3}), ("SmoothL1Loss", {"beta": 0.0}),
                          ("HuberLoss", {}), ("HuberLoss", {"delta": 0.4})):
        loss(f"{layer.lower()}_{len(cases)}", layer, config, pair(3, 4))
    ignored = labels(8, 4)
    ignored[::3] = -100
    weight = {"weight": share(4) + np.float32(0.2)}
    for name, config, inputs in (
            ("plain", {}, {"input": 2 * d(5, 4), "target": labels(5, 4)}),
            ("weights", {}, {"input": 2 * d(5, 4), "target": labels(5, 4), **weight}),
            ("ignored", {}, {"input": 2 * d(8, 4), "target": ignored}),
            ("smoothed", {"label_smoothing": 0.2}, {"input": 2 * d(5, 4), "target": labels(5, 4)}),
            ("all", {"label_smoothing": 0.1}, {"input": 2 * d(8, 4), "target": ignored, **weight}),
            ("distributions", {"label_smoothing": 0.1}, {"input": 2 * d(5, 4), "target": softmax(d(5, 4)), **weight}),
            ("images", {}, {"input": 2 * d(2, 4, 3, 2), "target": labels(12, 4).reshape(2, 3, 2), **weight}),
            ("extreme", {}, {"input": 500 * d(5, 4), "target": labels(5, 4)})):
        loss(f"crossentropy_{name}", "CrossEntropyLoss", config, inputs)
    logs = np.log(softmax(d(8, 4)))
    loss("nll", "NLLLoss", {}, {"input": logs, "target": ignored, **weight})
    loss("bce", "BCELoss", {}, {"input": share(3, 4), "target": share(3, 4), "weight": share(3, 4)})
    loss("bce_saturated", "BCELoss", {}, {"input": np.float32([[0, 1, 0, 1]]), "target": np.float32([[0, 1, 1, 0]])})
    loss("logits", "BCEWithLogitsLoss", {}, {"input": 3 * d(3, 4), "target": share(3, 4), "pos_weight": 2 * share(4), "weight": share(3, 4)})
    loss("logits_extreme", "BCEWithLogitsLoss", {}, {"input": 500 * d(3, 4), "target": share(3, 4)})
    zeros = softmax(d(3, 4))
    zeros[0, 0] = 0
    divergence = ("mean", "sum", "none", "batchmean")
    loss("kl", "KLDivLoss", {}, {"input": np.log(softmax(d(3, 4))), "target": zeros}, divergence)
    loss("kl_log", "KLDivLoss", {"log_target": True}, {"input": np.log(softmax(d(3, 4))), "target": np.log(softmax(d(3, 4)))}, divergence)
    counts = np.abs((3 * d(3, 4)).astype(np.int64)).astype(np.float32)
    loss("poisson", "PoissonNLLLoss", {"full": True}, {"input": d(3, 4), "target": counts})
    loss("poisson_rate", "PoissonNLLLoss", {"log_input": False, "eps": 1e-3}, {"input": share(3, 4) + np.float32(0.1), "target": counts})
    signs = np.sign(d(3, 4)).astype(np.float32)
    loss("embedding", "HingeEmbeddingLoss", {"margin": 0.5}, {"input": d(3, 4), "target": signs})
    loss("margin", "MultiMarginLoss", {"p": 2, "margin": 0.5}, {"input": d(5, 4), "target": labels(5, 4), **weight})
    reduce = lambda t, r: {"mean": t.mean, "sum": t.sum, "none": lambda: t, "batchmean": lambda: t.sum() / len(t), "per_sample": lambda: t.sum(-1)}[r]()
    loss("hellinger", "Hellinger", {}, {"input": softmax(d(3, 4)), "target": softmax(d(3, 4))}, (*divergence, "per_sample"),
         lambda c, x: reduce((x["input"].sqrt() - x["target"].sqrt()) ** 2 / 2, c["reduction"]))
    for squared in (False, True):
        hinge = lambda c, x: reduce(torch.relu(c["margin"] - x["target"] * x["input"]) ** (2 if c["squared"] else 1), c["reduction"])
        loss(f"hinge_{squared}", "Hinge", {"margin": 0.8, "squared": squared}, {"input": d(3, 4), "target": signs}, own=hinge)


linear()
activations()
losses()
HERE.mkdir(exist_ok=True)
for group, tensors in files.items():
    save_file(tensors, HERE / f"{group}.safetensors", metadata={"golden": group})
(HERE / "manifest.json").write_text(json.dumps({"format": "golden/1", "torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases")
