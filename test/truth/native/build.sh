#!/bin/sh
# build.sh DIR [2.1|2.2|2.3|2.3.9|2.4]: builds umake (makes pools) and uask (asks one import) in DIR on OpenZFS's own code in
# user space (libzpool). Nothing is installed. 2.3 (left out) takes the library that is installed; the others are unpacked
# from the packages of the Debian suite that has them, with its libc where that is newer. 2.2 is in no suite: its library is
# built from the tag zfs-2.2.9 of the git directory that OPENZFS_GIT names.
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"; cd "$1"; dir=$PWD; release=${2:-2.3}
linked='' libs='' number=$(echo "$release" | sed 's/^\([0-9]*\)\.\([0-9]*\).*/\10\2/')

# unpack FOLDER PACKAGE...: downloads and unpacks them there
unpack() {
  folder=$1; shift; mkdir -p "$folder"
  (cd "$folder"; for p in "$@"; do ls "${p%%=*}"_* >/dev/null 2>&1 || apt-get -q $apt download "$p" >/dev/null 2>&1; dpkg -x "${p%%=*}"_*.deb x; done)
}
# suite NAME: the packages of that suite instead of the machine's own, from where the machine has its own
suite() {
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
  mkdir -p apt/lists/partial apt/cache/archives/partial; : >apt/status
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main contrib" >apt/sources.list
  apt="-o Dir::Etc::sourcelist=$dir/apt/sources.list -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$dir/apt/lists -o Dir::State::status=$dir/apt/status -o Dir::Cache=$dir/apt/cache"
  apt-get -q $apt update >/dev/null 2>&1
}
newer_libc() {
  suite trixie; unpack libc libc6
  linked="-Wl,--dynamic-linker=$dir/libc/x/usr/lib64/ld-linux-x86-64.so.2"; libs=$dir/libc/x/usr/lib/x86_64-linux-gnu
}
case $release in
2.3) apt=''; zpool=libzpool.so.6; unpack deb libzfslinux-dev zfs-dkms ;;
2.1) zpool=libzpool.so.5; suite bookworm; unpack deb libzfslinux-dev zfs-dkms libzpool5linux libzfs4linux libnvpair3linux libuutil3linux; linked=-l:libzfs_core.so.3 ;;
2.3.9) zpool=libzpool.so.6; newer_libc; unpack deb libzfslinux-dev zfs-dkms libzpool6linux libnvpair3linux ;;
2.4) zpool=libzpool.so.7; newer_libc; suite trixie-backports; unpack deb libzfslinux-dev zfs-dkms libzpool7linux libnvpair3linux ;;
2.2)
  apt=''; unpack deb libblkid-dev; mkdir -p source
  git --git-dir="$OPENZFS_GIT" archive zfs-2.2.9 lib module include | tar -x -C source
  make -j2 -f "$here/library.mk" SOURCE="$dir/source" HEADERS="$dir/deb/x/usr/include" OUT="$dir/built" ;;
*) echo "no library of $release" >&2; exit 1 ;;
esac
if [ "$release" = 2.2 ]; then
  include="-Isource/lib/libspl/include/os/linux -Isource/lib/libspl/include -Isource/include -Isource/include/os/linux/zfs"
  tree=$dir/source
  link="built/libzpool.so -Wl,-rpath,$dir/built -Wl,--allow-shlib-undefined"
else
  z=$(echo deb/x/usr/src/zfs-*/include); tree=$dir/$(dirname "$z"); include="-Ideb/x/usr/include/libspl -Ideb/x/usr/include/libzfs -I$z -I$z/os/linux/zfs"
  for l in deb/x/usr/lib/x86_64-linux-gnu deb/x/lib/x86_64-linux-gnu; do [ ! -d $l ] || libs=$libs${libs:+:}$dir/$l; done
  link="$(echo "$libs" | tr : '\n' | sed 's/^./-L&/') -l:$zpool -l:libnvpair.so.3"
  [ "$release" = 2.3 ] || link="$link -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags -Wl,-rpath,$libs"
fi
for f in "uask overlay assertions" umake; do
  set -- $f
  gcc -O1 -w -DZFS="$number" -DSOURCE_TREE="\"$tree\"" -o $1 $(for c; do echo "$here/$c.c"; done) -D_GNU_SOURCE -D_LARGEFILE64_SOURCE $include $link $linked -lpthread -ldl
done
