"""Golden cases of normalisation that the tests hold, in normalisation/, in the form that `npm run golden` reads.

    python generate_normalisation.py

What PyTorch computes in float64 from float32 data, rounded to float32, with the distance of its own float32 run.
"""
import json
import pathlib
import zlib

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent / "normalisation"
cases, tensors = [], {}


def draw(name):
    """Normal numbers that depend on the name alone, and that float32 holds exactly."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return lambda *shape: np.asarray(rng.standard_normal(shape), np.float32)


def put(name, array):
    array = np.asarray(array, np.int64 if array.dtype.kind == "i" else np.float32)
    tensors[name] = np.ascontiguousarray(array).reshape(array.shape)
    return {"tensor": name, "dtype": str(array.dtype), "shape": list(array.shape)}


def run(layer, config, mode, inputs, state, cotangents, dtype):
    module = getattr(torch.nn, layer)(**config).to(dtype)
    module.load_state_dict({n: torch.tensor(a, dtype=dtype if a.dtype.kind == "f" else None) for n, a in state.items()})
    x = {n: torch.tensor(a, dtype=dtype).requires_grad_() for n, a in inputs.items()}
    outputs = {}
    for name, value in x.items():
        module.train(mode != "eval" and name != "x_eval")
        outputs[name.replace("x", "y")] = module(value)
    if cotangents is None:
        return {n: y.shape for n, y in outputs.items()}
    loss = sum((y * torch.tensor(cotangents[n], dtype=dtype)).sum() for n, y in outputs.items())
    loss.backward()
    values = {**{f"output/{n}": y for n, y in outputs.items()}, **{f"gradient/input/{n}": t.grad for n, t in x.items()},
              **{f"gradient/param/{n}": p.grad for n, p in module.named_parameters()},
              **{f"buffer_after/{n}": b for n, b in module.named_buffers()}}
    return {n: t.detach().numpy() for n, t in values.items()}, loss.item()


def case(case_id, layer, config, shape, mode="train", shift=0):
    d = draw(case_id)
    names = ["x0", "x1", "x_eval"] if mode == "train then eval" else ["x"]
    inputs = {n: d(*shape) + np.float32(shift) for n in names}
    module = getattr(torch.nn, layer)(**config)
    params = {n: d(*p.shape) for n, p in module.named_parameters()}
    buffers = {n: np.int64(3) if b.dtype == torch.int64 else np.abs(d(*b.shape)) + np.float32(0.5) for n, b in module.named_buffers()}
    state = {**params, **buffers}
    shapes = run(layer, config, mode, inputs, state, None, torch.float64)
    cotangents = {n: d(*s) for n, s in shapes.items()}
    exact, loss = run(layer, config, mode, inputs, state, cotangents, torch.float64)
    single, single_loss = run(layer, config, mode, inputs, state, cotangents, torch.float32)
    store = lambda role, n, a: put(f"{case_id}/{role}/{n}", np.asarray(a))
    section = lambda role: {n[len(role) + 1:]: store(role, n[len(role) + 1:], a) for n, a in exact.items() if n.startswith(role + "/")}
    error = lambda got, want: {"max_abs_error": float(np.abs(got - want).max(initial=0)), "max_abs_value": float(np.abs(want).max(initial=0))}
    scale = sum(float(np.abs(exact[f"output/{n}"] * c).sum()) for n, c in cotangents.items())
    cases.append({
        "id": case_id, "group": "normalisation", "file": "normalisation.safetensors", "layer": layer, "source": "torch.nn", "config": config,
        "mode": mode,
        "inputs": {n: store("input", n, a) for n, a in inputs.items()},
        "params": {n: store("param", n, a) for n, a in params.items()},
        "buffers": {n: store("buffer", n, a) for n, a in buffers.items()},
        "cotangents": {n: store("cotangent", n, a) for n, a in cotangents.items()},
        "outputs": section("output"), "gradients": section("gradient"), "buffers_after": section("buffer_after"),
        "float32_error": {**{n: error(single[n], a) for n, a in exact.items()},
                          "loss": {"max_abs_error": abs(single_loss - loss), "max_abs_value": abs(loss)}},
        "loss": {**store("loss", "value", np.float32(loss)), "value": loss, "scale": scale},
    })


for mode in ("train", "eval", "train then eval"):
    name = mode.replace(" ", "_")
    case(f"batch1_{name}", "BatchNorm1d", {"num_features": 5}, [7, 5], mode)
    case(f"batch1_long_{name}", "BatchNorm1d", {"num_features": 3, "momentum": None}, [4, 3, 9], mode)
    case(f"batch2_{name}", "BatchNorm2d", {"num_features": 19, "eps": 1e-3, "momentum": 0.3}, [3, 19, 5, 4], mode)
    case(f"instance2_tracked_{name}", "InstanceNorm2d", {"num_features": 3, "affine": True, "track_running_stats": True}, [3, 3, 4, 5], mode)
case("batch2_plain", "BatchNorm2d", {"num_features": 4, "affine": False}, [2, 4, 6, 3])
case("batch2_untracked", "BatchNorm2d", {"num_features": 4, "track_running_stats": False}, [2, 4, 6, 3], "eval")
case("batch2_far", "BatchNorm2d", {"num_features": 4}, [3, 4, 5, 5], shift=1000)
case("batch3", "BatchNorm3d", {"num_features": 2}, [2, 2, 3, 4, 2])
case("instance1", "InstanceNorm1d", {"num_features": 4}, [3, 4, 11])
case("instance1_unbatched", "InstanceNorm1d", {"num_features": 4, "affine": True}, [4, 11])
case("instance3", "InstanceNorm3d", {"num_features": 2, "affine": True}, [2, 2, 3, 4, 2])
case("layer", "LayerNorm", {"normalized_shape": [9]}, [4, 9])
case("layer_images", "LayerNorm", {"normalized_shape": [3, 4, 5]}, [2, 3, 4, 5])
case("layer_without_bias", "LayerNorm", {"normalized_shape": [33], "bias": False, "eps": 1e-3}, [2, 3, 33])
case("layer_plain", "LayerNorm", {"normalized_shape": [6], "elementwise_affine": False}, [5, 6])
case("layer_far", "LayerNorm", {"normalized_shape": [40]}, [3, 40], shift=1000)
case("rms", "RMSNorm", {"normalized_shape": [17], "eps": 1e-5}, [4, 17])
case("rms_default", "RMSNorm", {"normalized_shape": [3, 5]}, [4, 3, 5])
case("rms_plain", "RMSNorm", {"normalized_shape": [8], "elementwise_affine": False, "eps": 1e-2}, [2, 3, 8])
case("group", "GroupNorm", {"num_groups": 2, "num_channels": 6}, [3, 6, 4, 5])
case("group_one", "GroupNorm", {"num_groups": 1, "num_channels": 5, "eps": 1e-3}, [2, 5, 7])
case("group_each", "GroupNorm", {"num_groups": 4, "num_channels": 4, "affine": False}, [2, 4, 3, 3])
case("group_vectors", "GroupNorm", {"num_groups": 3, "num_channels": 12}, [4, 12])
HERE.mkdir(exist_ok=True)
save_file(tensors, HERE / "normalisation.safetensors", metadata={"golden": "normalisation"})
(HERE / "manifest.json").write_text(json.dumps({"format": "golden/1", "torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases")
