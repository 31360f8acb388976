#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Evoked responses of a real recording: two runs of one person who looks at
# houses (1) and faces (2), as the program of a Muse headset wrote them.  Trials
# and AUC of each fold are those of a peer: MNE 1.3 (RawArray at 256 Hz, filter
# 1..30 Hz, find_events, Epochs -0.1..0.8 s, baseline=None, reject=dict(eeg=75e-6)),
# numpy after pyRiemann's ERPCovariances, XdawnCovariances, TangentSpace, MDM
# (affine-invariant means to 1e-10) and scikit-learn 1.2.1
# (LogisticRegression, LinearDiscriminantAnalysis, oas, ledoit_wolf,
# StratifiedKFold (5, shuffle=True, random_state=42), roc_auc_score).
test -z "$FORNIX_VALGRIND" || { echo "1..0 # SKIP too slow under valgrind; tests/io/headset and riemann/evoked run there"; exit 77; }
data=${FORNIX_SHARED:-$abs_top_srcdir/../shared}/data/eeg/erp/muse/visual/N170/subject1/session1
a=$data/data_2017-09-13-15.30.01.csv b=$data/data_2017-09-13-15.32.50.csv
test -r "$b" || { echo "1..0 # SKIP no N170 recording of a Muse"; exit 77; }
. "$abs_top_srcdir/tests/cli/tap.sh"
permuted=
# scored [SETTING OF EPOCH] -- STEPS: one object of JSON
scored ()
{
  reject=
  test "$1" = -- || { reject=$1; shift; }
  shift
  # shellcheck disable=SC2086
  fornix run "$a" "$b" ! pick kind=eeg ! band range=1..30Hz ! epoch on=1,2 from=-0.1s to=0.8s $reject \
    ! evaluate folds=5 seed=42 metric=auc $permuted begin "$@" end --json 2>err
}
# folds_are 'AUC...' [reject=] -- STEPS: within 0.0016, two of a fold's 1300 pairs of trials
folds_are ()
{
  want=$1
  shift
  got=$(scored "$@" | sed -n 's/.*"folds":\[\([^]]*\)\].*/\1/p' | tr , ' ')
  echo "$want $got" | awk '{ for (i = 1; i <= 5; i++) { d = $i - $(i + 5); far += d > 0.0016 || d < -0.0016 } exit far > 0 || NF != 10 }'
  ok $? "$*: $(echo "$got" | awk '{ for (i = 1; i <= NF; i++) printf "%.4f ", $i }')"
}
folds_are '0.7385 0.5591 0.6316 0.6553 0.5829' -- xdawncov nfilter=2 ! tangent ! logistic
folds_are '0.7378 0.6258 0.5974 0.6717 0.6316' -- xdawncov estimator=oas ! tangent ! logistic
folds_are '0.7462 0.6515 0.6507 0.6316 0.5467' -- erpcov ! mdm
folds_are '0.7545 0.6476 0.6191 0.6678 0.6257' -- erpcov estimator=lwf ! tangent ! logistic
folds_are '0.6987 0.6489 0.5875 0.6651 0.5776' -- flatten ! lda solver=lsqr shrinkage=auto
grep -q '^2 recordings, 392 trials (201 1, 191 2), 4 channels, 256 Hz' err
ok $? 'all 392 trials'
folds_are '0.6618 0.7582 0.6124 0.6674 0.7130' reject=75uV -- xdawncov estimator=oas ! tangent ! logistic
folds_are '0.5974 0.7233 0.6515 0.6432 0.5755' reject=75uV -- erpcov estimator=oas ! mdm
grep -q '^2 recordings, 376 trials (193 1, 183 2), 4 channels, 256 Hz' err
ok $? '376 of them span no more than 75 uV'
p=$(permuted=permutations=19; scored reject=75uV -- erpcov estimator=oas ! tangent ! logistic | sed -n 's/.*"p":\([0-9.e-]*\),"p_by":"permutation".*/\1/p')
awk "BEGIN { exit !(${p:-1} <= 0.05) }"
ok $? "none of 19 permutations of the targets reaches it: p ${p:-missing}"
finish
