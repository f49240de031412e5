/*
 * Makes pools with OpenZFS's own code in userland (libzpool), natively. Commands on stdin, one a line:
 *   create POOL ashift=N [features=all|none|a,b,-c] [version=N] SPEC   fs DS [prop=v]...   crypt DS   set DS prop v
 *   w DS OBJ KIB [seed]  full DS [seed]  rmobj DS OBJ  brt DS OBJ OBJ2  snap DS@S  clone S DS  promote DS  destroy DS|S  bookmark S DS#B  hold S
 *   tick N   sync N   attach OLD NEW  replace OLD NEW|draidP-T-S  spare OLD SPARE  detach X  remove X  add SPEC  split NEW PATH..
 *   offline X  online X  fault X  forced X (zpool offline -f)  clear
 *   checkpoint  discard  scrub  pause  initialize X  trim X  upgrade  feature F  prop P V  reguid  waitresilver
 *   tun NAME=V   save DIR   cp A B   rm A   export   destroypool   import POOL DIR TXG (0: plain; -N: N before the last) [-m] [-D] [-c] [-n=NEWNAME]   txg
 *   and those of umakeMore.h
 * -c: to the checkpoint. SPEC: words PATH | mirror | raidzP | draidP:Dd:Cc:Ss | log | special | dedup | spare | cache   (group words hold until the next)
 */
#include <sys/zfs_context.h>
#include <dlfcn.h>
#include <sys/spa.h>
#include <sys/spa_impl.h>
#include <sys/vdev_impl.h>
#include <sys/vdev_draid.h>
#include <sys/dmu.h>
#include <sys/dmu_tx.h>
#include <sys/dmu_objset.h>
#include <sys/dsl_dataset.h>
#include <sys/dsl_dir.h>
#include <sys/dsl_pool.h>
#include <sys/dsl_prop.h>
#include <sys/dsl_destroy.h>
#include <sys/dsl_bookmark.h>
#include <sys/dsl_userhold.h>
#include <sys/dsl_crypt.h>
#include <sys/dsl_scan.h>
#include <sys/txg.h>
#include <sys/zap.h>
#include <sys/fs/zfs.h>
#include <zfeature_common.h>
#include <libzutil.h>
#include "release.h"
static uint64_t R = 1, ashift = 12;
static char P[64];
static spa_t *spa;
static unsigned rnd(unsigned n) { R = R * 6364136223846793005ULL + 1442695040888963407ULL; return ((R >> 33) % n); }
static int bad;
static uint64_t last;
static void ok(int e, const char *w) { if (e) { printf("FAIL %s: %s\n", w, strerror(e)); bad++; } }
static void openpool(void) { ok(spa_open(P, &spa, (void *)"umake"), "open"); }
static void zil_end(void);
static void closepool(void) { zil_end(); if (spa) spa_close(spa, (void *)"umake"); spa = NULL; }
static void sync_(void) { if (spa) txg_wait_synced(spa_get_dsl(spa), 0); }

