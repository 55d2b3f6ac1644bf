"""Small relatives of the networks of src/networks in PyTorch: networks.json, what they compute in float64.

    python generate_networks.py

Weights and images follow from a formula (`fill`) that the test repeats, so that the file holds results alone: scores, the loss of
classes 0, 1, 2, ... and the norm of each gradient. Modules have the names that the layers have here; those of ResNet-18 and
MobileNetV2 are torchvision's. Flat vectors come from images with channels last.
"""
import json
import pathlib
import zlib

import torch
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def fill(name, shape, scale, offset=0.0):
    """offset + scale * u, with u in [-1, 1) by a linear congruence (Numerical Recipes) that the name starts."""
    state, values = zlib.crc32(name.encode()), []
    for _ in range(torch.Size(shape).numel()):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(offset + scale * (state / 2**31 - 1))
    return torch.tensor(values).reshape(shape)


def fill_all(model):
    for name, p in model.state_dict().items():
        if p.dtype == torch.int64:
            continue
        if name.endswith("running_var"):
            p.copy_(fill(name, p.shape, 0.5, 1.0))
        elif p.dim() == 1:
            p.copy_(fill(name, p.shape, 0.2, 1.0 if name.endswith("weight") else 0.0))
        else:
            p.copy_(fill(name, p.shape, (6 / p[0].numel()) ** 0.5))


class Flat(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def named(*parts):
    model = nn.Sequential()
    for name, part in parts:
        model.add_module(name, part)
    return model


def lenet5():
    return named(("conv1", nn.Conv2d(1, 6, 5, padding=2)), ("t1", nn.Tanh()), ("pool1", nn.AvgPool2d(2)),
                 ("conv2", nn.Conv2d(6, 16, 5)), ("t2", nn.Tanh()), ("pool2", nn.AvgPool2d(2)), ("flatten", Flat()),
                 ("fc1", nn.Linear(400, 120)), ("t3", nn.Tanh()), ("fc2", nn.Linear(120, 84)), ("t4", nn.Tanh()),
                 ("head", nn.Linear(84, 10)))


def conv_relu(name, i, o, k, s=1, p=0):
    return [(name, nn.Conv2d(i, o, k, s, p)), (name + "r", nn.ReLU())]


def dense_relu(name, i, o):
    return [(name, nn.Linear(i, o)), (name + "r", nn.ReLU())]


def alex_net():
    pool = lambda i: (f"pool{i}", nn.MaxPool2d(3, 2))
    return named(*conv_relu("conv1", 3, 4, 11, 4, 2), pool(1), *conv_relu("conv2", 4, 12, 5, 1, 2), pool(2),
                 *conv_relu("conv3", 12, 24, 3, 1, 1), *conv_relu("conv4", 24, 16, 3, 1, 1), *conv_relu("conv5", 16, 16, 3, 1, 1),
                 pool(5), ("avgpool", nn.AdaptiveAvgPool2d(6)), ("flatten", Flat()), *dense_relu("fc6", 576, 256),
                 *dense_relu("fc7", 256, 256), ("head", nn.Linear(256, 3)))


def vgg11():
    parts, channels = [], 3
    for i, stage in enumerate([[4], [8], [16, 16], [32, 32], [32, 32]]):
        for j, out in enumerate(stage):
            parts += conv_relu(f"conv{i + 1}_{j + 1}", channels, out, 3, 1, 1)
            channels = out
        parts.append((f"pool{i + 1}", nn.MaxPool2d(2)))
    return named(*parts, ("avgpool", nn.AdaptiveAvgPool2d(7)), ("flatten", Flat()), *dense_relu("fc6", 1568, 256),
                 *dense_relu("fc7", 256, 256), ("head", nn.Linear(256, 3)))


class BasicBlock(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.downsample = None
        if stride != 1 or i != o:
            self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


def res_net18(width=64, classes=1000):
    parts, channels = [], width
    for i in range(4):
        out = width << i
        parts.append((f"layer{i + 1}", nn.Sequential(BasicBlock(channels, out, 2 if i else 1), BasicBlock(out, out, 1))))
        channels = out
    return named(("conv1", nn.Conv2d(3, width, 7, 2, 3, bias=False)), ("bn1", nn.BatchNorm2d(width)), ("relu", nn.ReLU()),
                 ("maxpool", nn.MaxPool2d(3, 2, 1)), *parts, ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", Flat()),
                 ("fc", nn.Linear(channels, classes)))


class Skip(nn.Module):
    def __init__(self, conv, skip):
        super().__init__()
        self.conv, self.skip = conv, skip

    def forward(self, x):
        return x + self.conv(x) if self.skip else self.conv(x)


def conv_norm(i, o, k, s=1, groups=1):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU6())


def mobile_net_v2(width=1.0, classes=1000):
    def rounded(c):
        near = max(8, int(c + 4) // 8 * 8)
        return near + 8 if near < 0.9 * c else near

    channels = rounded(32 * width)
    features = [conv_norm(3, channels, 3, 2)]
    for t, c, n, s in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(n):
            out, stride, inside = rounded(c * width), s if i == 0 else 1, channels * t
            layers = [conv_norm(channels, inside, 1)] if t > 1 else []
            layers += [conv_norm(inside, inside, 3, stride, inside), nn.Conv2d(inside, out, 1, bias=False), nn.BatchNorm2d(out)]
            features.append(Skip(nn.Sequential(*layers), stride == 1 and channels == out))
            channels = out
    last = rounded(1280 * max(1.0, width))
    features.append(conv_norm(channels, last, 1))
    return named(("features", nn.Sequential(*features)), ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", Flat()),
                 ("classifier", nn.Sequential(nn.Dropout(0.2), nn.Linear(last, classes))))


def case(name, model, batch, image, mode):
    with torch.no_grad():
        fill_all(model)
    model.train(mode == "train")
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    x = fill("x", (batch, *image), 1.0)
    scores = model(x)
    loss = nn.functional.cross_entropy(scores, torch.arange(batch) % scores.shape[1])
    loss.backward()
    norms = {n: p.grad.norm().item() for n, p in model.named_parameters()}
    return {"network": name, "batch": batch, "image": image, "mode": mode, "scores": scores.tolist(), "loss": loss.item(),
            "gradients": norms}


if __name__ == "__main__":
    sizes = {"alexNet": 61100840, "vgg11": 132863336, "resNet18": 11689512, "mobileNetV2": 3504872}
    assert sum(p.numel() for p in res_net18().parameters()) == sizes["resNet18"]
    assert sum(p.numel() for p in mobile_net_v2().parameters()) == sizes["mobileNetV2"]
    cases = [case("lenet5", lenet5(), 3, (1, 28, 28), "train"),
             case("alexNet", alex_net(), 3, (3, 95, 95), "train"),
             case("vgg11", vgg11(), 3, (3, 64, 64), "train"),
             case("resNet18", res_net18(4, 3), 4, (3, 32, 32), "train"),
             case("resNet18", res_net18(4, 3), 2, (3, 32, 32), "eval"),
             case("mobileNetV2", mobile_net_v2(0.1, 3), 4, (3, 64, 64), "eval")]
    text = ",\n".join(json.dumps(one) for one in cases)
    (pathlib.Path(__file__).parent / "networks.json").write_text(f"[\n{text}\n]\n")
