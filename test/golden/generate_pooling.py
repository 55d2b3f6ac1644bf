"""Golden cases of pooling, upsampling and pixel shuffling that the tests hold, in pooling/, in the form that `npm run golden` reads.

    python generate_pooling.py [FOLDER RANDOM]

What PyTorch computes in float64 from float32 data, rounded to float32, with the distance of its own float32 run. With a folder, so
many random cases of each kind go there.
"""
import json
import pathlib
import sys
import zlib

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_num_threads(1)
GROUP = "pooling"
cases, tensors = [], {}


def put(name, array):
    array = np.asarray(array)
    array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
    tensors[name] = np.ascontiguousarray(array).reshape(array.shape)
    return {"tensor": name, "dtype": str(array.dtype), "shape": list(array.shape)}


def run(layer, config, inputs, cotangent, dtype):
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    module = getattr(torch.nn, layer)(**{k: v for k, v in given.items() if k != "output_size" or layer[:8] == "Adaptive"})
    leaf = torch.tensor(inputs["x"], dtype=dtype, requires_grad=True)
    rest = {} if "indices" not in inputs else {"indices": torch.tensor(inputs["indices"])}
    if "Unpool" in layer and "output_size" in config:
        rest["output_size"] = config["output_size"]
    y = module(leaf, **rest)
    outputs = dict(zip(("y", "indices"), y)) if isinstance(y, tuple) else {"y": y}
    if cotangent is None:
        return outputs["y"].shape
    loss = (outputs["y"] * torch.tensor(cotangent, dtype=dtype)).sum()
    loss.backward()
    values = {**{f"output/{n}": t for n, t in outputs.items()}, "gradient/input/x": leaf.grad}
    return {n: t.detach().numpy() for n, t in values.items()}, loss.item()


def case(layer, config, shape, low=None, indices=None):
    case_id = f"{layer.lower()}_{len(cases)}"
    rng = np.random.default_rng(zlib.crc32(json.dumps([layer, config, shape]).encode()))
    draw = lambda *s: np.asarray(rng.standard_normal(s), np.float32)
    x = draw(*shape) if low is None else np.asarray(rng.uniform(low, 2, shape), np.float32)
    inputs = {"x": x} if indices is None else {"x": x, "indices": indices}
    cotangent = draw(*run(layer, config, inputs, None, torch.float64))
    exact, loss = run(layer, config, inputs, cotangent, torch.float64)
    single, single_loss = run(layer, config, inputs, cotangent, torch.float32)
    store = lambda role, n, a: put(f"{case_id}/{role}/{n}", a)
    section = lambda role: {n[len(role) + 1:]: store(role, n[len(role) + 1:], a) for n, a in exact.items() if n.startswith(role + "/")}
    error = lambda got, want: {"max_abs_error": float(np.abs(got - want).max(initial=0)), "max_abs_value": float(np.abs(want).max(initial=0))}
    cases.append({
        "id": case_id, "group": GROUP, "file": f"{GROUP}.safetensors", "layer": layer, "source": "torch.nn", "config": config, "mode": "train",
        "inputs": {n: store("input", n, a) for n, a in inputs.items()}, "params": {}, "buffers": {},
        "cotangents": {"y": store("cotangent", "y", cotangent)},
        "outputs": section("output"), "gradients": section("gradient"), "buffers_after": {},
        "float32_error": {**{n: error(single[n], a) for n, a in exact.items() if a.dtype.kind == "f"},
                          "loss": {"max_abs_error": abs(single_loss - loss), "max_abs_value": abs(loss)}},
        "loss": {**store("loss", "value", np.float32(loss)), "value": loss, "scale": float(np.abs(exact["output/y"] * cotangent).sum())},
    })


def unpool(shape, **config):
    """Of the indices that the pooling of an input of this shape gives."""
    rank = len(shape) - 2
    pool = {k: v for k, v in config.items() if k != "output_size"}
    x = np.random.default_rng(len(cases)).standard_normal(shape)
    y, indices = getattr(torch.nn, f"MaxPool{rank}d")(**pool, return_indices=True)(torch.tensor(x))
    case(f"MaxUnpool{rank}d", config, list(y.shape), indices=indices.numpy())


