# SPDX-License-Identifier: GPL-3.0-or-later
#
# What bench/main-job is laid beside: the same folds of the same file with numpy
# and scikit-learn.  The Riemannian mean is the loop of pyRiemann 0.9 in plain
# numpy (its utils/mean.py), the covariances scikit-learn's OAS.
import json
import resource
import sys
import time

try:
    import numpy as np
    from sklearn.covariance import oas
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.svm import SVC
except ImportError:
    sys.exit(1)


def function_of(c, f):
    w, v = np.linalg.eigh(c)
    return (v * f(w)[..., None, :]) @ v.swapaxes(-1, -2)


def mean(x):
    m, nu, tau = x.mean(axis=0), 1.0, np.finfo(float).max
    for _ in range(50):
        root, inverse = function_of(m, np.sqrt), function_of(m, lambda w: 1 / np.sqrt(w))
        gradient = function_of(inverse @ x @ inverse, np.log).mean(axis=0)
        size = np.linalg.norm(gradient)
        m = root @ function_of(nu * gradient, np.exp) @ root
        if nu * size < tau:
            nu, tau = 0.95 * nu, nu * size
        else:
            nu *= 0.5
        if size <= 1e-8 or nu <= 1e-8:
            break
    return m


def vectors(x, m):
    inverse = function_of(m, lambda w: 1 / np.sqrt(w))
    logs = function_of(inverse @ x @ inverse, np.log)
    i, j = np.triu_indices(x.shape[-1])
    return logs[:, i, j] * np.where(i == j, 1, np.sqrt(2))


def main(path):
    before = time.process_time()
    x = np.load(path)
    with open(path + ".json") as f:
        axis = json.load(f)["axes"][0]
    y = np.array([c["texts"] for c in axis["columns"] if c["name"] == "target"][0])
    read = time.process_time()
    cov = np.stack([oas(t.T)[0] for t in x])
    covariances = time.process_time()
    auc = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=42).split(cov, y):
        m = mean(cov[train])
        svm = SVC(kernel="linear").fit(vectors(cov[train], m), y[train])
        auc.append(roc_auc_score(y[test], svm.decision_function(vectors(cov[test], m))))
    end = time.process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for what, seconds in (
        ("numpy and scikit-learn, after their imports", end - before),
        ("  reading", read - before),
        ("  covariances", covariances - read),
        ("  mean, tangent and svm in 5 folds", end - covariances),
    ):
        print(f"{what:46s} {seconds:7.3f} {memory:9.1f}")
    print(f"  their imports {before:.2f} CPU s; mean AUC {np.mean(auc):.4f}")


main(sys.argv[1])
