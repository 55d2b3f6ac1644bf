"""What PyTorch's optimizers, gradient clipping and schedulers compute, as optimizers.json and schedules.json beside this file.

    python optimizers.py

Optimizers take 25 full-batch steps of a network 3-4-2 with tanh from one start, in float64 (whose numbers are stored) and in
float32: how far the second lies from the first (`float32Error`) tells how exact a float32 run can be. Options have this
library's names; `TORCH` tells PyTorch's. Dense weights are [in, out].
"""
import json

import torch
import torch.nn.functional as F

from generate import difference, flat, number, write

SNAPSHOTS = (1, 2, 5, 25)
X, Y = number(10, (8, 3)), number(11, (8, 2))
START = {"0.weight": number(12, (3, 4)), "0.bias": number(13, (4,)), "1.weight": number(14, (4, 2)), "1.bias": number(15, (2,))}

TORCH = {
    "lr": "lr", "momentum": "momentum", "dampening": "dampening", "nesterov": "nesterov", "weightDecay": "weight_decay", "epsilon": "eps",
    "lrDecay": "lr_decay", "initialSum": "initial_accumulator_value", "rho": "rho", "alpha": "alpha", "centered": "centered",
    "amsgrad": "amsgrad", "momentumDecay": "momentum_decay", "decoupled": "decoupled_weight_decay", "iterations": "max_iter",
    "evaluations": "max_eval", "history": "history_size", "gradientTolerance": "tolerance_grad", "changeTolerance": "tolerance_change",
}


def torch_options(options):
    """Of one group; two settings make a pair in PyTorch."""
    rest, converted = dict(options), {}
    for pair, (first, second), default in (
        ("betas", ("beta1", "beta2"), (0.9, 0.999)), ("etas", ("shrink", "grow"), (0.5, 1.2)), ("step_sizes", ("smallest", "largest"), (1e-6, 50)),
    ):
        if first in rest or second in rest:
            converted[pair] = (rest.pop(first, default[0]), rest.pop(second, default[1]))
    if "lineSearch" in rest:
        converted["line_search_fn"] = {"strongWolfe": "strong_wolfe"}[rest.pop("lineSearch")]
    converted.update({TORCH[name]: value for name, value in rest.items()})
    return converted


def run(torch_class, options, dtype):
    # NAdam keeps its product of momenta in the default type.
    torch.set_default_dtype(dtype)
    options = dict(options)
    groups, clip = options.pop("groups", []), options.pop("clip", None)
    p = {k: v.to(dtype, copy=True).requires_grad_() for k, v in START.items()}
    left, listed = dict(p), []
    for group in groups:
        names = [k for k in left if k.startswith(group["parameters"] + ".") or k == group["parameters"]]
        rest = {k: v for k, v in group.items() if k != "parameters"}
        listed.append({"params": [left.pop(k) for k in names], **torch_options(rest)})
    optimizer = torch_class([{"params": list(left.values())}, *listed] if groups else list(p.values()), **torch_options(options))
    snapshots, values, evaluations = {}, [], 0

    def closure():
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        hidden = torch.tanh(X.to(dtype) @ p["0.weight"] + p["0.bias"])
        value = F.mse_loss(hidden @ p["1.weight"] + p["1.bias"], Y.to(dtype))
        value.backward()
        if clip and "value" in clip:
            torch.nn.utils.clip_grad_value_(list(p.values()), clip["value"])
        elif clip:
            torch.nn.utils.clip_grad_norm_(list(p.values()), clip["globalNorm"], norm_type=clip.get("order", 2.0))
        return value

    for step in range(1, 26):
        values.append(optimizer.step(closure).item())
        if step in SNAPSHOTS:
            snapshots[step] = {k: v.detach().clone() for k, v in p.items()}
    return snapshots, values, evaluations


def optimizer_case(name, factory, torch_class, options):
    (exact, values, evaluations), (rough, values32, _) = (run(torch_class, options, dtype) for dtype in (torch.float64, torch.float32))
    error = {str(step): max(difference(exact[step][k], rough[step][k]) for k in START) for step in SNAPSHOTS}
    return {
        "name": name, "optimizer": factory, "options": options, "losses": values, "evaluations": evaluations,
        "lossError": max(abs(a - b) for a, b in zip(values, values32)),
        "steps": {str(step): {k: flat(v) for k, v in exact[step].items()} for step in SNAPSHOTS}, "float32Error": error,
    }


