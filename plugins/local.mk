# One folder a family, one module a family, one step type a file.
include plugins/common/local.mk
include plugins/eeg/local.mk
include plugins/riemann/local.mk
include plugins/learn/local.mk
include plugins/network/local.mk
include plugins/encoding/local.mk
