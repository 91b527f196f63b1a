/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.c: fuzzing of the manifest's reader.
 *
 * The first byte chooses which file it is, the rest is its text.  Whatever was read must stand on
 * its own: every name, list and line is looked at.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/manifest.h"
#include "core/policy.h"
#include "core/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t lines; /* in the text */
    size_t bytes; /* looked at, so that the looking is not left out */
};

static void look(struct seen *seen, const char *text)
{
    seen->bytes += strlen(text);
}

static void hear(void *arg, bool fatal, const char *file, int line, const char *text)
{
    struct seen *seen = arg;

    (void)fatal;
    look(seen, file);
    look(seen, text);
    if (line < 0 || (size_t)line > seen->lines)
        abort();
}

static void look_at_entry(struct seen *seen, const struct mfst_entry *e)
{
    if (!e->name || !*e->name || !e->settings || (!e->broken && !e->module))
        abort();
    look(seen, e->name);
    look(seen, e->comment);
    for (size_t i = 0; e->aliases[i]; i++)
        look(seen, e->aliases[i]);
    for (size_t i = 0; e->oids[i]; i++)
        look(seen, e->oids[i]);
    seen->bytes += (size_t)settings_integer(e->settings, "number", 0);
    seen->bytes += policy_allows_program(e, SECPKG_CRED_BOTH, "/usr/bin/x");
    if (e->line < 1 || (size_t)e->line > seen->lines)
        abort();
    if (mfst_line(e, "settings", "number", 3) < e->line)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = { .lines = 1 };
    struct findings to = { .say = hear, .arg = &seen };
    struct manifest m;

    if (size == 0 || mfst_defaults("/nowhere", &m) != SEC_E_OK)
        return 0;
    for (size_t i = 1; i < size; i++)
        seen.lines += data[i] == '\n';
    seen.lines++; /* what is missing at the end is missed on a line of its own */
    (void)mfst_parse(data[0] % 2 ? MFST_MAIN : MFST_DROP_IN, "FILE", span_of(data + 1, size - 1),
                     &to, &m);
    for (size_t i = 0; i < m.count; i++)
        look_at_entry(&seen, m.entries[i]);
    mfst_free(&m);
    return seen.bytes == SIZE_MAX;
}
