/*
 * What the releases of OpenZFS call differently; ZFS is 201 for 2.1, 202 for 2.2, 203, 204: see build.sh. What a release has
 * not got answers ENOTSUP.
 */
/* The library lacks it, or has it where the linker's own libc has not. */
#define	strlcpy(to, from, size) ((void) snprintf((to), (size), "%s", (from)))
#if ZFS < 202
#define	SEARCH(ops, args) zpool_search_import(NULL, (args), (ops))
#define	zil_open(os, get, sums) (zil_open)((os), (get))
#define	spa_vdev_add(spa, nv, check) (spa_vdev_add)((spa), (nv))
#else
#define	SEARCH(ops, args) zpool_search_import(&(libpc_handle_t){ .lpc_ops = (pool_config_ops_t *)(ops), .lpc_printerr = B_TRUE }, (args))
#endif
#if ZFS < 203
#define	DESTROYED(args, yes) ((void) (yes))
#define	DMU_TX_WAIT TXG_WAIT
#define	spa_change_guid(spa, guid) (spa_change_guid)(spa)
#define	EXPANDS(spa) B_FALSE
#else
#define	DESTROYED(args, yes) ((args).do_destroyed = (yes))
#define	EXPANDS(spa) ((spa)->spa_raidz_expand != NULL)
#endif
#if ZFS >= 204
#define	dmu_write(os, obj, at, n, buf, tx) (dmu_write)((os), (obj), (at), (n), (buf), (tx), DMU_READ_NO_PREFETCH)
#define	dmu_objset_clone(clone, origin) dsl_dataset_clone((clone), (origin))
#endif
