# Readers and writers: one folder each, each a loadable module.
include io/edf/local.mk
include io/nifti/local.mk
include io/text/local.mk
include io/npy/local.mk
include io/sim/local.mk
