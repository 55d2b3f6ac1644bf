"""Golden cases of convolution, its transpose and padding that the tests hold, in convolution/, in the form that `npm run golden` reads.

    python generate_convolution.py

What PyTorch computes in float64 from float32 data, rounded to float32, with the distance of its own float32 run.
"""
import json
import pathlib
import zlib

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent / "convolution"
cases, files = [], {}


def put(group, name, array):
    array = np.asarray(array, np.float32)
    files.setdefault(group, {})[name] = np.ascontiguousarray(array).reshape(array.shape)
    return {"tensor": name, "dtype": "float32", "shape": list(array.shape)}


def run(layer, config, x, params, cotangent, dtype):
    module = getattr(torch.nn, layer)(**config).to(dtype)
    module.load_state_dict({n: torch.tensor(a, dtype=dtype) for n, a in params.items()})
    leaf = torch.tensor(x, dtype=dtype, requires_grad=True)
    y = module(leaf)
    if cotangent is None:
        return y.shape
    loss = (y * torch.tensor(cotangent, dtype=dtype)).sum()
    loss.backward()
    values = {"output/y": y, "gradient/input/x": leaf.grad, **{f"gradient/param/{n}": p.grad for n, p in module.named_parameters()}}
    return {n: t.detach().numpy() for n, t in values.items()}, loss.item()


def case(group, layer, config, shape):
    case_id = f"{layer.lower()}_{len(cases)}"
    rng = np.random.default_rng(zlib.crc32(json.dumps([layer, config, shape]).encode()))
    draw = lambda *s: np.asarray(rng.standard_normal(s), np.float32)
    x = draw(*shape)
    params = {n: draw(*p.shape) for n, p in getattr(torch.nn, layer)(**config).named_parameters()}
    cotangent = draw(*run(layer, config, x, params, None, torch.float64))
    exact, loss = run(layer, config, x, params, cotangent, torch.float64)
    single, single_loss = run(layer, config, x, params, cotangent, torch.float32)
    store = lambda role, n, a: put(group, f"{case_id}/{role}/{n}", a)
    section = lambda role: {n[len(role) + 1:]: store(role, n[len(role) + 1:], a) for n, a in exact.items() if n.startswith(role + "/")}
    error = lambda got, want: {"max_abs_error": float(np.abs(got - want).max(initial=0)), "max_abs_value": float(np.abs(want).max(initial=0))}
    cases.append({
        "id": case_id, "group": group, "file": group + ".safetensors", "layer": layer, "source": "torch.nn", "config": config, "mode": "train",
        "inputs": {"x": store("input", "x", x)}, "params": {n: store("param", n, a) for n, a in params.items()}, "buffers": {},
        "cotangents": {"y": store("cotangent", "y", cotangent)}, "outputs": section("output"), "gradients": section("gradient"), "buffers_after": {},
        "float32_error": {**{n: error(single[n], a) for n, a in exact.items()},
                          "loss": {"max_abs_error": abs(single_loss - loss), "max_abs_value": abs(loss)}},
        "loss": {**store("loss", "value", np.float32(loss)), "value": loss, "scale": float(np.abs(exact["output/y"] * cotangent).sum())},
    })


def convolution(shape, out, kernel, layer="Conv", **config):
    rank = len(kernel) if isinstance(kernel, list) else len(shape) - 2
    channels = shape[-rank - 1]
    group = "convolution" if layer == "Conv" else "transposed_convolution"
    case(group, f"{layer}{rank}d", {"in_channels": channels, "out_channels": out, "kernel_size": kernel, **config}, shape)


# One sample without a batch, one cell, kernels of even size, strides beyond the kernel, padding beyond the input.
convolution([3, 9], 2, [4], padding="same")
convolution([1, 1, 1], 1, 1)
convolution([2, 17, 31], 3, 5, stride=4, padding=7)
convolution([1, 4, 13], 8, 3, padding="same", padding_mode="circular", groups=4, bias=False)
convolution([2, 3, 5, 1], 5, [2, 1], stride=[3, 2], padding=[3, 2])
convolution([1, 6, 7, 6], 9, [3, 2], padding="same", dilation=[2, 3], groups=3)
convolution([4, 5, 5], 3, [3, 3], padding=2, padding_mode="reflect", dilation=2)
convolution([1, 3, 6, 5], 6, [1, 4], padding=[0, 3], padding_mode="replicate", stride=[2, 1], groups=3)
convolution([2, 17, 3, 3], 33, 3, padding=1)
convolution([1, 2, 3, 4, 5], 4, [3, 2, 1], padding=[2, 1, 0], stride=[1, 2, 3], groups=2)
convolution([1, 2, 3, 4, 3], 2, 2, padding="same", padding_mode="reflect", bias=False)

transposed = lambda *a, **config: convolution(*a, layer="ConvTranspose", **config)
transposed([3, 5], 2, [3], stride=3, output_padding=2)
transposed([2, 17, 4], 3, 4, padding=3)
transposed([1, 4, 7], 6, 2, dilation=3, output_padding=2, groups=2, bias=False)
transposed([2, 3, 1, 4], 5, [2, 5], stride=[4, 1], padding=[0, 2], output_padding=[3, 0])
transposed([1, 6, 3, 3], 6, 3, stride=2, padding=1, output_padding=1, groups=6)
transposed([2, 4, 3], 3, [3, 2], stride=[1, 3], dilation=[2, 1])
transposed([1, 2, 2, 3, 2], 4, [2, 3, 2], stride=[3, 2, 1], padding=[1, 0, 1], output_padding=[2, 1, 0], groups=2)

for i, shape in enumerate(([2, 3, 5], [1, 2, 4, 3], [2, 3, 2, 4])):
    sides = [2, 1, 0, 3, 1, 1][: 2 * (i + 1)]
    case("padding", f"ZeroPad{i + 1}d", {"padding": sides}, [2, *shape[1:]] if i == 2 else shape)
    case("padding", f"ConstantPad{i + 1}d", {"padding": 2, "value": -1.5}, shape)
    case("padding", f"ReflectionPad{i + 1}d", {"padding": [1, 2, 1, 0, 1, 1][: 2 * (i + 1)]}, shape)
    case("padding", f"ReplicationPad{i + 1}d", {"padding": [4, 1, 0, 7, 1, 1][: 2 * (i + 1)]}, shape)
    case("padding", f"CircularPad{i + 1}d", {"padding": [2, 1, 0, 2, 1, 1][: 2 * (i + 1)]}, [1, *shape] if i == 2 else shape)

HERE.mkdir(exist_ok=True)
for group, tensors in files.items():
    save_file(tensors, HERE / f"{group}.safetensors", metadata={"golden": group})
(HERE / "manifest.json").write_text(json.dumps({"format": "golden/1", "torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases")
