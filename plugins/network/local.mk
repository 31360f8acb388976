plugin_LTLIBRARIES += plugins/network/network.la
plugins_network_network_la_SOURCES = \
  plugins/network/module.c \
  plugins/network/network.h \
  plugins/network/connectivity.c \
  plugins/network/degree.c \
  plugins/network/method.c \
  plugins/network/rows.c \
  plugins/network/threshold.c \
  plugins/network/tiles.c \
  plugins/network/voxels.c \
  plugins/network/voxelwise.c
# No fused multiply-add where an order of operations is promised.
plugins_network_network_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)network
plugins_network_network_la_CFLAGS = $(AM_CFLAGS) -ffp-contract=off $(OPENBLAS_CFLAGS)
plugins_network_network_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
plugins_network_network_la_LIBADD = io/nifti/libnifti.la $(ZLIB_LIBS) $(OPENBLAS_LIBS) -lm