def picked():
    case("MaxPool1d", {"kernel_size": 3, "stride": 2, "return_indices": True}, [3, 9])
    case("MaxPool2d", {"kernel_size": [3, 2], "stride": [1, 3], "padding": [1, 0], "dilation": [2, 1], "ceil_mode": True, "return_indices": True}, [2, 3, 8, 9])
    case("MaxPool3d", {"kernel_size": 2, "stride": [1, 2, 3], "ceil_mode": True}, [1, 2, 3, 4, 5])
    case("AvgPool1d", {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True, "count_include_pad": False}, [2, 2, 9])
    case("AvgPool2d", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, [2, 3, 6, 7])
    case("AvgPool2d", {"kernel_size": 2, "stride": 3, "divisor_override": -3, "ceil_mode": True}, [2, 6, 6])
    case("AvgPool3d", {"kernel_size": [2, 3, 1], "padding": [1, 1, 0], "stride": 2, "ceil_mode": True}, [1, 2, 4, 5, 3])
    case("LPPool1d", {"norm_type": 2, "kernel_size": 3, "stride": 2, "ceil_mode": True}, [2, 2, 8])
    case("LPPool2d", {"norm_type": 2.5, "kernel_size": [3, 2], "stride": 1}, [1, 2, 5, 5], low=0.1)
    case("LPPool3d", {"norm_type": 1, "kernel_size": 2, "stride": 3, "ceil_mode": True}, [1, 2, 4, 6, 3])
    case("AdaptiveAvgPool1d", {"output_size": 5}, [2, 3, 3])
    case("AdaptiveAvgPool2d", {"output_size": [None, 4]}, [2, 3, 5, 7])
    case("AdaptiveMaxPool1d", {"output_size": 4, "return_indices": True}, [3, 7])
    case("AdaptiveMaxPool2d", {"output_size": [4, 6]}, [2, 3, 8, 6])
    case("AdaptiveMaxPool3d", {"output_size": [2, None, 3], "return_indices": True}, [1, 2, 5, 2, 7])
    unpool([2, 3, 9], kernel_size=3, stride=2)
    unpool([2, 3, 7, 6], kernel_size=2, output_size=[7, 6])
    unpool([1, 2, 4, 4, 6], kernel_size=2, stride=[2, 2, 2])
    for mode, corners in (("nearest", None), ("nearest-exact", None), ("bilinear", False), ("bilinear", True), ("bicubic", False), ("bicubic", True), ("area", None)):
        extra = {} if corners is None else {"align_corners": corners}
        case("Upsample", {"size": [7, 4], "mode": mode, **extra}, [2, 2, 4, 5])
        case("Upsample", {"scale_factor": [1.7, 2.3], "mode": mode, **extra}, [1, 2, 4, 3])
    case("Upsample", {"scale_factor": 2.5, "mode": "linear"}, [2, 2, 5])
    case("Upsample", {"scale_factor": 1.3, "mode": "linear"}, [2, 2, 3])
    case("Upsample", {"scale_factor": [2.1, 1.2], "mode": "nearest"}, [2, 2, 4, 3])
    case("Upsample", {"size": [3, 6, 2], "mode": "trilinear", "align_corners": True}, [1, 2, 2, 3, 4])
    case("PixelShuffle", {"upscale_factor": 3}, [2, 18, 2, 3])
    case("PixelUnshuffle", {"downscale_factor": 2}, [2, 3, 4, 6])


def randomly(count):
    rng = np.random.default_rng(1)
    integer = lambda low, high: int(rng.integers(low, high + 1))
    several = lambda low, high, rank: [integer(low, high) for _ in range(rank)]
    for i in range(count):
        rank = integer(1, 3)
        kernel = several(1, 4 if rank < 3 else 3, rank)
        shape = [integer(1, 2), integer(1, 3), *[k + integer(0, 9 if rank < 3 else 4) for k in kernel]]
        padding = [integer(0, k // 2) for k in kernel]
        base = {"kernel_size": kernel, "stride": several(1, 4, rank), "ceil_mode": bool(integer(0, 1))}
        case(f"AvgPool{rank}d", {**base, "padding": padding, "count_include_pad": bool(integer(0, 1)),
                                 **({"divisor_override": integer(1, 9)} if rank > 1 and integer(0, 3) == 0 else {})}, shape)
        dilated = [*shape[:2], *[(k - 1) * 2 + n for k, n in zip(kernel, shape[2:])]]
        case(f"MaxPool{rank}d", {**base, "padding": padding, "dilation": several(1, 3, rank), "return_indices": True}, dilated)
        p = [1, 2, 3, 4, 1.5][integer(0, 4)]
        config = {**base, "norm_type": p}
        if rank == 1:
            config.update(kernel_size=kernel[0], stride=config["stride"][0])
        case(f"LPPool{rank}d", config, shape, low=0.1)
        size = several(1, 9 if rank < 3 else 5, rank)
        case(f"AdaptiveAvgPool{rank}d", {"output_size": size}, shape)
        case(f"AdaptiveMaxPool{rank}d", {"output_size": size, "return_indices": True}, shape)
        try:
            unpool(shape, kernel_size=kernel, stride=base["stride"], padding=padding, output_size=shape[2:])
        except ValueError:
            pass  # too far from the default size
        modes = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[rank] + ["nearest", "nearest-exact", "area"]
        mode = modes[integer(0, len(modes) - 1)]
        sizes = {"size": several(1, 20, rank)} if integer(0, 1) == 0 else {"scale_factor": [float(np.round(rng.uniform(1, 3), 2)) for _ in range(rank)]}
        if mode == "area" and "size" not in sizes:
            continue
        case("Upsample", {**sizes, "mode": mode, **({"align_corners": bool(integer(0, 1))} if "linear" in mode or "cubic" in mode else {})}, shape)


folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / GROUP
if len(sys.argv) > 2:
    randomly(int(sys.argv[2]))
else:
    picked()
folder.mkdir(exist_ok=True)
save_file(tensors, folder / f"{GROUP}.safetensors", metadata={"golden": GROUP})
(folder / "manifest.json").write_text(json.dumps({"format": "golden/1", "torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases")