static nvlist_t *spec(char **w, int n)
{
	nvlist_t *root = fnvlist_alloc(), *tops[64], *kids[64], *spares[8], *caches[8];
	uint_t t = 0, k = 0, s = 0, c = 0;
	char *group = NULL, *class = "", *gclass = "";
	for (int i = 0; i <= n; i++) {
		char *x = i < n ? w[i] : NULL;
		boolean_t dspare = x && !strncmp(x, "draid", 5) && strchr(x, '-'), path = x && (*x == '/' || dspare), gr = x && !dspare && (!strncmp(x, "mirror", 6) || !strncmp(x, "raidz", 5) || !strncmp(x, "draid", 5));
		if (!path && group) {
			nvlist_t *v = tops[t++] = fnvlist_alloc();
			if (!strncmp(group, "draid", 5)) {
				unsigned p, d, ch, sp, g = 1; sscanf(group, "draid%u:%ud:%uc:%us", &p, &d, &ch, &sp);
				while ((g * (d + p)) % (ch - sp) != 0) g++;
				fnvlist_add_string(v, "type", "draid"); fnvlist_add_uint64(v, "nparity", p); fnvlist_add_uint64(v, "draid_ndata", d);
				fnvlist_add_uint64(v, "draid_nspares", sp); fnvlist_add_uint64(v, "draid_ngroups", g);
			} else if (!strncmp(group, "raidz", 5)) { fnvlist_add_string(v, "type", "raidz"); fnvlist_add_uint64(v, "nparity", group[5] - '0'); }
			else fnvlist_add_string(v, "type", "mirror");
			fnvlist_add_nvlist_array(v, "children", (const nvlist_t **)kids, k); k = 0;
			fnvlist_add_uint64(v, "ashift", ashift); fnvlist_add_uint64(v, "is_log", !strcmp(gclass, "log"));
			if (!strcmp(gclass, "special") || !strcmp(gclass, "dedup")) fnvlist_add_string(v, "alloc_bias", gclass);
			group = NULL;
		}
		if (!x) break;
		if (gr) { group = x; gclass = class; continue; }
		if (!path) { class = x; continue; }
		nvlist_t *v = fnvlist_alloc();
		fnvlist_add_string(v, "type", dspare ? "dspare" : getenv("DISKTYPE") ? "disk" : "file"); if (getenv("DISKTYPE")) fnvlist_add_uint64(v, "whole_disk", *getenv("DISKTYPE") == 'w'); fnvlist_add_string(v, "path", x); fnvlist_add_uint64(v, "ashift", ashift);
		if (group) kids[k++] = v;
		else if (!strcmp(class, "spare")) spares[s++] = v;
		else if (!strcmp(class, "cache")) caches[c++] = v;
		else {
			fnvlist_add_uint64(v, "is_log", !strcmp(class, "log"));
			if (!strcmp(class, "special") || !strcmp(class, "dedup")) fnvlist_add_string(v, "alloc_bias", class);
			tops[t++] = v;
		}
	}
	fnvlist_add_string(root, "type", "root");
	fnvlist_add_nvlist_array(root, "children", (const nvlist_t **)tops, t);
	if (s) fnvlist_add_nvlist_array(root, "spares", (const nvlist_t **)spares, s);
	if (c) fnvlist_add_nvlist_array(root, "l2cache", (const nvlist_t **)caches, c);
	return (root);
}
static vdev_t *find(vdev_t *vd, const char *path)
{
	if (vd->vdev_path && vd->vdev_ops->vdev_op_leaf && strstr(vd->vdev_path, path)) return (vd);
	if (vd->vdev_top == vd && vd->vdev_children) { char nm[64]; snprintf(nm, 64, "%s-%llu", vd->vdev_ops->vdev_op_type, (u_longlong_t)vd->vdev_id); if (!strcmp(nm, path)) return (vd); }
	for (int i = 0; i < vd->vdev_children; i++) { vdev_t *f = find(vd->vdev_child[i], path); if (f) return (f); }
	return (NULL);
}
static uint64_t guidof(const char *path) { vdev_t *v = find(spa->spa_root_vdev, path); if (!v) { printf("FAIL no vdev %s\n", path); bad++; return (1); } return (v->vdev_guid); }
static nvlist_t *one(const char *path) { char *w[1] = { (char *)path }; return (spec(w, 1)); }
static char buf[1 << 20];
static void fill(unsigned n, unsigned seed, boolean_t text) { for (unsigned i = 0; i < n; i++) buf[i] = text ? "some text that compresses well "[(i + i / 977 * seed) % 31] : (seed = seed * 1103515245 + 12345) >> 16; if (n > 8) memcpy(buf, &seed, 4); }
static void makeset(objset_t *os, void *a, cred_t *cr, dmu_tx_t *tx) { (void) a; (void) cr; ok(zap_create_claim(os, 1, DMU_OT_ZAP_OTHER, DMU_OT_NONE, 0, tx), "claim"); }
static uint_t bonus;
static objset_t *own(const char *ds) { objset_t *os = NULL; int e = dmu_objset_own(ds, DMU_OST_ANY, B_FALSE, B_TRUE, (void *)"umake", &os); if (e) { ok(e, ds); return (NULL); } return (os); }
/* @return B_FALSE where the pool is full: the transaction is gone then */
static boolean_t assign(dmu_tx_t *tx) { int e = dmu_tx_assign(tx, DMU_TX_WAIT); ok(e, "assign"); if (e) dmu_tx_abort(tx); return (e == 0); }
/* The first byte of the bonus says whose an object is. */
static void mark(objset_t *os, uint64_t obj, dmu_tx_t *tx) { dmu_buf_t *db; if (bonus && dmu_bonus_hold(os, obj, FTAG, &db) == 0) { dmu_buf_will_dirty(db, tx); *(uint8_t *)db->db_data = obj; dmu_buf_rele(db, FTAG); } }
static void w_(const char *ds, const char *name, unsigned kib, unsigned seed, boolean_t text)
{
	objset_t *os = own(ds); uint64_t obj; if (!os) return; unsigned bs = os->os_recordsize ? os->os_recordsize : 131072;
	dmu_tx_t *tx = dmu_tx_create(os); dmu_tx_hold_zap(tx, 1, TRUE, name); dmu_tx_hold_bonus(tx, DMU_NEW_OBJECT);
	if (!assign(tx)) { dmu_objset_disown(os, B_TRUE, (void *)"umake"); return; }
	if (zap_lookup(os, 1, name, 8, 1, &obj)) { obj = dmu_object_alloc(os, DMU_OT_PLAIN_FILE_CONTENTS, kib * 1024 < bs ? MAX(512, kib * 1024) : bs, bonus ? DMU_OT_UINT64_OTHER : DMU_OT_NONE, bonus, tx); mark(os, obj, tx); ok(zap_add(os, 1, name, 8, 1, &obj, tx), "zap"); }
	dmu_tx_commit(tx);
	for (unsigned o = 0; o < kib; o += 128) {
		unsigned n = MIN(128, kib - o) * 1024; tx = dmu_tx_create(os); dmu_tx_hold_write(tx, obj, o * 1024ULL, n);
		if (dmu_tx_assign(tx, DMU_TX_WAIT)) { dmu_tx_abort(tx); printf("FAIL full\n"); break; }
		fill(n, seed + o, text); dmu_write(os, obj, o * 1024ULL, n, buf, tx); dmu_tx_commit(tx);
	}
	dmu_objset_disown(os, B_TRUE, (void *)"umake");
}
static void rm_(const char *ds, const char *name)
{
	objset_t *os = own(ds); uint64_t obj; if (!os) return;
	if (zap_lookup(os, 1, name, 8, 1, &obj) == 0) {
		dmu_tx_t *tx = dmu_tx_create(os); dmu_tx_hold_zap(tx, 1, FALSE, name); dmu_tx_hold_free(tx, obj, 0, DMU_OBJECT_END);
		if (assign(tx)) { ok(zap_remove(os, 1, name, tx), "zap"); ok(dmu_object_free(os, obj, tx), "free"); dmu_tx_commit(tx); }
	}
	dmu_objset_disown(os, B_TRUE, (void *)"umake");
}
static void work(unsigned i)
{
	char ds[128], x[128]; static unsigned snaps; snprintf(ds, 128, "%s/%c", P, "abc"[rnd(3)]);
	switch (rnd(7)) {
	case 0: case 1: snprintf(x, 128, "r%u", i); w_(ds, x, 4 + rnd(40), R, B_FALSE); break;
	case 2: for (int j = 0; j < 8; j++) { snprintf(x, 128, "t%u.%d", i, j); w_(ds, x, 1, i * 9 + j, B_TRUE); } break;
	case 3: for (int j = 0; j < 8; j++) { snprintf(x, 128, "t%u.%d", i - 1 - rnd(4), j); rm_(ds, x); } snprintf(x, 128, "r%u", i - 1 - rnd(5)); rm_(ds, x); w_(ds, "last", 2, i, B_TRUE); break;
	case 4: snprintf(x, 128, "w%u", ++snaps); ok(dmu_objset_snapshot_one(ds, x), x); break;
	case 5: snprintf(x, 128, "z%u", i); w_(ds, x, 100 + rnd(100), i, B_TRUE); break;
	case 6: snprintf(x, 128, "%s/s%u", P, i); ok(dmu_objset_create(x, DMU_OST_OTHER, 0, NULL, makeset, NULL), x); w_(x, "f", 8, i, B_FALSE); break;
	}
	sync_();
}
static void initq(const char *path, boolean_t trim)
{
	nvlist_t *v = fnvlist_alloc(), *err = fnvlist_alloc(); fnvlist_add_uint64(v, path, guidof(path));
	ok(trim ? spa_vdev_trim(spa, v, POOL_TRIM_START, 0, B_TRUE, B_FALSE, err) : spa_vdev_initialize(spa, v, POOL_INITIALIZE_START, err), "initialize");
}
static void crypt_(const char *ds)
{
	nvlist_t *props = fnvlist_alloc(), *hidden = fnvlist_alloc(); dsl_crypto_params_t *dcp = NULL; uint8_t key[32]; memset(key, 7, 32);
	fnvlist_add_uint64(props, "encryption", ZIO_CRYPT_AES_256_GCM); fnvlist_add_uint64(props, "keyformat", ZFS_KEYFORMAT_RAW); fnvlist_add_string(props, "keylocation", "prompt");
	fnvlist_add_uint8_array(hidden, "wkeydata", key, 32);
	int e = dsl_crypto_params_create_nvlist(DCP_CMD_NONE, props, hidden, &dcp); ok(e, "key"); if (e) return;
	ok(dmu_objset_create(ds, DMU_OST_OTHER, 0, dcp, makeset, NULL), ds); dsl_crypto_params_free(dcp, e != 0);
}
#if ZFS < 202
static void brt_(const char *ds, const char *from, const char *to) { ok(ENOTSUP, "brt"); }
#else
static void brt_(const char *ds, const char *from, const char *to)
{
	objset_t *os = own(ds); uint64_t a, b; static blkptr_t bps[64]; size_t n = 64; dmu_object_info_t doi; if (!os) return;
	if (zap_lookup(os, 1, from, 8, 1, &a) == 0 && dmu_object_info(os, a, &doi) == 0) {
		uint64_t len = MIN(64, MAX(1, doi.doi_max_offset / doi.doi_data_block_size)) * doi.doi_data_block_size; dmu_tx_t *tx = dmu_tx_create(os);
		dmu_tx_hold_zap(tx, 1, TRUE, to); dmu_tx_hold_bonus(tx, DMU_NEW_OBJECT); if (!assign(tx)) { dmu_objset_disown(os, B_TRUE, (void *)"umake"); return; }
		b = dmu_object_alloc(os, DMU_OT_PLAIN_FILE_CONTENTS, doi.doi_data_block_size, DMU_OT_NONE, 0, tx); ok(zap_add(os, 1, to, 8, 1, &b, tx), "zap"); dmu_tx_commit(tx);
		sync_(); int e = dmu_read_l0_bps(os, a, 0, len, bps, &n);
		if (!e) { tx = dmu_tx_create(os); dmu_tx_hold_write(tx, b, 0, len); if (assign(tx)) { e = dmu_brt_clone(os, b, 0, len, tx, bps, n); dmu_tx_commit(tx); } }
		ok(e, "brt");
	}
	dmu_objset_disown(os, B_TRUE, (void *)"umake");
}
#endif
#include "umakeMore.h"
static nvlist_t *refresh(void *h, nvlist_t *c) { return (spa_tryimport(c)); }
static int active(void *h, const char *n, uint64_t g, boolean_t *is) { *is = B_FALSE; return (0); }
static const pool_config_ops_t ops = { .pco_refresh_config = refresh, .pco_pool_active = active };
static void import(const char *pool, char *dir, uint64_t txg, const char *flags)
{
	nvlist_t *policy = fnvlist_alloc(), *cfg = NULL, *props = fnvlist_alloc(); importargs_t a = { 0 }; uint64_t cfgflags = ZFS_IMPORT_ANY_HOST;
	fnvlist_add_uint64(policy, ZPOOL_LOAD_REQUEST_TXG, txg ? txg : UINT64_MAX); fnvlist_add_uint32(policy, ZPOOL_LOAD_REWIND_POLICY, txg ? ZPOOL_DO_REWIND : ZPOOL_NO_REWIND);
	if (strstr(flags, "-c")) fnvlist_add_uint32(policy, ZPOOL_LOAD_REWIND_POLICY, ZPOOL_NO_REWIND | ZPOOL_DO_REWIND * !!txg), cfgflags |= ZFS_IMPORT_CHECKPOINT;
	if (strstr(flags, "-m")) cfgflags |= ZFS_IMPORT_MISSING_LOG;
	DESTROYED(a, strstr(flags, "-D") != NULL); a.path = &dir; a.paths = 1; a.poolname = pool; a.policy = policy; nvlist_t *pools = SEARCH(&ops, &a);
	for (nvpair_t *e = pools ? nvlist_next_nvpair(pools, NULL) : NULL; e; e = nvlist_next_nvpair(pools, e)) cfg = fnvpair_value_nvlist(e);
	if (!cfg) { ok(ENOENT, "import"); return; }
	fnvlist_add_nvlist(cfg, ZPOOL_LOAD_POLICY, policy); fnvlist_add_string(props, "cachefile", "none"); strlcpy(P, pool, 64);
	const char *as = strstr(flags, "-n="); if (as) { strlcpy(P, as + 3, 64); P[strcspn(P, " \n")] = 0; }
	int e = spa_import(P, cfg, props, cfgflags); ok(e, "import"); if (!e) openpool();
}
static uint64_t propnum(const char *v) { static const char *n[] = { "off", "on", "sha256", "lz4", "gzip", "zstd", "none", "skein", "blake3", "edonr", NULL }; return (strtoull(v, NULL, 0)); }
int main(void)
{
	char line[4096]; setvbuf(stdout, NULL, _IOLBF, 0);
	spa_config_path = (char *)"/dev/null/none"; kernel_init(SPA_MODE_READ | SPA_MODE_WRITE);
	while (fgets(line, sizeof line, stdin)) {
		char *w[256], whole[4096]; int n = 0; strlcpy(whole, line, sizeof whole); whole[strcspn(whole, "\n")] = 0;
		for (char *t = strtok(line, " \n"); t; t = strtok(NULL, " \n")) w[n++] = t;
		if (!n || w[0][0] == '#') continue;
		char *c = w[0];
		if (strcmp(P, "tank") && spa && strcmp(c, "create") && strcmp(c, "import")) for (int i = 1; i < n; i++) if (!strncmp(w[i], "tank/", 5)) { char *x = malloc(200); snprintf(x, 200, "%s/%s", P, w[i] + 5); w[i] = x; }
		if (!spa && strcmp(c, "create") && strcmp(c, "import") && strcmp(c, "seed") && strcmp(c, "tun") && strcmp(c, "save") && strcmp(c, "sh") && strcmp(c, "extents")) { printf("FAIL no pool open: %s\n", whole); bad++; continue; }
		if (!strcmp(c, "create")) {
			nvlist_t *props = fnvlist_alloc(); char *features = "all"; uint64_t version = 5000; int i = 2;
			for (; i < n && strchr(w[i], '='); i++) {
				if (!strncmp(w[i], "ashift=", 7)) ashift = atoi(w[i] + 7); else if (!strncmp(w[i], "features=", 9)) features = w[i] + 9;
				else if (!strncmp(w[i], "version=", 8)) version = atoi(w[i] + 8);
				else { char *e = strchr(w[i], '='); *e = 0; fnvlist_add_uint64(props, w[i], atoi(e + 1)); }
			}
			if (version != 5000) { fnvlist_add_uint64(props, "version", version); features = "none"; }
			for (int f = 0; f < SPA_FEATURES; f++) {
				char nm[128], cm[128], mn[128], list[2000]; snprintf(list, 2000, ",%s,", features); snprintf(cm, 128, ",%s,", spa_feature_table[f].fi_uname); snprintf(mn, 128, ",-%s,", spa_feature_table[f].fi_uname);
				if (strstr(list, mn) || (strncmp(features, "all", 3) && !strstr(list, cm))) continue;
				snprintf(nm, 128, "feature@%s", spa_feature_table[f].fi_uname); fnvlist_add_uint64(props, nm, 0);
			}
			strlcpy(P, w[1], 64); int e = spa_create(P, spec(w + i, n - i), props, NULL, NULL); ok(e, "create"); if (e) continue; openpool();
			for (char *d = "abc"; *d; d++) { char x[80]; snprintf(x, 80, "%s/%c", P, *d); ok(dmu_objset_create(x, DMU_OST_OTHER, 0, NULL, makeset, NULL), x); }
		} else if (!strcmp(c, "seed")) R = strtoull(w[1], NULL, 10);
		else if (!strcmp(c, "fs")) { ok(dmu_objset_create(w[1], DMU_OST_OTHER, 0, NULL, makeset, NULL), w[1]); for (int i = 2; i < n; i++) { char *e = strchr(w[i], '='); *e = 0; ok(dsl_prop_set_int(w[1], w[i], ZPROP_SRC_LOCAL, propnum(e + 1)), w[i]); } }
		else if (!strcmp(c, "set")) ok(dsl_prop_set_int(w[1], w[2], ZPROP_SRC_LOCAL, propnum(w[3])), whole);
		else if (!strcmp(c, "w")) w_(w[1], w[2], atoi(w[3]), n > 4 ? atoi(w[4]) : rnd(1 << 30), B_FALSE);
		else if (!strcmp(c, "full")) { spa_t *s = spa; for (int i = 0; i < 4000; i++) { char x[32]; objset_t *os = own(w[1]); if (!os) break; uint64_t obj; snprintf(x, 32, "full%d", i); dmu_tx_t *tx = dmu_tx_create(os); dmu_tx_hold_zap(tx, 1, TRUE, x); dmu_tx_hold_write(tx, DMU_NEW_OBJECT, 0, 1 << 20); int e = dmu_tx_assign(tx, DMU_TX_WAIT); if (e) dmu_tx_abort(tx); else { obj = dmu_object_alloc(os, DMU_OT_PLAIN_FILE_CONTENTS, 131072, DMU_OT_NONE, 0, tx); ok(zap_add(os, 1, x, 8, 1, &obj, tx), "zap"); fill(1 << 20, n > 2 ? atoi(w[2]) : i + 3, B_FALSE); dmu_write(os, obj, 0, 1 << 20, buf, tx); dmu_tx_commit(tx); } dmu_objset_disown(os, B_TRUE, (void *)"umake"); if (e) break; if (i % 16 == 15) txg_wait_synced(spa_get_dsl(s), 0); } }
		else if (!strcmp(c, "crypt")) crypt_(w[1]);
		else if (!strcmp(c, "brt")) brt_(w[1], w[2], w[3]);
		else if (!strcmp(c, "clear")) { spa_vdev_state_enter(spa, SCL_NONE); vdev_clear(spa, NULL); ok(spa_vdev_state_exit(spa, NULL, 0), whole); }
		else if (!strcmp(c, "rmobj")) rm_(w[1], w[2]);
		else if (!strcmp(c, "snap")) { char *a = strchr(w[1], '@'); *a = 0; ok(dmu_objset_snapshot_one(w[1], a + 1), whole); }
		else if (!strcmp(c, "clone")) ok(dmu_objset_clone(w[2], w[1]), whole);
		else if (!strcmp(c, "promote")) ok(dsl_dataset_promote(w[1], buf), whole);
		else if (!strcmp(c, "destroy")) ok(strchr(w[1], '@') ? dsl_destroy_snapshot(w[1], B_FALSE) : dsl_destroy_head(w[1]), whole);
		else if (!strcmp(c, "bookmark")) { nvlist_t *b = fnvlist_alloc(); fnvlist_add_string(b, w[2], w[1]); ok(dsl_bookmark_create(b, NULL), whole); }
		else if (!strcmp(c, "hold")) { nvlist_t *b = fnvlist_alloc(), *e = fnvlist_alloc(); fnvlist_add_string(b, w[1], "keep"); ok(dsl_dataset_user_hold(b, 0, e), whole); }
		else if (!strcmp(c, "tick")) for (int i = 0; i < atoi(w[1]); i++) { static unsigned k = 10; work(k++); }
		else if (!strcmp(c, "sync")) for (int i = 0; i < (n > 1 ? atoi(w[1]) : 1); i++) sync_();
		else if (!strcmp(c, "attach") || !strcmp(c, "replace")) ok(spa_vdev_attach(spa, guidof(w[1]), one(w[2]), *c == 'r', 0), whole);
		else if (!strcmp(c, "spare")) { nvlist_t *r = one(w[2]), **k; uint_t kn; VERIFY0(nvlist_lookup_nvlist_array(r, "children", &k, &kn)); fnvlist_add_uint64(k[0], "is_spare", 1); ok(spa_vdev_attach(spa, guidof(w[1]), r, B_TRUE, 0), whole); }
		else if (!strcmp(c, "detach")) ok(spa_vdev_detach(spa, guidof(w[1]), 0, B_FALSE), whole);
		else if (!strcmp(c, "remove")) ok(spa_vdev_remove(spa, guidof(w[1]), B_FALSE), whole);
		else if (!strcmp(c, "add")) ok(spa_vdev_add(spa, spec(w + 1, n - 1), B_FALSE), whole);
		else if (!strcmp(c, "offline")) ok(vdev_offline(spa, guidof(w[1]), 0), whole);
		else if (!strcmp(c, "fault")) ok(vdev_fault(spa, guidof(w[1]), VDEV_AUX_ERR_EXCEEDED), whole);
		else if (!strcmp(c, "forced")) ok(vdev_fault(spa, guidof(w[1]), VDEV_AUX_EXTERNAL_PERSIST), whole);
		else if (!strcmp(c, "online")) { vdev_state_t st; ok(vdev_online(spa, guidof(w[1]), 0, &st), whole); }
		else if (!strcmp(c, "checkpoint")) ok(spa_checkpoint(P), whole);
		else if (!strcmp(c, "discard")) ok(spa_checkpoint_discard(P), whole);
		else if (!strcmp(c, "scrub")) ok(spa_scan(spa, POOL_SCAN_SCRUB), whole);
		else if (!strcmp(c, "pause")) ok(spa_scrub_pause_resume(spa, POOL_SCRUB_PAUSE), whole);
		else if (!strcmp(c, "initialize")) initq(w[1], B_FALSE);
		else if (!strcmp(c, "trim")) initq(w[1], B_TRUE);
		else if (!strcmp(c, "upgrade")) spa_upgrade(spa, 5000);
		else if (!strcmp(c, "feature")) { nvlist_t *p = fnvlist_alloc(); char nm[128]; snprintf(nm, 128, "feature@%s", w[1]); fnvlist_add_uint64(p, nm, 0); ok(spa_prop_set(spa, p), whole); }
		else if (!strcmp(c, "prop")) { nvlist_t *p = fnvlist_alloc(); fnvlist_add_uint64(p, w[1], strtoull(w[2], NULL, 0)); ok(spa_prop_set(spa, p), whole); }
		else if (!strcmp(c, "reguid")) ok(spa_change_guid(spa, NULL), whole);
		else if (!strcmp(c, "waitresilver")) { for (int i = 0; i < 300 && (dsl_scan_resilvering(spa_get_dsl(spa)) || spa->spa_vdev_removal || EXPANDS(spa)); i++) { sync_(); poll(0, 0, 50); } }
		else if (!strcmp(c, "split")) { nvlist_t *p = fnvlist_alloc(), *r = fnvlist_alloc(), *kids[8], *conf = fnvlist_alloc(); for (int i = 2; i < n; i++) { kids[i - 2] = fnvlist_alloc(); fnvlist_add_string(kids[i - 2], "path", w[i]); fnvlist_add_string(kids[i - 2], "type", "file"); fnvlist_add_uint64(kids[i - 2], "guid", guidof(w[i])); fnvlist_add_uint64(kids[i - 2], "is_log", 0); fnvlist_add_uint64(kids[i - 2], "is_hole", 0); } fnvlist_add_string(r, "type", "root"); fnvlist_add_nvlist_array(r, "children", (const nvlist_t **)kids, n - 2); fnvlist_add_nvlist(conf, "vdev_tree", r); ok(spa_vdev_split_mirror(spa, w[1], conf, NULL, B_TRUE), whole); }
		else if (!strcmp(c, "tun")) { void *p = dlsym(RTLD_DEFAULT, w[1]); if (!p) ok(ENOENT, whole); else if (n > 3) *(uint64_t *)p = strtoull(w[2], NULL, 0); else *(int *)p = atoi(w[2]); }
		else if (!strcmp(c, "save")) { char cmd[600]; sync_(); snprintf(cmd, 600, "mkdir -p %s && cp --sparse=always %s/v/* %s/", w[1], getenv("UM"), w[1]); ok(system(cmd), whole); printf("SAVED %s txg %llu\n", w[1], spa ? (u_longlong_t)spa_last_synced_txg(spa) : 0); }
		else if (!strcmp(c, "sh")) ok(system(whole + 3), whole);
		else if (!strcmp(c, "export")) { sync_(); last = spa ? spa_last_synced_txg(spa) : 0; closepool(); ok(spa_export(P, NULL, B_TRUE, B_FALSE), whole); }
		else if (!strcmp(c, "destroypool")) { sync_(); closepool(); ok(spa_destroy(P), whole); }
		else if (!strcmp(c, "import")) import(w[1], w[2], n <= 3 || *w[3] == '0' ? 0 : w[3][0] == '-' ? last - MIN(last, strtoull(w[3] + 1, NULL, 10)) : strtoull(w[3], NULL, 10), strstr(whole, w[2]) + strlen(w[2]));
		else if (!strcmp(c, "txg")) printf("TXG %llu\n", (u_longlong_t)spa_last_synced_txg(spa));
		else if (!more(w, n)) { printf("FAIL unknown %s\n", c); bad++; }
	}
	printf("END %d failures\n", bad); _exit(0);
}
