# Chains to read and run.
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = \
  examples/acm-mdop.yaml \
  examples/augmented-grid.yaml \
  examples/btacm.yaml \
  examples/compare.yaml \
  examples/cross-subject.yaml \
  examples/encoding-ridge.yaml \
  examples/fbcsp.yaml \
  examples/motor-imagery.yaml \
  examples/p300-xdawn.yaml \
  examples/resting-network.yaml \
  examples/simulated-fists.yaml \
  $(NULL)
