/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c: from JSON text to entries, with nothing let by that was not meant. */
#include "config.h"

#include "core/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/jsonpos.h"
#include "core/jsontext.h"
#include "core/text.h"
#include "core/trace.h"
#include "core/trust.h"

#define FILE_MAX_BYTES (1u << 20)
#define NAME_MAX_BYTES 255u
#define TOKEN_MAX (1 << 24)

struct mfst_file {
    atomic_uint refs; /* one for each entry, one for who reads it */
    struct span text;
    char path[]; /* and behind its end the text */
};

/* Where we are in a file; for telling the line of what is wrong. */
struct reader {
    struct mfst_file *file;
    struct findings *to;
    struct manifest *m;
    struct jsonpos_step at[6];
    size_t depth;
    bool faulty; /* something was refused in what is read now */
    bool no_memory;
};

/* A key that an object may have.  offset is into what is filled. */
struct key {
    const char *name;
    bool (*read)(struct reader *r, const struct key *key, json_t *value, void *fill);
    size_t offset;
    int64_t min, max;
};

static const char *const no_list[] = { NULL };

/* --- telling --------------------------------------------------------------------------------- */

#define refuse(r, ...) refuse_at(__LINE__, __func__, (r), __VA_ARGS__)

static bool refuse_at(int line, const char *func, struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Tell what is wrong with the value that r is at.  Always false. */
static bool refuse_at(int line, const char *func, struct reader *r, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->faulty = true;
    (void)finding_tell(__FILE__, line, func, r->to, SEC_E_CANNOT_INSTALL, r->file->path,
                       jsonpos_line(r->file->text, r->at, r->depth), "%s", text);
    return false;
}

static bool out_of_memory(struct reader *r)
{
    r->faulty = true;
    r->no_memory = true;
    return false;
}

static void enter(struct reader *r, const char *key, size_t index)
{
    if (r->depth < sizeof r->at / sizeof r->at[0])
        r->at[r->depth] = (struct jsonpos_step){ .key = key, .index = index };
    r->depth++;
}

static void leave(struct reader *r)
{
    r->depth--;
}

/* --- values ---------------------------------------------------------------------------------- */

static bool is_clean_text(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

static bool read_text(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    const char *text = json_string_value(value);

    if (!text)
        return refuse(r, "%s must be text", key->name);
    if (!is_clean_text(text))
        return refuse(r, "%s holds control characters", key->name);
    *(const char **)(void *)((char *)fill + key->offset) = text;
    return true;
}

static bool read_flag(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    if (!json_is_boolean(value))
        return refuse(r, "%s must be true or false", key->name);
    *(bool *)((char *)fill + key->offset) = json_is_true(value);
    return true;
}

static bool in_bounds(struct reader *r, const struct key *key, json_t *value, int64_t *out)
{
    if (!json_is_integer(value))
        return refuse(r, "%s must be an integer", key->name);
    *out = json_integer_value(value);
    if (*out < key->min || *out > key->max)
        return refuse(r, "%s is %lld, allowed are %lld to %lld", key->name, (long long)*out,
                      (long long)key->min, (long long)key->max);
    return true;
}

static bool read_u32(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    int64_t n = 0;

    if (!in_bounds(r, key, value, &n))
        return false;
    *(uint32_t *)(void *)((char *)fill + key->offset) = (uint32_t)n;
    return true;
}

static bool read_i32(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    int64_t n = 0;

    if (!in_bounds(r, key, value, &n))
        return false;
    *(int32_t *)(void *)((char *)fill + key->offset) = (int32_t)n;
    return true;
}

static bool read_u16(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    int64_t n = 0;

    if (!in_bounds(r, key, value, &n))
        return false;
    *(uint16_t *)(void *)((char *)fill + key->offset) = (uint16_t)n;
    return true;
}

/* A name or an alias: text that can be told apart from nothing, and fits on a line. */
static bool name_is_usable(struct reader *r, const char *what, const char *text)
{
    if (!text)
        return refuse(r, "%s must be text", what);
    if (!*text)
        return refuse(r, "%s is empty", what);
    if (strlen(text) > NAME_MAX_BYTES)
        return refuse(r, "%s is longer than %u bytes", what, NAME_MAX_BYTES);
    if (!is_clean_text(text))
        return refuse(r, "%s holds control characters", what);
    return true;
}

static bool read_name(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;

    if (!name_is_usable(r, key->name, json_string_value(value)))
        return false;
    e->name = json_string_value(value);
    return true;
}

/* A module is a file of the package folder: a plain name, never a way out of it. */
static bool read_module(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;
    const char *module = json_string_value(value);
    size_t n;

    if (!name_is_usable(r, key->name, module))
        return false;
    n = strlen(module);
    if (*module == '.' || strchr(module, '/'))
        return refuse(r, "module '%s' is not a plain file name", module);
    /* libltdl takes a .la file as directions to yet another file, which nobody checked. */
    if (n > 3 && strcmp(module + n - 3, ".la") == 0)
        return refuse(r, "module '%s' is a libtool file: name the shared object", module);
    e->module = module;
    return true;
}

/* One of a few words; which one goes out. */
static bool read_word(struct reader *r, const char *what, json_t *value, const char *const *words,
                      size_t n, size_t *out)
{
    const char *text = json_string_value(value);

    for (size_t i = 0; text && i < n; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return refuse(r, "%s must be \"%s\" or \"%s\"%s%s%s", what, words[0], words[1],
                  n > 2 ? " or \"" : "", n > 2 ? words[2] : "", n > 2 ? "\"" : "");
}

static bool read_interface(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    static const char *const words[] = { "ssp", "sspi-table" };
    struct mfst_entry *e = fill;
    size_t which;

    if (!read_word(r, key->name, value, words, 2, &which))
        return false;
    e->interface = which == 0 ? MFST_SSP : MFST_SSPI_TABLE;
    return true;
}

/* --- lists ----------------------------------------------------------------------------------- */

/* A list of text, each item approved.  The list is new, the text is the JSON's. */
static bool read_list(struct reader *r, const struct key *key, json_t *value,
                      bool (*approve)(struct reader *r, const char *what, const char *text),
                      const char *const **out)
{
    size_t n = json_array_size(value);
    const char **list;
    bool ok = true;

    if (!json_is_array(value))
        return refuse(r, "%s must be an array of text", key->name);
    list = calloc(n + 1, sizeof *list);
    if (!list)
        return out_of_memory(r);
    for (size_t i = 0; i < n; i++) {
        enter(r, NULL, i);
        list[i] = json_string_value(json_array_get(value, i));
        ok = approve(r, key->name, list[i]) && ok;
        for (size_t j = 0; ok && j < i; j++)
            if (text_same_name(span_str(list[i]), span_str(list[j])))
                ok = refuse(r, "%s has \"%s\" twice", key->name, list[i]);
        leave(r);
    }
    if (!ok) {
        free(list);
        return false;
    }
    *out = list;
    return true;
}

static void free_list(const char *const *list)
{
    const void *p = list;

    if (list != no_list)
        free((void *)(uintptr_t)p);
}

/*
 * ITU-T X.660: two arcs or more, the first 0 to 2, the second below 40 under 0 and 1.  Arcs are
 * kept to 32 bits, which is what the packages' DER codecs take.
 */
static bool is_oid(const char *s)
{
    uint64_t first = 0;
    size_t arcs = 0;

    for (;; s++) {
        uint64_t arc = 0;
        const char *begin = s;

        for (; *s >= '0' && *s <= '9' && arc <= UINT32_MAX; s++)
            arc = arc * 10 + (uint64_t)(*s - '0');
        if (s == begin || (*begin == '0' && s > begin + 1) || arc > UINT32_MAX || ++arcs > 32)
            return false;
        if ((arcs == 1 && arc > 2) || (arcs == 2 && first < 2 && arc >= 40))
            return false;
        if (arcs == 1)
            first = arc;
        if (*s != '.')
            return *s == '\0' && arcs >= 2;
    }
}

static bool approve_oid(struct reader *r, const char *what, const char *text)
{
    if (!text || !is_oid(text))
        return refuse(r, "%s: \"%s\" is not a dotted object identifier", what, text ? text : "");
    return true;
}

static bool read_aliases(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;

    return read_list(r, key, value, name_is_usable, &e->aliases);
}

static bool read_oids(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;

    e->has_oids = true;
    return read_list(r, key, value, approve_oid, &e->oids);
}

/* --- capabilities, pin ----------------------------------------------------------------------- */

static const struct {
    const char *word;
    uint32_t flag;
} capability_words[] = {
    { "integrity", SECPKG_FLAG_INTEGRITY },
    { "privacy", SECPKG_FLAG_PRIVACY },
    { "token_only", SECPKG_FLAG_TOKEN_ONLY },
    { "datagram", SECPKG_FLAG_DATAGRAM },
    { "connection", SECPKG_FLAG_CONNECTION },
    { "multi_required", SECPKG_FLAG_MULTI_REQUIRED },
    { "client_only", SECPKG_FLAG_CLIENT_ONLY },
    { "extended_error", SECPKG_FLAG_EXTENDED_ERROR },
    { "impersonation", SECPKG_FLAG_IMPERSONATION },
    { "accept_win32_name", SECPKG_FLAG_ACCEPT_WIN32_NAME },
    { "stream", SECPKG_FLAG_STREAM },
    { "negotiable", SECPKG_FLAG_NEGOTIABLE },
    { "gss_compatible", SECPKG_FLAG_GSS_COMPATIBLE },
    { "logon", SECPKG_FLAG_LOGON },
    { "ascii_buffers", SECPKG_FLAG_ASCII_BUFFERS },
    { "fragment", SECPKG_FLAG_FRAGMENT },
    { "mutual_auth", SECPKG_FLAG_MUTUAL_AUTH },
    { "delegation", SECPKG_FLAG_DELEGATION },
    { "readonly_with_checksum", SECPKG_FLAG_READONLY_WITH_CHECKSUM },
    { "restricted_tokens", SECPKG_FLAG_RESTRICTED_TOKENS },
    { "nego_extender", SECPKG_FLAG_NEGO_EXTENDER },
    { "negotiable2", SECPKG_FLAG_NEGOTIABLE2 },
    { "appcontainer_passthrough", SECPKG_FLAG_APPCONTAINER_PASSTHROUGH },
    { "appcontainer_checks", SECPKG_FLAG_APPCONTAINER_CHECKS },
    { "credential_isolation_enabled", SECPKG_FLAG_CREDENTIAL_ISOLATION_ENABLED },
    { "apply_loopback", SECPKG_FLAG_APPLY_LOOPBACK },
};

static uint32_t capability_of(const char *word)
{
    for (size_t i = 0; word && i < sizeof capability_words / sizeof capability_words[0]; i++)
        if (strcmp(word, capability_words[i].word) == 0)
            return capability_words[i].flag;
    return 0;
}

/* The value of a hexadecimal digit, or 16. */
static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* "0x82b37" */
static bool hex_u32(const char *s, uint32_t *out)
{
    uint32_t n = 0;
    size_t digits = 0;

    if (s[0] != '0' || (s[1] | 0x20) != 'x')
        return false;
    for (s += 2; hex_digit(*s) < 16 && digits < 8; s++, digits++)
        n = n << 4 | hex_digit(*s);
    *out = n;
    return *s == '\0' && digits > 0;
}

static bool read_capability_words(struct reader *r, const struct key *key, json_t *value,
                                  uint32_t *out)
{
    bool ok = true;

    *out = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *word = json_string_value(json_array_get(value, i));
        uint32_t flag = capability_of(word);

        enter(r, NULL, i);
        if (flag == 0)
            ok = refuse(r, "%s: \"%s\" is not the name of one", key->name, word ? word : "");
        else if (*out & flag)
            ok = refuse(r, "%s has \"%s\" twice", key->name, word);
        *out |= flag;
        leave(r);
    }
    return ok;
}

static bool read_capabilities(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;
    int64_t n = 0;

    e->has_capabilities = true;
    if (json_is_array(value))
        return read_capability_words(r, key, value, &e->capabilities);
    if (json_is_string(value)) {
        if (hex_u32(json_string_value(value), &e->capabilities))
            return true;
        return refuse(r, "%s: \"%s\" is not a number like 0x82b37", key->name,
                      json_string_value(value));
    }
    if (!json_is_integer(value))
        return refuse(r, "%s must be an array of words, or a number", key->name);
    if (!in_bounds(r, key, value, &n))
        return false;
    e->capabilities = (uint32_t)n;
    return true;
}

static bool read_max_token(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;

    e->has_max_token = true;
    return read_u32(r, key, value, fill);
}

static bool read_pin(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;
    const char *hex = json_string_value(value);

    if (!hex || strlen(hex) != sizeof e->sha256 * 2)
        return refuse(r, "%s must be text of %zu hexadecimal digits", key->name,
                      sizeof e->sha256 * 2);
    for (size_t i = 0; i < sizeof e->sha256; i++) {
        unsigned high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high > 15 || low > 15)
            return refuse(r, "%s has a character that is no hexadecimal digit", key->name);
        e->sha256[i] = (uint8_t)(high << 4 | low);
    }
    e->pinned = true;
    return true;
}

static bool read_settings(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;

    if (!json_is_object(value))
        return refuse(r, "%s must be an object", key->name);
    e->settings = (const struct ssp_settings *)(void *)value;
    return true;
}

/* --- rules ----------------------------------------------------------------------------------- */

static bool read_program(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_rule *rule = fill;
    const char *program = json_string_value(value);

    if (!program || *program != '/' || !is_clean_text(program))
        return refuse(r, "%s must be an absolute path, or a pattern of them", key->name);
    rule->program = program;
    return true;
}

static bool read_direction(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    static const char *const words[] = { "inbound", "outbound", "both" };
    static const uint32_t uses[] = { SECPKG_CRED_INBOUND, SECPKG_CRED_OUTBOUND, SECPKG_CRED_BOTH };
    struct mfst_rule *rule = fill;
    size_t which;

    if (!read_word(r, key->name, value, words, 3, &which))
        return false;
    rule->use = uses[which];
    return true;
}

static const struct key rule_keys[] = {
    { .name = "program", .read = read_program },
    { .name = "direction", .read = read_direction },
    { 0 },
};

static bool read_object(struct reader *r, const struct key *keys, json_t *object, void *fill);

static bool read_rules(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct mfst_entry *e = fill;
    bool allow = key->offset != 0;
    size_t n = json_array_size(value);
    struct mfst_rule *rules;
    bool ok = true;

    if (!json_is_array(value))
        return refuse(r, "%s must be an array of objects", key->name);
    rules = calloc(n + 1, sizeof *rules);
    if (!rules)
        return out_of_memory(r);
    for (size_t i = 0; i < n; i++) {
        json_t *rule = json_array_get(value, i);

        rules[i].use = SECPKG_CRED_BOTH;
        enter(r, NULL, i);
        if (!json_is_object(rule) || json_object_size(rule) == 0)
            ok = refuse(r, "a rule must be an object with program, direction or both");
        else
            ok = read_object(r, rule_keys, rule, &rules[i]) && ok;
        leave(r);
    }
    *(allow ? &e->allow : &e->deny) = rules;
    *(allow ? &e->n_allow : &e->n_deny) = n;
    return ok;
}

/* --- objects --------------------------------------------------------------------------------- */

/* For editors that look for a schema; its value means nothing to us. */
static bool read_schema(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    (void)fill;
    return json_is_string(value) || refuse(r, "%s must be text", key->name);
}

#define ENTRY(member) offsetof(struct mfst_entry, member)

static const struct key entry_keys[] = {
    { .name = "name", .read = read_name },
    { .name = "module", .read = read_module },
    { .name = "interface", .read = read_interface },
    { .name = "aliases", .read = read_aliases },
    { .name = "comment", .read = read_text, .offset = ENTRY(comment) },
    { .name = "enabled", .read = read_flag, .offset = ENTRY(enabled) },
    { .name = "required", .read = read_flag, .offset = ENTRY(required) },
    { .name = "capabilities", .read = read_capabilities, .max = UINT32_MAX },
    { .name = "oids", .read = read_oids },
    { .name = "rank", .read = read_i32, .offset = ENTRY(rank), .min = INT32_MIN, .max = INT32_MAX },
    { .name = "version", .read = read_u16, .offset = ENTRY(version), .max = UINT16_MAX },
    { .name = "rpc_id", .read = read_u16, .offset = ENTRY(rpc_id), .max = UINT16_MAX },
    { .name = "max_token",
      .read = read_max_token,
      .offset = ENTRY(max_token),
      .min = 1,
      .max = TOKEN_MAX },
    { .name = "settings", .read = read_settings },
    { .name = "sha256", .read = read_pin },
    { .name = "allow", .read = read_rules, .offset = 1 },
    { .name = "deny", .read = read_rules, .offset = 0 },
    { .name = "$schema", .read = read_schema },
    { 0 },
};

/* Each key by its reader; goes on after a fault, so that all of them are told at once. */
static bool read_object(struct reader *r, const struct key *keys, json_t *object, void *fill)
{
    const char *name;
    json_t *value;
    bool ok = true;

    json_object_foreach(object, name, value)
    {
        const struct key *key = keys;

        while (key->name && strcmp(key->name, name) != 0)
            key++;
        enter(r, name, 0);
        if (key->name)
            ok = key->read(r, key, value, fill) && ok;
        else
            ok = refuse(r, "unknown key \"%s\"", name);
        leave(r);
    }
    return ok;
}

/* --- entries --------------------------------------------------------------------------------- */

static void drop_file(struct mfst_file *file)
{
    if (file && atomic_fetch_sub(&file->refs, 1) == 1)
        free(file);
}

void mfst_free_entry(struct mfst_entry *entry)
{
    const void *allow = entry ? entry->allow : NULL, *deny = entry ? entry->deny : NULL;

    if (!entry)
        return;
    free_list(entry->aliases);
    free_list(entry->oids);
    free((void *)(uintptr_t)allow);
    free((void *)(uintptr_t)deny);
    json_decref(entry->json);
    drop_file(entry->file);
    free(entry);
}

/* Settings that are not there are an empty object, which is put into the entry's own JSON. */
static bool default_settings(struct mfst_entry *e)
{
    json_t *none;

    if (e->settings)
        return true;
    none = json_object();
    if (!none || json_object_set_new(e->json, "settings", none) != 0)
        return false;
    e->settings = (const struct ssp_settings *)(void *)none;
    return true;
}

static struct mfst_entry *new_entry(struct reader *r, json_t *object, size_t index, bool alone)
{
    struct mfst_entry *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    atomic_fetch_add(&r->file->refs, 1);
    e->file = r->file;
    e->path = r->file->path;
    e->json = json_incref(object);
    e->index = index;
    e->alone = alone;
    e->comment = "";
    e->aliases = no_list;
    e->oids = no_list;
    e->enabled = true;
    e->version = 1;
    e->rpc_id = SECPKG_ID_NONE;
    return e;
}

static bool has_name(const struct mfst_entry *e, const char *name)
{
    if (text_same_name(span_str(e->name), span_str(name)))
        return true;
    for (size_t i = 0; e->aliases[i]; i++)
        if (text_same_name(span_str(e->aliases[i]), span_str(name)))
            return true;
    return false;
}

static const struct mfst_entry *find_name(const struct manifest *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (has_name(m->entries[i], name))
            return m->entries[i];
    return NULL;
}

/* Names are taken in the order of reading: who comes second is refused. */
static bool name_is_free(struct reader *r, const char *key, const char *name)
{
    const struct mfst_entry *first = find_name(r->m, name);
    bool free_ = !first;

    enter(r, key, 0);
    if (first)
        (void)refuse(r, "\"%s\" is already the name of a package in %s:%d", name, first->path,
                     first->line);
    leave(r);
    return free_;
}

static void check_aliases(struct reader *r, struct mfst_entry *e)
{
    bool ok = true;

    for (size_t i = 0; e->aliases[i]; i++) {
        ok = name_is_free(r, "aliases", e->aliases[i]) && ok;
        if (text_same_name(span_str(e->aliases[i]), span_str(e->name)))
            ok = refuse(r, "\"%s\" is the package's own name, not an alias", e->name);
    }
    if (!ok) {
        free_list(e->aliases);
        e->aliases = no_list;
    }
}

static bool keep_entry(struct reader *r, struct mfst_entry *e)
{
    struct manifest *m = r->m;
    struct mfst_entry **more = realloc(m->entries, (m->count + 1) * sizeof(struct mfst_entry *));

    if (!more)
        return out_of_memory(r);
    m->entries = more;
    m->entries[m->count++] = e;
    return true;
}

/*
 * One entry.  A broken one with a name of its own is kept, so that asking for it fails in
 * place of finding nothing: who requires it must not fall to something weaker in silence.
 */
static void read_entry(struct reader *r, json_t *object, size_t index, bool alone)
{
    struct mfst_entry *e;

    r->faulty = false;
    if (!json_is_object(object)) {
        (void)refuse(r, "a package must be an object");
        return;
    }
    e = new_entry(r, object, index, alone);
    if (!e) {
        (void)out_of_memory(r);
        return;
    }
    e->line = jsonpos_line(r->file->text, r->at, r->depth);
    (void)read_object(r, entry_keys, object, e);
    if (!json_object_get(object, "name"))
        (void)refuse(r, "the package has no name");
    if (!json_object_get(object, "module"))
        (void)refuse(r, "the package names no module");
    if (!default_settings(e))
        (void)out_of_memory(r);
    if (r->no_memory || !e->name || !name_is_free(r, "name", e->name)) {
        mfst_free_entry(e);
        return;
    }
    check_aliases(r, e);
    e->broken = r->faulty;
    if (!keep_entry(r, e))
        mfst_free_entry(e);
}

static bool read_packages(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    (void)fill;
    if (!json_is_array(value))
        return refuse(r, "%s must be an array of objects", key->name);
    for (size_t i = 0; i < json_array_size(value) && !r->no_memory; i++) {
        enter(r, NULL, i);
        read_entry(r, json_array_get(value, i), i, false);
        leave(r);
    }
    return !r->no_memory;
}

/* --- files ----------------------------------------------------------------------------------- */

static bool keep_copy(struct reader *r, char **to, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        return out_of_memory(r);
    free(*to);
    *to = copy;
    return true;
}

static bool read_folder(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct manifest *m = fill;
    const char *path = json_string_value(value);

    if (!path || *path != '/' || !is_clean_text(path))
        return refuse(r, "%s must be an absolute path", key->name);
    return keep_copy(r, &m->module_folder, path);
}

static bool read_trace(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    struct manifest *m = fill;
    const char *where = json_string_value(value);
    const char *file = where && strncmp(where, "json:", 5) == 0 ? where + 5 : where;

    if (!file || (strcmp(file, "stderr") != 0 && *file != '/') || !is_clean_text(file))
        return refuse(r, "%s must be \"stderr\" or an absolute path, after \"json:\" or not",
                      key->name);
    return keep_copy(r, &m->trace, where);
}

static bool read_reload(struct reader *r, const struct key *key, json_t *value, void *fill)
{
    static const char *const words[] = { "never", "changed" };
    struct manifest *m = fill;
    size_t which;

    if (!read_word(r, key->name, value, words, 2, &which))
        return false;
    m->follow = which == 1;
    return true;
}

#define LIMIT(member) offsetof(struct manifest, limits.member)

static const struct key main_keys[] = {
    { .name = "handshake_timeout_ms",
      .read = read_u32,
      .offset = LIMIT(handshake_timeout_ms),
      .max = 86400000 },
    { .name = "max_half_open",
      .read = read_u32,
      .offset = LIMIT(max_half_open),
      .min = 1,
      .max = 16000000 } /* there are 2^24 handles */,
    { .name = "max_legs", .read = read_u32, .offset = LIMIT(max_legs), .min = 1, .max = 100000 },
    { .name = "max_token",
      .read = read_u32,
      .offset = LIMIT(max_token),
      .min = 1024,
      .max = TOKEN_MAX },
    { .name = "module_folder", .read = read_folder },
    { .name = "trace", .read = read_trace },
    { .name = "reload", .read = read_reload },
    { .name = "$schema", .read = read_schema },
    { 0 },
};

static const struct key list_keys[] = {
    { .name = "$schema", .read = read_schema },
    { 0 },
};

static struct mfst_file *new_file(const char *path, struct span text)
{
    size_t n = strlen(path) + 1;
    struct mfst_file *file = malloc(sizeof *file + n + text.len);

    if (!file)
        return NULL;
    atomic_init(&file->refs, 1);
    memcpy(file->path, path, n);
    if (text.len > 0)
        memcpy(file->path + n, text.data, text.len);
    file->text = span_of(file->path + n, text.len);
    return file;
}

/*
 * All keys but packages first: a fault in those loses the whole file, one in a package only
 * that.  The packages are taken out of the object, which is ours, so that its other keys can
 * be read by one table; where they stand in the text does not change by that.
 */
static SECURITY_STATUS read_file_object(struct reader *r, enum mfst_kind kind, json_t *root)
{
    static const struct key packages_key = { .name = "packages" };
    json_t *packages = json_incref(json_object_get(root, "packages"));
    bool ok;

    if (kind == MFST_DROP_IN && !packages) {
        read_entry(r, root, 0, true);
        return r->no_memory ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_OK;
    }
    json_object_del(root, "packages");
    ok = read_object(r, kind == MFST_MAIN ? main_keys : list_keys, root, r->m);
    if (ok && packages) {
        enter(r, "packages", 0);
        ok = read_packages(r, &packages_key, packages, r->m);
        leave(r);
    }
    json_decref(packages);
    if (r->no_memory)
        return SEC_E_INSUFFICIENT_MEMORY;
    return ok ? SEC_E_OK : SEC_E_CANNOT_INSTALL;
}

SECURITY_STATUS mfst_parse(enum mfst_kind kind, const char *path, struct span text,
                           struct findings *to, struct manifest *m)
{
    struct reader r = { .to = to, .m = m };
    struct jsontext_fault fault;
    SECURITY_STATUS status;
    json_t *root = jsontext_read(text, &fault);

    if (!root && fault.no_memory)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (!root)
        return finding_refuse(to, SEC_E_CANNOT_INSTALL, path, fault.line, "%s", fault.text);
    r.file = new_file(path, text);
    if (!r.file)
        status = SEC_E_INSUFFICIENT_MEMORY;
    else if (!json_is_object(root))
        status = finding_refuse(to, SEC_E_CANNOT_INSTALL, path, 1, "must hold an object");
    else
        status = read_file_object(&r, kind, root);
    drop_file(r.file);
    json_decref(root);
    return status;
}

static SECURITY_STATUS read_all(int fd, uint8_t *bytes, size_t room, size_t *len)
{
    size_t n = 0;

    while (n < room) {
        ssize_t got = read(fd, bytes + n, room - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return SEC_E_CANNOT_INSTALL;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *len = n;
    return SEC_E_OK;
}

/* Read what is open and was checked; fd is closed. */
static SECURITY_STATUS parse_fd(enum mfst_kind kind, int fd, const struct stat *st,
                                const char *path, struct findings *to, struct manifest *m)
{
    SECURITY_STATUS status;
    uint8_t *bytes;
    size_t room, len = 0;

    if (st->st_size > (off_t)FILE_MAX_BYTES) {
        close(fd);
        return finding_refuse(to, SEC_E_CANNOT_INSTALL, path, 0, "is longer than %u bytes",
                              FILE_MAX_BYTES);
    }
    room = (size_t)st->st_size + 1; /* one more: a file that grows meanwhile is noticed */
    bytes = malloc(room);
    status = bytes ? read_all(fd, bytes, room, &len) : SEC_E_INSUFFICIENT_MEMORY;
    if (status == SEC_E_CANNOT_INSTALL)
        (void)finding_refuse(to, status, path, 0, "cannot be read: %s", strerror(errno));
    close(fd);
    if (status == SEC_E_OK && len == room)
        status = finding_refuse(to, SEC_E_CANNOT_INSTALL, path, 0, "grew while it was read");
    if (status == SEC_E_OK)
        status = mfst_parse(kind, path, span_of(bytes, len), to, m);
    free(bytes);
    return status;
}

static char *join(const char *folder, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

const char *mfst_root(void)
{
    const char *root = secure_getenv("SSPI_CONFIG");

    return root && *root ? root : MANIFESTDIR;
}

SECURITY_STATUS mfst_defaults(const char *root, struct manifest *m)
{
    *m = (struct manifest){
        .limits = { .handshake_timeout_ms = 30000,
                    .max_half_open = 10000,
                    .max_legs = 64,
                    .max_token = 65536 },
        .root = strdup(root),
        .module_folder = strdup(PACKAGEDIR),
    };
    if (m->root && m->module_folder)
        return SEC_E_OK;
    mfst_free(m);
    return SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS read_main_into(struct manifest *m, struct findings *to)
{
    char *path = join(m->root, "sspi.json");
    struct stat st;
    int folder, fd;
    SECURITY_STATUS status =
        path ? trust_open_folder(m->root, to, &folder, NULL) : SEC_E_INSUFFICIENT_MEMORY;

    if (status == SEC_E_OK) {
        status = trust_open_in(folder, "sspi.json", path, to, &fd, &st);
        close(folder);
    }
    if (status == SEC_E_OK)
        status = parse_fd(MFST_MAIN, fd, &st, path, to, m);
    else if (status == SEC_E_SECPKG_NOT_FOUND)
        trace_say("%s: not there, defaults are used", path);
    free(path);
    return status == SEC_E_SECPKG_NOT_FOUND ? SEC_E_OK : status;
}

SECURITY_STATUS mfst_read_main(const char *root, struct findings *to, struct manifest *out)
{
    struct manifest m;
    SECURITY_STATUS status = mfst_defaults(root, &m);

    if (status == SEC_E_OK)
        status = read_main_into(&m, to);
    if (status == SEC_E_OK)
        *out = m;
    else
        mfst_free(&m);
    return status;
}

/* --- packages.d ------------------------------------------------------------------------------ */

struct names {
    char **all;
    size_t count;
};

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->all[i]);
    free(names->all);
    *names = (struct names){ 0 };
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_drop_in(const char *name)
{
    size_t n = strlen(name);

    return n > 5 && *name != '.' && strcmp(name + n - 5, ".json") == 0;
}

/* The drop-ins of an open folder, sorted by their bytes.  fd is taken. */
static SECURITY_STATUS list_folder(int fd, struct names *out)
{
    struct names names = { 0 };
    struct dirent *entry;
    bool ok = true;
    DIR *dir = fdopendir(fd);

    if (!dir) {
        close(fd);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    while (ok && (entry = readdir(dir))) {
        char **more;

        if (!is_drop_in(entry->d_name))
            continue;
        more = realloc(names.all, (names.count + 1) * sizeof(char *));
        ok = more != NULL;
        if (ok) {
            names.all = more;
            more[names.count] = strdup(entry->d_name);
            ok = more[names.count] != NULL;
            names.count += ok;
        }
    }
    if (ok && names.count > 0)
        qsort(names.all, names.count, sizeof(char *), by_name);
    *out = names;
    if (!ok)
        free_names(out);
    /* closedir also closes fd, so the caller works with a duplicate. */
    closedir(dir);
    return ok ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS read_drop_in(int folder, const char *folder_path, const char *name,
                                    struct findings *to, struct manifest *m)
{
    char *path = join(folder_path, name);
    struct stat st;
    int fd;
    SECURITY_STATUS status =
        path ? trust_open_in(folder, name, path, to, &fd, &st) : SEC_E_INSUFFICIENT_MEMORY;

    if (status == SEC_E_OK)
        status = parse_fd(MFST_DROP_IN, fd, &st, path, to, m);
    else if (status == SEC_E_SECPKG_NOT_FOUND)
        (void)finding_refuse(to, status, path, 0, "is a link to nothing");
    free(path);
    return status == SEC_E_INSUFFICIENT_MEMORY ? status : SEC_E_OK;
}

static SECURITY_STATUS read_folder_into(struct manifest *m, const char *path, struct findings *to)
{
    struct names names = { 0 };
    int folder, copy;
    SECURITY_STATUS status = trust_open_folder(path, to, &folder, NULL);

    if (status == SEC_E_SECPKG_NOT_FOUND)
        trace_say("%s: not there, no packages from it", path);
    if (status != SEC_E_OK)
        return status;
    copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    status = copy < 0 ? SEC_E_INSUFFICIENT_MEMORY : list_folder(copy, &names);
    for (size_t i = 0; status == SEC_E_OK && i < names.count; i++)
        status = read_drop_in(folder, path, names.all[i], to, m);
    free_names(&names);
    close(folder);
    return status;
}

SECURITY_STATUS mfst_read_packages(struct manifest *m, struct findings *to)
{
    char *path = join(m->root, "packages.d");
    SECURITY_STATUS status = path ? read_folder_into(m, path, to) : SEC_E_INSUFFICIENT_MEMORY;

    free(path);
    return status == SEC_E_INSUFFICIENT_MEMORY ? status : SEC_E_OK;
}

void mfst_free(struct manifest *m)
{
    for (size_t i = 0; i < m->count; i++)
        mfst_free_entry(m->entries[i]);
    free(m->entries);
    free(m->root);
    free(m->module_folder);
    free(m->trace);
    *m = (struct manifest){ 0 };
}

/* --- comparing, finding, stamping ------------------------------------------------------------ */

bool mfst_same_entry(const struct mfst_entry *a, const struct mfst_entry *b)
{
    return a->broken == b->broken && strcmp(a->path, b->path) == 0 && json_equal(a->json, b->json);
}

int mfst_line(const struct mfst_entry *entry, const char *key, const char *inner, int item)
{
    struct jsonpos_step at[5];
    size_t n = 0;

    if (!entry->alone) {
        at[n++] = (struct jsonpos_step){ .key = "packages" };
        at[n++] = (struct jsonpos_step){ .index = entry->index };
    }
    if (key)
        at[n++] = (struct jsonpos_step){ .key = key };
    if (key && inner)
        at[n++] = (struct jsonpos_step){ .key = inner };
    if (key && item >= 0)
        at[n++] = (struct jsonpos_step){ .index = (size_t)item };
    return jsonpos_line(entry->file->text, at, n);
}

/* FNV-1a: this only has to notice changes, nobody gains by making two states look alike. */
static uint64_t mix(uint64_t hash, const void *data, size_t n)
{
    const uint8_t *at = data;

    for (; n > 0; n--)
        hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t mix_file(uint64_t hash, int folder, const char *name)
{
    struct stat st;

    if (fstatat(folder, name, &st, 0) != 0)
        return mix(hash, "absent", 6);
    const int64_t facts[] = { (int64_t)st.st_dev,          (int64_t)st.st_ino,
                              (int64_t)st.st_size,         (int64_t)st.st_mtim.tv_sec,
                              (int64_t)st.st_mtim.tv_nsec, (int64_t)st.st_ctim.tv_sec,
                              (int64_t)st.st_ctim.tv_nsec };
    return mix(hash, facts, sizeof facts);
}

uint64_t mfst_stamp(const char *root)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int folder =
        root_fd < 0 ? -1 : openat(root_fd, "packages.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int copy = folder < 0 ? -1 : fcntl(folder, F_DUPFD_CLOEXEC, 0);
    struct names names = { 0 };

    hash = mix(hash, root, strlen(root));
    if (root_fd >= 0) {
        hash = mix_file(hash, root_fd, ".");
        hash = mix_file(hash, root_fd, "sspi.json");
        hash = mix_file(hash, root_fd, "packages.d");
    }
    if (copy >= 0 && list_folder(copy, &names) == SEC_E_OK) {
        for (size_t i = 0; i < names.count; i++) {
            hash = mix(hash, names.all[i], strlen(names.all[i]));
            hash = mix_file(hash, folder, names.all[i]);
        }
    }
    free_names(&names);
    if (folder >= 0)
        close(folder);
    if (root_fd >= 0)
        close(root_fd);
    return hash ? hash : 1;
}