def optimizers():
    t = torch.optim
    cases = [
        optimizer_case(name, factory, torch_class, options)
        for name, factory, torch_class, options in (
            ("sgd", "sgd", t.SGD, dict(lr=0.1)),
            ("sgd momentum", "sgd", t.SGD, dict(lr=0.05, momentum=0.9)),
            ("sgd dampening", "sgd", t.SGD, dict(lr=0.05, momentum=0.9, dampening=0.3)),
            ("sgd nesterov", "sgd", t.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
            ("sgd decay", "sgd", t.SGD, dict(lr=0.1, weightDecay=0.05)),
            ("sgd nesterov decay", "sgd", t.SGD, dict(lr=0.05, momentum=0.8, nesterov=True, weightDecay=0.01)),
            ("sgd clipped by value", "sgd", t.SGD, dict(lr=0.1, clip=dict(value=0.05))),
            ("sgd clipped by norm", "sgd", t.SGD, dict(lr=0.1, momentum=0.5, clip=dict(globalNorm=0.2))),
            ("sgd clipped by 3-norm", "sgd", t.SGD, dict(lr=0.1, clip=dict(globalNorm=0.2, order=3))),
            ("sgd groups", "sgd", t.SGD, dict(lr=0.1, groups=[dict(parameters="0.bias", lr=0), dict(parameters="1", lr=0.01, momentum=0.9)])),
            ("adagrad", "adagrad", t.Adagrad, dict(lr=0.05)),
            ("adagrad decay", "adagrad", t.Adagrad, dict(lr=0.05, lrDecay=0.1, initialSum=0.1, weightDecay=0.01, epsilon=1e-4)),
            ("adadelta", "adadelta", t.Adadelta, dict()),
            ("adadelta rho", "adadelta", t.Adadelta, dict(lr=0.5, rho=0.95, epsilon=1e-4, weightDecay=0.01)),
            ("rprop", "rprop", t.Rprop, dict()),
            ("rprop factors", "rprop", t.Rprop, dict(lr=0.05, shrink=0.3, grow=1.5, smallest=1e-3, largest=0.2)),
            ("rmsprop", "rmsprop", t.RMSprop, dict()),
            ("rmsprop momentum", "rmsprop", t.RMSprop, dict(lr=0.005, momentum=0.9)),
            ("rmsprop centered", "rmsprop", t.RMSprop, dict(lr=0.005, alpha=0.9, epsilon=1e-4, centered=True)),
            ("rmsprop all", "rmsprop", t.RMSprop, dict(lr=0.002, alpha=0.9, epsilon=1e-4, centered=True, momentum=0.5, weightDecay=0.01)),
            ("adam", "adam", t.Adam, dict()),
            ("adam betas", "adam", t.Adam, dict(lr=0.05, beta1=0.8, beta2=0.9, epsilon=1e-4)),
            ("adam decay", "adam", t.Adam, dict(lr=0.05, weightDecay=0.1)),
            ("adam amsgrad", "adam", t.Adam, dict(lr=0.05, beta2=0.9, amsgrad=True)),
            ("adam decoupled", "adam", t.Adam, dict(lr=0.05, weightDecay=0.1, decoupled=True)),
            ("adam groups", "adam", t.Adam, dict(lr=0.01, groups=[dict(parameters="1.weight", lr=0.05, beta1=0.5, weightDecay=0.1)])),
            ("adamw", "adamw", t.AdamW, dict(lr=0.05)),
            ("adamw amsgrad", "adamw", t.AdamW, dict(lr=0.05, weightDecay=0.1, amsgrad=True, beta2=0.8)),
            ("adamax", "adamax", t.Adamax, dict()),
            ("adamax decay", "adamax", t.Adamax, dict(lr=0.05, beta1=0.8, beta2=0.9, weightDecay=0.05)),
            ("nadam", "nadam", t.NAdam, dict()),
            ("nadam decay", "nadam", t.NAdam, dict(lr=0.05, beta1=0.8, beta2=0.9, momentumDecay=0.1, weightDecay=0.05)),
            ("nadam decoupled", "nadam", t.NAdam, dict(lr=0.05, weightDecay=0.1, decoupled=True)),
            ("radam", "radam", t.RAdam, dict()),
            ("radam decay", "radam", t.RAdam, dict(lr=0.05, beta1=0.8, beta2=0.9, weightDecay=0.05)),
            ("radam decoupled", "radam", t.RAdam, dict(lr=0.05, weightDecay=0.1, decoupled=True)),
            ("lbfgs", "lbfgs", t.LBFGS, dict(lr=0.3, iterations=2, history=3)),
            ("lbfgs strong Wolfe", "lbfgs", t.LBFGS, dict(iterations=2, history=4, lineSearch="strongWolfe")),
            ("lbfgs few evaluations", "lbfgs", t.LBFGS, dict(iterations=4, evaluations=4, history=5, lineSearch="strongWolfe")),
        )
    ]
    write("optimizers.json", {"x": flat(X), "y": flat(Y), "start": {k: flat(v) for k, v in START.items()}, "cases": cases})


# ---- schedules: the rate in force before each of the steps


def schedule_case(name, options, make, steps=40, base=0.1, momentum=0.9, metrics=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base, momentum=momentum)
    scheduler = make(optimizer)
    rates, momenta = [], []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step(*([] if metrics is None else [metrics[step]]))
    case = {"name": name, "options": options, "base": base, "rates": rates}
    if len(set(momenta)) > 1:
        case["momenta"] = momenta
    return case if metrics is None else {**case, "metrics": metrics}


def schedules():
    torch.set_default_dtype(torch.float32)
    s = torch.optim.lr_scheduler
    falling = [1, 0.9, 0.8, 0.8, 0.8, 0.8, 0.79999, 0.79, 0.79, 0.79, 0.79, 0.5] + [0.5] * 12
    cases = [
        schedule_case("constant", dict(factor=0.25, steps=7), lambda o: s.ConstantLR(o, 0.25, 7)),
        schedule_case("step", dict(every=10, factor=0.1), lambda o: s.StepLR(o, 10, 0.1)),
        schedule_case("step", dict(every=3, factor=0.7), lambda o: s.StepLR(o, 3, 0.7), base=0.5),
        schedule_case("multiStep", dict(at=[8, 20, 20, 30], factor=0.5), lambda o: s.MultiStepLR(o, [8, 20, 20, 30], 0.5)),
        schedule_case("exponential", dict(factor=0.9), lambda o: s.ExponentialLR(o, 0.9)),
        schedule_case("polynomial", dict(steps=25, power=2), lambda o: s.PolynomialLR(o, 25, 2)),
        schedule_case("polynomial", dict(steps=30), lambda o: s.PolynomialLR(o, 30)),
        schedule_case("inverseTime", dict(decay=0.5, every=4), lambda o: s.LambdaLR(o, lambda t: 1 / (1 + 0.5 * t / 4))),
        schedule_case("inverseTime", dict(decay=0.5, every=4, stairs=True), lambda o: s.LambdaLR(o, lambda t: 1 / (1 + 0.5 * (t // 4)))),
        schedule_case("linear", dict(steps=10, **{"from": 0.1}), lambda o: s.LinearLR(o, 0.1, 1.0, 10)),
        schedule_case("linear", dict(steps=5, to=0.5), lambda o: s.LinearLR(o, end_factor=0.5)),
        schedule_case("cosine", dict(steps=30, lowest=0.001), lambda o: s.CosineAnnealingLR(o, 30, 0.001), steps=31),
        schedule_case("cosine", dict(steps=12), lambda o: s.CosineAnnealingLR(o, 12)),
        schedule_case("cosineRestarts", dict(steps=10), lambda o: s.CosineAnnealingWarmRestarts(o, 10)),
        schedule_case("cosineRestarts", dict(steps=5, stretch=2, lowest=0.001), lambda o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.001)),
        schedule_case("oneCycle", dict(steps=40), lambda o: s.OneCycleLR(o, 0.1, total_steps=40)),
        schedule_case(
            "oneCycle", dict(steps=33, peak=0.2, rise=0.25, shape="linear", startDivisor=10, endDivisor=100, momentum=[0.8, 0.9]),
            lambda o: s.OneCycleLR(o, 0.2, total_steps=33, pct_start=0.25, anneal_strategy="linear", div_factor=10, final_div_factor=100, base_momentum=0.8, max_momentum=0.9),
            steps=33,
        ),
        schedule_case(
            "oneCycle", dict(steps=31, threePhase=True, momentum=None),
            lambda o: s.OneCycleLR(o, 0.1, total_steps=31, three_phase=True, cycle_momentum=False), steps=31,
        ),
        schedule_case("reduceOnPlateau", dict(factor=0.5, patience=2), lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=2), steps=24, metrics=falling),
        schedule_case(
            "reduceOnPlateau", dict(mode="max", patience=1, cooldown=2, lowest=1e-4, threshold=0.05, thresholdMode="absolute"),
            lambda o: s.ReduceLROnPlateau(o, "max", patience=1, cooldown=2, min_lr=1e-4, threshold=0.05, threshold_mode="abs"),
            steps=24, metrics=[1 - value for value in falling],
        ),
        schedule_case(
            "warmup", {"steps": 10, "from": 0.05, "next": ["cosine", {"steps": 30}]},
            lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.05, total_iters=10), s.CosineAnnealingLR(o, 30)], [10]),
        ),
        schedule_case(
            "warmup", {"steps": 4, "from": 0.5, "next": ["exponential", {"factor": 0.8}]},
            lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.5, total_iters=4), s.ExponentialLR(o, 0.8)], [4]),
        ),
    ]
    write("schedules.json", {"cases": cases})


if __name__ == "__main__":
    optimizers()
    schedules()
