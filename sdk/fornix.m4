# fornix.m4: for plugins that use autoconf.                      serial 1
# SPDX-License-Identifier: BSD-2-Clause
#
# FNX_PLUGIN([VERSION])
# Finds the SDK of at least that version: sets FORNIX_CFLAGS, and fornixplugindir
# to the folder to install into (configure --with-fornix-plugindir=DIR says another).
# Then in Makefile.am:
#
#   fornixplugin_LTLIBRARIES = mine.la
#   mine_la_SOURCES = mine.c
#   mine_la_CFLAGS = $(FORNIX_CFLAGS) -fvisibility=hidden
#   mine_la_LDFLAGS = -module -avoid-version -no-undefined -Wl,-z,now
AC_DEFUN([FNX_PLUGIN],
[AC_REQUIRE([PKG_PROG_PKG_CONFIG])
PKG_CHECK_MODULES([FORNIX], [fornix-sdk m4_ifval([$1], [>= $1])])
AC_ARG_WITH([fornix-plugindir],
  [AS_HELP_STRING([--with-fornix-plugindir=DIR], [where plugins of Fornix go])],
  [], [PKG_CHECK_VAR([with_fornix_plugindir], [fornix-sdk], [plugindir])])
AC_SUBST([fornixplugindir], [$with_fornix_plugindir])])
