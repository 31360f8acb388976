#!/bin/sh
# Make ./configure from configure.ac.  Needs autoconf, automake and libtool.
cd "$(dirname "$0")" && exec autoreconf --install --force --warnings=all
