plugin_LTLIBRARIES += plugins/learn/learn.la
plugins_learn_learn_la_SOURCES = \
  plugins/learn/module.c \
  plugins/learn/learn.h \
  plugins/learn/linear.c \
  plugins/learn/linear.h \
  plugins/learn/svm.c \
  plugins/learn/lda.c \
  plugins/learn/logistic.c \
  plugins/learn/scale.c \
  plugins/learn/pca.c \
  plugins/learn/select.c \
  plugins/learn/flatten.c \
  plugins/learn/regress.c \
  plugins/learn/elasticnet.c \
  plugins/learn/logloss.h
plugins_learn_learn_la_LDFLAGS = $(AM_LDFLAGS) $(MODULE_LDFLAGS)
plugins_learn_learn_la_LIBADD = plugins/common/libmachine.la plugins/common/libcommon.la $(SVM_LIBS) $(LBFGS_LIBS) $(LAPACKE_LIBS) $(OPENBLAS_LIBS) -lm
plugins_learn_learn_la_CPPFLAGS = $(AM_CPPFLAGS) $(AS_MODULE)learn
plugins_learn_learn_la_CFLAGS = $(AM_CFLAGS) $(LAPACKE_CFLAGS) $(OPENBLAS_CFLAGS)
