# What plugin authors need: the header, how to find it, a template, examples.
fornixincludedir = $(includedir)/fornix
fornixinclude_HEADERS = sdk/fornix/plugin.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = sdk/fornix-sdk.pc
m4dir = $(datadir)/aclocal
dist_m4_DATA = sdk/fornix.m4
templatedir = $(pkgdatadir)/template
dist_template_DATA = sdk/template/sharpen.c sdk/template/Makefile sdk/template/test.sh sdk/template/README.md
exampledir = $(docdir)/examples
dist_example_DATA = sdk/example1-gain.c sdk/example2-filter.c sdk/example3-estimator.c sdk/example4-reader.c
EXTRA_DIST += sdk/COPYING
