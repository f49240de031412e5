#!/bin/sh
# Builds umake (makes pools) and uask (asks one import) in the folder $1 on OpenZFS's own code in user space (libzpool):
# headers come from the Debian packages libzfslinux-dev and zfs-dkms, which are unpacked there, not installed.
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/deb"; cd "$1"
(cd deb
 for p in libzfslinux-dev zfs-dkms; do ls "$p"_* >/dev/null 2>&1 || apt-get -q download "$p" >/dev/null 2>&1; dpkg -x "$p"_*.deb x; done)
z=$(echo deb/x/usr/src/zfs-*/include)
for f in "uask overlay" umake; do
  set -- $f
  gcc -O1 -w -o $1 $(for c; do echo "$here/$c.c"; done) -D_GNU_SOURCE -D_LARGEFILE64_SOURCE -Ideb/x/usr/include/libspl -Ideb/x/usr/include/libzfs \
    -I"$z" -I"$z/os/linux/zfs" -l:libzpool.so.6 -l:libnvpair.so.3 -lpthread
done
