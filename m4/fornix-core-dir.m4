# FORNIX_CORE_DIR
# ---------------
# Generated configure scripts run "rm -f core ..." again and again to clear
# away crash dumps.  Our folder core/ makes that fail, and then confdefs.h
# stays behind and "make distcheck" complains.  So drop the word `core' when
# it names a directory.  Call this right after AC_INIT.
AC_DEFUN([FORNIX_CORE_DIR],
[rm ()
{
  if test "x$[1]:$[2]" = x-f:core && test -d core; then
    shift; shift
    command rm -f "$[@]"
  else
    command rm "$[@]"
  fi
}])
