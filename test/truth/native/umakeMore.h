/*
 * More commands of umake, which includes this once:
 *   turns N                      N txgs with a small change each: a ring goes round
 *   window FROM COUNT | window 0 0   data goes to those metaslabs of each top-level vdev only | to all again
 *   sets DS N                    N datasets DS0, DS1, ... with one small object each
 *   snaps DS N                   N snapshots of DS, one a txg, a small change before each
 *   snapsets DS N TIMES          a snapshot of each of those N datasets in one txg, so many times
 *   users                        counts the space of users, groups and projects in what is written from then on
 *   quota|refquota|reserve DS BYTES   rename DS DS2   rollback DS
 *   zvol DS MIB BLOCK            zw DS BLOCK COUNT [seed]
 *   zil DS N                     N synchronous writes that stay in the intent log
 *   attachseq|replaceseq OLD NEW   with a sequential resilver
 *   cancel                       the removal of a device    noalloc X   errorscrub   stopscan
 *   extents FILE                 prints EXTENT FROM TO for each range that holds data
 */
#include <sys/zil.h>
#include <sys/zvol.h>
#include <sys/metaslab_impl.h>
#include <fcntl.h>
#include <unistd.h>

static void turns(unsigned n) { for (unsigned i = 0; i < n; i++) { char ds[128]; snprintf(ds, 128, "%s/a", P); w_(ds, "turn", 4, R + i, B_TRUE); sync_(); } }

static void window(uint64_t from, uint64_t count)
{
	vdev_t *root = spa->spa_root_vdev;
	for (int t = 0; t < root->vdev_children; t++) {
		vdev_t *top = root->vdev_child[t];
		for (uint64_t m = 0; m < top->vdev_ms_count && top->vdev_ms != NULL; m++) {
			uint64_t at = (m + top->vdev_ms_count - from % top->vdev_ms_count) % top->vdev_ms_count;
			if (top->vdev_ms[m] != NULL) top->vdev_ms[m]->ms_disabled = count != 0 && at >= count;
		}
	}
}

static void sets(const char *name, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char ds[200]; snprintf(ds, 200, "%s%u", name, i);
		ok(dmu_objset_create(ds, DMU_OST_OTHER, 0, NULL, makeset, NULL), ds); w_(ds, "o", 4, 1, B_TRUE);
	}
	sync_();
}

static void snaps(const char *ds, unsigned n)
{
	for (unsigned i = 0; i < n; i++) { char name[32]; snprintf(name, 32, "n%u", i); w_(ds, "often", 1, R + i, B_FALSE); ok(dmu_objset_snapshot_one(ds, name), name); }
}

static void snapsets(const char *parent, unsigned n, unsigned times)
{
	for (unsigned t = 0; t < times; t++) {
		nvlist_t *all = fnvlist_alloc(), *errors = fnvlist_alloc();
		for (unsigned i = 0; i < n; i++) { char s[240]; snprintf(s, 240, "%s%u@t%u", parent, i, t); fnvlist_add_boolean(all, s); }
		ok(dsl_dataset_snapshot(all, NULL, errors), "snapsets"); fnvlist_free(all); fnvlist_free(errors);
	}
}

/* Whose an object is by the first byte of its bonus: which it is does not matter, only that there are several. */
static int owner_of(dmu_object_type_t type, const void *data, zfs_file_info_t *zfi)
{
	const uint8_t *b = data;
	zfi->zfi_user = b ? 1000 + b[0] % 5 : 0; zfi->zfi_group = b ? 100 + b[0] % 3 : 0; zfi->zfi_project = b ? b[0] % 4 : 0; zfi->zfi_generation = 0;
	return (0);
}

static void zvol_make(objset_t *os, void *a, cred_t *cr, dmu_tx_t *tx)
{
	uint64_t *size = a;
	ok(dmu_object_claim(os, ZVOL_OBJ, DMU_OT_ZVOL, size[1], DMU_OT_NONE, 0, tx), "zvol");
	ok(zap_create_claim(os, ZVOL_ZAP_OBJ, DMU_OT_ZVOL_PROP, DMU_OT_NONE, 0, tx), "zvol");
	ok(zap_update(os, ZVOL_ZAP_OBJ, "size", 8, 1, &size[0], tx), "zvol");
}

static void zvol_write(const char *ds, uint64_t first, uint64_t count, unsigned seed)
{
	objset_t *os = own(ds); dmu_object_info_t doi; if (!os) return;
	ok(dmu_object_info(os, ZVOL_OBJ, &doi), ds);
	for (uint64_t i = first; i < first + count; i++) {
		uint64_t size = doi.doi_data_block_size; dmu_tx_t *tx = dmu_tx_create(os); dmu_tx_hold_write(tx, ZVOL_OBJ, i * size, size);
		if (dmu_tx_assign(tx, DMU_TX_WAIT)) { dmu_tx_abort(tx); printf("FAIL full\n"); break; }
		fill(size, seed + i, B_FALSE); dmu_write(os, ZVOL_OBJ, i * size, size, buf, tx); dmu_tx_commit(tx);
	}
	dmu_objset_disown(os, B_TRUE, (void *)"umake");
}

