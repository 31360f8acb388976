# Covariance matrices.
plugin_LTLIBRARIES += plugins/riemann/riemann.la
plugins_riemann_riemann_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
plugins_riemann_riemann_la_LIBADD = plugins/common/libmachine.la plugins/common/libcommon.la plugins/common/libsignal.la $(SVM_LIBS) $(LAPACKE_LIBS) $(OPENBLAS_LIBS) -lm
plugins_riemann_riemann_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)riemann
plugins_riemann_riemann_la_CFLAGS = $(AM_CFLAGS) $(LAPACKE_CFLAGS) $(OPENBLAS_CFLAGS)
plugins_riemann_riemann_la_SOURCES = \
  plugins/riemann/adapt.c \
  plugins/riemann/adapt.h \
  plugins/riemann/ajd.c \
  plugins/riemann/ajd.h \
  plugins/riemann/align.c \
  plugins/riemann/augcov.c \
  plugins/riemann/blocks.c \
  plugins/riemann/btacm.c \
  plugins/riemann/cov.c \
  plugins/riemann/crossing.c \
  plugins/riemann/crossing.h \
  plugins/riemann/crossspec.c \
  plugins/riemann/csp.c \
  plugins/riemann/delaycov.c \
  plugins/riemann/delays.c \
  plugins/riemann/delays.h \
  plugins/riemann/distance.c \
  plugins/riemann/domains.c \
  plugins/riemann/domains.h \
  plugins/riemann/erpcov.c \
  plugins/riemann/estimate.c \
  plugins/riemann/evoked.c \
  plugins/riemann/evoked.h \
  plugins/riemann/fbcsp.c \
  plugins/riemann/fgmdm.c \
  plugins/riemann/filters.c \
  plugins/riemann/filters.h \
  plugins/riemann/growth.c \
  plugins/riemann/geodesic.c \
  plugins/riemann/knn.c \
  plugins/riemann/ksvm.c \
  plugins/riemann/matrices.c \
  plugins/riemann/causes.c \
  plugins/riemann/mdm.c \
  plugins/riemann/mdm.h \
  plugins/riemann/mdwm.c \
  plugins/riemann/mean.c \
  plugins/riemann/meanfield.c \
  plugins/riemann/means.c \
  plugins/riemann/means.h \
  plugins/riemann/module.c \
  plugins/riemann/params.c \
  plugins/riemann/patterns.c \
  plugins/riemann/plane.c \
  plugins/riemann/plane.h \
  plugins/riemann/potato.c \
  plugins/riemann/potato.h \
  plugins/riemann/potatofield.c \
  plugins/riemann/recentre.c \
  plugins/riemann/reference.c \
  plugins/riemann/reject.c \
  plugins/riemann/rescale.c \
  plugins/riemann/riemann.h \
  plugins/riemann/rotate.c \
  plugins/riemann/siegel.c \
  plugins/riemann/siegel.h \
  plugins/riemann/siegelmdm.c \
  plugins/riemann/siegeltangent.c \
  plugins/riemann/spatial.c \
  plugins/riemann/spatial.h \
  plugins/riemann/spoc.c \
  plugins/riemann/takens.c \
  plugins/riemann/takens.h \
  plugins/riemann/tangent.c \
  plugins/riemann/tangentrotate.c \
  plugins/riemann/trcsp.c \
  plugins/riemann/sides.c \
  plugins/riemann/sides.h \
  plugins/riemann/turn.c \
  plugins/riemann/turn.h \
  plugins/riemann/untangent.c \
  plugins/riemann/xdawn.c
