/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h: the "settings" object of a manifest entry, as packages read it. */
#ifndef SSP_CORE_SETTINGS_H
#define SSP_CORE_SETTINGS_H

#include "sspi/package.h"

/* struct ssp_settings is a json_t of jansson under another name; only settings.c knows. */
const char *settings_text(const struct ssp_settings *s, const char *name, const char *absent);
int64_t settings_integer(const struct ssp_settings *s, const char *name, int64_t absent);
bool settings_boolean(const struct ssp_settings *s, const char *name, bool absent);
const char *settings_item(const struct ssp_settings *s, const char *name, size_t i);
const struct ssp_settings *settings_object(const struct ssp_settings *s, const char *name);

struct findings;
struct mfst_entry;

/*
 * Hold the settings of an entry against what its package reads (known may be NULL: nothing).
 * Each unknown key, wrong type, number out of bounds or word that is no choice is told with its
 * line.  Errors: SEC_E_CANNOT_INSTALL.
 */
SECURITY_STATUS settings_check(const struct mfst_entry *entry, const struct ssp_setting *known,
                               struct findings *to);

#endif
