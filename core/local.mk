# The host: libcore holds everything but main, so that tests can link it.
noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES =
fornix_SOURCES = core/main.c
fornix_LDFLAGS = -dlopen self
fornix_LDADD = libcore.la
