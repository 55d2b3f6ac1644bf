"""What scikit-learn computes for the metrics, as JSON beside this file.

    python generate_metrics.py

Scores are multiples of 1/8, which every float type holds exactly, and so have ties.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn import metrics

HERE = pathlib.Path(__file__).parent


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def flat(array):
    return {"shape": list(array.shape), "values": array.reshape(-1).tolist()}


def counted(labels, guess, averages, **binary):
    found = {"accuracy": metrics.accuracy_score(labels, guess)}
    scores = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}
    for average in averages:
        more = binary if average == "binary" else {}
        for name, score in scores.items():
            found[f"{name} {average}"] = score(labels, guess, average=average, zero_division=0, **more)
        found[f"fBeta2 {average}"] = metrics.fbeta_score(labels, guess, beta=2, average=average, zero_division=0, **more)
    return found


def classes_case(name, seed, rows, classes, kinds):
    random = np.random.default_rng(seed)
    logits = random.integers(-16, 17, (rows, classes)) / 8
    labels = random.choice(kinds, rows)
    logits[np.arange(rows), labels] += random.integers(0, 9, rows) / 8
    guess = logits.argmax(1)
    found = counted(labels, guess, ["macro", "micro", "weighted"])
    everything = list(range(classes))
    found["top2Accuracy"] = metrics.top_k_accuracy_score(labels, -np.argsort(np.argsort(-logits, 1, kind="stable"), 1), k=2, labels=everything)
    found["perplexity"] = float(np.exp(metrics.log_loss(labels, softmax(logits), labels=everything)))
    present = [metrics.roc_auc_score(labels == c, softmax(logits)[:, c]) for c in sorted(set(labels.tolist()))]
    found["auc"] = float(np.mean(present))
    matrix = metrics.confusion_matrix(labels, guess, labels=everything)
    return {"name": name, "prediction": flat(logits), "target": flat(labels), "scores": found, "confusion": matrix.tolist()}


def binary_case(name, seed, rows):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, rows)
    scores = (random.integers(0, 9, rows) + 4 * labels) / 16
    guess = (scores > 0.5).astype(int)
    found = counted(labels, guess, ["binary", "macro", "micro", "weighted"])
    found["auc"] = metrics.roc_auc_score(labels, scores)
    matrix = metrics.confusion_matrix(labels, guess)
    return {"name": name, "prediction": flat(scores), "target": flat(labels), "scores": found, "confusion": matrix.tolist()}


def regression_case(name, seed, shape, offset):
    random = np.random.default_rng(seed)
    target = random.integers(-64, 65, shape) / 8 + offset
    guess = target + random.integers(-16, 17, shape) / 8
    flat_pair = (target.reshape(-1), guess.reshape(-1))
    found = {
        "mae": metrics.mean_absolute_error(*flat_pair), "mse": metrics.mean_squared_error(*flat_pair),
        "rmse": metrics.root_mean_squared_error(*flat_pair), "r2": metrics.r2_score(target, guess),
    }
    return {"name": name, "prediction": flat(guess), "target": flat(target), "scores": found}


cases = {
    "classes": [
        classes_case("three classes", 1, 60, 3, [0, 1, 2]),
        classes_case("six classes, one of them nowhere a label", 2, 200, 6, [0, 1, 2, 4, 5]),
        classes_case("unbalanced", 3, 150, 4, [0, 0, 0, 0, 0, 0, 0, 1, 2, 3]),
    ],
    "binary": [binary_case("two classes, ties", 4, 80), binary_case("few samples", 5, 7)],
    "regression": [
        regression_case("one number", 6, (90,), 0), regression_case("three outputs", 7, (40, 3), 0),
        regression_case("far from 0", 8, (64,), 100_000),
    ],
}
text = json.dumps({"scikit-learn": sklearn.__version__, **cases}, separators=(",", ":"))
(HERE / "metrics.json").write_text(text + "\n")
