# libzpool of OpenZFS 2.2 as a shared library with all that it stands on, from its source tree SOURCE, without configure.
# Built like the module: ASSERT is nothing, VERIFY aborts.
# HEADERS: where blkid/blkid.h is. OUT: takes objects and libzpool.so.
S := $(SOURCE)
FLAGS := -O1 -w -fPIC -std=gnu99 -fno-strict-aliasing -D_GNU_SOURCE -D_LARGEFILE64_SOURCE -D_REENTRANT -DHAVE_LARGE_STACKS=1 \
  -DTEXT_DOMAIN='"zfs"' -DLIBEXECDIR='"/none"' -DRUNSTATEDIR='"/run"' -DSBINDIR='"/none"' -DSYSCONFDIR='"/etc"' -DPKGDATADIR='"/none"' \
  -DZFS_META_VERSION='"2.2"' -DZFS_META_ALIAS='"zfs-2.2"' -DSYSTEM_LINUX=1 -DHAVE_LIBBLKID=1 '-DISP2(x)=(((x) & ((x) - 1)) == 0)' -DLIB_ZPOOL_BUILD -DNDEBUG \
  -I$(OUT) -I$S/lib/libzpool/include -I$S/include -I$S/lib/libspl/include/os/linux -I$S/lib/libspl/include -I$S/include/os/linux/zfs \
  -I$S/module/icp/include -I$S/lib/libzutil -I$S/lib/libspl -I/usr/include/tirpc -I$(HEADERS)
# What reads partition tables (libefi) is not there: no file is asked for one.
# What the module has that a process has not: ioctls, files, volumes.
LEFT_OUT := zfs_(ioctl.*|vnops|log|replay|onexit|quota)|zvol
SOURCES := $(shell cd $S && ls lib/libzpool/*.c module/lua/*.c module/zcommon/*.c lib/libnvpair/libnvpair*.c module/nvpair/*nvpair.c \
  lib/libzutil/*.c lib/libzutil/os/linux/*.c lib/libtpool/*.c lib/libspl/*.c lib/libspl/os/linux/*.c && \
  ls module/zfs/*.c | grep -vE '/($(LEFT_OUT))\.c' && find module/icp -name '*.c' | grep -vE 'asm-|generic_impl' && \
  find module/icp/asm-x86_64 -name '*.[cS]' && find module/zstd/lib -name '*.c' | grep -v xxhash) \
  lib/libnvpair/nvpair_alloc_system.c module/nvpair/nvpair_alloc_fixed.c module/os/linux/zfs/vdev_file.c module/os/linux/zfs/zio_crypt.c \
  module/unicode/u8_textprep.c module/unicode/uconv.c module/avl/avl.c module/zstd/zfs_zstd.c
$(OUT)/libzpool.so: $(addprefix $(OUT)/,$(addsuffix .o,$(SOURCES)))
	gcc -shared -Wl,-soname,libzpool.so -Wl,-z,noexecstack -o $@ $^ -lz -lm -lpthread -ldl -lrt -l:libtirpc.so.3 -l:libblkid.so.1 -l:libudev.so.1 -Wl,-z,lazy
$(OUT)/module/zstd/%.o: FLAGS += -include $S/module/zstd/include/zstd_compat_wrapper.h -fno-tree-vectorize
$(OUT)/%.o: $S/% $(OUT)/zfs_gitrev.h
	@mkdir -p $(dir $@)
	gcc $(FLAGS) -c $< -o $@
$(OUT)/zfs_gitrev.h:
	@mkdir -p $(OUT)
	echo '#define ZFS_META_GITREV "zfs-2.2"' >$@
