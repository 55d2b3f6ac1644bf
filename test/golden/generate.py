"""What PyTorch computes for the losses and a small training run, as JSON beside this file. optimizers.py does the rest.

    python generate.py

Everything runs twice, in float64 (whose numbers are stored, as doubles) and in float32: how far the second lies from the first
(`float32Error`, the largest difference) tells how exact a float32 run can be. Arrays are in this library's layouts: images and
activations [batch, height, width, channels], dense weights [in, out], convolution weights [height, width, in, out].
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent


def flat(tensor):
    return {"shape": list(tensor.shape), "values": tensor.detach().double().reshape(-1).tolist()}


def number(seed, shape):
    """Normal numbers that float32 holds exactly."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float32).double()


def write(name, value):
    text = json.dumps({"torch": torch.__version__, **value}, separators=(",", ":"))
    (HERE / name).write_text(text + "\n")


def difference(a, b):
    return float((a.double() - b.double()).abs().max())


# ---- losses


def loss_case(name, loss, options, prediction, target, compute):
    def run(dtype):
        p = prediction.to(dtype, copy=True).requires_grad_()
        t = target.to(dtype) if target.is_floating_point() else target
        value = compute(p, t)
        value.sum().backward()
        return value.detach(), p.grad

    (value, grad), (value32, grad32) = run(torch.float64), run(torch.float32)
    return {
        "name": name, "loss": loss, "options": options, "prediction": flat(prediction),
        "target": {**flat(target), "dtype": "float" if target.is_floating_point() else "int32"},
        "value": flat(value), "gradient": flat(grad),
        "float32Error": {"value": difference(value, value32), "gradient": difference(grad, grad32)},
    }


def losses():
    logits = number(1, (6, 5)) * 3
    labels = torch.tensor([0, 4, 2, 2, 1, 3])
    soft = torch.softmax(number(2, (6, 5)), -1).float().double()
    extreme = torch.tensor([[1e4, 0.0, -1e4], [-1e4, -1e4, 0.0], [88.0, 89.0, -104.0]], dtype=torch.float64)
    cases = []
    for reduction in ("mean", "sum", "none"):
        options = {"reduction": reduction}
        cases.append(loss_case(f"labels {reduction}", "crossEntropy", options, logits, labels, lambda p, t: F.cross_entropy(p, t, reduction=reduction)))
        cases.append(loss_case(f"distributions {reduction}", "crossEntropy", options, logits, soft, lambda p, t: F.cross_entropy(p, t, reduction=reduction)))
        a, b = number(3, (4, 3)), number(4, (4, 3))
        cases.append(loss_case(f"squared error {reduction}", "meanSquaredError", options, a, b, lambda p, t: F.mse_loss(p, t, reduction=reduction)))
    cases.append(loss_case("extreme logits", "crossEntropy", {}, extreme, torch.tensor([1, 2, 1]), F.cross_entropy))
    sequence = number(5, (2, 3, 4))
    cases.append(loss_case("sequences", "crossEntropy", {}, sequence, torch.tensor([[0, 3, 1], [2, 2, 0]]), lambda p, t: F.cross_entropy(p.transpose(1, 2), t)))
    write("losses.json", {"cases": cases})


# ---- training: convolution, dense, dense; three epochs of unequal mini-batches


def training():
    images, labels = number(20, (10, 6, 6, 1)), torch.tensor([0, 2, 1, 1, 0, 2, 2, 0, 1, 0])
    start = {
        "0.weight": number(21, (3, 3, 1, 4)) * 0.25, "0.bias": number(22, (4,)) * 0.25,
        "3.weight": number(23, (16, 5)) * 0.25, "3.bias": number(24, (5,)) * 0.25,
        "4.weight": number(25, (5, 3)) * 0.25, "4.bias": number(26, (3,)) * 0.25,
    }

    def forward(p, x):
        y = F.conv2d(x.permute(0, 3, 1, 2), p["0.weight"].permute(3, 2, 0, 1), p["0.bias"]).relu()
        y = F.max_pool2d(y, 2).permute(0, 2, 3, 1).flatten(1)
        y = torch.tanh(y @ p["3.weight"] + p["3.bias"])
        return y @ p["4.weight"] + p["4.bias"]

    def run(dtype):
        p = {k: v.to(dtype, copy=True).requires_grad_() for k, v in start.items()}
        optimizer = torch.optim.Adam(list(p.values()), lr=0.02)
        values = []
        for _ in range(3):
            for rows in (slice(0, 4), slice(4, 8), slice(8, 10)):
                optimizer.zero_grad()
                value = F.cross_entropy(forward(p, images[rows].to(dtype)), labels[rows])
                value.backward()
                optimizer.step()
                values.append(value.item())
        with torch.no_grad():
            return {k: v.detach() for k, v in p.items()}, values, forward(p, images.to(dtype))

    (exact, values, logits), (rough, values32, logits32) = run(torch.float64), run(torch.float32)
    write("training.json", {
        "x": flat(images), "y": flat(labels), "batchSize": 4, "epochs": 3, "lr": 0.02, "start": {k: flat(v) for k, v in start.items()},
        "losses": values, "end": {k: flat(v) for k, v in exact.items()}, "logits": flat(logits),
        "float32Error": {
            "losses": max(abs(a - b) for a, b in zip(values, values32)),
            "end": max(difference(exact[k], rough[k]) for k in start), "logits": difference(logits, logits32),
        },
    })


if __name__ == "__main__":
    losses()
    training()