static objset_t *logged[8];
static zilog_t *logs[8];
static int nlogs;

static void zil(const char *ds, unsigned n)
{
	ok(dmu_objset_create(ds, DMU_OST_OTHER, 0, NULL, makeset, NULL), ds); w_(ds, "logged", 1024, 5, B_FALSE); sync_();
	objset_t *os = own(ds); uint64_t obj; if (!os || nlogs == 8 || zap_lookup(os, 1, "logged", 8, 1, &obj)) return;
	zilog_t *z = zil_open(os, NULL, NULL); logged[nlogs] = os; logs[nlogs++] = z;
	for (unsigned i = 0; i < n; i++) {
		unsigned size = 512 << rnd(6); uint64_t at = rnd(8) * 131072ULL;
		dmu_tx_t *tx = dmu_tx_create(os); dmu_tx_hold_write(tx, obj, at, size); if (!assign(tx)) break;
		fill(size, R + i, B_FALSE); dmu_write(os, obj, at, size, buf, tx);
		itx_t *itx = zil_itx_create(TX_WRITE, sizeof (lr_write_t) + size); lr_write_t *lr = (lr_write_t *)&itx->itx_lr;
		itx->itx_wr_state = WR_COPIED; itx->itx_sync = B_TRUE; itx->itx_private = os;
		lr->lr_foid = obj; lr->lr_offset = at; lr->lr_length = size; lr->lr_blkoff = 0; BP_ZERO(&lr->lr_blkptr); memcpy((char *)(lr + 1), buf, size);
		zil_itx_assign(z, itx, tx); dmu_tx_commit(tx); zil_commit(z, obj);
	}
}
static void zil_end(void) { while (nlogs > 0) { nlogs--; zil_close(logs[nlogs]); dmu_objset_disown(logged[nlogs], B_TRUE, (void *)"umake"); } }

static void extents(const char *path)
{
	int fd = open(path, O_RDONLY); off_t at = 0, hole;
	while (fd >= 0 && (at = lseek(fd, at, SEEK_DATA)) >= 0) { hole = lseek(fd, at, SEEK_HOLE); printf("EXTENT %lld %lld\n", (longlong_t)at, (longlong_t)hole); at = hole; }
	if (fd >= 0) close(fd);
}

/* @return B_FALSE for a command that is none of these */
static boolean_t more(char **w, int n)
{
	char *c = w[0]; uint64_t a = n > 1 ? strtoull(w[n - 1], NULL, 0) : 0;
	if (!strcmp(c, "turns")) turns(a);
	else if (!strcmp(c, "window")) window(strtoull(w[1], NULL, 0), a);
	else if (!strcmp(c, "sets")) sets(w[1], a);
	else if (!strcmp(c, "snaps")) snaps(w[1], a);
	else if (!strcmp(c, "snapsets")) snapsets(w[1], atoi(w[2]), a);
	else if (!strcmp(c, "users")) { dmu_objset_register_type(DMU_OST_OTHER, owner_of); bonus = 16; }
	else if (!strcmp(c, "quota")) ok(dsl_dir_set_quota(w[1], ZPROP_SRC_LOCAL, a), c);
	else if (!strcmp(c, "refquota")) ok(dsl_dataset_set_refquota(w[1], ZPROP_SRC_LOCAL, a), c);
	else if (!strcmp(c, "reserve")) ok(dsl_dir_set_reservation(w[1], ZPROP_SRC_LOCAL, a), c);
	else if (!strcmp(c, "rename")) ok(dsl_dir_rename(w[1], w[2]), c);
	else if (!strcmp(c, "rollback")) { nvlist_t *r = fnvlist_alloc(); ok(dsl_dataset_rollback(w[1], NULL, NULL, r), c); fnvlist_free(r); }
	else if (!strcmp(c, "zvol")) { uint64_t size[2] = { strtoull(w[2], NULL, 0) << 20, a }; ok(dmu_objset_create(w[1], DMU_OST_ZVOL, 0, NULL, zvol_make, size), w[1]); }
	else if (!strcmp(c, "zw")) zvol_write(w[1], strtoull(w[2], NULL, 0), strtoull(w[3], NULL, 0), n > 4 ? a : rnd(1 << 30));
	else if (!strcmp(c, "zil")) zil(w[1], a);
	else if (!strcmp(c, "attachseq") || !strcmp(c, "replaceseq")) ok(spa_vdev_attach(spa, guidof(w[1]), one(w[2]), *c == 'r', B_TRUE), c);
	else if (!strcmp(c, "cancel")) ok(spa_vdev_remove_cancel(spa), c);
#if ZFS >= 202
	else if (!strcmp(c, "noalloc")) ok(spa_vdev_noalloc(spa, guidof(w[1])), c);
	else if (!strcmp(c, "errorscrub")) ok(spa_scan(spa, POOL_SCAN_ERRORSCRUB), c);
#endif
	else if (!strcmp(c, "stopscan")) ok(spa_scan_stop(spa), c);
	else if (!strcmp(c, "extents")) extents(w[1]);
	else return (B_FALSE);
	return (B_TRUE);
}
