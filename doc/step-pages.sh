#!/bin/sh
# step-pages.sh FOLDER LOWDOWN...: the manual page of every step of the build
# tree, fornix-NAME.7.  Plugins of whoever builds are no business of ours.
set -e
folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder"
XDG_DATA_HOME=/nowhere
export XDG_DATA_HOME
for step in $(fornix steps --names); do
  fornix inspect --markdown "$step" >"$folder/page.md"
  "$@" -o "$folder/fornix-$step.7" "$folder/page.md"
done
rm -f "$folder/page.md"
