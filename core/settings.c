/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c: the one place that knows what struct ssp_settings is. */
#include "config.h"

#include "core/settings.h"

#include <jansson.h>
#include <string.h>

#include "core/finding.h"
#include "core/manifest.h"

static json_t *member(const struct ssp_settings *s, const char *name)
{
    return s && name ? json_object_get((const json_t *)(const void *)s, name) : NULL;
}

const char *settings_text(const struct ssp_settings *s, const char *name, const char *absent)
{
    const char *text = json_string_value(member(s, name));
    return text ? text : absent;
}

int64_t settings_integer(const struct ssp_settings *s, const char *name, int64_t absent)
{
    const json_t *value = member(s, name);
    return json_is_integer(value) ? json_integer_value(value) : absent;
}

bool settings_boolean(const struct ssp_settings *s, const char *name, bool absent)
{
    const json_t *value = member(s, name);
    return json_is_boolean(value) ? json_is_true(value) : absent;
}

const char *settings_item(const struct ssp_settings *s, const char *name, size_t i)
{
    const json_t *value = member(s, name);

    if (json_is_string(value))
        return i == 0 ? json_string_value(value) : NULL;
    return json_string_value(json_array_get(value, i));
}

const struct ssp_settings *settings_object(const struct ssp_settings *s, const char *name)
{
    const json_t *value = member(s, name);
    return json_is_object(value) ? (const struct ssp_settings *)(const void *)value : NULL;
}

/* --- checking -------------------------------------------------------------------------------- */

/* One setting that is there. */
struct check {
    const struct mfst_entry *entry;
    const struct ssp_setting *known;
    struct findings *to;
};

#define refuse(c, item, ...)                                                                       \
    finding_refuse((c)->to, SEC_E_CANNOT_INSTALL, (c)->entry->path,                                \
                   mfst_line((c)->entry, "settings", (c)->known->name, (item)), __VA_ARGS__)

static SECURITY_STATUS check_text(const struct check *c, const json_t *value)
{
    const char *text = json_string_value(value);
    const char *const *choice = c->known->choices;

    if (!text)
        return refuse(c, -1, "setting %s must be text", c->known->name);
    if (!choice)
        return SEC_E_OK;
    for (; *choice; choice++)
        if (strcmp(*choice, text) == 0)
            return SEC_E_OK;
    return refuse(c, -1, "setting %s: \"%s\" is none of its words (%s, ...)", c->known->name, text,
                  c->known->choices[0] ? c->known->choices[0] : "");
}

static SECURITY_STATUS check_integer(const struct check *c, const json_t *value)
{
    int64_t n = json_integer_value(value), min = c->known->min, max = c->known->max;

    if (!json_is_integer(value))
        return refuse(c, -1, "setting %s must be an integer", c->known->name);
    if ((min != 0 || max != 0) && (n < min || n > max))
        return refuse(c, -1, "setting %s is %lld, allowed are %lld to %lld", c->known->name,
                      (long long)n, (long long)min, (long long)max);
    return SEC_E_OK;
}

static SECURITY_STATUS check_list(const struct check *c, const json_t *value)
{
    SECURITY_STATUS status = SEC_E_OK;

    if (json_is_string(value))
        return SEC_E_OK;
    if (!json_is_array(value))
        return refuse(c, -1, "setting %s must be an array of text", c->known->name);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            status = refuse(c, (int)i, "setting %s: an item is not text", c->known->name);
    return status;
}

static SECURITY_STATUS check_one(const struct check *c, const json_t *value)
{
    switch (c->known->type) {
    case SSP_TEXT:
        return check_text(c, value);
    case SSP_INTEGER:
        return check_integer(c, value);
    case SSP_LIST:
        return check_list(c, value);
    case SSP_BOOLEAN:
        if (json_is_boolean(value))
            return SEC_E_OK;
        return refuse(c, -1, "setting %s must be true or false", c->known->name);
    case SSP_OBJECT:
        if (json_is_object(value))
            return SEC_E_OK;
        return refuse(c, -1, "setting %s must be an object", c->known->name);
    }
    return refuse(c, -1, "setting %s: the module gives it the unknown type %d", c->known->name,
                  (int)c->known->type);
}

SECURITY_STATUS settings_check(const struct mfst_entry *entry, const struct ssp_setting *known,
                               struct findings *to)
{
    /* A cursor over an object is not const in the JSON library, though nothing is changed. */
    json_t *settings = json_object_get(entry->json, "settings"), *value;
    SECURITY_STATUS status = SEC_E_OK;
    const char *name;

    json_object_foreach(settings, name, value)
    {
        struct check c = { .entry = entry, .known = known, .to = to };

        while (c.known && c.known->name && strcmp(c.known->name, name) != 0)
            c.known++;
        if (!c.known || !c.known->name)
            status = finding_refuse(to, SEC_E_CANNOT_INSTALL, entry->path,
                                    mfst_line(entry, "settings", name, -1),
                                    "package %s has no setting \"%s\"", entry->name, name);
        else if (check_one(&c, value) != SEC_E_OK)
            status = SEC_E_CANNOT_INSTALL;
    }
    return status;
}
