# The host: libcore holds everything but main, so that tests can link it.
noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES = \
  core/buffer.c \
  core/buffer.h \
  core/buffer_impl.h \
  core/buffer_make.c \
  core/buffer_value.c \
  core/call.c \
  core/call.h \
  core/chain.h \
  core/fault.h \
  core/param.h \
  core/pool.c \
  core/pool.h \
  core/registry.h \
  core/rng.h \
  core/spec.c \
  core/spec.h \
  $(NULL)
# What an evaluation gives, and where results go.
libcore_la_SOURCES += \
  core/folds.c \
  core/folds.h \
  core/mt19937.c \
  core/mt19937.h \
  core/score.c \
  core/score.h \
  core/score_impl.h \
  core/score_rank.c \
  core/score_sure.c \
  core/score_value.c \
  core/output.c \
  core/output.h \
  core/output_fault.c \
  core/model_file.c \
  core/model_file.h \
  core/spec_json.c \
  core/spec_json.h \
  core/table_text.c \
  core/table_text.h \
  core/progress.c \
  core/progress.h \
  $(NULL)
# From a chain to its results, and the commands.
libcore_la_SOURCES += \
  core/exec.h \
  core/exec_impl.h \
  core/resolve.c \
  core/scope.c \
  core/node.c \
  core/negotiate.c \
  core/plan.c \
  core/node_run.c \
  core/river.c \
  core/exec.c \
  core/learned.c \
  core/learned.h \
  core/collect.c \
  core/collect.h \
  core/recordings.c \
  core/recordings_table.c \
  core/recording.c \
  core/recording.h \
  core/join.c \
  core/cohort.c \
  core/provenance.c \
  core/provenance.h \
  core/memo.c \
  core/memo.h \
  core/pipeline.c \
  core/pipeline_walk.c \
  core/pipeline.h \
  core/settings.c \
  core/settings.h \
  core/evaluate.c \
  core/evaluate.h \
  core/evaluate_report.c \
  core/evaluate_report.h \
  core/evaluate_impl.h \
  core/evaluate_folds.c \
  core/evaluate_groups.c \
  core/evaluate_lines.h \
  core/evaluate_parts.c \
  core/evaluate_people.c \
  core/evaluate_permute.c \
  core/evaluate_predictions.c \
  core/evaluate_tables.c \
  core/evaluate_tell.c \
  core/search.c \
  core/search.h \
  core/compare.c \
  core/compare.h \
  core/compare_pairs.c \
  core/compare_people.c \
  core/evaluate_people.h \
  core/paired.c \
  core/paired.h \
  core/train.c \
  core/train.h \
  core/write.c \
  core/table.c \
  core/scan.c \
  core/scan.h \
  core/cmd/ui.c \
  core/cmd/ui.h \
  core/cmd/run.c \
  core/cmd/train.c \
  core/cmd/apply.c \
  core/cmd/inspect.c \
  core/cmd/inspect_recording.c \
  $(NULL)
# Pictures.
libcore_la_SOURCES += \
  core/figure/figure.c \
  core/figure/figure.h \
  core/figure/grid.c \
  core/figure/lines.c \
  core/figure/matrix.c \
  core/figure/scale.c \
  core/figure/scale.h \
  core/figure/scored.c \
  core/figure/scored.h \
  core/figure/scores.c \
  core/figure/svg.c \
  core/figure/svg.h \
  core/figure/versus.c \
  core/figure/writer.c \
  io/writer.h \
  $(NULL)
# Modules: found, tried, opened, listed.
libcore_la_SOURCES += \
  core/builtin.c \
  core/clock.c \
  core/clock.h \
  core/load.c \
  core/load.h \
  core/prepared.c \
  core/prepared.h \
  core/probe.c \
  core/registry.c \
  core/registry_reader.c \
  core/vet.c \
  core/xdg.c \
  core/xdg.h \
  core/describe.c \
  core/describe.h \
  core/describe_json.c \
  core/describe_markdown.c \
  core/cmd/cmd.h \
  core/cmd/inspect_step.c \
  core/cmd/plugins.c \
  core/cmd/steps.c \
  core/cmd/check.c \
  core/cmd/new.c \
  core/cmd/version.c \
  core/validate.c \
  core/validate.h \
  core/validate_impl.h \
  core/validate_again.c \
  core/validate_bench.c \
  core/validate_guard.c \
  core/validate_make.c \
  core/validate_model.c \
  core/validate_run.c \
  core/validate_settings.c \
  core/validate_types.c \
  core/validate_values.c \
  core/validate_wild.c \
  $(NULL)
# What users write: settings, chains, and the faults that point at them.
libcore_la_SOURCES += \
  core/cmd/chain.c \
  core/chain.c \
  core/chain_json.c \
  core/chain_line.c \
  core/chain_make.h \
  core/chain_tree.c \
  core/chain_tree.h \
  core/chain_yaml.c \
  core/fault.c \
  core/fault_print.c \
  core/nearest.c \
  core/number.c \
  core/param.c \
  core/param_desc.c \
  core/param_desc.h \
  core/param_try.c \
  core/rng.c \
  core/sha256.c \
  core/sha256.h \
  core/text.c \
  core/text.h \
  core/unit.c \
  core/unit.h \
  core/value.c \
  core/value.h \
  core/what.c \
  $(NULL)
libcore_la_CPPFLAGS = $(AM_CPPFLAGS) -include config.h \
  -DPLUGINDIR='"$(plugindir)"' -DPKGDATADIR='"$(pkgdatadir)"'
libcore_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS)
libcore_la_LIBADD = $(YAML_LIBS) $(JANSSON_LIBS) $(LTDL_LIBS) $(GSL_LIBS) -lpthread -ldl -lm
fornix_SOURCES = core/main.c
# No -export-dynamic (nor -dlopen self and -dlpreopen force, which imply it):
# the program's symbols, GSL's among them, would come before those of every
# plugin's own libraries.
fornix_LDADD = libcore.la
if PRELOAD
fornix_SOURCES += core/preload.c
# libtool's -static: of our own libraries the archives.
fornix_LDFLAGS = -static
fornix_LDADD += \
  -dlpreopen io/edf/edf.la \
  -dlpreopen io/nifti/nifti.la \
  -dlpreopen io/text/text.la \
  -dlpreopen io/npy/npy.la \
  -dlpreopen io/sim/sim.la \
  -dlpreopen plugins/eeg/eeg.la \
  -dlpreopen plugins/riemann/riemann.la \
  -dlpreopen plugins/learn/learn.la \
  -dlpreopen plugins/network/network.la \
  -dlpreopen plugins/encoding/encoding.la \
  $(NULL)
endif
