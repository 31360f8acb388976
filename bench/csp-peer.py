# SPDX-License-Identifier: GPL-3.0-or-later
#
# What bench/csp is laid beside: the same folds of the same files with MNE, numpy
# and scikit-learn.  Xdawn and the distances are the formulas of pyRiemann 0.9 in
# plain numpy and scipy; its own figures, where known, stand in the table.
import json
import sys
import time

try:
    import mne
    import numpy as np
    from mne.decoding import CSP
    from scipy.linalg import eigh
    from sklearn.covariance import oas
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.feature_selection import SelectKBest, mutual_info_classif
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.svm import SVC
except ImportError:
    sys.exit(1)

mne.set_log_level("ERROR")


def load(path):
    with open(path + ".json") as f:
        axis = json.load(f)["axes"][0]
    y = np.array([c["texts"] for c in axis["columns"] if c["name"] == "target"][0])
    return np.load(path), y


def row(what, x, y, fold):
    before, auc = time.process_time(), []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=42).split(x, y):
        auc.append(roc_auc_score(y[test], fold(x, y, train, test)))
    print(f"{what:46s} {time.process_time() - before:7.3f}             AUC {np.mean(auc):.4f}")


def csp_lda(x, y, train, test):
    """pyRiemann's CSP(6) of class means."""
    c = np.stack([oas(t.T)[0] for t in x])
    a, b = [c[train][y[train] == k].mean(axis=0) for k in np.unique(y)]
    w, v = eigh(b, a + b)
    v = v[:, np.argsort(np.abs(w - 0.5))[::-1][:6]]
    f = np.log(np.einsum("kij,il,jl->kl", c, v, v))
    return LinearDiscriminantAnalysis().fit(f[train], y[train]).decision_function(f[test])


def mne_csp(x, y, train, test):
    csp = CSP(6, cov_est="epoch").fit(x[train], y[train])
    lda = LinearDiscriminantAnalysis().fit(csp.transform(x[train]), y[train])
    return lda.decision_function(csp.transform(x[test]))


def fbcsp(x, y, train, test):
    parts = [CSP(4, cov_est="epoch").fit(b[train], y[train]) for b in np.split(x, 6, axis=1)]
    f = np.hstack([p.transform(b) for p, b in zip(parts, np.split(x, 6, axis=1))])
    best = SelectKBest(mutual_info_classif, k=10).fit(f[train], y[train])
    svm = SVC(kernel="linear").fit(best.transform(f[train]), y[train])
    return svm.decision_function(best.transform(f[test]))


def knn(c, y, train, test):
    """Five neighbours by the affine-invariant distance."""
    votes = []
    for m in c[test]:
        w, v = np.linalg.eigh(m)
        inverse = (v / np.sqrt(w)) @ v.T
        d = np.sqrt((np.log(np.linalg.eigvalsh(inverse @ c[train] @ inverse)) ** 2).sum(axis=1))
        votes.append(np.mean(y[train][np.argsort(d)[:5]] == np.unique(y)[1]))
    return votes


def main(trials, bands, covs):
    print("MNE, numpy, scipy and scikit-learn, after imports and reading")
    x, y = load(trials)
    row("  oas, csp(6), lda", x, y, csp_lda)
    row("  CSP(6) of MNE, lda", x, y, mne_csp)
    row("  five neighbours, from covariances", *load(covs), knn)
    row("  fbcsp of 6 bands with MNE's CSP", *load(bands), fbcsp)


main(*sys.argv[1:])
