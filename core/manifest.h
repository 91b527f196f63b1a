/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h: sspi.json and packages.d, read strictly.
 *
 * What a key means is written in sspi.json(5); which keys there are, in manifest.c's two
 * tables.  A fault in an entry loses that entry, a fault outside of entries loses the file,
 * and one in sspi.json loses everything.  Each is told with file and line.
 */
#ifndef SSP_CORE_MANIFEST_H
#define SSP_CORE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/finding.h"
#include "core/registry.h"
#include "core/sha256.h"

struct json_t;
struct mfst_file; /* the text of a manifest file, shared by its entries */

enum mfst_interface { MFST_SSP, MFST_SSPI_TABLE };

/* Which programs, in which direction. */
struct mfst_rule {
    const char *program; /* absolute, may be a shell pattern; NULL: every program */
    uint32_t use;        /* SECPKG_CRED_INBOUND, _OUTBOUND or _BOTH */
};

/*
 * One package.  All text lives as long as the entry.  Lists end with NULL and are never NULL.
 * A broken entry has a name and is there so that a package that was to be there fails rather
 * than be missing; nothing else of it is to be trusted.
 */
struct mfst_entry {
    struct mfst_file *file;
    const char *path; /* of the file */
    int line;         /* where the entry begins */
    size_t index;     /* in its file's "packages" */
    bool alone;       /* the file is this entry: there is no "packages" */
    bool broken;
    struct json_t *json; /* owns the text */

    const char *name;
    const char *module; /* a plain file name */
    const char *comment;
    const char *const *aliases;
    const char *const *oids;
    enum mfst_interface interface;
    bool enabled;
    bool required;
    /* The manifest states it, so the module must agree. */
    bool has_capabilities, has_oids, has_max_token;
    bool pinned;
    uint32_t capabilities;
    uint32_t max_token;
    int32_t rank;
    uint16_t version;
    uint16_t rpc_id;
    uint8_t sha256[SHA256_SIZE];
    const struct ssp_settings *settings; /* never NULL */
    const struct mfst_rule *allow;       /* NULL: no list, everyone; empty: no one */
    size_t n_allow;
    const struct mfst_rule *deny;
    size_t n_deny;
};

struct manifest {
    struct reg_limits limits;
    char *root;
    char *module_folder;
    char *trace;                 /* NULL: none */
    bool follow;                 /* "reload": "changed" */
    struct mfst_entry **entries; /* in the order they were read; the names differ */
    size_t count;
};

/* The folder of the manifest: SSPI_CONFIG, unless privileged, or the one chosen at configure. */
const char *mfst_root(void);

/*
 * Read sspi.json of root, and the entries in it.  Without the file, or the folder: defaults.
 * Errors: SEC_E_CANNOT_INSTALL if it cannot be used, SEC_E_INSUFFICIENT_MEMORY; *out is then
 * untouched.
 */
SECURITY_STATUS mfst_read_main(const char *root, struct findings *to, struct manifest *out);

/*
 * Add the entries of packages.d.  Errors: SEC_E_INSUFFICIENT_MEMORY; whatever else is wrong
 * is told and left out.
 */
SECURITY_STATUS mfst_read_packages(struct manifest *m, struct findings *to);

void mfst_free(struct manifest *m); /* leaves zeros */
void mfst_free_entry(struct mfst_entry *entry);

/* Do two entries say the same, in the same file? */
bool mfst_same_entry(const struct mfst_entry *a, const struct mfst_entry *b);

/*
 * The line of a key of the entry, of a key inside that (NULL: none), and of an item inside
 * that (negative: none).
 */
int mfst_line(const struct mfst_entry *entry, const char *key, const char *inner, int item);

/* A number that changes when a file of the manifest comes, goes or changes.  Never 0. */
uint64_t mfst_stamp(const char *root);

/* Which file the text is of. */
enum mfst_kind { MFST_MAIN, MFST_DROP_IN };

/*
 * The text of one file, from memory; path is for messages.  Adds to *m, which begins as
 * mfst_defaults.  For mfst_read_*, tests and fuzzing.
 */
SECURITY_STATUS mfst_parse(enum mfst_kind kind, const char *path, struct span text,
                           struct findings *to, struct manifest *m);
SECURITY_STATUS mfst_defaults(const char *root, struct manifest *m);

#endif
